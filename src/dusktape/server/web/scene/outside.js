/** What the window shows: sky, moon, stars, clouds, a city with people who are still awake, a train now and then. */

import { chance, clamp, css, ease, hex, mix, scale } from "./colour.js";
import { blend, box, disc, glow, line } from "./shapes.js";

/** @typedef {import("./shapes.js").Pen} Pen */
/** @typedef {import("./light.js").Light} Light */
/** @typedef {import("./light.js").State} State */
/** @typedef {import("./colour.js").Colour} Colour */

/** The glass, and the bars that part it. */
export const GLASS = { left: -470, top: 84, right: 250, bottom: 590 };
export const BARS = { upright: [-230, 10], across: 214, half: 6 };

const HORIZON = 505;
/** @type {Colour[]} */
const WINDOWS = ["#ffcf87", "#ffb866", "#ffe2b3", "#f59d6a", "#a9c4ff"].map(hex);

/** Trace the panes, as far down as `bottom`. @param {Pen} pen @param {number} [bottom] */
export function panes(pen, bottom = GLASS.bottom) {
  const xs = [GLASS.left, ...BARS.upright, GLASS.right];
  const rows = [[GLASS.top, BARS.across], [BARS.across, GLASS.bottom]];
  pen.beginPath();
  for (const [top, foot] of rows) {
    for (let i = 0; i < 3; i++) {
      const x = xs[i] + (i ? BARS.half : 0);
      const y = top === GLASS.top ? top : top + BARS.half;
      const end = Math.min(bottom, foot === GLASS.bottom ? foot : foot - BARS.half);
      pen.rect(x, y, xs[i + 1] - x - (i < 2 ? BARS.half : 0), Math.max(0, end - y));
    }
  }
}

/** @typedef {{x: number, width: number, top: number, roof: number, cell: number, shade: number, id: number}} House */

/**
 * A row of houses.
 *
 * @param {number} seed @param {number} row @param {number} foot @param {[number, number]} tall @param {[number, number]} wide
 * @returns {House[]}
 */
function houses(seed, row, foot, tall, wide) {
  const out = [];
  let x = GLASS.left - 20 - 40 * chance(seed, row);
  for (let id = 0; x < GLASS.right + 20; id++) {
    const width = wide[0] + (wide[1] - wide[0]) * chance(seed, row, id, 1);
    const swell = 0.5 + 0.5 * Math.sin((x + 700 * chance(seed, row, 9)) / 120);
    const height = tall[0] + (tall[1] - tall[0]) * (0.55 * chance(seed, row, id, 2) ** 1.6 + 0.45 * swell);
    out.push({ x, width, top: foot - height, roof: chance(seed, row, id, 3), cell: 0.8 + 0.5 * chance(seed, row, id, 4),
               shade: chance(seed, row, id, 5), id });
    x += width + (chance(seed, row, id, 6) < 0.3 ? 3 + 9 * chance(seed, row, id, 7) : 0);
  }
  return out;
}

/** @param {number} seed */
function rows(seed) {
  return [
    { houses: houses(seed, 1, HORIZON + 30, [60, 190], [20, 46]), foot: HORIZON + 40, depth: 0.85, window: 2.6, row: 1 },
    { houses: houses(seed, 2, HORIZON + 60, [50, 170], [34, 70]), foot: HORIZON + 70, depth: 0.5, window: 4, row: 2 },
    { houses: houses(seed, 3, GLASS.bottom + 20, [60, 128], [70, 120]), foot: GLASS.bottom + 20, depth: 0.08, window: 7, row: 3 },
  ];
}

/** @param {Pen} pen @param {Light} light @param {State} state @param {number} seed */
export function still(pen, light, state, seed) {
  pen.save();
  panes(pen);
  pen.clip();
  sky(pen, light, state, seed);
  for (const row of rows(seed)) {
    city(pen, light, state, seed, row);
    haze(pen, light, row.foot, 0.2 + 0.3 * row.depth + 0.3 * state.fog);
  }
  pen.restore();
}

