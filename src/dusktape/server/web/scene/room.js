/** The room: wall, window frame, curtains, shelf, pictures, a plant that hangs, a string of lights. */

import { chance, css, hex, mix, scale } from "./colour.js";
import { CREAM, LAMP, LAMPLIGHT, lit } from "./light.js";
import { BARS, GLASS } from "./outside.js";
import { blend, blob, box, disc, glow, line, shadow, stuff, thread } from "./shapes.js";

/** @typedef {import("./shapes.js").Pen} Pen */
/** @typedef {import("./shapes.js").Point} Point */
/** @typedef {import("./light.js").Light} Light */
/** @typedef {import("./light.js").State} State */

const WALL = hex("#a58aa0");
const WOOD = hex("#8a5f4b");
const FRAME = hex("#cdb5a4");
const CLOTH = hex("#e2c9bf");

/** @param {Pen} pen @param {import("./index.js").View} view @param {Light} light */
export function wall(pen, view, light) {
  const { left, top, width, height } = view;
  const base = lit(light, WALL, -4000, 400);
  box(pen, left, top, width, height, 0, blend(pen, [0, Math.min(0, top), 0, 900], [
    [0, css(scale(base, 0.72))], [0.45, css(base)], [0.78, css(scale(base, 0.74))], [1, css(scale(base, 0.5))],
  ]));
  pen.fillStyle = css(scale(base, 0.6), 0.16);
  for (let x = -1000; x < 1000; x += 46) pen.fillRect(x, top, 2, 900 - top);
  glow(pen, LAMP.x, LAMP.y - 20, 560, LAMPLIGHT, 0.42 * light.lamp);
  glow(pen, LAMP.x + 6, LAMP.y - 130, 250, LAMPLIGHT, 0.26 * light.lamp, 1.25);
  const day = 1 - light.night;
  glow(pen, -110, 330, 700, light.pour, 0.2 + 0.2 * day, 0.8);
  box(pen, left, 690, width, height, 0, blend(pen, [0, 690, 0, 900], [[0, css(scale(base, 0.3), 0)], [1, css(scale(base, 0.26), 0.92)]]));
}

/** The frame, the sill, and the light along their edges. @param {Pen} pen @param {Light} light @param {State} state */
export function window(pen, light, state) {
  const { left, top, right, bottom } = GLASS;
  const day = 1 - light.night;
  reflections(pen, light);
  const wood = (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h) =>
    box(pen, x, y, w, h, 1.5, stuff(pen, light, FRAME, w > h ? [x, y, x + w, y] : [x, y, x, y + h], 0.12));
  wood(left - 20, top - 20, right - left + 40, 20);
  wood(left - 20, top - 2, 20, bottom - top + 4);
  wood(right, top - 2, 20, bottom - top + 4);
  for (const x of BARS.upright) wood(x - BARS.half, top, 2 * BARS.half, bottom - top);
  wood(left, BARS.across - BARS.half, right - left, 2 * BARS.half);
  pen.fillStyle = css(light.pour, 0.22 + 0.3 * day);
  for (const x of BARS.upright) {
    pen.fillRect(x - BARS.half, top, 1.6, bottom - top);
    pen.fillRect(x + BARS.half - 1.6, top, 1.6, bottom - top);
  }
  pen.fillRect(left, BARS.across - BARS.half, right - left, 1.6);
  pen.fillRect(left - 1.4, top, 1.4, bottom - top);
  pen.fillRect(right, top, 1.4, bottom - top);
  if (state.snow > 0.05) drift(pen, light, state);
  shadow(pen, -110, 642, 420, 0.5, 0.09);
  box(pen, left - 44, bottom, right - left + 88, 24, 4, stuff(pen, light, FRAME, [left - 44, bottom, right + 44, bottom]));
  box(pen, left - 40, bottom, right - left + 80, 3, 1, css(mix(light.pour, CREAM, 0.3), 0.3 + 0.25 * day));
  box(pen, left - 44, bottom + 17, right - left + 88, 7, 3, css([20, 10, 24], 0.28));
}

