/** What plays, and how far it is. */
import { html, live, nothing } from "../../vendor/lit.js";
import { Piece } from "./element.js";
import { clock } from "./format.js";
import { store } from "./store.js";

class StudioTransport extends Piece {
  constructor() {
    super();
    this._frame = 0;
    this._shown = -1;
  }

  connectedCallback() {
    super.connectedCallback();
    const follow = () => {
      this._frame = requestAnimationFrame(follow);
      const now = Math.floor(store.deck.time * 4);
      if (now !== this._shown) this.point();
    };
    follow();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    cancelAnimationFrame(this._frame);
  }

  updated() {
    this.point();
  }

  /** Say where the sound is, without drawing everything again. */
  point() {
    this._shown = Math.floor(store.deck.time * 4);
    const time = this.querySelector(".time");
    const seek = this.querySelector(".seek");
    if (time) time.textContent = `${clock(store.deck.time, store.deck.seconds)} / ${clock(store.deck.seconds)}`;
    if (seek instanceof HTMLInputElement && document.activeElement !== seek) seek.value = String(store.deck.time);
  }

  render() {
    const there = store.score !== null && !store.deleted;
    const deck = store.deck;
    return html`<div class="transport" role="group" aria-label="Playing">
      <button type="button" class="play" ?disabled=${!there} aria-label=${deck.playing ? "Pause" : "Play"} @click=${() => store.toggle()}>
        ${deck.playing ? html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M7 5h3.6v14H7zM13.4 5H17v14h-3.6z"/></svg>`
          : html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M8 5.2v13.6a.8.8 0 0 0 1.2.7l10.6-6.8a.8.8 0 0 0 0-1.4L9.2 4.5A.8.8 0 0 0 8 5.2z"/></svg>`}</button>
      <span class="time" aria-hidden="true"></span>
      <input class="seek" type="range" min="0" step="0.1" max=${deck.seconds || 1} ?disabled=${!there} aria-label="Place in the song"
        aria-valuetext=${`${clock(deck.time, deck.seconds)} of ${clock(deck.seconds)}`}
        @change=${(/** @type {Event} */ e) => deck.seek(Number(/** @type {HTMLInputElement} */ (e.target).value))}>
      ${store.rival ? html`<span class="switch" role="group" aria-label="Compare">
        ${/** @type {const} */ (["a", "b"]).map((side) => html`<button type="button" aria-pressed=${store.side === side ? "true" : "false"} @click=${() => store.switchTo(side)}>${side.toUpperCase()}</button>`)}</span>`
      : html`<span class="switch" role="group" aria-label="What is heard">
        <button type="button" ?disabled=${!there} aria-pressed=${store.hearing === "master" ? "true" : "false"} @click=${() => store.hear("master")}>Master</button>
        <button type="button" ?disabled=${!there} aria-pressed=${store.hearing === "parts" ? "true" : "false"} title="Before the master's tape and glue" @click=${() => store.hear("parts")}>Parts</button></span>`}
      <label class="volume"><span class="visually-hidden">Volume</span><input type="range" min="0" max="1" step="0.01" aria-valuetext=${`${Math.round(deck.volume * 100)} percent`}
        .value=${live(String(deck.volume))} @input=${(/** @type {InputEvent} */ e) => deck.setVolume(Number(/** @type {HTMLInputElement} */ (e.target).value))}></label>
      ${deck.waiting ? html`<span class="faint">fetching</span>` : nothing}
    </div>`;
  }
}

customElements.define("studio-transport", StudioTransport);
