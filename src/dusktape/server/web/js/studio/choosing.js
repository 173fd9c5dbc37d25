/** What is chosen of the song on the bench: parts to be made again or kept, and in which bars. */
import { Bringing } from "./bringing.js";

export class Choosing extends Bringing {
  constructor() {
    super();
    /** @type {Set<string>} */
    this.again = new Set();
    /** @type {Set<string>} */
    this.keep = new Set();
    /** @type {[number, number] | null} */
    this.bars = null;
  }

  /** @param {string} part @param {"again" | "keep"} what */
  mark(part, what) {
    const [mine, other] = what === "again" ? [this.again, this.keep] : [this.keep, this.again];
    if (mine.has(part)) mine.delete(part);
    else mine.add(part);
    if (mine.size) other.clear();
    this.tell();
  }

  unmark() {
    this.again.clear();
    this.keep.clear();
    this.bars = null;
  }
}
