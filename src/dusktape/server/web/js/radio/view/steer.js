/** The dial: where the music shall go. Six moods in a ring, energy in the middle. */

import { html, svg } from "../../../vendor/lit.js";
import { keptOut } from "../../api.js";
import { RadioPart, shut, why } from "./part.js";

const MOODS = ["warm", "hopeful", "dreamy", "sleepy", "dark", "wistful"];
const SETTLE_MS = 450;
const SWEEP = 270;

/** @param {number} turn Degrees, 0 up. @param {number} r */
const on = (turn, r) => {
  const a = ((turn - 90) * Math.PI) / 180;
  return `${(Math.cos(a) * r).toFixed(2)} ${(Math.sin(a) * r).toFixed(2)}`;
};

/** @param {number} from @param {number} to @param {number} r */
const arc = (from, to, r) => `M${on(from, r)}A${r} ${r} 0 ${Math.abs(to - from) > 180 ? 1 : 0} ${to > from ? 1 : 0} ${on(to, r)}`;

/** @param {number} energy */
const inWords = (energy) => (energy < -0.6 ? "very calm" : energy < -0.15 ? "calm" : energy <= 0.15 ? "as it comes" : energy <= 0.6 ? "lively" : "very lively");

export class Steer extends RadioPart {
  constructor() {
    super();
    this.timer = 0;
    this.turning = false;
    /** @type {number | null} */
    this.asked = null;
  }

  get energy() {
    return this.asked ?? (Number(this.radio.station.settings?.energy) || 0);
  }

  render() {
    const mood = this.radio.station.settings?.mood ?? null;
    const turn = (this.energy * SWEEP) / 2;
    return html`
      <p class="faint small">Holds for everyone at this station, from the next section on.</p>
      <div class="dial">
        <div class="moods" role="group" aria-label="Mood">
          ${MOODS.map((name, i) => html`<button type="button" class="chip mood m${i}" aria-pressed=${mood === name ? "true" : "false"} aria-disabled=${shut()} aria-describedby=${why()}
            @click=${() => void this.radio.steer({ mood: mood === name ? null : name })}>${name}</button>`)}
        </div>
        <div class="knob" role="slider" tabindex="0" aria-label="Energy" aria-disabled=${shut()} aria-describedby=${why()} aria-valuemin="-100" aria-valuemax="100"
          aria-valuenow=${Math.round(this.energy * 100)} aria-valuetext=${inWords(this.energy)}
          @keydown=${this.#key} @pointerdown=${this.#grab} @pointermove=${this.#drag} @pointerup=${this.#letGo} @dblclick=${() => this.#turn(0)}>
          <svg viewBox="-60 -60 120 120" aria-hidden="true">${svg`
            <defs><radialGradient id="knob" cx="38%" cy="30%" r="80%"><stop offset="0" stop-color="#5b4667"/><stop offset="1" stop-color="#251b31"/></radialGradient></defs>
            <path d=${arc(-135, 135, 54)} fill="none" stroke="rgb(255 240 224 / .14)" stroke-width="4" stroke-linecap="round"/>
            <path d=${Math.abs(turn) < 1 ? "" : arc(0, turn, 54)} fill="none" stroke="var(--lamp)" stroke-width="4" stroke-linecap="round"/>
            <circle r="43" fill="url(#knob)" stroke="rgb(255 240 224 / .16)"/>
            <path d=${`M${on(turn, 27)}L${on(turn, 37)}`} stroke="var(--lamp-bright)" stroke-width="4" stroke-linecap="round"/>`}
          </svg>
          <span>energy<b>${inWords(this.energy)}</b></span>
        </div>
      </div>
      <p class="faint small" role="status">${this.radio.station.beyond ? "None of the station’s recipes goes so far: the nearest plays." : ""}</p>
      <button type="button" class="button" aria-disabled=${shut()} aria-describedby=${why()} @click=${() => { this.asked = null; void this.radio.steer({ mood: null, energy: null }); }}>Let it wander</button>`;
  }

  /** @param {number} energy */
  #turn(energy) {
    if (!keptOut()) this.asked = Math.round(Math.max(-1, Math.min(1, energy)) * 100) / 100; // else it does not turn, and says why
    this.requestUpdate();
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      await this.radio.steer({ energy: this.asked ?? 0 });
      if (!this.turning) this.asked = null;
    }, SETTLE_MS);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const steps = /** @type {Record<string, number>} */ ({ ArrowUp: 0.1, ArrowRight: 0.1, ArrowDown: -0.1, ArrowLeft: -0.1, PageUp: 0.5, PageDown: -0.5, Home: -2, End: 2 });
    if (!(event.key in steps)) return;
    event.preventDefault();
    event.stopPropagation();
    this.#turn(this.energy + steps[event.key]);
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    this.turning = true;
    this.#drag(event);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (!this.turning) return;
    const { left, top, width, height } = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const [dx, dy] = [event.clientX - left - width / 2, event.clientY - top - height / 2];
    if (Math.hypot(dx, dy) < 6) return;
    this.#turn(((Math.atan2(dx, -dy) * 180) / Math.PI / SWEEP) * 2);
  }

  #letGo() {
    this.turning = false;
  }
}
customElements.define("dt-steer", Steer);