/** @param {Pen} pen @param {Light} light @param {State} state @param {number} seed */
function sky(pen, light, state, seed) {
  const { left, top, right, bottom } = GLASS;
  box(pen, left, top, right - left, bottom - top, 0, blend(pen, [0, top, 0, HORIZON + 10], [
    [0, css(light.top)], [0.5, css(light.middle)], [0.88, css(mix(light.middle, light.low, 0.85))], [1, css(light.low)],
  ]));
  if (light.stars > 0.03) {
    for (let i = 0; i < 90; i++) {
      const y = top + 300 * chance(seed, 20, i) ** 1.4;
      const big = chance(seed, 22, i) ** 6;
      const x = left + (right - left) * chance(seed, 21, i);
      disc(pen, x, y, 0.7 + 1.1 * big, 0.7 + 1.1 * big, css([232, 232, 255], light.stars * (0.25 + 0.6 * big) * (1 - (y - top) / 420)));
    }
  }
  const up = ((state.hour + 6) % 24) / 12;
  if (up < 1) moon(pen, light, state, left + 120 + 420 * up, top + 128 - 62 * Math.sin(Math.PI * up));
  const sun = (state.hour - 6) / 13;
  if (sun > 0 && sun < 1) {
    const veil = 1 - clamp(state.rain + state.snow + state.fog) * 0.85;
    const y = HORIZON - 20 - 390 * Math.sin(Math.PI * sun);
    const x = left + 60 + 640 * sun;
    glow(pen, x, y, 330, mix(light.low, [255, 240, 214], 0.6), 0.55 * veil);
    glow(pen, x, y, 70, [255, 246, 226], 0.9 * veil);
  }
  glow(pen, -120, HORIZON + 20, 460, light.low, (0.34 + 0.2 * state.rain) * light.night, 0.5);
}

/** @param {Pen} pen @param {Light} light @param {State} state @param {number} x @param {number} y */
function moon(pen, light, state, x, y) {
  const seen = light.night * (1 - clamp(state.rain * 1.2 + state.snow * 0.9 + state.fog * 1.2));
  if (seen < 0.03) return;
  glow(pen, x, y, 170, [188, 196, 255], 0.3 * seen);
  disc(pen, x, y, 27, 27, css([246, 240, 224], 0.95 * seen));
  for (const [dx, dy, r] of [[-8, -6, 6], [9, 4, 8], [-4, 12, 4], [12, -12, 3]]) disc(pen, x + dx, y + dy, r, r, css([206, 200, 204], 0.35 * seen));
  disc(pen, x - 11, y - 5, 24, 25, css(mix(light.top, light.middle, 0.4), 0.2 * seen));
}

/** @param {Pen} pen @param {Light} light @param {State} state @param {number} seed @param {ReturnType<typeof rows>[number]} row */
function city(pen, light, state, seed, { houses: some, foot, depth, window: size, row }) {
  const wall = mix(light.near, light.far, depth);
  for (const house of some) {
    const own = scale(wall, 0.9 + 0.22 * house.shade);
    const { x, width, top } = house;
    pen.fillStyle = blend(pen, [0, top, 0, foot], [[0, css(own)], [1, css(mix(own, light.low, 0.16 + 0.3 * depth))]]);
    pen.fillRect(x, top, width, foot - top);
    if (house.roof > 0.62) pen.fillRect(x + width * 0.2, top - width * 0.16, width * 0.42, width * 0.17);
    if (house.roof > 0.8) pen.fillRect(x + width * 0.4, top - width * 0.62, Math.max(1, width * 0.03), width * 0.6);
    if (house.roof < 0.2 && row > 1) tank(pen, x + width * 0.55, top, width * 0.26);
    pen.fillStyle = css([255, 236, 210], 0.1 + 0.1 * (1 - light.night));
    pen.fillRect(x, top, width, 1);
    if (state.snow > 0.05) box(pen, x - 1, top - 2.4 * state.snow, width + 2, 3.4 * state.snow, 1.5, css(mix([235, 240, 252], own, 0.35)));
    eachWindow(seed, row, house, foot, size, (wx, wy, w, h, on, tone) => {
      const lamp = mix(WINDOWS[tone], light.low, 0.5 * depth);
      if (on < light.awake) box(pen, wx, wy, w, h, 0, css(lamp, 0.92 - 0.3 * depth));
      else if (row > 1) box(pen, wx, wy, w, h, 0, css(mix(own, light.middle, 0.28 - 0.1 * light.night), 0.8));
    });
  }
}

