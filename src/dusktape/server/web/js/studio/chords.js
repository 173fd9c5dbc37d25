/** Names of chords and sections along a line, as far as there is room for them. */
import { chordName } from "../signs.js";

const LETTER = 6.6;
const WIDE = 9.8;
const MARGIN = 6;
const SECTION_LETTER = 6.7;
const SECTION_MARGIN = 9;

/** @param {string} text */
const width = (text) => MARGIN + [...text].reduce((sum, letter) => sum + (letter === "m" ? WIDE : LETTER), 0);

/** What sections are called where there is less room. @type {Record<string, string>} */
const SHORT = { intro: "in", break: "br", outro: "out" };

/** What of a section's name fits: all of it, a shorter word, or nothing. @param {string} name @param {number} room Pixels. */
export function sectionShown(name, room) {
  return [name, SHORT[name] ?? name].find((text) => SECTION_MARGIN + text.length * SECTION_LETTER <= room) ?? "";
}

/**
 * Chords with their names, or at least their roots, where there is room for them. Where chords follow one another more
 * closely, none of them is named: the first of them has a mark that says so, as far as it fits.
 *
 * @param {{name: string, start: number, length: number}[]} chords @param {number} scale Pixels of a tick.
 * @param {string} mark  For a stretch without names; `…` where it is too long. @param {string} [key]  That spells them.
 */
export function labelled(chords, scale, mark, key) {
  let crowded = false;
  const spelled = chords.map((told) => ({ ...told, name: chordName(told.name, key) }));
  return spelled.map((one, k) => {
    if (one.name === spelled[k - 1]?.name) return { ...one, shown: "" };
    const shown = fitting(spelled, k, scale);
    const before = crowded;
    crowded = !shown;
    if (shown || before) return { ...one, shown };
    const named = spelled.findIndex((next, n) => n > k && next.name !== spelled[n - 1].name && fitting(spelled, n, scale));
    const end = named < 0 ? last(spelled) : spelled[named].start;
    const fits = [mark, "…"].find((text) => width(text) <= (end - one.start) * scale) ?? "";
    return { ...one, shown: fits };
  });
}

/** @param {{start: number, length: number}[]} chords */
const last = (chords) => Math.max(...chords.map((one) => one.start + one.length), 0);

/** What of a chord's name fits before another one begins. @param {{name: string, start: number, length: number}[]} chords @param {number} k @param {number} scale */
function fitting(chords, k, scale) {
  const { name } = chords[k];
  const root = name.match(/^[A-G][♭♯]?/)?.[0] ?? name;
  const minor = /^m(?!aj)/.test(name.slice(root.length)) ? `${root}m` : root;
  const until = chords.slice(k + 1).find((next) => next.name !== chords[k].name)?.start ?? last(chords);
  return [name, minor].find((text) => width(text) <= (until - chords[k].start) * scale) ?? "";
}
