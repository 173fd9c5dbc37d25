/** The studio's part of the HTTP API, typed. */
import { request } from "../api.js";

/**
 * @typedef {import("../api.js").Track} Track
 * @typedef {import("../api.js").Job} Job
 * @typedef {import("../api.js").Timeline} Timeline
 */

/**
 * @typedef {Track & {edit: Record<string, any> | null, lufs: number | null, files: string[]}} Version
 */

/**
 * @typedef {object} Player
 * @property {string} name
 * @property {string} instrument
 * @property {boolean} texture
 * @property {boolean} drums
 * @property {number[][]} notes
 * @property {number} gain_db
 * @property {boolean} mute
 * @property {boolean} stem
 */

/**
 * @typedef {object} Score  Times are ticks.
 * @property {string} track
 * @property {string} title
 * @property {number} bpm
 * @property {string} key
 * @property {number} beats_per_bar
 * @property {number} ticks_per_beat
 * @property {number} length
 * @property {number} frames
 * @property {number | null} lufs
 * @property {number} makeup_db
 * @property {Record<string, any>} recipe
 * @property {{name: string, start: number, length: number}[]} sections
 * @property {{name: string, start: number, length: number}[]} chords
 * @property {Player[]} parts
 */

/**
 * @typedef {object} Choice
 * @property {string} value
 * @property {string} label
 * @property {string} text
 * @property {string[]} settings
 */

/**
 * @typedef {object} Control
 * @property {string} name
 * @property {string} label
 * @property {"range" | "choice"} kind
 * @property {"song" | "players" | "room"} group
 * @property {string | null} field
 * @property {string | null} setting
 * @property {number | null} low
 * @property {number | null} high
 * @property {number | null} step
 * @property {string} unit
 * @property {string} text
 * @property {Choice[]} choices
 */

/** @typedef {{hop: number, db: number[]}} Levels  Whole dBFS, one for every `hop` frames. */

const part = encodeURIComponent;

export const calls = {
  /** @returns {Promise<Control[]>} */
  controls: () => request("GET", "controls"),
  /** @param {string} song @returns {Promise<{song: string, versions: Version[]}>} */
  song: (song) => request("GET", `songs/${part(song)}`),
  /** @param {string} id @returns {Promise<Score>} */
  score: (id) => request("GET", `tracks/${part(id)}/score`),
  /** @param {string} id @returns {Promise<Timeline>} */
  timeline: (id) => request("GET", `tracks/${part(id)}/files/timeline.json`),
  /** How loud a part is when. @param {string} id @param {string} name @returns {Promise<Levels>} */
  levels: (id, name) => request("GET", `tracks/${part(id)}/levels/${part(name)}`),
  /** @param {string} id @param {Record<string, any>} edit @returns {Promise<Job[]>} */
  edit: async (id, edit) => (await request("POST", `tracks/${part(id)}/edit`, { body: edit })).jobs,
  /** @param {string} id @param {{what: string, bars?: number}} what @returns {Promise<Job[]>} */
  export: async (id, what) => (await request("POST", `tracks/${part(id)}/export`, { body: what })).jobs,
};

/** Where a slice of a track's sound is. @param {string} id @param {string} name  `master` or a part. */
export function sliceUrl(id, name) {
  return (/** @type {number} */ start, /** @type {number} */ frames) =>
    `/api/v1/tracks/${part(id)}/slices/${part(name)}?start=${start}&frames=${frames}`;
}