/** @param {Pen} pen @param {number} x @param {number} foot @param {number} w */
function tank(pen, x, foot, w) {
  pen.fillRect(x - w / 2, foot - w * 1.5, w, w);
  line(pen, [[x - w * 0.56, foot - w * 1.5], [x, foot - w * 1.95], [x + w * 0.56, foot - w * 1.5]], true);
  pen.fill();
  for (const at of [-0.42, 0, 0.36]) pen.fillRect(x + at * w, foot - w * 0.5, Math.max(1, w * 0.07), w * 0.5);
}

/**
 * @param {number} seed @param {number} row @param {House} house @param {number} foot @param {number} size
 * @param {(x: number, y: number, w: number, h: number, on: number, tone: number, id: number) => void} each
 *   `on` is the share of lit windows from which on this one is lit.
 */
function eachWindow(seed, row, house, foot, size, each) {
  const w = size * house.cell;
  const across = Math.max(1, Math.floor((house.width - w) / (w * 2.1)));
  const pitch = house.width / across;
  const room = Math.min(foot, GLASS.bottom - 4) - house.top - 2.55 * w;
  const down = Math.max(0, Math.min(26, Math.floor(room / (w * 2.5)) + 1));
  for (let floor = 0; floor < down; floor++) {
    for (let column = 0; column < across; column++) {
      const id = floor * 31 + column;
      const on = 0.6 * chance(seed, row, house.id, id, 11) + 0.4 * chance(seed, row, house.id, floor, 12);
      const tone = Math.floor(chance(seed, row, house.id, id, 13) ** 1.8 * WINDOWS.length);
      each(house.x + pitch * (column + 0.5) - w / 2, house.top + w * (1.1 + 2.5 * floor), w, w * 1.45, on, tone, id);
    }
  }
}