/** The room in the glass: the lamp, faintly, and a sheen. @param {Pen} pen @param {Light} light */
function reflections(pen, light) {
  const { left, top, right, bottom } = GLASS;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, right - left, bottom - top);
  pen.clip();
  glow(pen, 128, 520, 120, LAMPLIGHT, 0.2 * light.lamp * light.night);
  pen.globalCompositeOperation = "lighter";
  for (const [x, w, strength] of [[-430, 90, 0.05], [-322, 26, 0.04], [40, 120, 0.045]]) {
    line(pen, [[x + 190, top], [x + 190 + w, top], [x + w - 60, bottom], [x - 60, bottom]], true);
    pen.fillStyle = blend(pen, [0, top, 0, bottom], [[0, css([214, 220, 255], strength)], [1, css([214, 220, 255], 0)]]);
    pen.fill();
  }
  pen.restore();
}

/** Snow in the corners of the panes. @param {Pen} pen @param {Light} light @param {State} state */
function drift(pen, light, state) {
  const white = css(mix([240, 244, 255], light.middle, 0.25 * light.night + 0.1), 0.94);
  const xs = [GLASS.left, ...BARS.upright, GLASS.right];
  for (let i = 0; i < 3; i++) {
    const [x0, x1] = [xs[i] + (i ? 6 : 0), xs[i + 1] - (i < 2 ? 6 : 0)];
    for (const [foot, deep] of [[GLASS.bottom, 17], [BARS.across - 6, 7]]) {
      const d = deep * state.snow * (0.8 + 0.5 * chance(7, i));
      pen.beginPath();
      pen.moveTo(x0, foot);
      pen.lineTo(x0, foot - d * 1.5);
      pen.bezierCurveTo(x0 + 40, foot - d * 0.5, x1 - 80, foot - d * 0.25, x1, foot - d * 0.9);
      pen.lineTo(x1, foot);
      pen.fillStyle = white;
      pen.fill();
    }
  }
}

/** @param {Pen} pen @param {Light} light @param {State} state @param {number} seed */
export function things(pen, light, state, seed) {
  poster(pen, light, 512, 96, 128, 172);
  picture(pen, light, 668, 132, 84, 104);
  shelf(pen, light, seed);
  clock(pen, light, state);
  picture(pen, light, -704, 150, 106, 132);
  picture(pen, light, -668, 318, 74, 74);
  planter(pen, light, seed);
}

/** @param {Pen} pen @param {Light} light @param {number} x @param {number} y @param {number} w @param {number} h */
function poster(pen, light, x, y, w, h) {
  shadow(pen, x + w / 2 + 4, y + h / 2 + 10, w * 0.95, 0.34, 1.25);
  box(pen, x, y, w, h, 2, stuff(pen, light, hex("#e9d6bd"), [x, y, x, y + h]));
  pen.save();
  pen.beginPath();
  pen.rect(x + 9, y + 9, w - 18, h - 40);
  pen.clip();
  box(pen, x, y, w, h, 0, stuff(pen, light, hex("#3f4f78"), [x, y, x, y + h]));
  disc(pen, x + w * 0.5, y + h * 0.46, w * 0.27, w * 0.27, stuff(pen, light, hex("#f0a070"), [x, y + h * 0.2, x, y + h * 0.8]));
  for (let i = 0; i < 4; i++) {
    const foot = y + h * (0.56 + 0.09 * i);
    blob(pen, [[x - 30, foot + 60], [x - 20, foot + 6 * i], [x + w * 0.3, foot - 12 + 5 * i], [x + w * 0.62, foot + 10], [x + w + 30, foot - 14 + 9 * i], [x + w + 30, foot + 60]]);
    pen.fillStyle = stuff(pen, light, mix(hex("#7a5a86"), hex("#241c3a"), i / 3), [x, foot - 20, x, foot + 50]);
    pen.fill();
  }
  pen.restore();
  for (const [at, wide] of [[20, 0.62], [12, 0.36]]) box(pen, x + 10, y + h - at - 2, (w - 20) * wide, 3.4, 1, stuff(pen, light, hex("#6b5560"), [x, y, x + w, y]));
}

