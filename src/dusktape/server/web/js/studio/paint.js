/** How notes look: drawn on canvases that are as large as what is seen of them. */
import { labelled } from "./chords.js";
import { colour, sheet } from "./element.js";
import { drumName, isBlack, pitchName } from "./format.js";

/**
 * @typedef {object} Look
 * @property {readonly import("./notes.js").Note[]} notes
 * @property {ReadonlySet<number>} selected
 * @property {number[]} rows  Pitches, from the top.
 * @property {number} rowHeight
 * @property {number} scale  Pixels of a tick.
 * @property {number} left
 * @property {number} top
 * @property {number} beat
 * @property {number} beats
 * @property {number} grid
 * @property {number} end
 * @property {boolean} drums
 * @property {{name: string, start: number, length: number}[]} chords
 * @property {string} key  Of the song.
 * @property {string} colour
 * @property {number | null} cursor
 * @property {[number, number, number, number] | null} box
 * @property {number} keys  Width of the keyboard.
 */

/** The pieces of a kit that are always shown. */
export const DRUM_ROWS = [36, 37, 38, 39, 42, 44, 46, 49, 51, 82];

/** Paint only beside the keyboard, until `restore`. @param {CanvasRenderingContext2D} to @param {Look} look @param {number} width @param {number} height */
function besideKeys(to, look, width, height) {
  to.save();
  to.beginPath();
  to.rect(look.keys, 0, width - look.keys, height);
  to.clip();
}

/** @param {HTMLCanvasElement} canvas @param {Look} look */
export function paint(canvas, look) {
  const paper = sheet(canvas);
  if (!paper) return;
  const { to, width, height } = paper;
  besideKeys(to, look, width, height);
  to.translate(look.keys - look.left, -look.top);
  const from = look.left / look.scale;
  const until = (look.left + width) / look.scale;
  rows(canvas, to, look, width, height);
  lines(canvas, to, look, from, until, height);
  for (const note of look.notes) {
    if (note.start < until && note.start + note.length + 400 > from) one(canvas, to, look, note);
  }
  chords(canvas, to, look, from, until);
  if (look.cursor !== null) {
    to.fillStyle = colour(canvas, "--lamp-bright");
    to.globalAlpha = 0.7;
    to.fillRect(look.cursor * look.scale - 0.5, look.top, 1, height);
    to.globalAlpha = 1;
  }
  if (look.box) {
    const [x, y, x2, y2] = look.box;
    to.strokeStyle = colour(canvas, "--lamp-bright");
    to.setLineDash([4, 3]);
    to.strokeRect(x, y, x2 - x, y2 - y);
  }
  to.restore();
  keyboard(canvas, to, look, height);
}

/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} to @param {Look} look @param {number} width @param {number} height */
function rows(canvas, to, look, width, height) {
  const dark = colour(canvas, "--night");
  look.rows.forEach((pitch, k) => {
    const y = k * look.rowHeight;
    if (y > look.top + height || y + look.rowHeight < look.top) return;
    const shaded = look.drums ? k % 2 === 1 : isBlack(pitch);
    if (shaded) {
      to.globalAlpha = 0.42;
      to.fillStyle = dark;
      to.fillRect(look.left, y, width, look.rowHeight);
    }
    to.globalAlpha = 1;
    if (!look.drums && pitch % 12 === 0) {
      to.fillStyle = colour(canvas, "--edge");
      to.fillRect(look.left, y + look.rowHeight - 1, width, 1);
    }
  });
}

/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} to @param {Look} look @param {number} from @param {number} until @param {number} height */
function lines(canvas, to, look, from, until, height) {
  const bar = look.beat * look.beats;
  const fine = look.grid && look.grid * look.scale > 5 ? look.grid : look.beat * look.scale > 5 ? look.beat : bar;
  for (let tick = Math.max(0, Math.floor(from / fine) * fine); tick <= Math.min(look.end, until); tick += fine) {
    const strong = tick % bar === 0;
    to.globalAlpha = strong ? 0.3 : tick % look.beat === 0 ? 0.13 : 0.055;
    to.fillStyle = colour(canvas, "--cream");
    to.fillRect(Math.round(tick * look.scale), look.top, 1, height);
  }
  to.globalAlpha = 1;
  to.font = "600 10px Figtree, sans-serif";
  to.textBaseline = "top";
  const everyBar = bar * look.scale > 34 ? 1 : 4;
  for (let k = Math.max(0, Math.floor(from / bar)); k * bar <= Math.min(look.end - 1, until); k += 1) {
    if (k % everyBar) continue;
    to.fillStyle = colour(canvas, "--faint");
    to.fillText(String(k + 1), k * bar * look.scale + 4, look.top + 3);
  }
  if (look.end * look.scale < look.left + 4000) {
    to.fillStyle = colour(canvas, "--night");
    to.globalAlpha = 0.6;
    to.fillRect(look.end * look.scale, look.top, 4000, height);
    to.globalAlpha = 1;
  }
}

