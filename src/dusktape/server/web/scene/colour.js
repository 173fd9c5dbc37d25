/** Colours as triples of 0 to 255, and the few sums that a painter does with them. */

/** @typedef {[number, number, number]} Colour */

/** @param {string} code As `#rrggbb`. @returns {Colour} */
export function hex(code) {
  const n = parseInt(code.slice(1), 16);
  return [n >> 16, (n >> 8) & 255, n & 255];
}

/** @param {Colour} a @param {Colour} b @param {number} t @returns {Colour} */
export function mix(a, b, t) {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** @param {Colour} c @param {number} k @returns {Colour} */
export const scale = (c, k) => [c[0] * k, c[1] * k, c[2] * k];

/** @param {Colour} a @param {Colour} b @returns {Colour} */
export const times = (a, b) => [(a[0] * b[0]) / 255, (a[1] * b[1]) / 255, (a[2] * b[2]) / 255];

/** @param {Colour} c @param {number} [alpha] */
export function css(c, alpha = 1) {
  const [r, g, b] = c.map((v) => Math.max(0, Math.min(255, Math.round(v))));
  return alpha >= 1 ? `rgb(${r},${g},${b})` : `rgba(${r},${g},${b},${Math.max(0, alpha).toFixed(3)})`;
}

/** @param {number} x @param {number} [low] @param {number} [high] */
export const clamp = (x, low = 0, high = 1) => Math.max(low, Math.min(high, x));

/** From 0 to 1 between two edges, without corners. @param {number} a @param {number} b @param {number} x */
export function ease(a, b, x) {
  const t = clamp((x - a) / (b - a));
  return t * t * (3 - 2 * t);
}

/**
 * A number in [0, 1) that belongs to a place: the same for the same arguments, on every machine.
 *
 * @param {...number} place Whole numbers.
 */
export function chance(...place) {
  let h = 0x9e3779b9;
  for (const n of place) {
    h = Math.imul(h ^ (n | 0), 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return (h >>> 0) / 4294967296;
}