/** @param {Pen} pen @param {Light} light @param {number} x @param {number} y @param {number} w @param {number} h */
function picture(pen, light, x, y, w, h) {
  shadow(pen, x + w / 2 + 3, y + h / 2 + 8, w * 0.95, 0.32, h / w);
  box(pen, x, y, w, h, 2, stuff(pen, light, WOOD, [x, y, x + w, y + h]));
  box(pen, x + 6, y + 6, w - 12, h - 12, 1, stuff(pen, light, hex("#eadccb"), [x, y, x, y + h]));
  const [ix, iy, iw, ih] = [x + 15, y + 15, w - 30, h - 30];
  box(pen, ix, iy, iw, ih, 0, stuff(pen, light, hex("#7e93a8"), [ix, iy, ix, iy + ih]));
  disc(pen, ix + iw * 0.68, iy + ih * 0.3, iw * 0.11, iw * 0.11, css(lit(light, hex("#f6dfae"), ix, iy)));
  line(pen, [[ix, iy + ih], [ix, iy + ih * 0.74], [ix + iw * 0.34, iy + ih * 0.4], [ix + iw * 0.6, iy + ih * 0.72], [ix + iw * 0.78, iy + ih * 0.56], [ix + iw, iy + ih * 0.8], [ix + iw, iy + ih]], true);
  pen.fillStyle = stuff(pen, light, hex("#4a4666"), [ix, iy, ix, iy + ih]);
  pen.fill();
}

/** A board with records, cassettes and a small loudspeaker. @param {Pen} pen @param {Light} light @param {number} seed */
function shelf(pen, light, seed) {
  const [x, y, w] = [508, 386, 300];
  const sleeves = ["#b5614f", "#d9a45c", "#5d7d7a", "#7b6491", "#e4cfae", "#4b5d84", "#a8505f", "#87996d"].map(hex);
  let at = x + 78;
  for (let i = 0; at < x + 214; i++) {
    const wide = 5 + 6 * chance(seed, 111, i);
    const tall = 84 + 8 * chance(seed, 112, i);
    box(pen, at, y - tall, wide, tall, 1, stuff(pen, light, sleeves[Math.floor(chance(seed, 113, i) * 8)], [at, y - tall, at, y], 0.2));
    box(pen, at, y - tall, 1.2, tall, 0, css(CREAM, 0.12));
    at += wide + 0.8;
  }
  box(pen, x + 12, y - 62, 50, 62, 5, stuff(pen, light, hex("#6e4c3f"), [x + 12, y - 62, x + 62, y]));
  for (const [dy, r] of [[-20, 15], [-46, 7.5]]) {
    disc(pen, x + 37, y + dy, r, r, css(lit(light, hex("#2b2028"), x, y)));
    disc(pen, x + 37, y + dy, r * 0.4, r * 0.4, css(lit(light, hex("#5a464e"), x, y)));
  }
  for (let i = 0; i < 4; i++) box(pen, x + 226 + (i % 2) * 3, y - 12 * (i + 1), 50, 11, 1.5, stuff(pen, light, sleeves[(i * 3 + 1) % 8], [x + 226, 0, x + 276, 0]));
  shadow(pen, x + w / 2, y + 22, w * 0.55, 0.42, 0.16);
  box(pen, x, y, w, 11, 2, stuff(pen, light, WOOD, [x, y, x + w, y]));
  box(pen, x, y, w, 2, 1, css(CREAM, 0.14));
  for (const bx of [x + 30, x + w - 34]) box(pen, bx, y + 11, 5, 20, 1, css(lit(light, hex("#3a2a2c"), bx, y)));
}

