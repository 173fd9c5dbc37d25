// Strokes: a line as wide as a pen, as outlines that add up.

"use strict";

const FLAT = 0.08; // pixels that a curve's pieces may be off

class Stroke {
  /** @param {Area} area @param {number[]} m From units to pixels. @param {number} half Of the width, in units. */
  constructor(area, m, half, { lineCap, lineJoin, miterLimit }) {
    Object.assign(this, { area, m, half, lineCap, lineJoin, miterLimit });
    this.size = Math.sqrt(Math.abs(m[0] * m[3] - m[1] * m[2])) || 1e-6;
  }

  /** Trace a line as wide as the pen, in units: a box a stretch, sectors at its corners, caps at its ends. */
  trace(path) {
    const half = this.half;
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
      if (count && path.points.length > 2 && this.lineCap === "round") this.sector(p[0], p[1], 0, 2 * Math.PI);
      return;
    }
    const way = [];
    for (let i = 0; i + 1 < count; i++) {
      const x0 = p[2 * i], y0 = p[2 * i + 1], x1 = p[2 * i + 2], y1 = p[2 * i + 3];
      const t = Math.atan2(y1 - y0, x1 - x0);
      way.push(t);
      const nx = -Math.sin(t) * half, ny = Math.cos(t) * half;
      this.shape([x0 + nx, y0 + ny, x1 + nx, y1 + ny, x1 - nx, y1 - ny, x0 - nx, y0 - ny]);
      if (i) this.corner(x0, y0, way[i - 1], t);
    }
    if (path.closed) return this.corner(p[0], p[1], way[way.length - 1], way[0]);
    this.cap(p[0], p[1], way[0] + Math.PI);
    this.cap(p[2 * count - 2], p[2 * count - 1], way[way.length - 1]);
  }

  corner(x, y, before, after) {
    const half = this.half;
    let turn = (after - before) % (2 * Math.PI);
    if (turn > Math.PI) turn -= 2 * Math.PI;
    if (turn < -Math.PI) turn += 2 * Math.PI;
    if (Math.abs(turn) < 0.02) return;
    const outer = turn > 0 ? before - Math.PI / 2 : before + Math.PI / 2;
    if (this.lineJoin === "round") return this.sector(x, y, outer, turn);
    const ax = x + half * Math.cos(outer), ay = y + half * Math.sin(outer);
    const bx = x + half * Math.cos(outer + turn), by = y + half * Math.sin(outer + turn);
    const long = 1 / Math.cos(turn / 2);
    if (this.lineJoin === "miter" && long <= this.miterLimit) {
      const t = outer + turn / 2;
      this.shape([x, y, ax, ay, x + half * long * Math.cos(t), y + half * long * Math.sin(t), bx, by]);
    } else this.shape([x, y, ax, ay, bx, by]);
  }

  cap(x, y, way) {
    const half = this.half;
    if (this.lineCap === "round") this.sector(x, y, way - Math.PI / 2, Math.PI);
    if (this.lineCap !== "square") return;
    const cos = half * Math.cos(way), sin = half * Math.sin(way);
    this.shape([x - sin, y + cos, x - sin + cos, y + cos + sin, x + sin + cos, y - cos + sin, x + sin, y - cos]);
  }

  sector(x, y, from, turn) {
    const r = this.half;
    const n = Math.max(2, Math.ceil(Math.abs(turn) / (2 * Math.acos(1 - Math.min(1, FLAT / Math.max(r * this.size, 0.01))))));
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
    if (twice >= 0) return this.area.outline(p);
    const back = [];
    for (let i = n - 2; i >= 0; i -= 2) back.push(p[i], p[i + 1]);
    this.area.outline(back);
  }
}
