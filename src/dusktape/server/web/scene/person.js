/** Somebody at the desk, seen from behind, headphones on: writes, breathes, nods along. */

import { css, hex, mix, scale } from "./colour.js";
import { LAMPLIGHT, lit } from "./light.js";
import { blob, box, disc, glow, stuff, thread } from "./shapes.js";

/** @typedef {import("./shapes.js").Pen} Pen */
/** @typedef {import("./light.js").Light} Light */
/** @typedef {import("./light.js").State} State */

const X = 62;
const JUMPER = hex("#5f8583");
const HAIR = hex("#4a2f36");
const SKIN = hex("#d9a083");
const PHONES = hex("#e8d8c4");

/** @param {Pen} pen @param {Light} light @param {number} time @param {State} state */
export function moving(pen, light, time, state) {
  const breath = 2.2 * Math.sin(time * 1.1);
  const nod = state.playing * (3.4 * state.beat + 1.4 * state.kick);
  const write = state.playing >= 0 ? Math.sin(time * 5.1) * Math.max(0, Math.sin(time * 0.43 + 0.6)) : 0;
  shadowOnDesk(pen);
  arms(pen, light, breath, write);
  torso(pen, light, breath);
  pen.save();
  pen.translate(X + 8, 560);
  pen.rotate(0.035 + 0.012 * Math.sin(time * 0.31) + 0.004 * nod);
  pen.translate(-X - 8, -560 + breath * 0.55 + nod);
  head(pen, light);
  pen.restore();
  chair(pen, light);
}

/** @param {Pen} pen */
function shadowOnDesk(pen) {
  const fill = pen.createLinearGradient(X - 260, 0, X + 40, 0);
  fill.addColorStop(0, "rgba(10,5,14,0)");
  fill.addColorStop(1, "rgba(10,5,14,0.45)");
  pen.fillStyle = fill;
  pen.fillRect(X - 260, 700, 300, 52);
}

/** @param {Pen} pen @param {Light} light @param {number} breath @param {number} write */
function arms(pen, light, breath, write) {
  const b = breath * 0.4;
  disc(pen, X + 158 + write * 3, 716 + write, 17, 13, css(lit(light, SKIN, X + 150, 700)));
  thread(pen, [[X + 164 + write * 3, 718 + write], [X + 178 + write * 4, 692 + write]], css(lit(light, hex("#e0b05f"), X + 170, 700)), 4);
  blob(pen, [[X + 78, 610 + b], [X + 118, 640 + b], [X + 150, 700], [X + 162 + write * 2, 722], [X + 120, 740], [X + 70, 742], [X + 60, 660 + b]]);
  pen.fillStyle = stuff(pen, light, JUMPER, [X + 60, 660, X + 165, 700], 0);
  pen.fill();
  thread(pen, [[X + 104, 626 + b], [X + 132, 662], [X + 152, 706]], css(lit(light, hex("#cfe0d8"), X + 190, 650), 0.75), 2.6);
  blob(pen, [[X - 84, 612 + b], [X - 118, 650 + b], [X - 142, 712], [X - 128, 742], [X - 76, 744], [X - 60, 660 + b]]);
  pen.fillStyle = stuff(pen, light, scale(JUMPER, 0.84), [X - 140, 700, X - 50, 660], 0);
  pen.fill();
  thread(pen, [[X - 92, 632 + b], [X - 110, 658], [X - 127, 704]], css(mix(light.pour, light.low, 0.3), 0.3), 2.2);
}

/** @param {Pen} pen @param {Light} light @param {number} breath */
function torso(pen, light, breath) {
  const s = breath * 0.5;
  pen.beginPath();
  pen.moveTo(X - 26, 546 + s);
  pen.bezierCurveTo(X - 50, 566 + s, X - 106, 570 + s, X - 116, 634 + s);
  pen.bezierCurveTo(X - 126, 700, X - 120, 800, X - 112, 1010);
  pen.lineTo(X + 124, 1010);
  pen.bezierCurveTo(X + 130, 800, X + 136, 700, X + 124, 634 + s);
  pen.bezierCurveTo(X + 114, 572 + s, X + 62, 566 + s, X + 40, 546 + s);
  pen.closePath();
  pen.fillStyle = stuff(pen, light, JUMPER, [X - 130, 760, X + 150, 610], 0);
  pen.fill();
  const fall = pen.createLinearGradient(0, 640, 0, 930);
  fall.addColorStop(0, "rgba(10,6,16,0)");
  fall.addColorStop(1, "rgba(10,6,16,0.82)");
  pen.fillStyle = fall;
  pen.fill();
  thread(pen, [[X + 46, 552 + s], [X + 96, 572 + s], [X + 122, 618 + s], [X + 130, 690]], css(lit(light, hex("#dcebe0"), X + 210, 590), 0.85), 3);
  thread(pen, [[X - 34, 554 + s], [X - 84, 576 + s], [X - 114, 624 + s], [X - 121, 690]], css(mix(light.pour, light.low, 0.3), 0.4), 2.4);
  for (const [dx, bend] of [[-44, -8], [6, 3], [58, 12]]) thread(pen, [[X + dx, 640], [X + dx + bend, 720], [X + dx + bend * 1.6, 840]], css([12, 16, 22], 0.1), 9);
  blob(pen, [[X - 54, 566 + s], [X - 8, 556 + s], [X + 68, 562 + s], [X + 78, 592 + s], [X + 40, 628 + s], [X + 4, 638 + s], [X - 38, 624 + s], [X - 62, 592 + s]]);
  pen.fillStyle = stuff(pen, light, scale(JUMPER, 0.9), [X - 60, 610, X + 90, 580], 0);
  pen.fill();
  thread(pen, [[X - 60, 594 + s], [X - 36, 624 + s], [X + 4, 638 + s], [X + 42, 626 + s], [X + 76, 594 + s]], css([14, 18, 24], 0.3), 3);
}

