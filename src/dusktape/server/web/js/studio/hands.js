/** What hands do to the notes of a part, whichever way they do it; and what keys do. */
import { Piece } from "./element.js";
import { counted, drumName, pitchName, place } from "./format.js";
import { added, changed, clamp, removed } from "./notes.js";
import { DRUM_ROWS } from "./paint.js";
import { store } from "./store.js";

/**
 * @typedef {import("./notes.js").Note} Note
 * @typedef {import("./calls.js").Player} Player
 */

export const GRIDS = /** @type {const} */ ([[480, "1/8"], [240, "1/16"], [120, "1/32"], [160, "1/16 triplet"], [0, "free"]]);
export const ZOOMS = [0.012, 0.02, 0.032, 0.05, 0.08, 0.12];
/** Pixels of the keyboard at the left. */
export const KEYS = 60;

export class Hands extends Piece {
  constructor() {
    super();
    /** @type {Set<number>} */
    this.selected = new Set();
    this.grid = 240;
    this.zoom = 2;
    /** Of the next note that is added. */
    this.length = 240;
    this.said = "";
    /** Where a key adds a note. */
    this.cursor = 0;
  }

  draw() {}

  /** What the next note that is added is like. @param {{length?: number, cursor?: number}} like */
  usual(like) {
    Object.assign(this, like);
  }

  /** @returns {Player | null} */
  get player() {
    return store.score?.parts.find((p) => p.name === store.part && !p.texture) ?? null;
  }

  get end() {
    return store.score?.length ?? 0;
  }

  get beat() {
    return store.score?.ticks_per_beat ?? 960;
  }

  get beats() {
    return store.score?.beats_per_bar ?? 4;
  }

  get history() {
    return store.draft.writing(this.player?.name ?? "");
  }

  get notes() {
    return this.history.now;
  }

  /** Pixels of a tick. */
  get scale() {
    return ZOOMS[this.zoom];
  }

  get rowHeight() {
    return this.player?.drums ? 20 : 12;
  }

  /** Pitches from the top row down. */
  get rows() {
    const player = this.player;
    if (!player) return [];
    if (player.drums) {
      const used = new Set([...DRUM_ROWS, ...this.notes.map((n) => n.pitch)]);
      return [...used].sort((a, b) => b - a);
    }
    const pitches = [...player.notes.map((n) => n[2]), ...this.notes.map((n) => n.pitch)];
    const middle = Math.round((Math.min(...pitches) + Math.max(...pitches)) / 2) || 60;
    const low = clamp(Math.min(...pitches.map((p) => p - 5), middle - 17), 0, 92);
    const high = clamp(Math.max(...pitches.map((p) => p + 5), middle + 18), low + 35, 127);
    return Array.from({ length: high - low + 1 }, (_, k) => high - k);
  }

  /** @param {readonly Note[]} notes @param {string} said */
  put(notes, said) {
    this.history.push(notes);
    this.tellOf(said);
    store.tell();
  }

  /** @param {string} text */
  tellOf(text) {
    this.said = text;
    this.requestUpdate();
  }

  /** @param {Note} note */
  describe(note) {
    const name = this.player?.drums ? drumName(note.pitch) : pitchName(note.pitch);
    return `${name}, ${place(note.start, this.beat, this.beats)}, velocity ${note.velocity}`;
  }

  /** @param {number} tick */
  floor(tick) {
    return this.grid ? Math.floor(tick / this.grid) * this.grid : Math.round(tick);
  }

  /** @param {number} start @param {number} pitch */
  addAt(start, pitch) {
    const near = this.notes.filter((n) => Math.abs(n.start - start) < this.beat * 2);
    const velocity = near.length ? Math.round(near.reduce((sum, n) => sum + n.velocity, 0) / near.length) : 84;
    const length = this.player?.drums ? 240 : Math.max(this.length, this.grid || 60);
    const { notes, id } = added(this.notes, { start, length, pitch, velocity }, this.end);
    this.selected = new Set([id]);
    this.cursor = start;
    const note = notes.at(-1);
    if (!this.player?.drums) store.deck.blip(pitch, velocity);
    this.put(notes, note ? `Added ${this.describe(note)}` : "");
  }

