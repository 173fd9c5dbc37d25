/** Keys and chords as musicians write them. */

/** Flats and sharps by their signs. @param {string} text */
export const pretty = (text) => text.replace(/([A-G])b/g, "$1♭").replace(/#/g, "♯");

/** A chord: `Bbmin7` is B♭m7. @param {string} text */
export const chordName = (text) => pretty(text.replace(/min/g, "m"));