/** @param {Pen} pen @param {Light} light */
function head(pen, light) {
  const hair = (/** @type {number} */ k) => stuff(pen, light, scale(HAIR, k), [X - 70, 500, X + 84, 470], 0);
  box(pen, X - 18, 520, 46, 50, 14, stuff(pen, light, SKIN, [X - 20, 540, X + 40, 540], 0));
  blob(pen, [[X - 18, 392], [X + 8, 372], [X + 40, 384], [X + 46, 414], [X + 22, 432], [X - 8, 428], [X - 24, 414]]);
  pen.fillStyle = hair(1.05);
  pen.fill();
  thread(pen, [[X + 16, 377], [X + 38, 386], [X + 45, 408]], css(lit(light, hex("#e5b9a0"), X + 210, 460), 0.6), 2.2);
  thread(pen, [[X - 6, 398], [X + 10, 390], [X + 28, 402]], css([20, 10, 18], 0.25), 2.4);
  blob(pen, [
    [X - 60, 458], [X - 46, 420], [X + 6, 404], [X + 60, 420], [X + 74, 460], [X + 74, 505], [X + 64, 536], [X + 50, 556],
    [X + 30, 552], [X + 8, 570], [X - 14, 553], [X - 34, 558], [X - 50, 538], [X - 62, 505],
  ]);
  pen.fillStyle = hair(1);
  pen.fill();
  for (let i = 0; i < 9; i++) {
    const at = (i - 4) / 4;
    const shade = i % 2 ? css([20, 8, 18], 0.16) : css(lit(light, hex("#8a5a58"), X + 60 * at + 40, 480), 0.2);
    thread(pen, [[X + 6 + 12 * at, 412], [X + 6 + 46 * at, 446], [X + 6 + 62 * at, 500], [X + 6 + 44 * at, 546 + 6 * Math.cos(i * 2)]], shade, 2.4);
  }
  thread(pen, [[X + 34, 412], [X + 60, 427], [X + 69, 448]], css(lit(light, hex("#e5b9a0"), X + 230, 480), 0.7), 2.6);
  thread(pen, [[X + 75, 512], [X + 66, 536], [X + 52, 556], [X + 40, 556]], css(lit(light, hex("#e5b9a0"), X + 230, 520), 0.75), 2.6);
  thread(pen, [[X - 44, 424], [X - 57, 450]], css(mix(light.pour, light.low, 0.3), 0.4), 2.2);
  phones(pen, light);
}

/** @param {Pen} pen @param {Light} light */
function phones(pen, light) {
  pen.beginPath();
  pen.moveTo(X - 66, 478);
  pen.bezierCurveTo(X - 76, 380, X + 84, 374, X + 80, 478);
  pen.strokeStyle = stuff(pen, light, scale(PHONES, 0.86), [X - 70, 440, X + 84, 440], 0);
  pen.lineWidth = 12;
  pen.stroke();
  pen.beginPath();
  pen.moveTo(X - 62, 462);
  pen.bezierCurveTo(X - 64, 378, X + 78, 372, X + 78, 462);
  pen.strokeStyle = css(lit(light, hex("#fff6e8"), X + 60, 420), 0.5);
  pen.lineWidth = 2.4;
  pen.stroke();
  for (const [x, y, w] of [[X - 84, 458, 24], [X + 66, 460, 27]]) {
    box(pen, x, y, w, 62, 11, stuff(pen, light, PHONES, [x - 6, y, x + w + 6, y], 0));
    box(pen, x + (x < X ? w - 8 : 0), y + 3, 8, 56, 4, css([30, 18, 28], 0.62));
  }
  thread(pen, [[X + 90, 466], [X + 92, 490], [X + 90, 514]], css(lit(light, [255, 240, 214], X + 240, 490), 0.8), 2.4);
  glow(pen, X + 84, 506, 10, LAMPLIGHT, 0.5);
}

/** @param {Pen} pen @param {Light} light */
function chair(pen, light) {
  const own = hex("#7a4f3c");
  pen.beginPath();
  pen.moveTo(X - 142, 1100);
  pen.bezierCurveTo(X - 150, 900, X - 150, 800, X - 128, 768);
  pen.bezierCurveTo(X - 60, 738, X + 72, 738, X + 140, 768);
  pen.bezierCurveTo(X + 162, 800, X + 162, 900, X + 154, 1100);
  pen.lineTo(X + 128, 1100);
  pen.bezierCurveTo(X + 134, 900, X + 132, 830, X + 116, 806);
  pen.bezierCurveTo(X + 60, 782, X - 50, 782, X - 104, 806);
  pen.bezierCurveTo(X - 122, 830, X - 122, 900, X - 116, 1100);
  pen.closePath();
  pen.fillStyle = stuff(pen, light, own, [X - 150, 840, X + 170, 740], 0);
  pen.fill();
  const fall = pen.createLinearGradient(0, 780, 0, 1000);
  fall.addColorStop(0, "rgba(10,6,14,0.1)");
  fall.addColorStop(1, "rgba(10,6,14,0.8)");
  pen.fillStyle = fall;
  pen.fill();
  thread(pen, [[X - 120, 768], [X - 60, 750], [X + 6, 746], [X + 74, 750], [X + 136, 770]], css(lit(light, hex("#e7bd94"), X + 190, 760), 0.7), 2.4);
  for (let i = -2; i <= 2; i++) {
    thread(pen, [[X + 6 + i * 42, 792], [X + 6 + i * 45, 1100]], css(mix(scale(lit(light, own, X + i * 44, 860), 0.5), [10, 6, 14], 0.3)), 9);
  }
}
