/** The ambience mixer, and what the window shows. */

import { html } from "../../../vendor/lit.js";
import { icon } from "../icons.js";
import { Part } from "./part.js";

const NAMES = { rain: "Rain", vinyl: "Vinyl", fire: "Fire", cafe: "Café", wind: "Wind" };
export const WEATHERS = { auto: "As it is", clear: "Clear", rain: "Rain", snow: "Snow" };
export const HOURS = { auto: "Your clock", day: "Day", dusk: "Dusk", night: "Night" };

export class Sounds extends Part {
  static properties = { ambience: { attribute: false }, room: { attribute: false } };

  constructor() {
    super();
    this.ambience = /** @type {import("../ambience.js").Ambience} */ (/** @type {unknown} */ (null));
    this.room = /** @type {import("../room.js").Room} */ (/** @type {unknown} */ (null));
  }

  connectedCallback() {
    this.follow(this.ambience, "change");
    this.follow(this.room, "change");
    super.connectedCallback();
  }

  render() {
    return html`
      <p class="faint small">Made in your browser, beside the music.</p>
      <div class="mixer">
        ${Object.entries(NAMES).map(([name, label]) => {
          const level = Math.round(this.ambience.levels[name] * 100);
          return html`<div class="noise ${level ? "on" : ""}">
            ${icon(name)}<span>${label}</span>
            <dt-fader .value=${level} label=${label} .said=${level ? `${level} percent` : "off"}
              @move=${(/** @type {CustomEvent<number>} */ e) => this.ambience.set(name, e.detail / 100)}></dt-fader>
          </div>`;
        })}
      </div>
      ${this.#choice("Weather", WEATHERS, this.room.weather, (weather) => this.room.set({ weather }))}
      ${this.#choice("Hour", HOURS, this.room.hour, (hour) => this.room.set({ hour }))}`;
  }

  /** @param {string} title @param {Record<string, string>} choices @param {string} chosen @param {(name: string) => void} choose */
  #choice(title, choices, chosen, choose) {
    return html`<section>
      <h3 id="choice-${title}">${title} outside</h3>
      <div class="chips" role="group" aria-labelledby="choice-${title}">
        ${Object.entries(choices).map(([name, label]) => html`
          <button type="button" class="chip" aria-pressed=${chosen === name ? "true" : "false"} @click=${() => choose(name)}>${label}</button>`)}
      </div>
    </section>`;
  }
}
customElements.define("dt-sounds", Sounds);
