/** Names of chords along a line, as far as there is room for them. */
import { chordName } from "../signs.js";

const LETTER = 6.2;
const MARGIN = 6;

/**
 * Chords with as much of their names as there is room for. A short name may reach over the next chord, which then has none.
 *
 * @param {{name: string, start: number, length: number}[]} chords @param {number} scale Pixels of a tick.
 */
export function labelled(chords, scale) {
  let free = 0;
  const end = Math.max(...chords.map((one) => one.start + one.length), 0) * scale + 1;
  return chords.map((told, k) => {
    const one = { ...told, name: chordName(told.name) };
    const root = one.name.match(/^[A-G][♭♯]?/)?.[0] ?? one.name;
    const minor = /^m(?!aj)/.test(one.name.slice(root.length)) ? `${root}m` : root;
    const wide = (/** @type {string} */ text) => MARGIN + text.length * LETTER;
    const from = one.start * scale;
    const same = told.name === chords[k - 1]?.name;
    if (same || from < free || from + wide(minor) > end) return { ...one, shown: "" };
    const until = (chords.slice(k + 1).find((next) => next.name !== told.name)?.start ?? one.start + one.length) * scale;
    const shown = [one.name, minor].find((text) => wide(text) <= until - from) ?? minor;
    free = from + wide(shown);
    return { ...one, shown };
  });
}