  erase() {
    if (!this.selected.size) return;
    const count = this.selected.size;
    const notes = removed(this.notes, this.selected);
    this.selected = new Set();
    this.put(notes, `${counted(count, "note")} deleted`);
  }

  /** @param {{ticks?: number, pitch?: number, length?: number, velocity?: number}} by */
  nudge(by) {
    if (!this.selected.size) return;
    const notes = changed(this.notes, this.selected, by, this.end);
    const one = notes.find((n) => this.selected.has(n.id));
    if (one && by.pitch && !this.player?.drums) store.deck.blip(one.pitch, one.velocity);
    this.put(notes, one ? this.describe(one) : "");
  }

  /** @param {-1 | 1} step */
  walk(step) {
    const order = [...this.notes].sort((a, b) => a.start - b.start || a.pitch - b.pitch);
    const here = order.findIndex((n) => this.selected.has(n.id));
    const next = here < 0 ? order.findIndex((n) => n.start >= this.cursor) : clamp(here + step, 0, order.length - 1);
    const note = order[Math.max(0, next)];
    if (!note) return;
    this.selected = new Set([note.id]);
    this.cursor = note.start;
    const view = this.querySelector(".view");
    if (view instanceof HTMLElement) {
      const x = note.start * this.scale;
      const y = this.rows.indexOf(note.pitch) * this.rowHeight;
      if (x < view.scrollLeft || x > view.scrollLeft + view.clientWidth - KEYS - 30) view.scrollLeft = Math.max(0, x - 80);
      if (y < view.scrollTop || y > view.scrollTop + view.clientHeight - 40) view.scrollTop = Math.max(0, y - view.clientHeight / 2);
    }
    this.tellOf(this.describe(note));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const command = event.ctrlKey || event.metaKey;
    const grid = this.grid || 10;
    const octave = event.shiftKey ? 12 : 1;
    const rows = this.rows;
    const row = (/** @type {number} */ by) => {
      const one = this.notes.find((n) => this.selected.has(n.id));
      if (!one) return 0;
      return rows[clamp(rows.indexOf(one.pitch) - by, 0, rows.length - 1)] - one.pitch;
    };
    const up = (/** @type {number} */ by) => (this.player?.drums ? row(Math.sign(by)) : by);
    /** @type {Record<string, () => void>} */
    const keys = {
      ArrowLeft: () => (event.altKey ? this.nudge({ ticks: -grid }) : event.shiftKey ? this.nudge({ length: -grid }) : this.walk(-1)),
      ArrowRight: () => (event.altKey ? this.nudge({ ticks: grid }) : event.shiftKey ? this.nudge({ length: grid }) : this.walk(1)),
      ArrowUp: () => this.nudge({ pitch: up(octave) }),
      ArrowDown: () => this.nudge({ pitch: up(-octave) }),
      "+": () => this.nudge({ velocity: 5 }), "=": () => this.nudge({ velocity: 5 }), "-": () => this.nudge({ velocity: -5 }),
      Delete: () => this.erase(), Backspace: () => this.erase(),
      Enter: () => {
        const one = this.notes.find((n) => this.selected.has(n.id));
        const start = one ? this.floor(one.start + Math.max(one.length, grid)) : this.floor(this.cursor);
        this.addAt(Math.min(start, this.end - 60), one?.pitch ?? rows[Math.floor(rows.length / 2)]);
      },
      Escape: () => {
        this.selected = new Set();
        this.tellOf("Nothing chosen");
      },
    };
    if (command && event.key.toLowerCase() === "z") (event.shiftKey ? this.forward() : this.back());
    else if (command && event.key.toLowerCase() === "y") this.forward();
    else if (command && event.key.toLowerCase() === "a") {
      this.selected = new Set(this.notes.map((n) => n.id));
      this.tellOf(`${counted(this.selected.size, "note")} chosen`);
    } else if (!command && keys[event.key]) keys[event.key]();
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.draw();
  }

  back() {
    if (!this.history.undo()) return;
    this.tellOf("Taken back");
    store.tell();
  }

  forward() {
    if (!this.history.redo()) return;
    this.tellOf("Done again");
    store.tell();
  }
}
