/** Sleep, and work with pauses. */

import { html, nothing } from "../../../vendor/lit.js";
import { clockTime } from "../timers.js";
import { Part } from "./part.js";

const SLEEPS = [15, 30, 45, 60, 90];
const ROUNDS = [[25, 5], [50, 10]];

export class Timing extends Part {
  static properties = { sleep: { attribute: false }, pomodoro: { attribute: false } };

  constructor() {
    super();
    this.sleep = /** @type {import("../timers.js").SleepTimer} */ (/** @type {unknown} */ (null));
    this.pomodoro = /** @type {import("../timers.js").Pomodoro} */ (/** @type {unknown} */ (null));
  }

  connectedCallback() {
    this.follow(this.sleep, "change", "end");
    this.follow(this.pomodoro, "change");
    super.connectedCallback();
  }

  render() {
    const { sleep, pomodoro } = this;
    return html`
      <section>
        <h3 id="sleep-title">Fall asleep in</h3>
        <div class="chips" role="group" aria-labelledby="sleep-title">
          ${SLEEPS.map((minutes) => html`<button type="button" class="chip" aria-pressed=${sleep.minutes === minutes ? "true" : "false"}
            @click=${() => this.#sleep(minutes)}>${minutes} min</button>`)}
        </div>
        <p class="faint small">${sleep.ends ? html`<span class="count numbers" role="timer">${clockTime(sleep.left)}</span> and it has faded out.` : "The music fades over the last minutes, then stops."}</p>
      </section>
      <section>
        <h3 id="work-title">Work and rest</h3>
        <div class="chips" role="group" aria-labelledby="work-title">
          ${ROUNDS.map(([work, rest]) => html`<button type="button" class="chip" aria-pressed=${pomodoro.phase !== "off" && pomodoro.work === work ? "true" : "false"}
            @click=${() => this.#round(work, rest)}>${work} and ${rest}</button>`)}
        </div>
        <p class="faint small">${pomodoro.phase === "off"
          ? "Minutes of work and of rest. The music steps back while you rest."
          : html`<span class="count numbers" role="timer">${clockTime(pomodoro.left)}</span> of ${pomodoro.phase === "work" ? "work" : "rest"} left${pomodoro.rounds ? html`, ${pomodoro.rounds} done` : nothing}.`}</p>
      </section>`;
  }

  /** @param {number} minutes */
  #sleep(minutes) {
    this.sleep.set(this.sleep.minutes === minutes ? 0 : minutes);
  }

  /** @param {number} work @param {number} rest */
  #round(work, rest) {
    if (this.pomodoro.phase !== "off" && this.pomodoro.work === work) this.pomodoro.stop();
    else this.pomodoro.start(work, rest);
  }
}
customElements.define("dt-timing", Timing);
