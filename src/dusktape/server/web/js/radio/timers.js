/** A timer that sends you to sleep, and one that lets you work and rest. */

const TICK_MS = 250;
const LONGEST_FADE_S = 240;

/** Fades everything over the last stretch, then pauses. Events: `change`, `end`; `factor` is what is left of the volume. */
export class SleepTimer extends EventTarget {
  /** @param {() => number} [now] Milliseconds. */
  constructor(now = () => performance.now()) {
    super();
    this.now = now;
    this.ends = 0;
    this.fade = 0;
    setInterval(() => this.tick(), TICK_MS);
  }

  /** @param {number} minutes 0 stops it. */
  set(minutes) {
    this.ends = minutes ? this.now() + minutes * 60_000 : 0;
    this.fade = Math.min(LONGEST_FADE_S, minutes * 60 * 0.25);
    this.dispatchEvent(new Event("change"));
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
      this.ends = 0;
      this.dispatchEvent(new Event("end"));
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** Work, then rest, round and round. Events: `change`, `turn` when one gives way to the other. */
export class Pomodoro extends EventTarget {
  /** @param {() => number} [now] Milliseconds. */
  constructor(now = () => performance.now()) {
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
    this.dispatchEvent(new Event("change"));
  }

  stop() {
    this.phase = "off";
    this.dispatchEvent(new Event("change"));
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
      if (this.phase === "work") this.rounds++;
      this.phase = this.phase === "work" ? "rest" : "work";
      this.began = this.now();
      this.dispatchEvent(new Event("turn"));
    }
    this.dispatchEvent(new Event("change"));
  }
}

/** @param {number} seconds */
export function clockTime(seconds) {
  const s = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  const rest = String(s % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
