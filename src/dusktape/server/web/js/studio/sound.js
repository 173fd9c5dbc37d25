/**
 * Several sounds in step: the stems of a song, or two masters to compare. Each is fetched in slices of a few seconds and
 * laid end to end on one clock, so memory stays small, seeking is quick, and nobody drifts.
 */

export const RATE = 44100;
const SLICE = 4 * RATE;
const AHEAD_S = 6;
const KEPT = 8;
const RAMP_S = 0.012;

/**
 * @typedef {object} Voice
 * @property {string} id
 * @property {(start: number, frames: number) => string} url  Where a slice is.
 * @property {number} frames
 * @property {number} gain  Linear.
 */

/**
 * @typedef {object} Running
 * @property {Voice} voice
 * @property {GainNode} out
 * @property {Map<number, Promise<AudioBuffer>>} slices
 * @property {Set<AudioBufferSourceNode>} sources
 */

export class Deck {
  constructor() {
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {Map<string, Running>} */
    this.running = new Map();
    this.frames = 0;
    this.playing = false;
    this.waiting = false;
    this.volume = 0.9;
    /** What is told when something changes. */
    this.changed = () => {};
    /** @type {(message: string) => void} */
    this.failed = () => {};
    this._at = 0; // seconds into the song when it stands, or stood at _since
    this._since = 0;
    this._next = 0; // number of the slice that is laid next
    this._turn = 0; // grows with every start, stop and seek; what belongs to an older one is dropped
    /** @type {number | undefined} */
    this._timer = undefined;
  }

  /** Seconds into the song. */
  get time() {
    if (!this.playing || this.waiting || !this.context) return this._at;
    return Math.min(this.frames / RATE, Math.max(0, this._at + this.context.currentTime - this._since));
  }

  get seconds() {
    return this.frames / RATE;
  }

  _open() {
    if (this.context) return this.context;
    const context = new AudioContext({ sampleRate: RATE, latencyHint: "interactive" });
    this.master = context.createGain();
    this.master.gain.value = this.volume;
    const guard = context.createDynamicsCompressor(); // faders may go up: nothing clips
    guard.threshold.value = -1.5;
    guard.knee.value = 0;
    guard.ratio.value = 20;
    guard.attack.value = 0.002;
    guard.release.value = 0.08;
    this.master.connect(guard).connect(context.destination);
    this.context = context;
    return context;
  }

  /**
   * Play these from here on; place and state stay as they are.
   * @param {Voice[]} voices
   */
  async load(voices) {
    const was = this.playing;
    const at = this.time;
    this._stop();
    for (const [id, running] of this.running) {
      if (!voices.some((voice) => voice.id === id)) {
        running.out.disconnect();
        this.running.delete(id);
      }
    }
    this.frames = Math.max(0, ...voices.map((voice) => voice.frames));
    const context = voices.length ? this._open() : null;
    for (const voice of voices) {
      const known = this.running.get(voice.id);
      if (known) {
        known.voice = voice;
        known.out.gain.value = voice.gain;
      } else if (context && this.master) {
        const out = context.createGain();
        out.gain.value = voice.gain;
        out.connect(this.master);
        this.running.set(voice.id, { voice, out, slices: new Map(), sources: new Set() });
      }
    }
    this._at = Math.min(at, this.seconds);
    if (was) await this.play();
    else this.changed();
  }

  /** @param {string} id @param {number} gain  Linear; reached without a click. */
  setGain(id, gain) {
    const running = this.running.get(id);
    if (!running || !this.context) return;
    running.voice.gain = gain;
    const now = this.context.currentTime;
    running.out.gain.cancelScheduledValues(now);
    running.out.gain.setTargetAtTime(gain, now, RAMP_S);
  }

  /** @param {number} volume  0 to 1. */
  setVolume(volume) {
    this.volume = volume;
    if (this.context && this.master) this.master.gain.setTargetAtTime(volume, this.context.currentTime, RAMP_S);
  }

  async play() {
    if (!this.running.size) return;
    const context = this._open();
    const turn = ++this._turn;
    this.playing = true;
    this.waiting = true;
    this.changed();
    if (this._at >= this.seconds - 0.05) this._at = 0;
    this._next = Math.floor((this._at * RATE) / SLICE);
    try {
      if (context.state !== "running") await context.resume();
      const first = await Promise.all([...this.running.values()].map((one) => this._slice(one, this._next)));
      if (turn !== this._turn) return;
      this._since = context.currentTime + 0.06;
      this.waiting = false;
      this._lay(first, turn);
      this._follow(turn);
    } catch (error) {
      if (turn !== this._turn) return;
      this._stop();
      this.failed(error instanceof Error ? error.message : String(error));
    }
    this.changed();
  }

