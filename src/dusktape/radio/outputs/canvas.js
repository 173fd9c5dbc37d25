// A canvas without a browser: paths, fills, strokes, gradients, alpha, transforms, clip and adding light, onto opaque RGBA.
//
// It offers what the scene's drawing asks of `CanvasRenderingContext2D` (its type `Pen`) and nothing else. Edges are drawn
// with the exact area they cover of each pixel: every edge adds its signed area to a buffer, and the running sum along a
// row is the coverage (the method of font rasterisers; R. Levien, font-rs, 2016). Gradients are looked up in tables.

"use strict";

const STEPS = 256;
const FLAT = 0.08;
const LEAST = 0.5 / 256;  // less than this changes no pixel

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

const AT_START = {
  fillStyle: "#000000", strokeStyle: "#000000", lineWidth: 1, lineCap: "butt", lineJoin: "miter", miterLimit: 10,
  globalAlpha: 1, globalCompositeOperation: "source-over",
};

class Canvas {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.data = new Uint8ClampedArray(4 * width * height).fill(255);
    this.area = new Float32Array((width + 2) * height);
    this.cover = new Float32Array(width + 2);
    this.held = [];
    Object.assign(this, AT_START);
    this.m = [1, 0, 0, 1, 0, 0];
    this.mask = null;
    this.bounds = [0, 0, width, height];
    this.beginPath();
  }

  // state

  save() {
    const kept = {};
    for (const name in AT_START) kept[name] = this[name];
    this.held.push([kept, this.m, this.mask, this.bounds]);
  }

  restore() {
    const last = this.held.pop();
    if (!last) return;
    Object.assign(this, last[0]);
    [, this.m, this.mask, this.bounds] = last;
  }

  transform(a, b, c, d, e, f) {
    const [A, B, C, D, E, F] = this.m;
    this.m = [A * a + C * b, B * a + D * b, A * c + C * d, B * c + D * d, A * e + C * f + E, B * e + D * f + F];
  }

  setTransform(a, b, c, d, e, f) { this.m = [a, b, c, d, e, f]; }
  translate(x, y) { this.transform(1, 0, 0, 1, x, y); }
  scale(x, y) { this.transform(x, 0, 0, y, 0, 0); }
  rotate(t) { this.transform(Math.cos(t), Math.sin(t), -Math.sin(t), Math.cos(t), 0, 0); }

  // paths: lists of x, y in pixels

  beginPath() {
    this.paths = [];
    this.path = null;
    this.at = [0, 0];
  }

  moveTo(x, y) {
    this.at = [x, y];
    this.path = { points: [], closed: false, start: [x, y] };
    this.paths.push(this.path);
    this.point(x, y);
  }

  point(x, y) {
    const m = this.m;
    this.path.points.push(m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5]);
  }

  lineTo(x, y) {
    if (!this.path) return this.moveTo(x, y);
    if (this.path.closed) this.moveTo(...this.path.start);
    this.point(x, y);
    this.at = [x, y];
  }

  closePath() {
    if (!this.path) return;
    this.path.closed = true;
    this.at = this.path.start;
  }

  quadraticCurveTo(x1, y1, x, y) {
    if (!this.path) this.moveTo(x1, y1);
    const [x0, y0] = this.at;
    this.bezierCurveTo(x0 + (x1 - x0) * 2 / 3, y0 + (y1 - y0) * 2 / 3, x + (x1 - x) * 2 / 3, y + (y1 - y) * 2 / 3, x, y);
  }

  bezierCurveTo(x1, y1, x2, y2, x, y) {
    if (!this.path) this.moveTo(x1, y1);
    const [x0, y0] = this.at;
    const bend = Math.max(Math.hypot(x0 - 2 * x1 + x2, y0 - 2 * y1 + y2), Math.hypot(x1 - 2 * x2 + x, y1 - 2 * y2 + y));
    const n = Math.max(1, Math.min(200, Math.ceil(Math.sqrt((0.75 * bend * this.size()) / FLAT))));
    for (let i = 1; i <= n; i++) {
      const t = i / n, s = 1 - t;
      const a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;
      this.lineTo(a * x0 + b * x1 + c * x2 + d * x, a * y0 + b * y1 + c * y2 + d * y);
    }
  }

  arc(x, y, r, from, to, backwards) { this.ellipse(x, y, r, r, 0, from, to, backwards); }

  ellipse(x, y, rx, ry, turn, from, to, backwards = false) {
    const whole = 2 * Math.PI;
    let sweep = backwards ? from - to : to - from;
    sweep = sweep >= whole ? whole : ((sweep % whole) + whole) % whole || (from === to ? 0 : whole);
    const r = Math.max(rx, ry) * this.size();
    const n = Math.max(2, Math.ceil(sweep / (2 * Math.acos(1 - Math.min(1, FLAT / Math.max(r, 0.01))))));
    const cos = Math.cos(turn), sin = Math.sin(turn);
    for (let i = 0; i <= n; i++) {
      const t = from + ((backwards ? -sweep : sweep) * i) / n;
      const u = rx * Math.cos(t), v = ry * Math.sin(t);
      this.lineTo(x + u * cos - v * sin, y + u * sin + v * cos);
    }
  }

  rect(x, y, w, h) {
    this.moveTo(x, y);
    this.lineTo(x + w, y);
    this.lineTo(x + w, y + h);
    this.lineTo(x, y + h);
    this.closePath();
    this.moveTo(x, y);
  }

  roundRect(x, y, w, h, radii = 0) {
    const all = Array.isArray(radii) ? radii : [radii];
    let [a, b = a, c = a, d = b] = all;
    const k = Math.min(1, w / (a + b), w / (c + d), h / (a + d), h / (b + c));
    if (k < 1) [a, b, c, d] = [a * k, b * k, c * k, d * k];
    const q = Math.PI / 2;
    this.moveTo(x + a, y);
    this.lineTo(x + w - b, y);
    if (b) this.arc(x + w - b, y + b, b, -q, 0);
    this.lineTo(x + w, y + h - c);
    if (c) this.arc(x + w - c, y + h - c, c, 0, q);
    this.lineTo(x + d, y + h);
    if (d) this.arc(x + d, y + h - d, d, q, 2 * q);
    this.lineTo(x, y + a);
    if (a) this.arc(x + a, y + a, a, 2 * q, 3 * q);
    this.closePath();
    this.moveTo(x, y);
  }

  /** How many pixels one unit is. */
  size() {
    const m = this.m;
    return Math.sqrt(Math.abs(m[0] * m[3] - m[1] * m[2])) || 1e-6;
  }

  // painting

  createLinearGradient(x0, y0, x1, y1) { return new Gradient(x0, y0, 0, x1, y1, 0); }

  createRadialGradient(x0, y0, r0, x1, y1, r1) { return new Gradient(x0, y0, r0, x1, y1, r1); }

  fill(rule) {
    for (const path of this.paths) this.outline(path.points);
    this.paint(this.fillStyle, rule === "evenodd");
  }

  stroke() {
    for (const path of this.paths) this.pen(path, this.lineWidth / 2);
    this.paint(this.strokeStyle, false);
  }

  fillRect(x, y, w, h) {
    const kept = [this.paths, this.path, this.at];
    this.beginPath();
    this.rect(x, y, w, h);
    this.fill();
    [this.paths, this.path, this.at] = kept;
  }

  clearRect(x, y, w, h) {
    this.save();
    Object.assign(this, { fillStyle: "#000000", globalAlpha: 1, globalCompositeOperation: "source-over" });
    this.fillRect(x, y, w, h);
    this.restore();
  }

  clip(rule) {
    if (this.straight()) return;
    this.reach();
    for (const path of this.paths) this.outline(path.points);
    const [x0, y0, x1, y1] = this.within();
    const wide = Math.max(0, x1 - x0), before = this.mask;
    const mask = { x: x0, y: y0, wide, cover: new Float32Array(wide * Math.max(0, y1 - y0)) };
    this.rows(x0, y0, x1, y1, rule === "evenodd", (y, cover) => {
      const line = (y - y0) * wide - x0;
      const other = before ? (y - before.y) * before.wide - before.x : 0;
      for (let x = x0; x < x1; x++) mask.cover[line + x] = before ? cover[x] * before.cover[other + x] : cover[x];
    }, true);
    this.mask = mask;
    this.bounds = [x0, y0, Math.max(x0, x1), Math.max(y0, y1)];
  }

  /** Clip by a rectangle that lies straight, to whole pixels, and say whether the path was one. */
  straight() {
    const lines = this.paths.filter((path) => path.points.length > 2);
    const p = lines.length === 1 ? lines[0].points : [];
    if (p.length !== 8) return false;
    const near = (i, j) => Math.abs(p[i] - p[j]) < 1e-6;
    if (!(near(0, 6) && near(2, 4) && near(1, 3) && near(5, 7)) && !(near(0, 2) && near(4, 6) && near(3, 5) && near(1, 7))) return false;
    const [l, t, r, b] = this.bounds;
    const x = [p[0], p[4]].sort((i, j) => i - j).map(Math.round), y = [p[1], p[5]].sort((i, j) => i - j).map(Math.round);
    const left = Math.max(l, x[0]), top = Math.max(t, y[0]);
    this.bounds = [left, top, Math.max(left, Math.min(r, x[1])), Math.max(top, Math.min(b, y[1]))];
    return true;
  }

  // areas: edges in, coverage out

  reach() { this.box = [Infinity, Infinity, -Infinity, -Infinity]; }

  /** Where there is something to paint: the edges' box within the clip, in whole pixels. */
  within() {
    const [l, t, r, b] = this.bounds;
    const box = this.box;
    return [
      Math.max(l, Math.floor(box[0])), Math.max(t, Math.floor(box[1])),
      Math.min(r, Math.ceil(box[2])), Math.min(b, Math.ceil(box[3])),
    ];
  }

  outline(p) {
    if (!this.box) this.reach();
    const n = p.length;
    if (n < 6) return;
    for (let i = 0; i < n; i += 2) this.edge(p[i], p[i + 1], p[(i + 2) % n], p[(i + 3) % n]);
  }

  /** Add the signed area of one edge to the pixels to its right. */
  edge(x0, y0, x1, y1) {
    const box = this.box;
    if (x0 < box[0]) box[0] = x0;
    if (x1 < box[0]) box[0] = x1;
    if (x0 > box[2]) box[2] = x0;
    if (x1 > box[2]) box[2] = x1;
    if (y0 < box[1]) box[1] = y0;
    if (y1 < box[1]) box[1] = y1;
    if (y0 > box[3]) box[3] = y0;
    if (y1 > box[3]) box[3] = y1;
    if (y0 === y1 || !(Math.abs(y1 - y0) < 1e7)) return;
    let sign = 1;
    if (y0 > y1) {
      sign = -1;
      let swap = x0; x0 = x1; x1 = swap;
      swap = y0; y0 = y1; y1 = swap;
    }
    const [left, top, right, bottom] = this.bounds;
    if (y1 <= top || y0 >= bottom) return;
    const slope = (x1 - x0) / (y1 - y0);
    if (y0 < top) { x0 += slope * (top - y0); y0 = top; }
    if (y1 > bottom) y1 = bottom;
    const wide = this.width + 2, area = this.area;
    let x = x0;
    for (let row = Math.floor(y0); row < y1; row++) {
      const from = Math.max(row, y0), to = Math.min(row + 1, y1);
      const next = x + slope * (to - from);
      const d = sign * (to - from);
      let a = x < next ? x : next, b = x < next ? next : x;
      x = next;
      const base = row * wide;
      if (a >= right) continue;
      if (b <= left) { area[base + left] += d; continue; }
      if (a < left) {  // the part beyond the left side covers whole rows
        const share = (left - a) / (b - a);
        area[base + left] += d * share;
        this.slice(base, left, b, d * (1 - share), right);
      } else this.slice(base, a, b, d, right);
    }
  }

  /** Spread the area of a piece of edge within one row, from x = a to x = b. */
  slice(base, a, b, d, right) {
    const area = this.area;
    const first = Math.floor(a), last = Math.ceil(b);
    if (last <= first + 1) {
      const middle = (a + b) / 2 - first;
      area[base + first] += d * (1 - middle);
      area[base + first + 1] += d * middle;
      return;
    }
    const k = d / (b - a);
    let done = 0;
    for (let i = first; i < last && i < right; i++) {
      const from = Math.max(a, i), to = Math.min(b, i + 1);
      const part = k * (to - from);
      const middle = (from + to) / 2 - i;
      area[base + i] += part * (1 - middle);
      area[base + i + 1] += part * middle;
      done += part;
    }
  }

  /** Sum the areas up, empty them, and hand each row's coverage on. */
  rows(x0, y0, x1, y1, evenOdd, take, empty = false) {
    const wide = this.width + 2, area = this.area, cover = this.cover, right = this.bounds[2];
    const mask = empty ? null : this.mask;
    for (let y = y0; y < y1; y++) {
      let sum = 0, first = x1, last = x0 - 1;
      const base = y * wide, line = mask ? (y - mask.y) * mask.wide - mask.x : 0;
      for (let x = x0; x < x1; x++) {
        sum += area[base + x];
        let a = sum < 0 ? -sum : sum;
        if (evenOdd) {
          a %= 2;
          if (a > 1) a = 2 - a;
        } else if (a > 1) a = 1;
        if (a < 0.002) a = 0;
        else if (mask) a *= mask.cover[line + x];
        if (a) {
          if (first === x1) first = x;
          last = x;
        }
        cover[x] = a;
      }
      area.fill(0, base + Math.max(0, x0 - 1), base + Math.min(wide, right + 2));
      if (empty || last >= first) take(y, cover, first, last + 1);
    }
    this.box = null;
  }

  /** Trace a line as wide as the pen, in units: a box a stretch, sectors at its corners, caps at its ends. */
  pen(path, half) {
    if (!this.box) this.reach();
    const p = [];
    const [a, b, c, d, e, f] = this.m;
    const det = a * d - b * c || 1e-12;
    for (let i = 0; i < path.points.length; i += 2) {
      const n = p.length, px = path.points[i] - e, py = path.points[i + 1] - f;
      const x = (d * px - c * py) / det, y = (a * py - b * px) / det;
      if (!n || Math.hypot(x - p[n - 2], y - p[n - 1]) > 1e-3 * half) p.push(x, y);
    }
    if (path.closed && p.length > 4 && Math.hypot(p[0] - p[p.length - 2], p[1] - p[p.length - 1]) > 1e-3) p.push(p[0], p[1]);
    const count = p.length / 2;
    if (count < 2) {
      if (count && path.points.length > 2 && this.lineCap === "round") this.sector(p[0], p[1], half, 0, 2 * Math.PI);
      return;
    }
    const way = [];
    for (let i = 0; i + 1 < count; i++) {
      const x0 = p[2 * i], y0 = p[2 * i + 1], x1 = p[2 * i + 2], y1 = p[2 * i + 3];
      const t = Math.atan2(y1 - y0, x1 - x0);
      way.push(t);
      const nx = -Math.sin(t) * half, ny = Math.cos(t) * half;
      this.shape([x0 + nx, y0 + ny, x1 + nx, y1 + ny, x1 - nx, y1 - ny, x0 - nx, y0 - ny]);
      if (i) this.corner(x0, y0, half, way[i - 1], t);
    }
    if (path.closed) return this.corner(p[0], p[1], half, way[way.length - 1], way[0]);
    this.cap(p[0], p[1], half, way[0] + Math.PI);
    this.cap(p[2 * count - 2], p[2 * count - 1], half, way[way.length - 1]);
  }

  corner(x, y, half, before, after) {
    let turn = (after - before) % (2 * Math.PI);
    if (turn > Math.PI) turn -= 2 * Math.PI;
    if (turn < -Math.PI) turn += 2 * Math.PI;
    if (Math.abs(turn) < 0.02) return;
    const outer = turn > 0 ? before - Math.PI / 2 : before + Math.PI / 2;
    if (this.lineJoin === "round") return this.sector(x, y, half, outer, turn);
    const ax = x + half * Math.cos(outer), ay = y + half * Math.sin(outer);
    const bx = x + half * Math.cos(outer + turn), by = y + half * Math.sin(outer + turn);
    const long = 1 / Math.cos(turn / 2);
    if (this.lineJoin === "miter" && long <= this.miterLimit) {
      const t = outer + turn / 2;
      this.shape([x, y, ax, ay, x + half * long * Math.cos(t), y + half * long * Math.sin(t), bx, by]);
    } else this.shape([x, y, ax, ay, bx, by]);
  }

  cap(x, y, half, way) {
    if (this.lineCap === "round") this.sector(x, y, half, way - Math.PI / 2, Math.PI);
    if (this.lineCap !== "square") return;
    const cos = half * Math.cos(way), sin = half * Math.sin(way);
    this.shape([x - sin, y + cos, x - sin + cos, y + cos + sin, x + sin + cos, y - cos + sin, x + sin, y - cos]);
  }

  sector(x, y, r, from, turn) {
    const n = Math.max(2, Math.ceil(Math.abs(turn) / (2 * Math.acos(1 - Math.min(1, FLAT / Math.max(r * this.size(), 0.01))))));
    const p = [x, y];
    for (let i = 0; i <= n; i++) p.push(x + r * Math.cos(from + (turn * i) / n), y + r * Math.sin(from + (turn * i) / n));
    this.shape(p);
  }

  /** An outline in units that always turns the same way, so that what lies over it adds. */
  shape(units) {
    let twice = 0;
    const n = units.length, p = [];
    const [a, b, c, d, e, f] = this.m;
    for (let i = 0; i < n; i += 2) p.push(a * units[i] + c * units[i + 1] + e, b * units[i] + d * units[i + 1] + f);
    for (let i = 0; i < n; i += 2) twice += p[i] * p[(i + 3) % n] - p[(i + 2) % n] * p[i + 1];
    if (twice >= 0) return this.outline(p);
    const back = [];
    for (let i = n - 2; i >= 0; i -= 2) back.push(p[i], p[i + 1]);
    this.outline(back);
  }

  // pixels

  paint(style, evenOdd) {
    if (!this.box) return;
    const [x0, y0, x1, y1] = this.within();
    const adds = this.globalCompositeOperation === "lighter";
    const take = typeof style === "string" ? this.plain(colourOf(style), adds) : this.graded(style, adds);
    this.rows(x0, y0, Math.max(x0, x1), y1, evenOdd, take);
  }

  plain([r, g, b, alpha], adds) {
    const data = this.data, width = this.width, opacity = alpha * this.globalAlpha;
    return (y, cover, x0, x1) => {
      let i = 4 * (y * width + x0);
      for (let x = x0; x < x1; x++, i += 4) {
        const a = cover[x] * opacity;
        if (a === 0) continue;
        const rest = adds ? 1 : 1 - a;
        data[i] = data[i] * rest + r * a;
        data[i + 1] = data[i + 1] * rest + g * a;
        data[i + 2] = data[i + 2] * rest + b * a;
      }
    };
  }

  graded(fill, adds) {
    const data = this.data, width = this.width, opacity = this.globalAlpha;
    const table = fill.lookup();
    const [a, b, c, d, e, f] = this.m;
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
}
