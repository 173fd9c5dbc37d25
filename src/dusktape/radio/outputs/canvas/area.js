// Areas: outlines in, coverage of pixels out.
//
// Edges are drawn with the exact area they cover of each pixel: every edge adds its signed area to a buffer, and the
// running sum along a row is the coverage (the method of font rasterisers; R. Levien, font-rs, 2016).

"use strict";

class Area {
  constructor(width, height) {
    this.width = width;
    this.area = new Float32Array((width + 2) * height);
    this.cover = new Float32Array(width + 2);
    this.bounds = [0, 0, width, height];
    this.mask = null;
    this.box = null;
  }

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

  /** Clip by a rectangle that lies straight, to whole pixels, and say whether the path was one. */
  straight(paths) {
    const lines = paths.filter((path) => path.points.length > 2);
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

  /** Let nothing through from here on but what lies within these paths, too. */
  clip(paths, evenOdd) {
    if (this.straight(paths)) return;
    this.reach();
    for (const path of paths) this.outline(path.points);
    const [x0, y0, x1, y1] = this.within();
    const wide = Math.max(0, x1 - x0), before = this.mask;
    const mask = { x: x0, y: y0, wide, cover: new Float32Array(wide * Math.max(0, y1 - y0)) };
    this.rows(x0, y0, x1, y1, evenOdd, (y, cover) => {
      const line = (y - y0) * wide - x0;
      const other = before ? (y - before.y) * before.wide - before.x : 0;
      for (let x = x0; x < x1; x++) mask.cover[line + x] = before ? cover[x] * before.cover[other + x] : cover[x];
    }, true);
    this.mask = mask;
    this.bounds = [x0, y0, Math.max(x0, x1), Math.max(y0, y1)];
  }
}
