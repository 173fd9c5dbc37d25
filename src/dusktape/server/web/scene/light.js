/** What the light is like at an hour and in a weather: the sky, the city, the room, the lamp. */

import { clamp, ease, hex, mix, scale, times } from "./colour.js";

/** @typedef {import("./colour.js").Colour} Colour */

/**
 * @typedef {object} State  All that the picture depends on but time, size and seed.
 * @property {number} hour  Of the day, 0 to 24.
 * @property {number} rain  0 to 1.
 * @property {number} snow  0 to 1.
 * @property {number} fog  0 to 1.
 * @property {number} level  How loud it is now, 0 to 1.
 * @property {number} beat  1 on a beat, falling to 0 before the next.
 * @property {number} kick  1 on a bass drum, falling to 0.
 * @property {number} playing  0 at rest, 1 while music plays.
 */

/**
 * @typedef {object} Light
 * @property {Colour} top @property {Colour} middle @property {Colour} low  The sky, from above to the horizon.
 * @property {Colour} far @property {Colour} near  The city, where it melts into the sky and close by.
 * @property {Colour} room  What the room's own colours are multiplied by, without the lamp.
 * @property {Colour} pour  The light that falls in through the window.
 * @property {number} lamp  0 to 1.
 * @property {number} awake  Share of the city's windows that are lit.
 * @property {number} stars  0 to 1.
 * @property {number} night  0 by day, 1 by night.
 */

/** @param {number} hour @param {string} colours @param {[number, number, number]} rest @returns {[number, Light]} */
function at(hour, colours, [lamp, awake, stars]) {
  const [top, middle, low, far, near, room, pour] = colours.split(" ").map(hex);
  const night = clamp((lamp - 0.3) / 0.7);
  return [hour, { top, middle, low, far, near, room, pour, lamp, awake, stars, night }];
}

//        hour, top     middle  low     far     near    room    pour          lamp, awake, stars
const DAY = [
  at(0.0, "#080b20 #15183c #33275a #2b2656 #0e0c22 #4a4168 #5a66a8", [1.0, 0.3, 1.0]),
  at(4.6, "#0b1029 #1d2150 #43336b #312b5e #110f29 #4b4369 #606cac", [1.0, 0.2, 0.9]),
  at(6.0, "#273463 #80648f #eda58a #6d5a86 #2b2748 #6a5f78 #d59a96", [0.75, 0.22, 0.15]),
  at(7.5, "#6a93c9 #b9c4d6 #f8dcb4 #a6adc2 #5a6484 #a89fa6 #ffe2ba", [0.3, 0.08, 0.0]),
  at(11.0, "#5f9ad6 #9cc6e6 #dfeaea #a9bfd4 #61779a #c3bab7 #fff1d8", [0.16, 0.03, 0.0]),
  at(15.5, "#6a9dd2 #a9c9e0 #f0e6d2 #aebccc #64779a #c0b3ab #fff0d0", [0.18, 0.03, 0.0]),
  at(17.6, "#5c78b4 #d8a798 #ffc684 #b08f9c #54567e #a58a86 #ffc58a", [0.45, 0.1, 0.0]),
  at(18.9, "#2f3470 #9a5c8a #fb9468 #7a5480 #2d2850 #6b5470 #f39a80", [0.8, 0.32, 0.08]),
  at(20.0, "#171c4a #443a7c #a8608a #453a72 #191634 #594d74 #9282c2", [0.96, 0.46, 0.5]),
  at(21.5, "#0c1029 #1f2051 #4a3470 #322a60 #110e29 #4d446c #626eb2", [1.0, 0.44, 0.95]),
  at(24.0, "#080b20 #15183c #33275a #2b2656 #0e0c22 #4a4168 #5a66a8", [1.0, 0.3, 1.0]),
];

/** @param {Light} a @param {Light} b @param {number} t @returns {Light} */
function between(a, b, t) {
  const out = /** @type {any} */ ({});
  for (const [name, value] of Object.entries(a)) {
    const other = /** @type {any} */ (b)[name];
    out[name] = Array.isArray(value) ? mix(/** @type {Colour} */ (value), other, t) : value + (other - value) * t;
  }
  return out;
}

/** @param {Colour} c @param {number} amount @returns {Colour} */
function greyed(c, amount) {
  const grey = 0.3 * c[0] + 0.55 * c[1] + 0.15 * c[2];
  return mix(c, [grey * 0.86, grey * 0.92, grey * 1.02], amount);
}

/** @param {State} state @returns {Light} */
export function lightAt(state) {
  const hour = ((state.hour % 24) + 24) % 24;
  const next = DAY.findIndex(([h]) => h > hour);
  const [h0, a] = DAY[next - 1];
  const [h1, b] = DAY[next];
  const light = between(a, b, ease(0, 1, (hour - h0) / (h1 - h0)));
  const wet = clamp(state.rain + 0.75 * state.snow + state.fog);
  if (!wet) return light;
  const day = 1 - light.night;
  for (const part of /** @type {const} */ (["top", "middle", "low", "far", "near"])) {
    light[part] = scale(greyed(light[part], (0.28 + 0.3 * day) * wet), 1 - (0.08 + 0.24 * day) * wet * (1 - 0.6 * state.snow));
  }
  light.top = mix(light.top, light.middle, 0.6 * wet);
  light.low = mix(light.low, light.middle, 0.3 * wet);
  light.far = mix(light.far, mix(light.low, light.middle, 0.4), (0.2 + 0.3 * state.snow + 0.4 * state.fog) * wet);
  light.room = scale(greyed(light.room, 0.25 * wet), 1 - 0.16 * day * wet);
  light.pour = scale(greyed(light.pour, 0.5 * wet), 1 - 0.3 * wet * day);
  light.lamp = Math.min(1, light.lamp + 0.35 * wet * day);
  light.awake = Math.min(0.6, light.awake + 0.1 * wet);
  light.stars *= 1 - wet;
  return light;
}

/** Where the lamp's light comes from. */
export const LAMP = { x: 436, y: 520 };

/** @type {Colour} */
export const LAMPLIGHT = [255, 176, 96];

/** @type {Colour} */
export const CREAM = [255, 236, 206];

/**
 * The colour that a thing shows at a place of the room, given its own.
 *
 * @param {Light} light @param {Colour} own @param {number} x @param {number} y @returns {Colour}
 */
export function lit(light, own, x, y) {
  const d = Math.hypot(x - LAMP.x, (y - LAMP.y) * 1.1);
  const warm = light.lamp * (1.15 / (1 + (d / 165) ** 2));
  const base = times(own, light.room);
  const shone = times(own, LAMPLIGHT);
  return [base[0] + shone[0] * warm, base[1] + shone[1] * warm, base[2] + shone[2] * warm];
}
