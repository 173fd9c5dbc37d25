// What shapes are filled with: colours, and gradients as tables.

"use strict";

const STEPS = 256;
const LEAST = 0.5 / 256; // less than this changes no pixel

/** @param {string} text @returns {[number, number, number, number]} Red, green, blue 0 to 255, alpha 0 to 1. */
function colour(text) {
  if (text[0] === "#") {
    const code = text.length < 6 ? [...text.slice(1)].map((c) => c + c).join("") : text.slice(1);
    const part = (i) => parseInt(code.slice(2 * i, 2 * i + 2), 16);
    return [part(0), part(1), part(2), code.length > 6 ? part(3) / 255 : 1];
  }
  const numbers = text.match(/[\d.]+/g);
  if (!text.startsWith("rgb") || !numbers || numbers.length < 3) throw new Error(`no colour: ${text}`);
  const [r, g, b, a = 1] = numbers.map(Number);
  return [r, g, b, a];
}

const known = new Map();

function colourOf(text) {
  let found = known.get(text);
  if (!found) {
    if (known.size > 8192) known.clear();
    found = colour(text);
    known.set(text, found);
  }
  return found;
}

/** A gradient: along a line from (x0, y0) to (x1, y1), or from a circle to another. */
class Gradient {
  constructor(x0, y0, r0, x1, y1, r1) {
    this.way = [x0, y0, r0, x1, y1, r1];
    this.radial = r0 > 0 || r1 > 0;
    this.round = x0 === x1 && y0 === y1;
    this.stops = [];
    this.table = null;
  }

  addColorStop(at, style) {
    this.stops.push([at, colourOf(style)]);
    this.table = null;
  }

  /** How far between the two circles a place is, seen from the first centre; below 0 where no circle between them passes. */
  between(u, v) {
    const [x0, y0, r0, x1, y1, r1] = this.way;
    const dx = x1 - x0, dy = y1 - y0, dr = r1 - r0;
    const a = dx * dx + dy * dy - dr * dr, b = u * dx + v * dy + r0 * dr, c = u * u + v * v - r0 * r0;
    if (Math.abs(a) < 1e-9) return b ? c / (2 * b) : -1;
    const root = b * b - a * c;
    if (root < 0) return -1;
    const s = Math.sqrt(root), one = (b + s) / a, two = (b - s) / a;
    const far = Math.max(one, two);
    return r0 + far * dr >= 0 ? far : Math.min(one, two);
  }

  /** Red, green and blue times alpha, and alpha, in STEPS + 1 places. */
  lookup() {
    if (this.table) return this.table;
    const stops = this.stops.map((s, i) => [s, i]).sort(([a, i], [b, j]) => a[0] - b[0] || i - j).map(([s]) => s);
    const table = new Float32Array(4 * (STEPS + 1));
    let next = 0;
    for (let i = 0; i <= STEPS && stops.length; i++) {
      const t = i / STEPS;
      while (next < stops.length && stops[next][0] <= t) next++;
      const [t0, a] = stops[Math.max(0, next - 1)];
      const [t1, b] = stops[Math.min(stops.length - 1, next)];
      const k = t1 > t0 ? Math.min(1, Math.max(0, (t - t0) / (t1 - t0))) : 0;
      const alpha = a[3] + (b[3] - a[3]) * k;
      for (let c = 0; c < 3; c++) table[4 * i + c] = (a[c] + (b[c] - a[c]) * k) * alpha;
      table[4 * i + 3] = alpha;
    }
    this.table = table;
    return table;
  }
}

/** What paints one colour: called with a row, its coverage, and where in it there is some. */
function plain(data, width, [r, g, b, alpha], opacity, adds) {
  const most = alpha * opacity;
  return (y, cover, x0, x1) => {
    let i = 4 * (y * width + x0);
    for (let x = x0; x < x1; x++, i += 4) {
      const a = cover[x] * most;
      if (a === 0) continue;
      const rest = adds ? 1 : 1 - a;
      data[i] = data[i] * rest + r * a;
      data[i + 1] = data[i + 1] * rest + g * a;
      data[i + 2] = data[i + 2] * rest + b * a;
    }
  };
}

/** What paints a gradient, under a transform of the page. */
function graded(data, width, fill, [a, b, c, d, e, f], opacity, adds) {
  const table = fill.lookup();
  const det = a * d - b * c || 1e-12;
  const [gx, gy, r0, hx, hy, r1] = fill.way;
  const ux = d / det, uy = -c / det, vx = -b / det, vy = a / det;  // pixels to units
  const dx = hx - gx, dy = hy - gy, long = dx * dx + dy * dy || 1e-12;
  const radial = fill.radial, round = fill.round, width1 = 1 / (r1 - r0 || 1e-12);
  return (y, cover, x0, x1) => {
    const px = x0 + 0.5 - e, py = y + 0.5 - f;
    let u = ux * px + uy * py - gx, v = vx * px + vy * py - gy;
    let i = 4 * (y * width + x0);
    for (let x = x0; x < x1; x++, i += 4, u += ux, v += vx) {
      const k = cover[x] * opacity;
      if (k === 0) continue;
      let t = !radial ? (u * dx + v * dy) / long : round ? (Math.sqrt(u * u + v * v) - r0) * width1 : fill.between(u, v);
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      const at = 4 * ((t * STEPS + 0.5) | 0);
      if (table[at + 3] * k < LEAST) continue;
      const rest = adds ? 1 : 1 - table[at + 3] * k;
      data[i] = data[i] * rest + table[at] * k;
      data[i + 1] = data[i + 1] * rest + table[at + 1] * k;
      data[i + 2] = data[i + 2] * rest + table[at + 2] * k;
    }
  };
}
