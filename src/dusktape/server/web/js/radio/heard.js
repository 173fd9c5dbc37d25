/** What is heard at a frame: pure questions to the programme and to a track's timeline. */

/** @typedef {import("../api.js").Entry} Entry */
/** @typedef {import("../api.js").Timeline} Timeline */

/**
 * The entry that is heard at a frame. Where two are joined, the later one from the middle of the join on: there both are equally loud.
 *
 * @param {Entry[]} entries Sorted by start. @param {number} frame @returns {Entry | null}
 */
export function entryAt(entries, frame) {
  let found = null;
  for (const entry of entries) {
    if (entry.start + entry.join / 2 <= frame && frame < entry.end) found = entry;
  }
  return found ?? entries.find((e) => e.start <= frame && frame < e.end) ?? null;
}

/** The first entry after this one. @param {Entry[]} entries @param {Entry | null} entry @returns {Entry | null} */
export function entryAfter(entries, entry) {
  return entry ? (entries.find((e) => e.start > entry.start) ?? null) : null;
}

/** How far into its track an entry is at a frame. @param {Entry} entry @param {number} frame */
export const within = (entry, frame) => frame - entry.start + (Number(entry.spec?.offset) || 0);

/** The index of the last number that is not above `value`; -1 if there is none. @param {number} length @param {(i: number) => number} at @param {number} value */
export function lastUpTo(length, at, value) {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** 1 on the newest of some frames, falling to 0 as they pass. @param {number[]} frames @param {number} position @param {number} halfLife Seconds. */
export function pulse(frames, position, halfLife) {
  const i = lastUpTo(frames.length, (k) => frames[k], position);
  return i < 0 ? 0 : 2 ** (-(position - frames[i]) / 44100 / halfLife);
}

/** How loud it is, 0 to 1. @param {Timeline} timeline @param {number} position */
export function levelAt(timeline, position) {
  const { hop, db } = timeline.level ?? { hop: 1, db: [] };
  const i = Math.floor(position / hop);
  if (i < 0 || i >= db.length) return 0;
  return Math.max(0, Math.min(1, (db[i] + 42) / 34));
}

/** @param {Timeline} timeline @param {number} position */
export function chordAt(timeline, position) {
  const i = lastUpTo(timeline.chords.length, (k) => timeline.chords[k][0], position);
  return i < 0 ? "" : timeline.chords[i][1];
}

/** @param {Timeline} timeline @param {number} position */
export function sectionAt(timeline, position) {
  const i = lastUpTo(timeline.sections.length, (k) => timeline.sections[k].start, position);
  return i < 0 ? "" : timeline.sections[i].name;
}
