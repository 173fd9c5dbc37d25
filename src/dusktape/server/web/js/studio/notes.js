/**
 * Notes under somebody's hands: pure functions on frozen lists, and a history to go back and forth in.
 *
 * @typedef {object} Note  Times are ticks, 960 a beat.
 * @property {number} id  Given here; the same note keeps it while it is changed.
 * @property {number} start
 * @property {number} length
 * @property {number} pitch
 * @property {number} velocity
 */

export const SHORTEST = 30;
let last = 0;

/** @param {number[][]} rows @returns {Note[]} */
export function fromRows(rows) {
  return rows.map(([start, length, pitch, velocity]) => ({ id: ++last, start, length, pitch, velocity }));
}

/** @param {readonly Note[]} notes @returns {number[][]} */
export function toRows(notes) {
  return [...notes].sort((a, b) => a.start - b.start || a.pitch - b.pitch)
    .map(({ start, length, pitch, velocity }) => [start, length, pitch, velocity]);
}

/** @param {readonly Note[]} notes @param {Omit<Note, "id">} note @param {number} end @returns {{notes: Note[], id: number}} */
export function added(notes, note, end) {
  const made = within({ ...note, id: ++last }, end);
  return { notes: [...notes, made], id: made.id };
}

/** @param {readonly Note[]} notes @param {ReadonlySet<number>} ids @returns {Note[]} */
export const removed = (notes, ids) => notes.filter((note) => !ids.has(note.id));

/**
 * Some notes changed together; how far they move is held so that none leaves the song.
 *
 * @param {readonly Note[]} notes @param {ReadonlySet<number>} ids
 * @param {{ticks?: number, pitch?: number, length?: number, velocity?: number}} by @param {number} end
 * @returns {Note[]}
 */
export function changed(notes, ids, { ticks = 0, pitch = 0, length = 0, velocity = 0 }, end) {
  const some = notes.filter((note) => ids.has(note.id));
  if (!some.length) return [...notes];
  const left = Math.min(...some.map((n) => n.start));
  const right = Math.max(...some.map((n) => n.start));
  const low = Math.min(...some.map((n) => n.pitch));
  const high = Math.max(...some.map((n) => n.pitch));
  const step = clamp(ticks, -left, Math.max(-left, end - SHORTEST - right));
  const up = clamp(pitch, -low, 127 - high);
  return notes.map((n) => !ids.has(n.id) ? n : within({
    ...n, start: n.start + step, pitch: n.pitch + up, length: n.length + length, velocity: n.velocity + velocity,
  }, end));
}

/** @param {Note} note @param {number} end @returns {Note} */
function within(note, end) {
  const start = clamp(Math.round(note.start), 0, Math.max(0, end - SHORTEST));
  return {
    ...note, start,
    length: clamp(Math.round(note.length), SHORTEST, Math.max(SHORTEST, end - start)),
    pitch: clamp(Math.round(note.pitch), 0, 127),
    velocity: clamp(Math.round(note.velocity), 1, 127),
  };
}

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** @param {number} tick @param {number} grid  0 for none. */
export const snapped = (tick, grid) => (grid ? Math.round(tick / grid) * grid : Math.round(tick));

/** What was, what is and what was taken back. */
export class History {
  /** @param {readonly Note[]} notes */
  constructor(notes) {
    /** @type {(readonly Note[])[]} */
    this.past = [];
    /** @type {readonly Note[]} */
    this.now = notes;
    /** @type {(readonly Note[])[]} */
    this.future = [];
    this.first = JSON.stringify(toRows(notes));
  }

  get changed() {
    return JSON.stringify(toRows(this.now)) !== this.first;
  }

  /** @param {readonly Note[]} notes */
  push(notes) {
    if (JSON.stringify(toRows(notes)) === JSON.stringify(toRows(this.now))) return;
    this.past.push(this.now);
    if (this.past.length > 200) this.past.shift();
    this.now = notes;
    this.future = [];
  }

  undo() {
    const before = this.past.pop();
    if (!before) return false;
    this.future.push(this.now);
    this.now = before;
    return true;
  }

  redo() {
    const after = this.future.pop();
    if (!after) return false;
    this.past.push(this.now);
    this.now = after;
    return true;
  }
}
