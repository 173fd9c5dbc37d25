/** What the library holds, as far as the shelf shows it: the newest, or what is looked for. */
import { api } from "../api.js";

/** Tracks that are asked for at once, and the most the API lists. */
const [REACH, FARTHEST] = [40, 200];

export class Shelf {
  constructor() {
    /** @type {import("../api.js").Track[]} */
    this.tracks = [];
    this.sought = "";
    this.reach = REACH;
    /** Whether there are more than these. */
    this.goesOn = false;
  }

  /** Read the library again. */
  async read() {
    const { sought, reach } = this;
    const tracks = await api.tracks({ limit: reach, q: sought });
    if (sought !== this.sought || reach !== this.reach) return;
    this.tracks = tracks;
    this.goesOn = tracks.length === reach && reach < FARTHEST;
  }

  /** A track of the library, also one that is not on the shelf now. @param {string} id */
  async find(id) {
    return this.tracks.find((one) => one.id === id) ?? api.find(id);
  }

  /** @param {string} id */
  lose(id) {
    this.tracks = this.tracks.filter((one) => one.id !== id);
  }

  /** Look for something, from the next reading on. @param {string} text */
  seek(text) {
    this.sought = text.trim();
    this.reach = REACH;
  }

  /** Look farther back, from the next reading on. */
  farther() {
    this.reach = Math.min(FARTHEST, this.reach + REACH);
  }
}
