/** What is heard of the song on the bench: its master, its parts under faders, or two versions in turn. */
import { ApiError, api, sentence } from "../api.js";
import { calls, sliceUrl } from "./calls.js";
import { Draft, Drafts } from "./drafts.js";
import { Deck, equalGains, linear } from "./sound.js";

/**
 * @typedef {import("../api.js").Job} Job
 * @typedef {import("./calls.js").Score} Score
 * @typedef {import("./drafts.js").Fader} Fader
 * @typedef {{id: string, title: string, lufs: number | null, frames: number}} Rival
 */

export class Hearing extends EventTarget {
  constructor() {
    super();
    this.deck = new Deck();
    this.deck.changed = () => this.tell();
    this.deck.failed = (message) => this.complain(message);
    /** @type {Score | null} */
    this.score = null;
    /** Tracks that left the library while this page was open. @type {Set<string>} */
    this.left = new Set();
    this.drafts = new Drafts();
    /** What is changed of the version on the bench. */
    this.draft = new Draft({ track: "", parts: [] });
    /** How loud parts are when, by track and part. @type {Map<string, import("./calls.js").Levels>} */
    this.levels = new Map();
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
    this.trouble = sentence(error instanceof Error ? error.message : String(error));
    this.tell();
  }

  /** Something that was asked for is not there any more. */
  missed() {}

  /** @template T @param {() => Promise<T>} doing @returns {Promise<T | undefined>} */
  async attempt(doing) {
    try {
      return await doing();
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.missed();
      this.complain(error);
      return undefined;
    }
  }

  /**
   * Lay something on the bench, to be heard from here on.
   * @param {{score?: Score, draft?: Draft, hearing?: "master" | "parts", rival?: null, side?: "a", wantsParts?: boolean}} what
   */
  lay(what) {
    Object.assign(this, what);
  }

  /** @param {Job[]} jobs */
  accept(jobs) {
    throw new Error(`nobody takes ${jobs.length} jobs`);
  }

  get mix() {
    return this.draft.mix;
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

  /** Learn how loud the textures are, as far as their stems are there. */
  async measure() {
    const score = this.score;
    for (const p of score?.parts ?? []) {
      const name = `${score?.track}/${p.name}`;
      if (!score || !p.texture || !p.stem || this.levels.has(name)) continue;
      const levels = await calls.levels(score.track, p.name).catch(() => null);
      if (levels) this.levels.set(name, levels);
      this.tell();
    }
  }

  /** Whether what lies on the bench can only be looked at: it left the library. */
  get deleted() {
    return this.score !== null && this.left.has(this.score.track);
  }

  async toggle() {
    if (this.deleted) return;
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
    this.draft.step(`${part} ${Object.keys(change)}`, "gain" in change);
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

  /** Take the last touch of a fader back. @returns {boolean} Whether there was one. */
  mixBack() {
    const done = this.draft.back();
    if (done) this.applyMix();
    return done;
  }

  /** @returns {boolean} */
  mixForth() {
    const done = this.draft.forth();
    if (done) this.applyMix();
    return done;
  }

  resetMix() {
    this.draft.reset();
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
