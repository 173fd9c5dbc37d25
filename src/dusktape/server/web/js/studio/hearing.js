/** What is heard of the song on the bench: its master, its parts under faders, or two versions in turn. */
import { api } from "../api.js";
import { sliceUrl } from "./calls.js";
import { Deck, equalGains, linear } from "./sound.js";

/**
 * @typedef {import("../api.js").Job} Job
 * @typedef {import("./calls.js").Score} Score
 * @typedef {{gain: number, mute: boolean, solo: boolean}} Fader
 * @typedef {{id: string, title: string, lufs: number | null, frames: number}} Rival
 */

/** Moves of one fader that follow each other this closely are one step. */
const STEP_MS = 800;

export class Hearing extends EventTarget {
  constructor() {
    super();
    this.deck = new Deck();
    this.deck.changed = () => this.tell();
    this.deck.failed = (message) => this.complain(message);
    /** @type {Score | null} */
    this.score = null;
    /** @type {Record<string, Fader>} */
    this.mix = {};
    /** Mixes to go back to, and what was touched after each. @type {{mix: Record<string, Fader>, touched: string, at: number}[]} */
    this.mixesBefore = [];
    /** Mixes that were taken back. @type {Record<string, Fader>[]} */
    this.mixesAfter = [];
    /** Notes that were changed and not kept yet. @type {() => {part: string, rows: number[][]} | null} */
    this.unkept = () => null;
    /** What was at hand when the last version was ordered. */
    this.sent = { mix: "", notes: "" };
    /** @type {"master" | "parts"} */
    this.hearing = "master";
    this.wantsParts = false;
    /** What the song on the bench is compared with. @type {Rival | null} */
    this.rival = null;
    /** @type {"a" | "b"} */
    this.side = "a";
    this.note = "";
    this.trouble = "";
  }

  tell() {
    this.dispatchEvent(new Event("change"));
  }

  /** Say something politely. @param {string} text */
  say(text) {
    this.note = text;
    this.trouble = "";
    this.tell();
  }

  /** @param {unknown} error */
  complain(error) {
    this.trouble = error instanceof Error ? error.message : String(error);
    this.tell();
  }

  /** @template T @param {() => Promise<T>} doing @returns {Promise<T | undefined>} */
  async attempt(doing) {
    try {
      return await doing();
    } catch (error) {
      this.complain(error);
      return undefined;
    }
  }

  /**
   * Lay something on the bench, to be heard from here on.
   * @param {{score?: Score, mix?: Record<string, Fader>, hearing?: "master" | "parts", rival?: null, side?: "a", wantsParts?: boolean}} what
   */
  lay(what) {
    Object.assign(this, what);
    if (what.mix) {
      this.mixesBefore = [];
      this.mixesAfter = [];
    }
  }

  /** @param {Job[]} jobs */
  accept(jobs) {
    throw new Error(`nobody takes ${jobs.length} jobs`);
  }

  get stemsThere() {
    return Boolean(this.score?.parts.length && this.score.parts.some((p) => p.stem));
  }

  /** How loud a part is now, linear. @param {string} part */
  level(part) {
    const fader = this.mix[part];
    if (!fader) return 0;
    const alone = Object.values(this.mix).some((one) => one.solo);
    return fader.mute || (alone && !fader.solo) ? 0 : linear(fader.gain + (this.score?.makeup_db ?? 0));
  }

  /** Give the deck what is to be heard now. */
  async sound() {
    const score = this.score;
    if (!score) return this.deck.load([]);
    const rival = this.rival;
    if (rival) {
      const [a, b] = equalGains(score.lufs, rival.lufs);
      return this.deck.load([
        { id: `a:${score.track}`, url: sliceUrl(score.track, "master"), frames: score.frames, gain: this.side === "a" ? a : 0 },
        { id: `b:${rival.id}`, url: sliceUrl(rival.id, "master"), frames: rival.frames, gain: this.side === "b" ? b : 0 },
      ]);
    }
    if (this.hearing === "parts" && this.stemsThere) {
      return this.deck.load(score.parts.filter((p) => p.stem).map((p) => ({
        id: `${score.track}/${p.name}`, url: sliceUrl(score.track, p.name), frames: score.frames, gain: this.level(p.name),
      })));
    }
    return this.deck.load([{ id: `m:${score.track}`, url: sliceUrl(score.track, "master"), frames: score.frames, gain: 1 }]);
  }

  async toggle() {
    if (this.deck.playing) this.deck.pause();
    else await this.deck.play();
  }

