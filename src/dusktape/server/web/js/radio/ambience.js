/** Rain, vinyl, fire, a café, wind: mixed in a Web Audio graph of their own, beside the music and never through it. */

import { remember, remembered } from "./memory.js";
import { NOISES } from "./noises.js";

const GLIDE_S = 0.25;

export class Ambience extends EventTarget {
  constructor() {
    super();
    /** @type {Record<string, number>} 0 to 1. */
    this.levels = Object.fromEntries(Object.keys(NOISES).map((name) => [name, 0]));
    Object.assign(this.levels, remembered("ambience", {}));
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {GainNode | null} */
    this.sum = null;
    /** @type {Map<string, GainNode>} */
    this.voices = new Map();
    this.factor = 1;
  }

  /** Sound what was set; to be called from a gesture, or browsers refuse. */
  wake() {
    if (this.context?.state === "suspended") void this.context.resume();
    for (const [name, level] of Object.entries(this.levels)) if (level > 0) this.#sound(name);
  }

  sleep() {
    void this.context?.suspend();
  }

  /** @param {string} name @param {number} level 0 to 1. */
  set(name, level) {
    this.levels[name] = Math.max(0, Math.min(1, level));
    remember("ambience", this.levels);
    if (this.context?.state === "suspended") void this.context.resume();
    if (level > 0 || this.voices.has(name)) this.#sound(name);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} factor 0 to 1, as a sleep timer lays it on everything. */
  setFactor(factor) {
    this.factor = factor;
    if (this.context && this.sum) this.sum.gain.setTargetAtTime(factor, this.context.currentTime, GLIDE_S);
  }

  /** Three soft bells. */
  chime() {
    const { context, sum } = this.#graph();
    [659.25, 783.99, 987.77].forEach((hz, i) => {
      const at = context.currentTime + 0.08 + i * 0.28;
      const gain = context.createGain();
      gain.gain.setValueAtTime(0, at);
      gain.gain.linearRampToValueAtTime(0.11, at + 0.01);
      gain.gain.exponentialRampToValueAtTime(0.0004, at + 2.2);
      gain.connect(sum);
      for (const [times, loud] of [[1, 1], [2.01, 0.3], [3.98, 0.08]]) {
        const tone = context.createOscillator();
        const share = context.createGain();
        tone.frequency.value = hz * times;
        share.gain.value = loud;
        tone.connect(share).connect(gain);
        tone.start(at);
        tone.stop(at + 2.3);
      }
    });
  }

  #graph() {
    if (!this.context || !this.sum) {
      this.context = new AudioContext();
      this.sum = this.context.createGain();
      this.sum.gain.value = this.factor;
      this.sum.connect(this.context.destination);
    }
    return { context: this.context, sum: this.sum };
  }

  /** @param {string} name */
  #sound(name) {
    const { context, sum } = this.#graph();
    let voice = this.voices.get(name);
    if (!voice) {
      voice = context.createGain();
      voice.gain.value = 0;
      voice.connect(sum);
      this.voices.set(name, voice);
      const source = context.createBufferSource();
      source.buffer = this.#loop(context, name);
      source.loop = true;
      source.connect(voice);
      source.start();
    }
    voice.gain.setTargetAtTime(this.levels[name] ** 1.7, context.currentTime, GLIDE_S);
  }

  /** @param {AudioContext} context @param {string} name */
  #loop(context, name) {
    const { noise, seconds } = NOISES[name];
    const frames = Math.round(seconds * context.sampleRate);
    const buffer = context.createBuffer(2, frames, context.sampleRate);
    for (let channel = 0; channel < 2; channel++) buffer.getChannelData(channel).set(noise(channel, frames, context.sampleRate));
    return buffer;
  }
}
