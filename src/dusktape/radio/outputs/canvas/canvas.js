// A canvas without a browser: paths, fills, strokes, gradients, alpha, transforms, clip and adding light, onto opaque RGBA.
//
// It offers what the scene's drawing asks of `CanvasRenderingContext2D` (its type `Pen`) and nothing else.

"use strict";

const AT_START = {
  fillStyle: "#000000", strokeStyle: "#000000", lineWidth: 1, lineCap: "butt", lineJoin: "miter", miterLimit: 10,
  globalAlpha: 1, globalCompositeOperation: "source-over",
};

class Canvas {
  constructor(width, height) {
    this.width = width;
    this.height = height;
    this.data = new Uint8ClampedArray(4 * width * height).fill(255);
    this.area = new Area(width, height);
    this.held = [];
    Object.assign(this, AT_START);
    this.m = [1, 0, 0, 1, 0, 0];
    this.beginPath();
  }

  // state

  save() {
    const kept = {};
    for (const name in AT_START) kept[name] = this[name];
    this.held.push([kept, this.m, this.area.mask, this.area.bounds]);
  }

  restore() {
    const last = this.held.pop();
    if (!last) return;
    Object.assign(this, last[0]);
    [, this.m, this.area.mask, this.area.bounds] = last;
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
    for (const path of this.paths) this.area.outline(path.points);
    this.paint(this.fillStyle, rule === "evenodd");
  }

  stroke() {
    const stroke = new Stroke(this.area, this.m, this.lineWidth / 2, this);
    for (const path of this.paths) stroke.trace(path);
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

  clip(rule) { this.area.clip(this.paths, rule === "evenodd"); }

  paint(style, evenOdd) {
    const area = this.area;
    if (!area.box) return;
    const [x0, y0, x1, y1] = area.within();
    const adds = this.globalCompositeOperation === "lighter";
    const take = typeof style === "string"
      ? plain(this.data, this.width, colourOf(style), this.globalAlpha, adds)
      : graded(this.data, this.width, style, this.m, this.globalAlpha, adds);
    area.rows(x0, y0, Math.max(x0, x1), y1, evenOdd, take);
  }
}
