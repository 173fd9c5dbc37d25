/** The desk and what stands on it: lamp, tape deck, books, a mug that steams. */

import { chance, css, hex, mix, scale } from "./colour.js";
import { CREAM, LAMP, LAMPLIGHT, lit } from "./light.js";
import { leaf } from "./room.js";
import { blend, blob, box, disc, glow, line, shadow, stuff, thread } from "./shapes.js";

/** @typedef {import("./shapes.js").Pen} Pen */
/** @typedef {import("./light.js").Light} Light */
/** @typedef {import("./light.js").State} State */

const TOP = { left: -600, right: 770, back: 690, front: 752 };
const WOOD = hex("#9a6a4c");

/** @param {Pen} pen @param {import("./index.js").View} view @param {Light} light */
export function still(pen, view, light) {
  floor(pen, view, light);
  table(pen, light);
  books(pen, light);
  deck(pen, light);
  papers(pen, light);
  pot(pen, light);
  pencils(pen, light);
  lamp(pen, light);
  mug(pen, light);
}

/** @param {Pen} pen @param {import("./index.js").View} view @param {Light} light */
function floor(pen, view, light) {
  const bottom = view.top + view.height;
  const ground = 930;
  if (bottom <= ground) return;
  const own = lit(light, hex("#6a4a48"), -2000, 900);
  box(pen, view.left, ground, view.width, bottom - ground, 0, blend(pen, [0, ground, 0, ground + 260], [[0, css(scale(own, 0.35))], [1, css(scale(own, 0.18))]]));
  box(pen, view.left, ground - 14, view.width, 14, 0, css(scale(own, 0.5)));
}

/** @param {Pen} pen @param {Light} light */
function table(pen, light) {
  const { left, right, back, front } = TOP;
  const dark = css(scale(lit(light, WOOD, -900, 900), 0.4));
  for (const x of [left + 40, right - 60]) box(pen, x, front, 22, 230, 3, dark);
  box(pen, 470, front + 10, 270, 178, 5, blend(pen, [470, 0, 740, 0], [[0, css(scale(lit(light, WOOD, 470, 820), 0.5))], [1, css(scale(lit(light, WOOD, 740, 820), 0.34))]]));
  for (const y of [front + 54, front + 116]) {
    box(pen, 478, y, 254, 2, 0, css([10, 5, 12], 0.5));
    box(pen, 588, y - 28, 34, 5, 2, css(lit(light, hex("#c9a074"), 600, y), 0.65));
  }
  line(pen, [[left + 26, back], [right - 26, back], [right, front], [left, front]], true);
  pen.fillStyle = stuff(pen, light, WOOD, [left, front - 20, right, front - 20]);
  pen.fill();
  grain(pen, light);
  glow(pen, LAMP.x - 20, 724, 330, LAMPLIGHT, 0.66 * light.lamp, 0.2);
  line(pen, [[left + 24, back], [right - 24, back]]);
  pen.strokeStyle = css([12, 6, 14], 0.4);
  pen.lineWidth = 4;
  pen.stroke();
  box(pen, left, front, right - left, 26, 3, stuff(pen, light, scale(WOOD, 0.72), [left, front, right, front]));
  box(pen, left, front, right - left, 2.2, 1, stuff(pen, light, CREAM, [left, front - 30, right, front - 30]));
  box(pen, left, front + 26, right - left, 60, 0, blend(pen, [0, front + 26, 0, front + 86], [[0, "rgba(8,4,12,0.5)"], [1, "rgba(8,4,12,0)"]]));
}

/** @param {Pen} pen @param {Light} light */
function grain(pen, light) {
  for (let i = 0; i < 26; i++) {
    const y = TOP.back + 5 + 55 * chance(3, i);
    const x = TOP.left + 40 + 1150 * chance(4, i);
    const w = 60 + 200 * chance(5, i);
    thread(pen, [[x, y], [x + w / 2, y + 2], [Math.min(TOP.right - 20, x + w), y]], css(scale(lit(light, WOOD, x + w / 2, y), 0.72), 0.4), 1);
  }
}

