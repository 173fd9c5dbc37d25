/** What is made again, in which bars, how often: the bar below the timeline. */
import { html, nothing, live } from "../../vendor/lit.js";
import { Piece, shut, why } from "./element.js";
import { named } from "./format.js";
import { store } from "./store.js";

class StudioAgain extends Piece {
  constructor() {
    super();
    this.variants = 1;
    /** What stands in the fields while somebody types. @type {[string, string] | null} */
    this.typed = null;
    /** What is wrong with that, once somebody has left it. */
    this.wrong = "";
    /** The bars that were chosen when typing began. @type {[number, number] | null} */
    this._before = null;
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
    if (!this.typed) this._before = store.bars;
    const typed = this.fields;
    typed[which] = /** @type {HTMLInputElement} */ (event.target).value;
    this.typed = [typed[0], typed[1]];
    this.wrong = "";
    this.requestUpdate();
  }

  /** Take what is typed as bars of the song; where it is none, it stays and is said. @returns {boolean} Whether it is taken. */
  settle() {
    if (!this.typed) return true;
    const [first, last] = this.typed.map((text, k) => (text.trim() ? Number(text) : k ? this.many : 1));
    const outside = [first, last].some((bar) => !Number.isInteger(bar) || bar < 1 || bar > this.many);
    this.wrong = outside ? `This song has the bars 1 to ${this.many}.` : first > last ? `Bar ${first} comes after bar ${last}.` : "";
    if (this.wrong) {
      this.requestUpdate();
      return false;
    }
    this.forget();
    store.bars = [first, last];
    store.tell();
    return true;
  }

  forget() {
    this.typed = null;
    this.wrong = "";
  }

  /** Settle once somebody leaves both fields, not between them. @param {FocusEvent} event */
  left(event) {
    if (!(/** @type {HTMLElement} */ (event.currentTarget).contains(/** @type {Node | null} */ (event.relatedTarget)))) this.settle();
  }

  all() {
    this.forget();
    store.bars = null;
    store.tell();
  }

  clear() {
    store.again.clear();
    store.keep.clear();
    this.all();
  }

  go() {
    if (this.settle()) void store.doAgain(this.variants);
    else this.querySelector("input")?.focus();
  }

  /** @param {0 | 1} which */
  field(which) {
    return html`<label>${which ? "to" : "bars"} <input type="number" min="1" max=${this.many} .value=${live(this.fields[which])} aria-label=${which ? "Last bar" : "First bar"}
      aria-invalid=${this.wrong ? "true" : "false"} aria-describedby=${this.wrong ? "wrong-bars" : nothing} @input=${(/** @type {InputEvent} */ event) => this.type(which, event)}
      @keydown=${(/** @type {KeyboardEvent} */ event) => event.key === "Enter" && this.settle()}
      @dblclick=${(/** @type {MouseEvent} */ event) => /** @type {HTMLInputElement} */ (event.target).select()}></label>`;
  }

  render() {
    if (!store.score || (!store.again.size && !store.keep.size && !store.bars)) {
      this.forget();
      return nothing;
    }
    if (this.typed && store.bars !== this._before) this.forget(); // others were chosen on the timeline
    const ready = store.again.size || store.keep.size;
    return html`<div class="again-bar" role="group" aria-label="Make again">
      ${this.wrong ? html`<p id="wrong-bars" class="danger" role="alert">${this.wrong}</p>` : html`<p>${store.again.size ? html`Make <b>${named(store.again)}</b> again, keep all else` : store.keep.size ? html`Keep <b>${named(store.keep)}</b>, make all else again` : "Choose a part to make again in these bars"}</p>`}
      <span class="bars"><span class="pair" @focusout=${this.left}>${this.field(0)} ${this.field(1)}</span>
        <button type="button" class="quiet" ?disabled=${!store.bars && !this.typed} @click=${() => this.all()}>All bars</button></span>
      <label class="variants">Variants <select @change=${(/** @type {Event} */ e) => { this.variants = Number(/** @type {HTMLSelectElement} */ (e.target).value); }}>
        ${[1, 2, 3, 4].map((n) => html`<option value=${n} ?selected=${n === this.variants}>${n}</option>`)}</select></label>
      <button type="button" class="quiet" @click=${() => this.clear()}>Cancel</button>
      <button type="button" class="primary" aria-disabled=${shut()} aria-describedby=${why()} ?disabled=${!ready} @click=${() => this.go()}>Make it again</button>
    </div>`;
  }
}

customElements.define("studio-again", StudioAgain);
