/** Words and numbers as the workbench shows them. */

export { clock } from "../clock.js";

const NAMES = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"];

/** General MIDI percussion, by key. @type {Record<number, string>} */
export const DRUMS = {
  35: "Deep kick", 36: "Kick", 37: "Rim", 38: "Snare", 39: "Clap", 40: "Snare 2", 41: "Low tom", 42: "Closed hat",
  43: "Tom 2", 44: "Pedal hat", 45: "Tom 3", 46: "Open hat", 47: "Tom 4", 48: "Tom 5", 49: "Crash", 50: "High tom",
  51: "Ride", 52: "China", 53: "Ride bell", 54: "Tambourine", 55: "Splash", 56: "Cowbell", 57: "Crash 2", 59: "Ride 2",
  69: "Cabasa", 70: "Maracas", 75: "Claves", 76: "Block", 82: "Shaker",
};

/** @param {number} pitch */
export const pitchName = (pitch) => `${NAMES[pitch % 12]}${Math.floor(pitch / 12) - 1}`;

/** @param {number} pitch */
export const isBlack = (pitch) => [1, 3, 6, 8, 10].includes(pitch % 12);

/** @param {number} pitch */
export const drumName = (pitch) => DRUMS[pitch] ?? `Key ${pitch}`;

/** What people call a part. @param {string} part */
export function partName(part) {
  const known = { lead: "Melody", keys: "Keys", pad: "Pad", bass: "Bass", drums: "Drums", guest: "Guest", air: "Breath" };
  return /** @type {Record<string, string>} */ (known)[part] ?? (called.has(part) ? words(part) : capital(words(part)));
}

/** Parts as they are listed in a sentence. @param {Iterable<string>} parts */
export const named = (parts) => [...parts].map((p) => (p === "harmony" ? "chords" : SENT.test(p) ? words(p) : partName(p).toLowerCase())).join(", ");

/** What files that were brought are called, by the names under which they are sounds. @type {Map<string, string>} */
export const called = new Map();

/** What those were called that are deleted. @type {Map<string, string>} */
export const gone = new Map();

const SENT = /^(?:up_)?([0-9a-f]{10})(?:[0-9a-f]{22})?$/;

/** @param {string} name  Of a sound; also the id of an upload. */
export function words(name) {
  const sent = name.match(SENT);
  return sent ? called.get(`up_${sent[1]}`) ?? gone.get(`up_${sent[1]}`) ?? "a file that is deleted" : name.replaceAll("_", " ");
}

/** @param {number} db */
export const decibels = (db) => `${db > 0 ? "+" : db < 0 ? "−" : ""}${Math.abs(db).toFixed(1)} dB`;

/** @param {number | null} lufs */
export const loudness = (lufs) => (lufs === null ? "" : `${lufs.toFixed(1).replace("-", "−")} LUFS`);

/** @param {number} count @param {string} word */
export const counted = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

/**
 * Where a tick lies, as people count: bar 9, beat 2.
 * @param {number} tick @param {number} beat  Ticks of one. @param {number} beats  In a bar.
 */
export function place(tick, beat, beats) {
  const bar = Math.floor(tick / (beat * beats));
  const inside = (tick - bar * beat * beats) / beat;
  const sixteenth = Math.round((inside % 1) * 4);
  return `bar ${bar + 1}, beat ${Math.floor(inside) + 1}${sixteenth ? ` and ${sixteenth} of 4` : ""}`;
}

/**
 * What an edit did, in a line.
 * @param {Record<string, any> | null | undefined} edit
 */
export function editName(edit) {
  if (!edit) return "First take";
  const bars = edit.bars ? `, ${edit.bars[0] === edit.bars[1] ? `bar ${edit.bars[0]}` : `bars ${edit.bars[0]}–${edit.bars[1]}`}` : "";
  if (edit.again) return `${capital(named(edit.again))} again${bars}`;
  if (edit.keep) return `Kept ${named(edit.keep)}${bars}`;
  if (edit.notes) return `Notes of ${named(Object.keys(edit.notes))} by hand${edit.mix ? ", and the mix" : ""}`;
  if (edit.mix) {
    const moved = Object.entries(edit.mix).filter(([, fader]) => fader.gain_db || fader.mute || fader.solo).map(([part]) => part);
    return moved.length ? `Mix: ${named(moved)}` : "Mix as it came";
  }
  if (edit.settings || edit.effects) {
    const said = [...(edit.settings ?? []), ...(edit.effects ?? [])].map(settingName).filter(Boolean).join(", ");
    return SENT.test(edit.effects?.[0] ?? "") && !edit.settings ? said : capital(said);
  }
  return "Another version";
}

/** @param {string} setting */
function settingName(setting) {
  const [path, value] = setting.split("=");
  if (value === undefined) return `${words(path)} laid over`;
  if (path.endsWith(".on")) return value === "true" ? "" : `no ${words(path.split(".")[0])}`;
  if (path.endsWith(".instrument")) return `${partName(path.split(".").at(-2) ?? path).toLowerCase()}: ${words(value)}`;
  return `${words(path.split(".").at(-1) ?? path)}: ${words(value)}`;
}

/** @param {string} text */
export const capital = (text) => text.replace(/^./, (c) => c.toUpperCase());

/** The colour of a part, as a custom property of tokens.css. @param {string} part @param {boolean} texture */
export function partColour(part, texture) {
  if (texture) return "--part-texture";
  const known = { keys: "--part-keys", lead: "--part-melody", guest: "--part-melody", bass: "--part-bass", drums: "--part-drums", pad: "--part-pad" };
  return /** @type {Record<string, string>} */ (known)[part] ?? "--part-texture";
}