  pause() {
    this._at = this.time;
    this._stop();
    this.changed();
  }

  /** @param {number} seconds */
  async seek(seconds) {
    const was = this.playing;
    this._stop();
    this._at = Math.max(0, Math.min(this.seconds, seconds));
    if (was) await this.play();
    else this.changed();
  }

  _stop() {
    this._turn += 1;
    clearTimeout(this._timer);
    this.playing = false;
    this.waiting = false;
    for (const running of this.running.values()) {
      for (const source of running.sources) {
        source.onended = null;
        try {
          source.stop();
        } catch { /* it had not begun */ }
        source.disconnect();
      }
      running.sources.clear();
    }
  }

  /** Lay a slice of everybody at its place on the clock. @param {(AudioBuffer | null)[]} buffers @param {number} turn */
  _lay(buffers, turn) {
    const context = this.context;
    if (!context || turn !== this._turn) return;
    const begins = (this._next * SLICE) / RATE;
    const when = this._since + begins - this._at;
    const inside = Math.max(0, -(begins - this._at));
    [...this.running.values()].forEach((running, k) => {
      const buffer = buffers[k];
      if (!buffer || inside >= buffer.duration) return;
      const source = context.createBufferSource();
      source.buffer = buffer;
      source.connect(running.out);
      source.onended = () => running.sources.delete(source);
      source.start(Math.max(when, this._since), inside);
      running.sources.add(source);
    });
    this._next += 1;
  }

  /** Keep some seconds laid ahead; stand still when the network does. @param {number} turn */
  _follow(turn) {
    const context = this.context;
    if (!context || turn !== this._turn) return;
    if (this.time >= this.seconds - 0.01) {
      this._at = this.seconds;
      this._stop();
      this.changed();
      return;
    }
    const laid = (this._next * SLICE) / RATE;
    const again = (/** @type {number} */ ms) => {
      this._timer = setTimeout(() => this._follow(turn), ms);
    };
    if (laid >= this.seconds || laid - this.time > AHEAD_S) {
      again(200);
      return;
    }
    Promise.all([...this.running.values()].map((one) => this._slice(one, this._next))).then((buffers) => {
      if (turn !== this._turn) return;
      if (this.time > laid - 0.03) {
        this._at = laid;
        this._stop();
        void this.play();
      } else {
        this._lay(buffers, turn);
        again(20);
      }
    }, (error) => {
      if (turn !== this._turn) return;
      this.pause();
      this.failed(error.message);
    });
  }

  /** @param {Running} running @param {number} number @returns {Promise<AudioBuffer | null>} */
  _slice(running, number) {
    const start = number * SLICE;
    if (start >= running.voice.frames) return Promise.resolve(null);
    const known = running.slices.get(number);
    if (known) return known;
    const got = fetch(running.voice.url(start, SLICE)).catch(() => null).then(async (answer) => {
      if (!answer?.ok) throw new Error(answer ? "The sound is not there any more." : "The station cannot be reached right now.");
      return this._open().decodeAudioData(await answer.arrayBuffer());
    });
    running.slices.set(number, got);
    got.catch(() => running.slices.delete(number));
    for (const old of running.slices.keys()) {
      if (running.slices.size <= KEPT) break;
      if (old !== number) running.slices.delete(old);
    }
    return got;
  }

  /** A short tone, to hear a note that is being placed. @param {number} pitch @param {number} velocity */
  blip(pitch, velocity) {
    const context = this._open();
    if (context.state !== "running") void context.resume();
    const tone = context.createOscillator();
    const level = context.createGain();
    const now = context.currentTime;
    tone.type = "triangle";
    tone.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
    level.gain.setValueAtTime(0, now);
    level.gain.linearRampToValueAtTime(0.16 * (velocity / 127), now + 0.008);
    level.gain.exponentialRampToValueAtTime(0.0008, now + 0.32);
    tone.connect(level).connect(this.master ?? context.destination);
    tone.start(now);
    tone.stop(now + 0.34);
  }
}

/** @param {number} db */
export const linear = (db) => 10 ** (db / 20);

/**
 * Gains at which two tracks are equally loud: the louder one comes down.
 * @param {number | null | undefined} a  LUFS. @param {number | null | undefined} b
 */
export function equalGains(a, b) {
  if (typeof a !== "number" || typeof b !== "number") return [1, 1];
  const target = Math.min(a, b);
  return [linear(target - a), linear(target - b)];
}
