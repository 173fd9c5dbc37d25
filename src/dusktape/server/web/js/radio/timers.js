/** A timer that sends you to sleep, and one that lets you work and rest. */

import { rememberHere, rememberedHere } from "./memory.js";

const TICK_MS = 250;
const LONGEST_FADE_S = 240;

/** Milliseconds that go on evenly, also from one page of a tab to the next. */
const since = () => performance.timeOrigin + performance.now();

/** Fades everything over the last stretch, then pauses. Events: `change`, `set`, `end`; `factor` is what is left of the volume. */
export class SleepTimer extends EventTarget {
  /** @param {() => number} [now] Milliseconds. */
  constructor(now = since) {
    super();
    this.now = now;
    this.ends = 0;
    this.minutes = 0;
    setInterval(() => this.tick(), TICK_MS);
  }

  /** @param {number} minutes 0 stops it. */
  set(minutes) {
    this.ends = minutes ? this.now() + minutes * 60_000 : 0;
    this.minutes = minutes;
    this.#changed();
  }

  /** What `resume` takes. */
  get kept() {
    return { ends: this.ends, minutes: this.minutes };
  }

  /** Go on where another page stopped; what has ended meanwhile is over. @param {{ends: number, minutes: number}} kept */
  resume({ ends, minutes }) {
    if (!(ends > this.now()) || !(ends <= this.now() + minutes * 60_000)) return;
    [this.ends, this.minutes] = [ends, minutes];
    this.#changed();
  }

  get fade() {
    return Math.min(LONGEST_FADE_S, this.minutes * 60 * 0.25);
  }

  get left() {
    return this.ends ? Math.max(0, (this.ends - this.now()) / 1000) : 0;
  }

  get factor() {
    return this.ends && this.fade ? Math.min(1, this.left / this.fade) ** 1.5 : 1;
  }

  tick() {
    if (!this.ends) return;
    if (this.left <= 0) {
      [this.ends, this.minutes] = [0, 0];
      this.dispatchEvent(new Event("end"));
      this.dispatchEvent(new Event("set"));
    }
    this.dispatchEvent(new Event("change"));
  }

  #changed() {
    this.dispatchEvent(new Event("set"));
    this.dispatchEvent(new Event("change"));
  }
}

/** Work, then rest, round and round. Events: `change`, `set`, `turn` when one gives way to the other. */
export class Pomodoro extends EventTarget {
  /** @param {() => number} [now] Milliseconds. */
  constructor(now = since) {
    super();
    this.now = now;
    this.work = 25;
    this.rest = 5;
    /** @type {"off" | "work" | "rest"} */
    this.phase = "off";
    this.began = 0;
    this.rounds = 0;
    setInterval(() => this.tick(), TICK_MS);
  }

  /** @param {number} work Minutes. @param {number} rest Minutes. */
  start(work, rest) {
    [this.work, this.rest, this.phase, this.began, this.rounds] = [work, rest, "work", this.now(), 0];
    this.#changed();
  }

  stop() {
    this.phase = "off";
    this.#changed();
  }

  /** What `resume` takes. */
  get kept() {
    const { work, rest, phase, began, rounds } = this;
    return { work, rest, phase, began, rounds };
  }

  /** Go on where another page stopped, as far as the rounds are by now. @param {Pomodoro["kept"]} kept */
  resume(kept) {
    const days = (this.now() - kept.began) / 86_400_000;
    if (kept.phase === "off" || !(kept.work > 0 && kept.rest > 0) || !(days >= 0 && days < 1)) return;
    Object.assign(this, kept);
    while (this.left <= 0) this.#turn();
    this.#changed();
  }

  get length() {
    return (this.phase === "rest" ? this.rest : this.work) * 60;
  }

  get left() {
    return this.phase === "off" ? 0 : Math.max(0, this.length - (this.now() - this.began) / 1000);
  }

  /** What of the music is heard: it steps back while you rest. */
  get factor() {
    return this.phase === "rest" ? 0.35 : 1;
  }

  tick() {
    if (this.phase === "off") return;
    if (this.left <= 0) {
      while (this.left <= 0) this.#turn();
      this.#changed();
      this.dispatchEvent(new Event("turn"));
    }
    this.dispatchEvent(new Event("change"));
  }

  #turn() {
    this.began += this.length * 1000;
    if (this.phase === "work") this.rounds++;
    this.phase = this.phase === "work" ? "rest" : "work";
  }

  #changed() {
    this.dispatchEvent(new Event("set"));
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Let a timer go on when its page is opened again in the same tab.
 *
 * @template T @param {EventTarget & {kept: T, resume(kept: T): void}} timer @param {string} name
 */
export function lasting(timer, name) {
  const kept = /** @type {T | null} */ (rememberedHere(name));
  if (kept) timer.resume(kept);
  timer.addEventListener("set", () => rememberHere(name, timer.kept));
}

/** What is left, to the nearest second. @param {number} seconds */
export function clockTime(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const rest = String(s % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