/** Tells the hour. @param {Pen} pen @param {Light} light @param {State} state */
function clock(pen, light, state) {
  const [x, y, r] = [398, 176, 41];
  shadow(pen, x + 3, y + 8, r * 1.5, 0.36);
  disc(pen, x, y, r, r, stuff(pen, light, WOOD, [x - r, y - r, x + r, y + r]));
  disc(pen, x, y, r - 5, r - 5, stuff(pen, light, hex("#f3e4cf"), [x, y - r, x, y + r]));
  const ink = css(lit(light, hex("#4a3440"), x, y));
  for (let i = 0; i < 12; i++) {
    const a = (i / 6) * Math.PI;
    disc(pen, x + Math.sin(a) * (r - 11), y - Math.cos(a) * (r - 11), i % 3 ? 0.9 : 1.9, i % 3 ? 0.9 : 1.9, ink);
  }
  for (const [turn, length, width] of [[state.hour / 12, 15, 3], [state.hour % 1, 24, 2]]) {
    const a = turn * Math.PI * 2;
    thread(pen, [[x, y], [x + Math.sin(a) * length, y - Math.cos(a) * length]], ink, width);
  }
  disc(pen, x, y, 2.6, 2.6, ink);
}

/** A pothos in a pot on strings, at the upper left. @param {Pen} pen @param {Light} light @param {number} seed */
function planter(pen, light, seed) {
  const [x, y] = [-770, 60];
  for (const dx of [-28, 28]) thread(pen, [[x, -420], [x, y - 120], [x + dx, y]], css(lit(light, hex("#b59a86"), x, y), 0.7), 1.6);
  for (let i = 0; i < 8; i++) {
    const long = 60 + 190 * chance(seed, 121, i);
    const out = (chance(seed, 122, i) - 0.42) * 120;
    vine(pen, light, [x + (i - 4) * 6, y + 4], [x + out, y + long], seed * 10 + i);
  }
  blob(pen, [[x - 40, y - 8], [x + 40, y - 8], [x + 34, y + 40], [x, y + 54], [x - 34, y + 40]]);
  pen.fillStyle = stuff(pen, light, hex("#c98565"), [x - 40, y, x + 40, y + 40], 0.3);
  pen.fill();
}

/** @param {Pen} pen @param {Light} light @param {Point} from @param {Point} to @param {number} seed */
export function vine(pen, light, from, to, seed) {
  const bend = (chance(seed, 131) - 0.5) * 40;
  const at = (/** @type {number} */ t) => /** @type {Point} */ ([
    from[0] + (to[0] - from[0]) * Math.sqrt(t) + bend * Math.sin(t * 3), from[1] + (to[1] - from[1]) * t ** 1.3 - 16 * Math.sin(Math.PI * Math.min(1, t * 1.6)),
  ]);
  thread(pen, [0, 0.2, 0.4, 0.6, 0.8, 1].map(at), css(lit(light, hex("#3f5a44"), ...from)), 1.8);
  for (let i = 1; i <= 9; i++) {
    const [x, y] = at(i / 9);
    leaf(pen, light, x, y, 7 + 6 * chance(seed, 132, i), (i % 2 ? 0.7 : 2.4) + chance(seed, 133, i) * 0.8, chance(seed, 134, i));
  }
}

/** @param {Pen} pen @param {Light} light @param {number} x @param {number} y @param {number} size @param {number} turn @param {number} tone */
export function leaf(pen, light, x, y, size, turn, tone) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(turn);
  pen.beginPath();
  pen.moveTo(0, 0);
  pen.bezierCurveTo(size * 0.4, -size * 0.75, size * 1.2, -size * 0.5, size * 1.6, 0);
  pen.bezierCurveTo(size * 1.2, size * 0.5, size * 0.4, size * 0.75, 0, 0);
  pen.fillStyle = css(lit(light, mix(hex("#4f7a58"), hex("#8fa96f"), tone), x, y));
  pen.fill();
  pen.restore();
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {State} state @param {number} seed */
export function moving(pen, light, time, state, seed) {
  curtain(pen, light, time, GLASS.left - 92, GLASS.left + 30);
  curtain(pen, light, time, GLASS.right + 88, GLASS.right - 20);
  const [l, r] = [GLASS.left - 120, GLASS.right + 116];
  box(pen, l, 38, r - l, 9, 4, stuff(pen, light, WOOD, [l, 38, r, 38]));
  for (const x of [l, r]) disc(pen, x, 42.5, 9, 9, stuff(pen, light, WOOD, [x, 34, x, 52]));
  bulbs(pen, light, time, state, seed);
}

