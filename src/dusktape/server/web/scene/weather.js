/** Rain and snow behind the glass, and the drops that run down on it. */

import { chance, css, mix } from "./colour.js";
import { disc, thread } from "./shapes.js";
import { GLASS, panes } from "./outside.js";

/** @typedef {import("./shapes.js").Pen} Pen */
/** @typedef {import("./light.js").Light} Light */
/** @typedef {import("./light.js").State} State */

const WIDE = GLASS.right - GLASS.left;
const TALL = GLASS.bottom - GLASS.top;

/** @param {Pen} pen @param {Light} light @param {number} time @param {State} state @param {number} seed */
export function moving(pen, light, time, state, seed) {
  if (state.rain < 0.02 && state.snow < 0.02) return;
  pen.save();
  panes(pen);
  pen.clip();
  if (state.rain >= 0.02) rain(pen, light, time, state.rain, seed);
  if (state.snow >= 0.02) snow(pen, time, state.snow, seed);
  pen.restore();
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {number} amount @param {number} seed */
function rain(pen, light, time, amount, seed) {
  const tint = mix(light.low, [225, 232, 255], 0.6);
  pen.lineCap = "round";
  for (let layer = 0; layer < 3; layer++) {
    const speed = 520 + 260 * layer;
    const length = 16 + 15 * layer;
    pen.beginPath();
    for (let i = 0; i < 46 * amount; i++) {
      const run = TALL + 120;
      const fallen = time * speed * (0.9 + 0.2 * chance(seed, 71, layer, i)) + run * chance(seed, 72, layer, i);
      const x = GLASS.left - 20 + (WIDE + 60) * chance(seed, 73, layer, i, Math.floor(fallen / run));
      const y = GLASS.top - 60 + (fallen % run);
      pen.moveTo(x, y);
      pen.lineTo(x - length * 0.13, y + length);
    }
    pen.strokeStyle = css(tint, 0.16 + 0.08 * layer);
    pen.lineWidth = 0.8 + 0.4 * layer;
    pen.stroke();
  }
  drops(pen, light, time, amount, seed);
}

/** Drops on the glass: most sit, some gather and run. @param {Pen} pen @param {Light} light @param {number} time @param {number} amount @param {number} seed */
function drops(pen, light, time, amount, seed) {
  const bright = mix(light.low, [255, 255, 255], 0.45);
  for (let i = 0; i < 210 * amount; i++) {
    const life = 9 + 14 * chance(seed, 81, i);
    const turn = Math.floor(time / life + chance(seed, 82, i));
    const age = (time / life + chance(seed, 82, i)) % 1;
    const r = (0.9 + 2.3 * chance(seed, 83, i, turn) ** 3) * Math.min(1, age * 6) * (1 - Math.max(0, age - 0.92) * 12);
    if (r <= 0) continue;
    const x = GLASS.left + WIDE * chance(seed, 84, i, turn);
    const y = GLASS.top + TALL * chance(seed, 85, i, turn);
    disc(pen, x, y, r, r * 1.15, css(light.top, 0.28));
    disc(pen, x + r * 0.15, y + r * 0.25, r * 0.66, r * 0.6, css(bright, 0.42));
  }
  for (let i = 0; i < 18 * amount; i++) {
    const life = 5 + 6 * chance(seed, 91, i);
    const turn = Math.floor(time / life + chance(seed, 92, i));
    const age = (time / life + chance(seed, 92, i)) % 1;
    const x = GLASS.left + WIDE * chance(seed, 93, i, turn);
    const start = GLASS.top + 0.5 * TALL * chance(seed, 94, i, turn);
    const steps = age + 0.05 * Math.sin(age * 22 + i);
    const y = start + 0.62 * TALL * Math.max(0, steps) ** 1.5;
    const sway = (/** @type {number} */ at) => x + 3.2 * Math.sin(at / 26 + i) + 1.6 * Math.sin(at / 9 + 2 * i);
    const tail = Math.max(start, y - 120);
    /** @type {[number, number][]} */
    const path = [];
    for (let k = 0; k <= 6; k++) path.push([sway(tail + ((y - tail) * k) / 6), tail + ((y - tail) * k) / 6]);
    thread(pen, path, css(bright, 0.15 * (1 - age * 0.6)), 1.5);
    disc(pen, sway(y), y, 2.5, 3.4, css(light.top, 0.35));
    disc(pen, sway(y) + 0.4, y + 0.9, 1.6, 1.9, css(bright, 0.7));
  }
}

/** @param {Pen} pen @param {number} time @param {number} amount @param {number} seed */
function snow(pen, time, amount, seed) {
  for (let layer = 0; layer < 3; layer++) {
    const speed = 20 + 19 * layer;
    for (let i = 0; i < (74 - 14 * layer) * amount; i++) {
      const run = TALL + 30;
      const fallen = time * speed * (0.75 + 0.5 * chance(seed, 101, layer, i)) + run * chance(seed, 102, layer, i);
      const turn = Math.floor(fallen / run);
      const drift = 13 * Math.sin(time * (0.35 + 0.4 * chance(seed, 103, layer, i)) + 6.3 * chance(seed, 104, layer, i));
      const x = GLASS.left + WIDE * chance(seed, 105, layer, i, turn) + drift;
      const r = (0.8 + 0.85 * layer) * (0.7 + 0.6 * chance(seed, 106, layer, i));
      disc(pen, x, GLASS.top - 15 + (fallen % run), r, r, css([244, 246, 255], 0.42 + 0.17 * layer));
    }
  }
}