/** @param {Pen} pen @param {Light} light */
function books(pen, light) {
  const stack = [["#8a4b4b", 168, 22], ["#d8b98c", 150, 17], ["#4f6b72", 160, 20], ["#5d4a72", 128, 15]];
  let y = 716;
  shadow(pen, -488, 718, 120, 0.5, 0.16);
  stack.forEach(([colour, w, h], i) => {
    const [wide, tall] = [Number(w), Number(h)];
    const x = -566 + 9 * chance(12, i) + (168 - wide) / 2;
    y -= tall;
    box(pen, x, y, wide, tall - 1, 2.5, stuff(pen, light, hex(String(colour)), [x, y, x + wide, y]));
    box(pen, x + wide - 6, y + 3, 5, tall - 7, 1, stuff(pen, light, hex("#efe3d0"), [x, y, x + wide, y]));
    for (const at of [16, 22, wide - 26]) box(pen, x + at, y, 2, tall - 1, 0, css(CREAM, 0.22));
    box(pen, x, y, wide, 1.4, 1, css(CREAM, 0.16));
  });
}

/** The body of the tape deck; its reels and lights move. */
const DECK = { x: -380, y: 618, w: 214, h: 98 };

/** @param {Pen} pen @param {Light} light */
function deck(pen, light) {
  const { x, y, w, h } = DECK;
  shadow(pen, x + w / 2, y + h + 1, w * 0.66, 0.6, 0.13);
  box(pen, x, y, w, h, 9, stuff(pen, light, hex("#c9b39c"), [x, y, x, y + h], 0.3));
  box(pen, x, y, w, 2.4, 2, css(CREAM, 0.3));
  box(pen, x + 8, y + 9, w - 16, h - 18, 6, stuff(pen, light, hex("#4a3b42"), [x, y, x + w, y]));
  box(pen, x + 16, y + 17, 112, 64, 5, css([20, 13, 22]));
  for (let i = 0; i < 5; i++) box(pen, x + 138 + i * 13, y + h - 26, 10, 9, 2, css(lit(light, i === 1 ? hex("#d9825a") : hex("#d8c7b2"), x, y + 40)));
  for (const dx of [14, w - 34]) box(pen, x + dx, y + h - 3, 20, 6, 2, css([18, 11, 18]));
  thread(pen, [[x + 22, y], [x + 26, y - 26], [x + w - 26, y - 26], [x + w - 22, y]], css(lit(light, hex("#8e7a6a"), x + 100, y)), 5);
}

/** @param {Pen} pen @param {Light} light */
function papers(pen, light) {
  /** @type {[number, number, number, string][]} */
  const sheets = [[196, 700, 0.02, "#f4e8d4"], [212, 703, -0.05, "#fbf2e2"]];
  for (const [x, y, turn, colour] of sheets) {
    pen.save();
    pen.translate(x, y);
    pen.rotate(turn);
    line(pen, [[-40, 0], [70, 0], [92, 34], [-46, 34]], true);
    pen.fillStyle = css(lit(light, hex(colour), x, y));
    pen.fill();
    pen.restore();
  }
  for (let i = 0; i < 4; i++) thread(pen, [[186 + i, 710 + i * 6], [262 + i * 4, 706 + i * 6.4]], css(lit(light, hex("#8c7a86"), 220, 710), 0.6), 1.1);
}