const STRIPS = 22;
const FOLDS = 4.5;
const HEM = 660;
const HEIGHTS = [44, 150, 260, 360, 430, 470, 510, 570, 620, HEM];

/**
 * A curtain, gathered by a band: strips that are shaded like folds.
 *
 * @param {Pen} pen @param {Light} light @param {number} time @param {number} outer @param {number} inner Its edges at the rod.
 */
function curtain(pen, light, time, outer, inner) {
  const edge = (/** @type {number} */ k, /** @type {number} */ y) => {
    const sway = (1 + 3.2 * ((y - 44) / 600) ** 2) * Math.sin(time * 0.5 + k * 2.2 + y / 260);
    const gather = 1 - 0.42 * Math.exp(-(((y - 470) / 105) ** 2)) - 0.08 * Math.min(1, Math.max(0, (y - 44) / 420));
    return outer + (inner - outer) * k * gather + sway;
  };
  const along = (/** @type {number} */ k) => HEIGHTS.map((y) => /** @type {Point} */ ([edge(k, y), y]));
  const day = 1 - light.night;
  for (let i = 0; i < STRIPS; i++) {
    const k = i / STRIPS;
    line(pen, [...along(k), ...along(k + 1.35 / STRIPS).reverse()], true);
    const fold = 0.5 + 0.5 * Math.cos(k * FOLDS * Math.PI * 2 + 0.7);
    const own = scale(CLOTH, 0.58 + 0.42 * fold);
    const fill = pen.createLinearGradient(0, 44, 0, HEM);
    for (let n = 0; n <= 5; n++) {
      const y = 44 + (HEM - 44) * (n / 5);
      fill.addColorStop(n / 5, css(mix(lit(light, own, (outer + inner) / 2, y), light.pour, k * fold * (0.1 + 0.3 * day))));
    }
    pen.fillStyle = fill;
    pen.fill();
  }
  const [a, b] = [edge(0, 470), edge(1, 470)];
  box(pen, Math.min(a, b) - 4, 463, Math.abs(b - a) + 8, 12, 6, stuff(pen, light, hex("#c48a5c"), [a, 470, b, 470]));
  thread(pen, along(1).slice(0, -1), css(light.pour, 0.2 + 0.25 * day), 1.6);
}

/** A string of lights over the window; they breathe, and answer the beat. @param {Pen} pen @param {Light} light @param {number} time @param {State} state @param {number} seed */
function bulbs(pen, light, time, state, seed) {
  const [l, r] = [GLASS.left - 84, GLASS.right + 80];
  const hang = (/** @type {number} */ t) => 52 + 40 * Math.abs(Math.sin(t * Math.PI * 3)) ** 0.9 + 3 * Math.sin(t * 40);
  /** @type {Point[]} */
  const wire = [];
  for (let i = 0; i <= 60; i++) wire.push([l + ((r - l) * i) / 60, hang(i / 60)]);
  thread(pen, wire, css(lit(light, hex("#3b2d34"), 0, 100), 0.9), 1.4);
  for (let i = 0; i < 20; i++) {
    const t = (i + 0.5) / 20;
    const [x, y] = [l + (r - l) * t, hang(t) + 6];
    const turn = 0.5 + 0.5 * Math.sin(time * 0.9 + 6.3 * chance(seed, 141, i));
    const power = (0.3 + 0.7 * light.night) * (0.5 + 0.22 * turn + state.playing * (i % 2 ? 0.32 * state.beat : 0.5 * state.level));
    glow(pen, x, y, 30, [255, 190, 110], 0.5 * power);
    disc(pen, x, y, 3.1, 4, css(mix([200, 150, 100], [255, 240, 205], power)));
  }
}
