/**
 * A room at night, drawn by code: somebody studies at a desk, a cat looks out of the window, the city goes to bed.
 *
 * Pure: the picture follows from size, time, state and seed alone. No DOM, no clock, no dice of the machine's; of the canvas
 * only paths, fills, strokes, gradients, alpha, transforms, clip and adding light. So the same code fills the page, moves a
 * cover and paints live video.
 *
 * `still` changes with the hour and the weather and may be kept for half a minute; `moving` goes over it every frame.
 */

import { chance } from "./colour.js";
import { lightAt } from "./light.js";
import * as air from "./air.js";
import * as cat from "./cat.js";
import * as desk from "./desk.js";
import * as outside from "./outside.js";
import * as person from "./person.js";
import * as room from "./room.js";
import * as weather from "./weather.js";

/** @typedef {import("./shapes.js").Pen} Pen */
/** @typedef {import("./light.js").State} State */
/** @typedef {{width: number, height: number}} Size */
/** @typedef {{left: number, top: number, width: number, height: number, unit: number}} View  In the room's measure: the desk is 1300 wide. */

/** @type {State} */
export const AT_REST = { hour: 22, rain: 0, snow: 0, fog: 0, level: 0, beat: 0, kick: 0, playing: 0 };

/**
 * What of the room a sheet of this size shows: its whole height where it is wide, more ceiling and floor where it is tall.
 *
 * @param {Size} size @returns {View}
 */
export function viewOf({ width, height }) {
  const aspect = width / height;
  let tall = 1000;
  let wide = tall * aspect;
  if (wide > 1900) [wide, tall] = [1900, 1900 / aspect];
  const least = 880;
  if (wide < least) [wide, tall] = [least, least / aspect];
  const narrow = Math.max(0, Math.min(1, (1.5 - aspect) / 0.9));
  const left = -wide / 2 + 34 * narrow;
  const top = tall >= 1000 ? -Math.min(235, (tall - 1000) * 0.26) : (1000 - tall) * 0.4;
  return { left, top, width: wide, height: tall, unit: width / wide };
}

/** @param {Pen} pen @param {View} view @param {() => void} paint */
function within(pen, view, paint) {
  pen.save();
  pen.scale(view.unit, view.unit);
  pen.translate(-view.left, -view.top);
  paint();
  pen.restore();
}

/**
 * Paint what hardly changes: walls, window, city, furniture.
 *
 * @param {Pen} pen @param {Size} size @param {number} time Seconds. @param {State} state @param {number} seed A whole number.
 */
export function still(pen, size, time, state, seed) {
  const view = viewOf(size);
  const light = lightAt(state);
  within(pen, view, () => {
    room.wall(pen, view, light);
    outside.still(pen, light, state, seed);
    room.window(pen, light, state);
    room.things(pen, light, state, seed);
    desk.still(pen, view, light);
    air.still(pen, view, light);
  });
}

/**
 * Paint what moves, over what does not.
 *
 * @param {Pen} pen @param {Size} size @param {number} time Seconds. @param {State} state @param {number} seed A whole number.
 */
export function moving(pen, size, time, state, seed) {
  const view = viewOf(size);
  const light = lightAt(state);
  within(pen, view, () => {
    outside.moving(pen, light, time, state, seed);
    weather.moving(pen, light, time, state, seed);
    room.moving(pen, light, time, state, seed);
    cat.moving(pen, light, time, state, seed);
    desk.moving(pen, light, time, state);
    person.moving(pen, light, time, state);
    air.moving(pen, view, light, time, seed);
  });
}

/**
 * Paint the whole picture.
 *
 * @param {Pen} pen @param {Size} size @param {number} time Seconds. @param {State} state @param {number} seed A whole number.
 */
export function draw(pen, size, time, state, seed) {
  still(pen, size, time, state, seed);
  moving(pen, size, time, state, seed);
}

/** A seed out of a text, for a scene that belongs to a station or a song. @param {string} text */
export function seedOf(text) {
  return Math.floor(chance(...[...text].map((letter) => letter.codePointAt(0) ?? 0)) * 0x7fffffff);
}