/** @param {Pen} pen @param {Light} light @param {number} foot @param {number} strength */
function haze(pen, light, foot, strength) {
  const tall = 130;
  box(pen, GLASS.left, foot - tall, GLASS.right - GLASS.left, tall + 20, 0, blend(pen, [0, foot - tall, 0, foot], [
    [0, css(light.low, 0)], [1, css(mix(light.low, light.far, 0.35), strength)],
  ]));
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {State} state @param {number} seed */
export function moving(pen, light, time, state, seed) {
  pen.save();
  panes(pen, HORIZON - 150);
  pen.clip();
  clouds(pen, light, time, state, seed);
  twinkle(pen, light, time, seed);
  pen.restore();
  pen.save();
  panes(pen);
  pen.clip();
  if (light.night > 0.2) changes(pen, light, time, seed);
  sign(pen, light, time, state);
  train(pen, light, time, seed);
  pen.restore();
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {State} state @param {number} seed */
function clouds(pen, light, time, state, seed) {
  const cover = 0.35 + 0.65 * clamp(state.rain + state.snow + state.fog);
  const colour = mix(mix(light.middle, light.low, 0.45), [255, 250, 244], 0.35 * (1 - light.night));
  const span = GLASS.right - GLASS.left + 500;
  for (let i = 0; i < 9; i++) {
    const speed = 2.2 + 3.4 * chance(seed, 31, i);
    const x = GLASS.left - 250 + ((span * chance(seed, 32, i) + time * speed) % span);
    const y = GLASS.top + 20 + 215 * chance(seed, 33, i);
    const wide = 90 + 130 * chance(seed, 34, i);
    for (let k = 0; k < 3; k++) {
      pen.save();
      pen.translate(x + (k - 1) * wide * 0.42, y + 10 * chance(seed, 35, i, k));
      pen.scale(1, 0.16 + 0.1 * chance(seed, 36, i, k));
      const r = wide * (0.55 + 0.3 * chance(seed, 37, i, k));
      const fill = pen.createRadialGradient(0, 0, 0, 0, 0, r);
      const alpha = cover * (0.16 + 0.1 * chance(seed, 38, i));
      fill.addColorStop(0, css(colour, alpha));
      fill.addColorStop(0.55, css(colour, alpha * 0.6));
      fill.addColorStop(1, css(colour, 0));
      pen.fillStyle = fill;
      pen.fillRect(-r, -r, 2 * r, 2 * r);
      pen.restore();
    }
  }
}

/** A few stars that flicker, and an aeroplane on its way. @param {Pen} pen @param {Light} light @param {number} time @param {number} seed */
function twinkle(pen, light, time, seed) {
  if (light.stars < 0.1) return;
  for (let i = 0; i < 12; i++) {
    const shine = Math.max(0, Math.sin(time * (0.5 + chance(seed, 41, i)) + 6.3 * chance(seed, 42, i))) ** 3;
    const x = GLASS.left + 720 * chance(seed, 43, i);
    disc(pen, x, GLASS.top + 220 * chance(seed, 44, i), 1.5, 1.5, css([240, 240, 255], 0.8 * shine * light.stars));
  }
  const t = (time % 97) / 42;
  if (t < 1) {
    const x = GLASS.right - 760 * t;
    const y = GLASS.top + 60 + 60 * t;
    const blink = time % 1.4 < 0.14;
    glow(pen, x, y, blink ? 16 : 7, blink ? [255, 120, 110] : [240, 244, 255], (blink ? 0.9 : 0.5) * light.stars);
  }
}

/** Somebody goes to bed, somebody cannot sleep. @param {Pen} pen @param {Light} light @param {number} time @param {number} seed */
function changes(pen, light, time, seed) {
  for (const row of rows(seed).slice(2)) {
    const wall = mix(light.near, light.far, row.depth);
    for (const house of row.houses) {
      eachWindow(seed, row.row, house, row.foot, row.window, (x, y, w, h, on, tone, id) => {
        if (on > light.awake || chance(seed, row.row, house.id, id, 51) > 0.1) return;
        const period = 40 + 90 * chance(seed, row.row, house.id, id, 52);
        const phase = (time / period + chance(seed, row.row, house.id, id, 53)) % 1;
        const dark = ease(0, 0.004, phase) - ease(0.45, 0.454, phase);
        if (dark > 0) box(pen, x - 0.4, y - 0.4, w + 0.8, h + 0.8, 0, css(scale(mix(wall, light.low, 0.12), 0.95), dark * 0.9));
      });
    }
  }
}

/** A neon sign that hums with the bass drum. @param {Pen} pen @param {Light} light @param {number} time @param {State} state */
function sign(pen, light, time, state) {
  const shown = Math.max(0, (light.night - 0.25) / 0.75);
  if (!shown) return;
  const on = shown * (chance(Math.floor(time * 11)) < 0.985 ? 1 : 0.45);
  const [x, y] = [176, 452];
  const power = on * (0.62 + 0.38 * state.kick * state.playing);
  glow(pen, x + 8, y + 34, 120, [255, 96, 128], 0.34 * power);
  box(pen, x, y, 16, 72, 3, css([38, 16, 40], 0.9 * shown));
  pen.strokeStyle = css([255, 150, 170], 0.95 * power);
  pen.lineWidth = 1.6;
  for (let i = 0; i < 4; i++) {
    pen.beginPath();
    if (i % 2) pen.rect(x + 4.5, y + 7 + i * 16, 7, 8);
    else pen.ellipse(x + 8, y + 11 + i * 16, 4, 4.4, 0, 0, Math.PI * 2);
    pen.stroke();
  }
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {number} seed */
function train(pen, light, time, seed) {
  const every = 74;
  const run = Math.floor(time / every);
  const t = (time % every) / 15;
  const y = HORIZON + 17;
  pen.fillStyle = css(mix(light.near, light.far, 0.3));
  pen.fillRect(GLASS.left, y + 12, GLASS.right - GLASS.left, 5);
  for (let x = GLASS.left + 22; x < GLASS.right; x += 88) pen.fillRect(x, y + 16, 5, 34);
  if (t > 1) return;
  const back = chance(seed, 61, run) < 0.5;
  const length = 330;
  const along = (GLASS.right - GLASS.left + length) * t;
  const x = back ? GLASS.right - along : GLASS.left - length + along;
  for (let car = 0; car < 4; car++) {
    box(pen, x + car * 83, y - 4, 80, 16, 3, css(mix(light.near, light.far, 0.18)));
    for (let k = 0; k < 7; k++) box(pen, x + car * 83 + 6 + k * 10.4, y - 1, 7, 5.5, 1, css([255, 222, 160], 0.35 + 0.6 * light.night));
  }
  glow(pen, x + length / 2, y + 4, 200, [255, 200, 130], 0.13 * light.night, 0.3);
}
