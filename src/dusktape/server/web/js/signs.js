/** Keys and chords as musicians write them. */

/** Flats and sharps by their signs. @param {string} text */
export const pretty = (text) => text.replace(/([A-G])b/g, "$1♭").replace(/#/g, "♯");

/** Names of pitch classes by fifths, C at `HOME`; each step up is a fifth. */
const FIFTHS = ["Fb", "Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#", "G#", "D#", "A#", "E#", "B#"];
const HOME = FIFTHS.indexOf("C");

/**
 * How a key spells a root. What is in its scale has the scale's letters, as E♯ in C♯ major; what is not is written from five
 * fifths below the tonic to six above it, as B♭ and G♯ in D major, and without C♭, F♭, E♯ and B♯.
 *
 * @param {string} root  As `Bb`. @param {string} key  As `C# major`.
 */
function spelled(root, key) {
  const [tonic, mode] = key.split(" ");
  const home = FIFTHS.indexOf(tonic);
  const at = FIFTHS.indexOf(root);
  if (home < 0 || at < 0) return root;
  const lowest = home - 5;
  const place = lowest + ((((at - lowest) % 12) + 12) % 12);
  const first = mode === "minor" ? home - 4 : home - 1;
  const inScale = place >= first && place <= first + 6;
  if (inScale) return FIFTHS[place] ?? root;
  const plain = place < HOME - 6 ? place + 12 : place > HOME + 10 ? place - 12 : place;
  return FIFTHS[plain] ?? root;
}

/** A chord: `Bbmin7` is B♭m7, and A♯m7 where the key has sharps. @param {string} text @param {string} [key]  As `C# major`; without one, roots stay as they are. */
export function chordName(text, key = "") {
  const root = text.match(/^[A-G][#b]?/)?.[0] ?? "";
  const quality = text.slice(root.length).replace(/min/g, "m").replace(/b(?=\d)/g, "♭");
  return pretty(spelled(root, key) + quality);
}
