/** Shows the room: two canvases, one kept and one drawn anew up to thirty times a second. */

import { AT_REST, moving, seedOf, still } from "../../scene/index.js";

const FPS = 30;
const CALM_FPS = 20;
const MOST_PIXELS = 2_300_000;
const STILL_MS = 30_000;
const CHANGING_MS = 400;
const GLIDE_S = 1.2;

/** @typedef {"auto" | "clear" | "rain" | "snow" | "fog"} Weather */

export class Stage {
  /**
   * @param {HTMLElement} place @param {string} name Decides which city it is.
   * @param {() => {level: number, beat: number, kick: number, playing: number}} motion
   */
  constructor(place, name, motion) {
    this.place = place;
    this.seed = seedOf(name);
    this.motion = motion;
    this.canvases = /** @type {[HTMLCanvasElement, HTMLCanvasElement]} */ ([document.createElement("canvas"), document.createElement("canvas")]);
    place.replaceChildren(...this.canvases);
    /** @type {Weather} */
    this.weather = "clear";
    /** @type {number | null} */
    this.hour = null;
    this.state = { ...AT_REST, rain: 0, snow: 0, fog: 0 };
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    this.kept = -Infinity;
    this.drawn = 0;
    this.dressed = false;
    this.changing = false;
    this.cost = 8;
    this.frames = 0;
    this.loop = 0;
    new ResizeObserver(() => this.#measure()).observe(place);
    document.addEventListener("visibilitychange", () => this.#go());
    this.still.addEventListener("change", () => this.#go());
    setInterval(() => this.still.matches && this.#frame(0), STILL_MS);
    this.#measure();
    this.#go();
  }

  /** @param {Weather} weather @param {number | null} hour null follows the clock. */
  set(weather, hour) {
    if (this.dressed && this.weather === weather && this.hour === hour) return;
    this.weather = weather;
    this.hour = hour;
    this.kept = -Infinity;
    if (!this.dressed || this.still.matches) this.#settle(1);
    this.dressed = true;
    if (this.still.matches) this.#frame(0);
  }

  #measure() {
    const { clientWidth: width, clientHeight: height } = this.place;
    if (!width || !height) return;
    const unit = Math.min(devicePixelRatio || 1, 2, Math.sqrt(MOST_PIXELS / (width * height)));
    for (const canvas of this.canvases) [canvas.width, canvas.height] = [Math.round(width * unit), Math.round(height * unit)];
    this.kept = -Infinity;
    this.#frame(performance.now());
  }

  #go() {
    cancelAnimationFrame(this.loop);
    if (document.hidden) return;
    if (this.still.matches) {
      this.#settle(1);
      this.#frame(0);
      return;
    }
    const step = (/** @type {number} */ now) => {
      this.loop = requestAnimationFrame(step);
      const fps = this.cost > 24 || !this.motion().playing ? CALM_FPS : FPS;
      if (now - this.drawn >= 1000 / fps - 4) this.#frame(now);
    };
    this.loop = requestAnimationFrame(step);
  }

  /** Let the weather come and go slowly. @param {number} share Of the way there. */
  #settle(share) {
    let far = false;
    for (const kind of /** @type {const} */ (["rain", "snow", "fog"])) {
      const goal = this.weather === kind ? 1 : 0;
      const now = this.state[kind] + (goal - this.state[kind]) * share;
      this.state[kind] = Math.abs(goal - now) < 0.01 ? goal : now;
      far ||= this.state[kind] !== goal;
    }
    return far;
  }

  /** @param {number} now */
  #frame(now) {
    const [back, front] = this.canvases;
    const [a, b] = [back.getContext("2d", { alpha: false }), front.getContext("2d")];
    if (!a || !b || !back.width) return;
    const began = performance.now();
    const changing = this.#settle(now && this.drawn ? Math.min(1, (now - this.drawn) / 1000 / GLIDE_S) : 0);
    this.drawn = now;
    const clock = new Date();
    this.state.hour = this.hour ?? clock.getHours() + clock.getMinutes() / 60;
    Object.assign(this.state, this.motion());
    const time = this.still.matches ? 40 : began / 1000;
    const settled = this.changing && !changing;
    this.changing = changing;
    if (settled || began - this.kept > (changing ? CHANGING_MS : STILL_MS)) {
      still(a, back, time, this.state, this.seed);
      this.kept = began;
    }
    b.clearRect(0, 0, front.width, front.height);
    moving(b, front, time, this.state, this.seed);
    this.frames++;
    this.cost += 0.05 * (performance.now() - began - this.cost);
  }
}
