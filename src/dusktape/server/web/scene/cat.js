/** A cat on the sill, looking out. Its tail keeps time, its ears hear something, now and then it looks round. */

import { chance, css, ease, hex, mix, scale } from "./colour.js";
import { lit } from "./light.js";
import { blob, disc, line, shadow, stuff, thread } from "./shapes.js";

/** @typedef {import("./shapes.js").Pen} Pen */
/** @typedef {import("./light.js").Light} Light */
/** @typedef {import("./light.js").State} State */

const FUR = hex("#54464f");
const X = -318;
const SILL = 592;

/** @param {Pen} pen @param {Light} light @param {number} time @param {State} state @param {number} seed */
export function moving(pen, light, time, state, seed) {
  const breath = Math.sin(time * 1.25);
  const swing = 0.5 * Math.sin(time * 0.9) + 0.5 * Math.sin(time * 0.37 + 1) + 0.35 * state.beat * state.playing;
  const fur = (/** @type {number} */ shade) => stuff(pen, light, scale(FUR, shade), [X, SILL - 150, X, SILL]);
  shadow(pen, X + 4, SILL + 4, 84, 0.5, 0.1);
  tail(pen, light, swing);
  blob(pen, [
    [X - 30, SILL - 96], [X - 46, SILL - 40], [X - 52, SILL + 3], [X - 10, SILL + 5], [X + 34, SILL + 5],
    [X + 55 + breath * 0.6, SILL + 2], [X + 54 + breath, SILL - 36], [X + 34, SILL - 92], [X, SILL - 112 - breath],
  ]);
  pen.fillStyle = fur(1);
  pen.fill();
  thread(pen, [[X - 34, SILL - 88], [X - 49, SILL - 40], [X - 54, SILL - 4]], css(mix(light.pour, light.low, 0.4), 0.5), 2);
  thread(pen, [[X + 36, SILL - 90], [X + 55, SILL - 38], [X + 56, SILL - 6]], css(lit(light, hex("#d9b79c"), 150, 560), 0.6), 2);
  head(pen, light, time, seed, breath);
}

/** @param {Pen} pen @param {Light} light @param {number} swing */
function tail(pen, light, swing) {
  const root = X + 40;
  /** @type {[number, number][]} */
  const path = [[root, SILL - 6], [root + 34, SILL + 4], [root + 46 + swing * 4, SILL + 30], [root + 36 + swing * 14, SILL + 66], [root + 44 + swing * 26, SILL + 84]];
  thread(pen, path, css(lit(light, scale(FUR, 0.9), root, SILL)), 14);
  thread(pen, path.map(([x, y]) => [x + 5, y - 1]), css(lit(light, hex("#c9a78e"), 100, SILL), 0.34), 2);
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {number} seed @param {number} breath */
function head(pen, light, time, seed, breath) {
  const turn = Math.floor(time / 23);
  const looks = chance(seed, 151, turn) < 0.55 ? 1 : 0;
  const t = time % 23;
  const round = looks * (ease(2, 2.8, t) - ease(7.5, 8.6, t));
  const glance = 5 * Math.sin(time * 0.21) * (1 - round);
  const [x, y] = [X + 1 + glance, SILL - 128 - breath];
  for (const side of [-1, 1]) {
    const flick = Math.max(0, Math.sin(time * (side < 0 ? 0.63 : 0.51) + side)) > 0.985 ? 4 : 0;
    line(pen, [[x + side * 34, y - 8], [x + side * (31 + flick), y - 54 + flick], [x + side * 7, y - 31]], true);
    pen.fillStyle = css(lit(light, FUR, x, y));
    pen.fill();
    if (round > 0.05) {
      line(pen, [[x + side * 29, y - 20], [x + side * (28 + flick), y - 43], [x + side * 14, y - 30]], true);
      pen.fillStyle = css(lit(light, hex("#b98a86"), x, y), 0.8 * round);
      pen.fill();
    }
  }
  blob(pen, [[x - 38, y - 20], [x, y - 42], [x + 38, y - 20], [x + 42, y + 12], [x + 20, y + 32], [x - 20, y + 32], [x - 42, y + 12]]);
  pen.fillStyle = stuff(pen, light, FUR, [x, y - 40, x, y + 34], 0.1);
  pen.fill();
  thread(pen, [[x - 31, y - 50], [x - 34, y - 14], [x - 39, y + 8]], css(mix(light.pour, light.low, 0.4), 0.45), 1.8);
  if (round > 0.05) face(pen, light, x, y, round, time);
  else for (const at of [-9, 0, 9]) thread(pen, [[x + at, y - 32], [x + at * 0.9, y - 20]], css([20, 12, 20], 0.3), 3);
}

/** @param {Pen} pen @param {Light} light @param {number} x @param {number} y @param {number} round @param {number} time */
function face(pen, light, x, y, round, time) {
  pen.save();
  pen.globalAlpha = round;
  const open = time % 3.7 < 0.16 ? 0.1 : 0.55 + 0.3 * Math.sin(time * 0.4) ** 2;
  for (const side of [-1, 1]) {
    disc(pen, x + side * 16, y - 2, 7.4, 7.4 * open, css(mix(hex("#e8c46a"), [255, 236, 160], light.lamp * 0.5)));
    disc(pen, x + side * 16, y - 2, 2.2 + 2 * light.night, 6.4 * open, css([18, 12, 16]));
    for (const lift of [-2, 4]) thread(pen, [[x + side * 12, y + 13], [x + side * 44, y + 11 + lift]], css([240, 226, 214], 0.3), 1);
  }
  line(pen, [[x - 4, y + 9], [x + 4, y + 9], [x, y + 14]], true);
  pen.fillStyle = css(lit(light, hex("#c98a86"), x, y));
  pen.fill();
  thread(pen, [[x - 7, y + 19], [x - 3, y + 19], [x, y + 14], [x + 3, y + 19], [x + 7, y + 19]], css([24, 14, 22], 0.7), 1.5);
  pen.restore();
}
