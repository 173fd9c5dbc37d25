/** The studio: its pieces, dropping files anywhere, the keys that work everywhere, and what is said aloud. */
import { html, nothing } from "../../vendor/lit.js";
import { keptOut, takeToken } from "../api.js";
import "./bench.js";
import "./make.js";
import "./roll.js";
import "./transport.js";
import "./versions.js";
import { Piece } from "./element.js";
import { store } from "./store.js";

const TABS = /** @type {const} */ ([["make", "Make"], ["bench", "Song"], ["notes", "Notes"], ["versions", "Versions"]]);

class StudioPage extends Piece {
  constructor() {
    super();
    /** On a narrow page, what is shown. @type {"make" | "bench" | "notes" | "versions"} */
    this.tab = "bench";
    this.dropping = 0;
  }

  connectedCallback() {
    super.connectedCallback();
    document.addEventListener("keydown", (event) => this.key(event));
    addEventListener("focus", () => void store.refresh());
    addEventListener("hashchange", () => void store.refresh().then(() => store.recall()));
    addEventListener("beforeunload", (event) => store.drafts.unkept && event.preventDefault());
    for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
      document.addEventListener(kind, (event) => this.dropped(/** @type {DragEvent} */ (event)));
    }
    void store.begin().then(() => {
      if (!store.score && !store.away) {
        this.tab = "make";
        this.requestUpdate();
      }
    });
  }

  updated() {
    document.title = store.score ? `${store.score.title} · Studio · Dusktape` : "Studio · Dusktape";
  }

  /** @param {DragEvent} event */
  dropped(event) {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (event.type === "dragenter") this.dropping += 1;
    if (event.type === "dragleave") this.dropping -= 1;
    if (event.type === "drop") {
      this.dropping = 0;
      void store.bring([...event.dataTransfer.files]);
      this.tab = "make";
    }
    this.requestUpdate();
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const at = event.target instanceof HTMLElement ? event.target : null;
    const taken = at?.closest("input:not([type=range]), textarea, [role=application]");
    if (!event.defaultPrevented && !taken && !event.altKey && (event.ctrlKey || event.metaKey) && ["z", "y"].includes(event.key.toLowerCase())) {
      event.preventDefault();
      void (event.shiftKey || event.key.toLowerCase() === "y" ? store.redo() : store.undo());
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || at?.closest("input:not([type=range]), textarea, select, summary, [role=application]")) return;
    if (event.key === " " && !at?.closest("button, a")) {
      event.preventDefault();
      void store.toggle();
    } else if (event.key.toLowerCase() === "x" && store.rival) store.switchTo(store.side === "a" ? "b" : "a");
    else if (event.key.toLowerCase() === "m" && store.part) void store.fade(store.part, { mute: !store.mix[store.part]?.mute });
    else if (event.key.toLowerCase() === "s" && store.part) void store.fade(store.part, { solo: !store.mix[store.part]?.solo });
  }

  render() {
    return html`
      <header class="top">
        <a class="brand" href="/" aria-label="Dusktape, back to the radio"><span>dusktape</span></a>
        <span class="where">studio</span>
        <span class="sentence" role="status" aria-live="polite">${store.trouble ? "" : store.note}</span>
        ${store.connected ? nothing : html`<span class="danger">no connection</span>`}
        <a class="quiet" href="/">Back to the room</a>
      </header>
      ${store.trouble && !(store.away && !store.score) ? html`<p class="trouble" role="alert"><span>${store.trouble}</span><button type="button" class="plain" aria-label="Close this message" @click=${() => { store.trouble = ""; store.tell(); }}>×</button></p>` : nothing}
      ${keptOut() ? html`<p id="kept-out" class="kept-out" role="note">You can look and listen here. ${keptOut()}</p>` : nothing}
      <nav class="tabs" aria-label="Parts of the studio">${TABS.map(([name, label]) => html`<button type="button" aria-current=${this.tab === name ? "true" : "false"}
        @click=${() => { this.tab = name; this.requestUpdate(); }}>${label}${name === "make" && store.busy ? html`<span class="count">${store.busy}</span>` : nothing}</button>`)}</nav>
      <main class=${`studio show-${this.tab}`}>
        <aside class="left" aria-label="Make"><studio-make></studio-make><studio-queue class="narrow"></studio-queue></aside>
        <div class="middle"><studio-bench></studio-bench><studio-roll></studio-roll></div>
        <aside class="right" aria-label="Versions and shelf"><studio-queue class="wide"></studio-queue><studio-versions></studio-versions></aside>
      </main>
      <footer class="bottom"><studio-transport></studio-transport></footer>
      ${this.dropping > 0 ? html`<div class="dropping" aria-hidden="true"><p>Let it go here</p></div>` : nothing}`;
  }
}

takeToken();
if ("serviceWorker" in navigator && isSecureContext) void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
customElements.define("studio-page", StudioPage);