/** The names of the chords below the numbers of the bars: all of them, once it is zoomed in. @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} to @param {Look} look @param {number} from @param {number} until */
function chords(canvas, to, look, from, until) {
  to.font = "600 11px Figtree, sans-serif";
  to.textBaseline = "top";
  to.fillStyle = colour(canvas, "--soft");
  for (const { shown, start } of labelled(look.chords, look.scale, "… zoom in", look.key)) {
    if (shown && start < until && start * look.scale > from * look.scale - 60) to.fillText(shown, start * look.scale + 4, look.top + 15);
  }
}

/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} to @param {Look} look @param {import("./notes.js").Note} note */
function one(canvas, to, look, note) {
  const row = look.rows.indexOf(note.pitch);
  if (row < 0) return;
  const chosen = look.selected.has(note.id);
  const y = row * look.rowHeight + 1;
  const tall = look.rowHeight - 2;
  const x = note.start * look.scale;
  to.fillStyle = colour(canvas, chosen ? "--cream" : look.colour);
  to.globalAlpha = chosen ? 1 : 0.35 + 0.65 * (note.velocity / 127);
  if (look.drums) {
    const reach = Math.min(tall, 13) / 2;
    to.beginPath();
    to.moveTo(x, y + tall / 2 - reach);
    to.lineTo(x + reach, y + tall / 2);
    to.lineTo(x, y + tall / 2 + reach);
    to.lineTo(x - reach, y + tall / 2);
    to.fill();
  } else {
    to.beginPath();
    to.roundRect(x, y, Math.max(3, note.length * look.scale - 1), tall, 2.5);
    to.fill();
  }
  to.globalAlpha = 1;
}

/** @param {HTMLCanvasElement} canvas @param {CanvasRenderingContext2D} to @param {Look} look @param {number} height */
function keyboard(canvas, to, look, height) {
  to.fillStyle = colour(canvas, "--shelf");
  to.fillRect(0, 0, look.keys, height);
  to.textBaseline = "middle";
  to.font = "500 10px Figtree, sans-serif";
  look.rows.forEach((pitch, k) => {
    const y = k * look.rowHeight - look.top;
    if (y > height || y + look.rowHeight < 0) return;
    if (look.drums) {
      to.fillStyle = colour(canvas, k % 2 ? "--room" : "--shelf");
      to.fillRect(0, y, look.keys, look.rowHeight);
      to.fillStyle = colour(canvas, "--soft");
      to.fillText(drumName(pitch), 5, y + look.rowHeight / 2 + 0.5, look.keys - 8);
      return;
    }
    to.fillStyle = colour(canvas, "--cream");
    to.globalAlpha = 0.82;
    to.fillRect(0, y, look.keys, look.rowHeight);
    to.globalAlpha = 1;
    if (isBlack(pitch)) {
      to.fillStyle = colour(canvas, "--night");
      to.fillRect(0, y, look.keys * 0.62, look.rowHeight);
      to.globalAlpha = 0.28;
      to.fillRect(look.keys * 0.62, y + look.rowHeight / 2 - 0.5, look.keys * 0.38, 1);
      to.globalAlpha = 1;
    } else if ([0, 5].includes(pitch % 12)) {
      to.fillStyle = colour(canvas, "--night");
      to.globalAlpha = 0.28;
      to.fillRect(0, y + look.rowHeight - 0.5, look.keys, 1);
      to.globalAlpha = 1;
    }
    if (pitch % 12 === 0) {
      to.fillStyle = colour(canvas, "--on-lamp");
      to.fillText(pitchName(pitch), look.keys - 21, y + look.rowHeight / 2 + 0.5);
    }
  });
  to.fillStyle = colour(canvas, "--edge-bright");
  to.fillRect(look.keys - 1, 0, 1, height);
}

/** @param {HTMLCanvasElement} canvas @param {Look} look */
export function paintVelocities(canvas, look) {
  const paper = sheet(canvas);
  if (!paper) return;
  const { to, width, height } = paper;
  besideKeys(to, look, width, height);
  for (const note of look.notes) {
    const x = look.keys + note.start * look.scale - look.left;
    if (x < look.keys - 4 || x > width) continue;
    const tall = (note.velocity / 127) * (height - 8);
    to.fillStyle = colour(canvas, look.selected.has(note.id) ? "--cream" : look.colour);
    to.globalAlpha = look.selected.has(note.id) ? 1 : 0.7;
    to.fillRect(x - 1, height - 4 - tall, 2, tall);
    to.beginPath();
    to.arc(x, height - 4 - tall, 3, 0, 7);
    to.fill();
  }
  to.restore();
  to.fillStyle = colour(canvas, "--faint");
  to.font = "500 10px Figtree, sans-serif";
  to.textBaseline = "middle";
  to.fillText("velocity", 6, height / 2);
}
