/** Outlines and fills that the things in the room share. Nothing here remembers anything. */

import { css, mix } from "./colour.js";
import { lit } from "./light.js";

/** @typedef {import("./colour.js").Colour} Colour */
/** @typedef {import("./light.js").Light} Light */
/**
 * What the drawing needs of a canvas: a subset of `CanvasRenderingContext2D`, so that other engines can offer it.
 *
 * @typedef {Pick<CanvasRenderingContext2D, "save" | "restore" | "translate" | "scale" | "rotate" | "beginPath" | "moveTo"
 *   | "lineTo" | "quadraticCurveTo" | "bezierCurveTo" | "arc" | "ellipse" | "rect" | "roundRect" | "closePath" | "fill" | "stroke"
 *   | "clip" | "fillRect" | "clearRect" | "createLinearGradient" | "createRadialGradient" | "fillStyle" | "strokeStyle" | "lineWidth"
 *   | "lineCap" | "lineJoin" | "globalAlpha" | "globalCompositeOperation">} Pen
 */
/** @typedef {[number, number]} Point */

/** Trace straight lines. @param {Pen} pen @param {Point[]} points @param {boolean} [closed] */
export function line(pen, points, closed = false) {
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  if (closed) pen.closePath();
}

/** Trace a closed outline without corners: a curve from middle to middle of the points' sides. @param {Pen} pen @param {Point[]} points */
export function blob(pen, points) {
  const n = points.length;
  pen.beginPath();
  points.forEach(([x, y], i) => {
    const [nx, ny] = points[(i + 1) % n];
    if (!i) {
      const [px, py] = points[n - 1];
      pen.moveTo((px + x) / 2, (py + y) / 2);
    }
    pen.quadraticCurveTo(x, y, (x + nx) / 2, (y + ny) / 2);
  });
  pen.closePath();
}

/** A stroke through points without corners. @param {Pen} pen @param {Point[]} points @param {string} style @param {number} width */
export function thread(pen, points, style, width) {
  pen.beginPath();
  pen.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const [nx, ny] = points[i + 1];
    pen.quadraticCurveTo(x, y, (x + nx) / 2, (y + ny) / 2);
  }
  pen.lineTo(...points[points.length - 1]);
  pen.strokeStyle = style;
  pen.lineWidth = width;
  pen.lineCap = "round";
  pen.lineJoin = "round";
  pen.stroke();
}

/** @param {Pen} pen @param {number} x @param {number} y @param {number} w @param {number} h @param {number} r @param {string | CanvasGradient} style */
export function box(pen, x, y, w, h, r, style) {
  pen.fillStyle = style;
  if (!r) {
    pen.fillRect(x, y, w, h);
    return;
  }
  pen.beginPath();
  pen.roundRect(x, y, w, h, r);
  pen.fill();
}

/** @param {Pen} pen @param {number} x @param {number} y @param {number} rx @param {number} ry @param {string | CanvasGradient} style */
export function disc(pen, x, y, rx, ry, style) {
  pen.beginPath();
  pen.ellipse(x, y, rx, ry, 0, 0, Math.PI * 2);
  pen.fillStyle = style;
  pen.fill();
}

/** A fill from one place to another. @param {Pen} pen @param {[number, number, number, number]} way @param {[number, string][]} stops */
export function blend(pen, [x0, y0, x1, y1], stops) {
  const fill = pen.createLinearGradient(x0, y0, x1, y1);
  for (const [at, style] of stops) fill.addColorStop(at, style);
  return fill;
}

/**
 * The fill of a thing of one colour as the room lights it between two places.
 *
 * @param {Pen} pen @param {Light} light @param {Colour} own @param {[number, number, number, number]} way
 * @param {number} [shade] How dark its far end is turned: 0 not, 1 black.
 */
export function stuff(pen, light, own, way, shade = 0) {
  const [x0, y0, x1, y1] = way;
  const fill = pen.createLinearGradient(x0, y0, x1, y1);
  for (let i = 0; i <= 5; i++) {
    const t = i / 5;
    const colour = lit(light, own, x0 + (x1 - x0) * t, y0 + (y1 - y0) * t);
    fill.addColorStop(t, css(mix(colour, [8, 5, 14], shade * t)));
  }
  return fill;
}

/**
 * Add light that falls to nothing at a radius.
 *
 * @param {Pen} pen @param {number} x @param {number} y @param {number} radius @param {Colour} colour @param {number} strength
 * @param {number} [flat] Below 1 presses it into a lying ellipse.
 */
export function glow(pen, x, y, radius, colour, strength, flat = 1) {
  if (strength <= 0.002) return;
  pen.save();
  pen.globalCompositeOperation = "lighter";
  pen.translate(x, y);
  pen.scale(1, flat);
  const fill = pen.createRadialGradient(0, 0, 0, 0, 0, radius);
  fill.addColorStop(0, css(colour, strength));
  fill.addColorStop(0.18, css(colour, strength * 0.62));
  fill.addColorStop(0.42, css(colour, strength * 0.24));
  fill.addColorStop(0.7, css(colour, strength * 0.06));
  fill.addColorStop(1, css(colour, 0));
  pen.fillStyle = fill;
  pen.fillRect(-radius, -radius, 2 * radius, 2 * radius);
  pen.restore();
}

/** A shadow that fades to nothing at a radius. @param {Pen} pen @param {number} x @param {number} y @param {number} radius @param {number} strength @param {number} [flat] */
export function shadow(pen, x, y, radius, strength, flat = 1) {
  pen.save();
  pen.translate(x, y);
  pen.scale(1, flat);
  const fill = pen.createRadialGradient(0, 0, 0, 0, 0, radius);
  fill.addColorStop(0, `rgba(8,4,14,${strength})`);
  fill.addColorStop(0.5, `rgba(8,4,14,${strength * 0.5})`);
  fill.addColorStop(1, "rgba(8,4,14,0)");
  pen.fillStyle = fill;
  pen.fillRect(-radius, -radius, 2 * radius, 2 * radius);
  pen.restore();
}
