/** What is made again, in which bars, how often: the bar below the timeline. */
import { html, nothing, live } from "../../vendor/lit.js";
import { Piece } from "./element.js";
import { named } from "./format.js";
import { store } from "./store.js";

class StudioAgain extends Piece {
  constructor() {
    super();
    this.variants = 1;
    /** What stands in the fields while somebody types. @type {[string, string] | null} */
    this.typed = null;
  }

  /** Bars of the song. */
  get many() {
    const score = store.score;
    return score ? Math.ceil(Math.max(score.length, 1) / (score.beats_per_bar * score.ticks_per_beat)) : 1;
  }

  /** What the fields say: as it is typed, or as it is chosen. @returns {[string, string]} */
  get fields() {
    const [first, last] = store.bars ?? [1, this.many];
    return this.typed ?? [String(first), String(last)];
  }

  /** @param {0 | 1} which @param {InputEvent} event */
  type(which, event) {
    const typed = this.fields;
    typed[which] = /** @type {HTMLInputElement} */ (event.target).value;
    this.typed = [typed[0], typed[1]];
    this.requestUpdate();
  }

  /** Take what is typed as bars of the song. */
  settle() {
    if (!this.typed) return;
    const [x, y] = this.typed.map((text) => Math.min(this.many, Math.max(1, Math.round(Number(text)) || 1)));
    this.typed = null;
    store.bars = [Math.min(x, y), Math.max(x, y)];
    store.tell();
  }

  clear() {
    this.typed = null;
    store.again.clear();
    store.keep.clear();
    store.bars = null;
    store.tell();
  }

  go() {
    this.settle();
    void store.doAgain(this.variants);
  }

  /** @param {0 | 1} which */
  field(which) {
    return html`<label>${which ? "to" : "bars"} <input type="number" min="1" max=${this.many} .value=${live(this.fields[which])} aria-label=${which ? "Last bar" : "First bar"}
      @input=${(/** @type {InputEvent} */ event) => this.type(which, event)} @change=${() => this.settle()}></label>`;
  }

  render() {
    if (!store.score || (!store.again.size && !store.keep.size && !store.bars)) {
      this.typed = null;
      return nothing;
    }
    const ready = store.again.size || store.keep.size;
    return html`<div class="again-bar" role="group" aria-label="Make again">
      <p>${store.again.size ? html`Make <b>${named(store.again)}</b> again, keep all else` : store.keep.size ? html`Keep <b>${named(store.keep)}</b>, make all else again` : "Choose a part to make again in these bars"}</p>
      <span class="bars">
        ${this.field(0)}
        ${this.field(1)}
        ${store.bars ? html`<button type="button" class="quiet" @click=${() => { this.typed = null; store.bars = null; store.tell(); }}>All bars</button>` : nothing}
      </span>
      <label class="variants">Variants <select @change=${(/** @type {Event} */ e) => { this.variants = Number(/** @type {HTMLSelectElement} */ (e.target).value); }}>
        ${[1, 2, 3, 4].map((n) => html`<option value=${n} ?selected=${n === this.variants}>${n}</option>`)}</select></label>
      <button type="button" class="quiet" @click=${() => this.clear()}>Cancel</button>
      <button type="button" class="primary" ?disabled=${!ready} @click=${() => this.go()}>Make it again</button>
    </div>`;
  }
}

customElements.define("studio-again", StudioAgain);
