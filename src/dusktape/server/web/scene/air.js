/** What hangs in the air: dust in the lamplight, leaves in the foreground, and darkness in the corners. */

import { chance, css, mix } from "./colour.js";
import { LAMP } from "./light.js";
import { blend, box, disc, thread } from "./shapes.js";

/** @typedef {import("./shapes.js").Pen} Pen */
/** @typedef {import("./light.js").Light} Light */
/** @typedef {import("./index.js").View} View */

/** @param {Pen} pen @param {View} view @param {Light} light @param {number} time @param {number} seed */
export function moving(pen, view, light, time, seed) {
  dust(pen, light, time, seed);
  foreground(pen, view, light, time, seed);
}

/** @param {Pen} pen @param {Light} light @param {number} time @param {number} seed */
function dust(pen, light, time, seed) {
  pen.save();
  pen.globalCompositeOperation = "lighter";
  for (let i = 0; i < 34; i++) {
    const x = LAMP.x - 240 + 500 * ((chance(seed, 161, i) + time * 0.004 * (chance(seed, 162, i) - 0.4) + 10) % 1) + 14 * Math.sin(time * 0.3 + i);
    const y = 420 + 270 * ((chance(seed, 163, i) - time * 0.006 * (0.3 + chance(seed, 164, i)) + 1000) % 1);
    const near = Math.max(0, 1 - Math.hypot(x - LAMP.x, y - LAMP.y) / 290);
    const shine = near * (0.4 + 0.6 * Math.sin(time * 0.6 + i * 2.4) ** 2);
    const r = 0.8 + 1.5 * chance(seed, 165, i) ** 3;
    disc(pen, x, y, r, r, css([255, 214, 150], 0.6 * shine * light.lamp));
  }
  pen.restore();
}

/** Darkness in the corners and below. @param {Pen} pen @param {View} view @param {Light} light */
export function still(pen, view, light) {
  const { left, top, width, height } = view;
  const [cx, cy] = [60, 470];
  const far = Math.hypot(Math.max(cx - left, left + width - cx), Math.max(cy - top, top + height - cy));
  const fill = pen.createRadialGradient(cx, cy, 300, cx, cy, far);
  const deep = 0.34 + 0.34 * light.night;
  fill.addColorStop(0, "rgba(9,5,16,0)");
  fill.addColorStop(0.45, `rgba(9,5,16,${(deep * 0.22).toFixed(3)})`);
  fill.addColorStop(1, `rgba(9,5,16,${deep.toFixed(3)})`);
  box(pen, left, top, width, height, 0, fill);
  const foot = Math.max(top + height, 1000);
  box(pen, left, 720, width, foot - 720, 0, blend(pen, [0, 720, 0, 1000], [[0, "rgba(11,7,18,0)"], [1, `rgba(11,7,18,${(0.25 + 0.35 * light.night).toFixed(3)})`]]));
}

/** Big leaves close to the eye, at the right. @param {Pen} pen @param {View} view @param {Light} light @param {number} time @param {number} seed */
function foreground(pen, view, light, time, seed) {
  if (view.width < 1200) return;
  const day = 1 - light.night;
  const [x, y] = [view.left + view.width - 30, view.top + view.height + 40];
  for (let i = 0; i < 7; i++) {
    const turn = -Math.PI / 2 - 0.95 + i * 0.24 + 0.012 * Math.sin(time * 0.5 + i);
    const long = 190 + 130 * chance(seed, 171, i);
    const [tx, ty] = [x + Math.cos(turn) * long, y + Math.sin(turn) * long];
    thread(pen, [[x, y], [(x + tx) / 2 + 14, (y + ty) / 2], [tx, ty]], css(mix([18, 14, 23], [44, 58, 56], 0.8 * day)), 5);
    pen.save();
    pen.translate(tx, ty);
    pen.rotate(turn + 0.35 * (i - 3) * 0.3);
    pen.beginPath();
    pen.moveTo(-40, 0);
    pen.bezierCurveTo(0, -62, 80, -56, 128, 0);
    pen.bezierCurveTo(80, 56, 0, 62, -40, 0);
    pen.fillStyle = css(mix([15 + 3 * i, 12 + 2 * i, 23 + 2 * i], [44 + 5 * i, 62 + 5 * i, 58 + 3 * i], 0.85 * day));
    pen.fill();
    pen.restore();
  }
}
