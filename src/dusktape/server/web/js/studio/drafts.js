/** What hands changed of a version and no other version holds yet: its faders, and the notes of its parts. */
import { History, fromRows, toRows } from "./notes.js";

/**
 * @typedef {import("./calls.js").Score} Score
 * @typedef {{gain: number, mute: boolean, solo: boolean}} Fader
 * @typedef {Record<string, Fader>} Mix
 */

/** Moves of one fader that follow each other this closely are one step. */
const STEP_MS = 800;

export class Draft {
  /** @param {Pick<Score, "track" | "parts">} score */
  constructor({ track, parts }) {
    this.track = track;
    this.parts = parts;
    /** @type {Mix} */
    this.mix = Object.fromEntries(parts.map((p) => [p.name, { gain: p.gain_db, mute: p.mute, solo: false }]));
    /** Mixes to go back to, and what was touched after each. @type {{mix: Mix, touched: string, at: number}[]} */
    this.before = [];
    /** Mixes that were taken back. @type {Mix[]} */
    this.after = [];
    /** Notes under somebody's hands, by part. @type {Map<string, History>} */
    this.notes = new Map();
    /** What was at hand when the last version was ordered. */
    this.sent = { mix: "", notes: "" };
  }

  /** The notes of a part, to be changed. @param {string} part */
  writing(part) {
    const found = this.notes.get(part) ?? new History(fromRows(this.parts.find((p) => p.name === part)?.notes ?? []));
    this.notes.set(part, found);
    return found;
  }

  /** Notes that were changed, by part. @returns {Record<string, number[][]>} */
  get written() {
    return Object.fromEntries([...this.notes].filter(([, one]) => one.changed).map(([part, one]) => [part, toRows(one.now)]));
  }

  /** Whether levels or mutes are other ones than the version's. */
  get levelsChanged() {
    return this.parts.some(({ name, gain_db, mute }) => this.mix[name].gain !== gain_db || this.mix[name].mute !== mute);
  }

  get mixChanged() {
    return this.levelsChanged || Object.values(this.mix).some((now) => now.solo);
  }

  /** The mix as the server is told of it. @param {{solo: boolean}} what  Whether what is heard alone is part of it. */
  levels({ solo: alone }) {
    return Object.fromEntries(Object.entries(this.mix).map(([part, { gain, mute, solo }]) => [part, { gain_db: gain, mute, solo: alone && solo }]));
  }

  /** What was changed, to be compared; empty where it is as it was. */
  get atHand() {
    const { written } = this;
    return { mix: this.levelsChanged ? JSON.stringify(this.levels({ solo: false })) : "", notes: Object.keys(written).length ? JSON.stringify(written) : "" };
  }

  /** Whether there is anything that the version has not. */
  get changed() {
    return this.levelsChanged || Object.keys(this.written).length > 0;
  }

  /** Whether there is anything that no version has, neither this one nor the one that was ordered last. */
  get unkept() {
    const { mix, notes } = this.atHand;
    return (mix !== "" && mix !== this.sent.mix) || (notes !== "" && notes !== this.sent.notes);
  }

  /** Remember the mix as it is before something is touched. @param {string} touched @param {boolean} [slides] */
  step(touched, slides = false) {
    const last = this.before.at(-1);
    const at = performance.now();
    if (slides && last?.touched === touched && at - last.at < STEP_MS) last.at = at;
    else this.before.push({ mix: structuredClone(this.mix), touched, at });
    this.after = [];
  }

  /** Take the last touch of a fader back. @returns {boolean} Whether there was one. */
  back() {
    const last = this.before.pop();
    if (!last) return false;
    this.after.push(this.mix);
    this.mix = last.mix;
    return true;
  }

  /** @returns {boolean} */
  forth() {
    const next = this.after.pop();
    if (!next) return false;
    this.before.push({ mix: this.mix, touched: "", at: 0 });
    this.mix = next;
    return true;
  }

  /** Put the faders where the version has them. */
  reset() {
    this.step("all");
    for (const { name, gain_db, mute } of this.parts) Object.assign(this.mix[name], { gain: gain_db, mute, solo: false });
  }
}

/** The drafts of all versions that somebody worked on, so that none is lost when another version is opened. */
export class Drafts {
  constructor() {
    /** @type {Map<string, Draft>} */
    this.of = new Map();
  }

  /** Go on with a version where it was left. @param {Score} score */
  take(score) {
    const found = this.of.get(score.track) ?? new Draft(score);
    for (const [track, one] of this.of) if (!one.changed) this.of.delete(track);
    this.of.set(score.track, found);
    return found;
  }

  /** Whether a version has changes that are not kept. @param {string} track */
  has(track) {
    return this.of.get(track)?.unkept ?? false;
  }

  get unkept() {
    return [...this.of.values()].some((one) => one.unkept);
  }

  /** What was ordered from a version is there: it holds what was changed. @param {string} track */
  done(track) {
    if (!this.has(track)) this.of.delete(track);
  }

  /** What was ordered from a version will not come: its changes are still to be kept. @param {string} track */
  failed(track) {
    const found = this.of.get(track);
    if (found) found.sent = { mix: "", notes: "" };
  }
}