  /** @param {"master" | "parts"} what */
  async hear(what) {
    if (what === "parts" && !this.stemsThere) {
      await this.fetchStems();
      return;
    }
    this.rival = null;
    this.hearing = what;
    await this.sound();
    this.tell();
  }

  async fetchStems() {
    const id = this.score?.track;
    if (!id || this.wantsParts) return;
    this.wantsParts = true;
    this.say("The parts are being rendered one by one; the faders follow in a moment.");
    await this.attempt(async () => this.accept([await api.stems(id)]));
  }

  /** @param {string} part @param {Partial<Fader>} change */
  async fade(part, change) {
    this.step(`${part} ${Object.keys(change)}`, "gain" in change);
    Object.assign(this.mix[part], change);
    if (this.stemsThere && this.hearing !== "parts") {
      this.rival = null;
      this.hearing = "parts";
      await this.sound();
    } else if (!this.stemsThere) {
      await this.fetchStems();
    }
    this.applyMix();
  }

  applyMix() {
    for (const p of this.score?.parts ?? []) this.deck.setGain(`${this.score?.track}/${p.name}`, this.level(p.name));
    this.tell();
  }

  /** Remember the mix as it is before something is touched. @param {string} touched @param {boolean} [slides] */
  step(touched, slides = false) {
    const last = this.mixesBefore.at(-1);
    const at = performance.now();
    if (slides && last?.touched === touched && at - last.at < STEP_MS) last.at = at;
    else this.mixesBefore.push({ mix: structuredClone(this.mix), touched, at });
    this.mixesAfter = [];
  }

  /** Take the last touch of a fader back. @returns {boolean} Whether there was one. */
  mixBack() {
    const last = this.mixesBefore.pop();
    if (!last) return false;
    this.mixesAfter.push(this.mix);
    this.mix = last.mix;
    this.applyMix();
    return true;
  }

  /** @returns {boolean} */
  mixForth() {
    const next = this.mixesAfter.pop();
    if (!next) return false;
    this.mixesBefore.push({ mix: this.mix, touched: "", at: 0 });
    this.mix = next;
    this.applyMix();
    return true;
  }

  /** Whether levels or mutes are other ones than the version's. */
  get levelsChanged() {
    return (this.score?.parts ?? []).some((p) => {
      const now = this.mix[p.name];
      return now && (now.gain !== p.gain_db || now.mute !== p.mute);
    });
  }

  get mixChanged() {
    return this.levelsChanged || Object.values(this.mix).some((now) => now.solo);
  }

  /** The mix as the server is told of it. @param {{solo: boolean}} what  Whether what is heard alone is part of it. */
  levelsNow({ solo: alone }) {
    return Object.fromEntries(Object.entries(this.mix).map(([part, { gain, mute, solo }]) => [part, { gain_db: gain, mute, solo: alone && solo }]));
  }

  /** What is not kept yet, to be compared. */
  get atHand() {
    return { mix: this.levelsChanged ? JSON.stringify(this.levelsNow({ solo: false })) : "", notes: JSON.stringify(this.unkept() ?? "") };
  }

  /** Whether something was changed by hand that no version has, neither this one nor the one that was ordered last. */
  get touched() {
    const { mix, notes } = this.atHand;
    return (mix !== "" && mix !== this.sent.mix) || (this.unkept() !== null && notes !== this.sent.notes);
  }

  resetMix() {
    this.step("all");
    for (const p of this.score?.parts ?? []) Object.assign(this.mix[p.name], { gain: p.gain_db, mute: p.mute, solo: false });
    this.applyMix();
  }

  /** Put another track beside this one, or take it away. @param {string | null} id */
  async compare(id) {
    this.rival = null;
    this.side = "a";
    if (id && id !== this.score?.track) {
      await this.attempt(async () => {
        /** @type {any} */
        const other = await api.track(id);
        this.rival = { id, title: other.title, lufs: other.provenance?.report?.lufs ?? null, frames: other.frames };
      });
    }
    await this.sound();
    if (this.rival) this.say("A is what lies on the bench, B the other; both are equally loud.");
    this.tell();
  }

  /** @param {"a" | "b"} side */
  switchTo(side) {
    const rival = this.rival;
    if (!rival || !this.score) return;
    this.side = side;
    const [a, b] = equalGains(this.score.lufs, rival.lufs);
    this.deck.setGain(`a:${this.score.track}`, side === "a" ? a : 0);
    this.deck.setGain(`b:${rival.id}`, side === "b" ? b : 0);
    this.tell();
  }
}