/** @param {Pen} pen @param {Light} light */
function pot(pen, light) {
  const [x, y] = [684, 716];
  shadow(pen, x, y + 2, 70, 0.5, 0.2);
  for (let i = 0; i < 15; i++) {
    const turn = -Math.PI / 2 + (i - 7) * 0.19;
    const long = 74 + 52 * chance(61, i);
    /** @type {[number, number]} */
    const tip = [x + Math.cos(turn) * long, y - 46 + Math.sin(turn) * long + 16 * Math.abs(i - 7) * 0.4];
    thread(pen, [[x + (i - 7), y - 50], [(x + tip[0]) / 2, (y - 62 + tip[1]) / 2 - 8], tip], css(lit(light, hex("#46684c"), x, y - 90)), 1.8);
    leaf(pen, light, tip[0], tip[1], 13 + 6 * chance(62, i), turn + 0.4 * (i - 7) / 7, chance(63, i));
  }
  blob(pen, [[x - 36, y - 56], [x + 36, y - 56], [x + 31, y], [x + 18, y + 6], [x - 18, y + 6], [x - 31, y]]);
  pen.fillStyle = stuff(pen, light, hex("#dcd0c4"), [x - 36, y, x + 36, y], 0.35);
  pen.fill();
}

/** @param {Pen} pen @param {Light} light */
function pencils(pen, light) {
  const [x, y] = [566, 716];
  shadow(pen, x + 4, y + 1, 42, 0.5, 0.2);
  const colours = ["#d9825a", "#5d8a83", "#e0b05f", "#7b6491"].map(hex);
  colours.forEach((own, i) => thread(pen, [[x - 8 + i * 6, y - 30], [x - 17 + i * 11, y - 84 - 9 * chance(71, i)]], css(lit(light, own, x, y - 60)), 3.6));
  box(pen, x - 19, y - 46, 38, 48, 4, stuff(pen, light, hex("#6d8790"), [x - 19, y, x + 19, y], 0.3));
}

/** A glass lamp like a mushroom. @param {Pen} pen @param {Light} light */
function lamp(pen, light) {
  const { x } = LAMP;
  const on = light.lamp;
  shadow(pen, x, 722, 76, 0.45, 0.16);
  disc(pen, x, 718, 48, 9, stuff(pen, light, hex("#e8d3b4"), [x - 48, 718, x + 48, 718]));
  box(pen, x - 8, 548, 16, 168, 7, stuff(pen, light, hex("#f2dcba"), [x - 8, 548, x - 8, 716]));
  const glass = pen.createRadialGradient(x, 545, 6, x, 520, 112);
  glass.addColorStop(0, css(mix(hex("#d9c0a6"), [255, 250, 232], on)));
  glass.addColorStop(0.36, css(mix(hex("#c7a78e"), [255, 222, 160], on)));
  glass.addColorStop(0.78, css(mix(hex("#a8806e"), [250, 168, 88], on)));
  glass.addColorStop(1, css(mix(hex("#8a6058"), [214, 112, 52], on)));
  pen.beginPath();
  pen.moveTo(x - 98, 552);
  pen.bezierCurveTo(x - 100, 470, x - 48, 440, x, 440);
  pen.bezierCurveTo(x + 48, 440, x + 100, 470, x + 98, 552);
  pen.bezierCurveTo(x + 60, 566, x - 60, 566, x - 98, 552);
  pen.closePath();
  pen.fillStyle = glass;
  pen.fill();
  thread(pen, [[x - 96, 552], [x - 50, 562], [x + 50, 562], [x + 96, 552]], css([255, 240, 206], 0.25 + 0.5 * on), 2.4);
  thread(pen, [[x - 72, 502], [x - 58, 470], [x - 28, 454]], css([255, 255, 246], 0.5), 5);
}

/** @param {Pen} pen @param {Light} light */
function mug(pen, light) {
  const [x, y] = [300, 730];
  shadow(pen, x - 8, y + 2, 44, 0.5, 0.2);
  pen.beginPath();
  pen.ellipse(x + 25, y - 24, 11, 13, 0, 0, Math.PI * 2);
  pen.strokeStyle = css(lit(light, hex("#b8624f"), x + 20, y - 20));
  pen.lineWidth = 6;
  pen.stroke();
  box(pen, x - 25, y - 50, 50, 52, 8, stuff(pen, light, hex("#c96f57"), [x - 25, y, x + 25, y], 0));
  box(pen, x - 25, y - 38, 50, 5, 0, css(CREAM, 0.35));
  disc(pen, x, y - 49, 25, 5.5, stuff(pen, light, hex("#e9cdb6"), [x - 25, y, x + 25, y]));
  disc(pen, x, y - 48, 21, 3.8, css(lit(light, hex("#4d2c22"), x, y)));
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {State} state */
export function moving(pen, light, time, state) {
  reels(pen, light, time, state);
  meters(pen, time, state);
  steam(pen, light, time);
  const breath = 0.94 + 0.04 * Math.sin(time * 0.7) + 0.05 * state.level * state.playing;
  glow(pen, LAMP.x, 512, 260, LAMPLIGHT, 0.26 * light.lamp * breath);
  glow(pen, LAMP.x, 528, 84, [255, 226, 170], 0.2 * light.lamp * breath);
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {State} state */
function reels(pen, light, time, state) {
  const { x, y } = DECK;
  const turn = time * 1.7 * (state.playing > 0.5 ? 1 : 0);
  box(pen, x + 26, y + 26, 92, 46, 4, css(lit(light, hex("#e6cfae"), x + 70, y + 40)));
  box(pen, x + 26, y + 26, 92, 9, 3, css(lit(light, hex("#d9825a"), x + 70, y + 40)));
  box(pen, x + 40, y + 41, 64, 23, 10, css([34, 22, 32]));
  for (const [cx, r] of [[x + 54, 10.5], [x + 90, 8]]) {
    disc(pen, cx, y + 52.5, r, r, css([74, 50, 48]));
    disc(pen, cx, y + 52.5, 6, 6, css(lit(light, hex("#efe3d0"), cx, y)));
    for (let i = 0; i < 3; i++) {
      const a = turn + (i * Math.PI * 2) / 3;
      thread(pen, [[cx, y + 52.5], [cx + Math.cos(a) * 5.4, y + 52.5 + Math.sin(a) * 5.4]], css([58, 40, 46]), 2);
    }
  }
}

/** Lights that show how loud it is. @param {Pen} pen @param {number} time @param {State} state */
function meters(pen, time, state) {
  const { x, y } = DECK;
  for (let i = 0; i < 6; i++) {
    const lean = 0.75 + 0.35 * Math.sin(time * (2.1 + i * 0.7) + i * 1.9);
    const on = Math.round(7 * Math.min(1, state.playing * state.level * lean + 0.25 * state.kick * state.playing * (i < 2 ? 1 : 0.2)));
    for (let k = 0; k < 7; k++) {
      box(pen, x + 139 + i * 10.6, y + 56 - k * 5.6, 8, 3.8, 1, k < on ? (k > 5 ? "rgb(240,110,90)" : k > 3 ? "rgb(250,196,110)" : "rgb(158,216,170)") : "rgba(255,240,220,0.07)");
    }
  }
  glow(pen, x + 170, y + 42, 60, [190, 220, 160], 0.22 * state.level * state.playing);
}

/** @param {Pen} pen @param {Light} light @param {number} time */
function steam(pen, light, time) {
  for (let i = 0; i < 3; i++) {
    const age = (time / 5.5 + i / 3) % 1;
    /** @type {[number, number][]} */
    const path = [];
    for (let k = 0; k <= 7; k++) {
      const up = (k / 7) * 78 * (0.45 + 0.55 * age);
      path.push([292 + i * 8 + (4 + up * 0.13) * Math.sin(up / 17 - time * 1.2 + i * 2.1), 676 - up]);
    }
    thread(pen, path, css(mix(light.pour, CREAM, 0.6), 0.09 * Math.sin(Math.PI * age)), 7 + 9 * age);
  }
}
