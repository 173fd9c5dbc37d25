/** The page over the room: what is heard, the controls, and panels that come and go. */

import { html, keyed, nothing } from "../../../vendor/lit.js";
import { keptOut } from "../../api.js";
import { KEYS, onKeys } from "../keys.js";
import { clockTime } from "../timers.js";
import { icon } from "../icons.js";
import { Part, iconButton } from "./part.js";
import "./history.js";
import "./now.js";
import "./single.js";
import "./sounds.js";
import "./steer.js";
import "./timing.js";
import "./transport.js";

const PANELS = /** @type {const} */ ({
  sounds: ["Room", "rain"], steer: ["Steer", "dial"], timing: ["Timers", "timer"], history: ["Heard", "history"], keys: ["Keys", "keys"],
});
/** @typedef {keyof typeof PANELS | "single"} PanelName */

const TOAST_MS = 4200;
const ZEN = "Only the room. Esc, Z or a tap brings the controls back.";

export class Page extends Part {
  static properties = { panel: { state: true }, toast: { state: true }, zen: { state: true } };

  constructor() {
    super();
    /** @type {import("../main.js").World | null} */
    this.world = null;
    /** @type {PanelName | null} */
    this.panel = null;
    this.toast = "";
    this.zen = false;
    this.opener = /** @type {HTMLElement | null} */ (null);
    this.fades = 0;
    this.problem = "";
    /** The address of a track of its own, and its title once it is known. */
    this.single = { path: "", title: "" };
    /** Whether nobody answers at all. */
    this.away = false;
    /** Stations that are there, where the one that was asked for is not. @type {string[]} */
    this.others = [];
    this.trying = false;
    this.retry = () => {};
  }

  /** Somebody wants it to be tried again at once. @returns {Promise<void>} */
  asked() {
    return new Promise((done) => {
      this.retry = () => {
        this.trying = true;
        this.requestUpdate();
        setTimeout(() => {
          this.trying = false;
          this.requestUpdate();
        }, 1200);
        done();
      };
    });
  }

  /** @param {import("../main.js").World} world */
  begin(world) {
    this.world = world;
    const { radio, sleep, pomodoro } = world;
    this.follow(radio, "change");
    this.follow(sleep, "change");
    this.follow(pomodoro, "change");
    radio.addEventListener("said", (event) => this.tell(/** @type {CustomEvent<string>} */ (event).detail));
    const louder = (/** @type {number} */ by) => () => radio.player.setVolume(radio.player.volume + by);
    onKeys({
      " ": () => radio.toggle(), m: () => radio.player.setMuted(!radio.player.muted), n: () => void radio.skip(),
      l: () => this.#like(), f: () => this.#fill(), z: () => this.#zen(!this.zen),
      "?": () => this.show("keys"), Escape: () => this.#back(), ArrowUp: louder(0.05), ArrowDown: louder(-0.05), ArrowRight: louder(0.01), ArrowLeft: louder(-0.01),
    });
    this.addEventListener("click", (event) => this.#follow(event));
    addEventListener("popstate", () => this.#arrive());
    addEventListener("hashchange", () => void radio.refresh()); // a token may have come
    this.#arrive();
    this.requestUpdate();
  }

  /** @param {string} line */
  tell(line) {
    this.toast = line;
    const announcer = document.getElementById("announcer");
    if (announcer) announcer.textContent = announcer.textContent === line ? `${line}\u00a0` : line; // said again, it is read again
    clearTimeout(this.fades);
    this.fades = setTimeout(() => (this.toast = ""), TOAST_MS);
  }

  #like() {
    const { radio } = /** @type {import("../main.js").World} */ (this.world);
    if (radio.track) void radio.like(radio.track, 1);
    else if (radio.heard?.kind === "interlude") this.tell("An interlude cannot be liked; the next track can.");
    else if (radio.heard) this.tell(`${radio.heard.title} is not in the library any more: it cannot be liked.`);
  }

  /** Take a line back that is not true any more. @param {string} line */
  untell(line) {
    const announcer = document.getElementById("announcer");
    if (announcer?.textContent === line) announcer.textContent = "";
    if (this.toast === line) this.toast = "";
  }

  /** @param {PanelName | null} name */
  show(name) {
    if (this.zen) this.#zen(false);
    const panel = name === this.panel ? null : name;
    if (panel && !this.panel) this.opener = /** @type {HTMLElement | null} */ (document.activeElement);
    const back = !panel ? this.opener : null;
    if (this.panel === "single") history.pushState(null, "", "/");
    this.panel = panel;
    void this.updateComplete.then(() => (panel ? this.querySelector(/** @type {"h2"} */ (".panel > header > h2"))?.focus() : back?.focus()));
  }

  /** The tab, and with it a bookmark, is called as what its address leads to. */
  updated() {
    const { path, title } = this.single;
    const shown = this.panel === "single" ? path === location.pathname && title : this.world?.radio.heard?.title;
    document.title = shown ? `${shown} · Dusktape` : "Dusktape";
  }

  render() {
    const { world } = this;
    if (!world) return this.#waiting();
    const { radio } = world;
    const chosen = this.panel;
    return html`
      <main class="page ${this.zen ? "zen" : ""}">
        <header class="top">
          <a class="mark" href="/" aria-label="Dusktape">${icon("cassette")}<span>dusktape</span></a>
          ${this.#states()}
          <nav aria-label="More"><a class="button studio" href="/studio">${icon("studio")}<span>Studio</span></a></nav>
        </header>
        ${chosen ? this.#panel(chosen) : nothing}
        <section class="deck" aria-label="Player">
          <dt-now .radio=${radio}></dt-now>
          <div class="controls">
            <dt-transport .radio=${radio} role="group" aria-label="Playback"></dt-transport>
            <dt-volume .radio=${radio} role="group" aria-label="Loudness"></dt-volume>
            <div class="tools" role="group" aria-label="Panels">
              ${Object.entries(PANELS).map(([name, [label, shape]]) => iconButton({
                name: shape, label, kind: `to-${name}`, key: name === "keys" ? "?" : undefined, expanded: chosen === name, press: () => this.show(/** @type {PanelName} */ (name)),
              }))}
              ${iconButton({ name: "zen", label: "Only the room", key: "Z", press: () => this.#zen(true) })}
            </div>
          </div>
        </section>
        <p class="toast ${this.toast ? "on" : ""}" aria-hidden="true">${this.toast}</p>
      </main>`;
  }

  #waiting() {
    if (!this.problem) return html`<main class="page waiting"><p class="eyebrow">Opening the room</p></main>`;
    const offline = this.away && !navigator.onLine && !["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
    const [title, line] = offline ? ["You are offline", "The room stays open; the radio plays again when you are back."]
      : this.away ? ["The radio is not running", html`Nobody answers at ${location.host}. Start it there with <code>dusktape radio</code>; the room stays open meanwhile.`]
      : ["Nothing plays here", this.others.length ? `${this.problem} These are there:` : this.problem];
    return html`<main class="page waiting"><div class="away-now">
      <div role="alert"><h1>${title}</h1><p>${line}</p></div>
      ${this.others.length ? html`<p class="chips">${this.others.map((name) => html`<a class="button" href=${`/?${new URLSearchParams({ station: name })}`}>${name}</a>`)}</p>`
        : html`<button type="button" class="button warm" ?disabled=${this.trying} @click=${() => this.retry()}>${this.trying ? "Trying" : "Try again"}</button>`}
    </div></main>`;
  }

  #states() {
    const { radio, sleep, pomodoro } = /** @type {import("../main.js").World} */ (this.world);
    const listeners = radio.station.listeners ?? 0;
    return html`<ul class="states small numbers" aria-label="Station">
      ${keptOut() ? html`<li class="listening"><span id="kept-out" role="note">You can listen here. ${keptOut()}</span></li>` : nothing}
      ${radio.connected ? nothing : html`<li class="away">offline</li>`}
      ${listeners > 1 ? html`<li>${listeners} listening</li>` : nothing}
      ${sleep.ends ? html`<li>${icon("zen")}${clockTime(sleep.left)}</li>` : nothing}
      ${pomodoro.phase === "off" ? nothing : html`<li class=${pomodoro.phase}>${icon("timer")}${pomodoro.phase} ${clockTime(pomodoro.left)}</li>`}
    </ul>`;
  }

  /** @param {PanelName} name */
  #panel(name) {
    const { radio, ambience, room, sleep, pomodoro } = /** @type {import("../main.js").World} */ (this.world);
    const title = name === "single" ? "A track" : name === "sounds" ? "The room" : name === "steer" ? "Where shall it go" : name === "timing" ? "Timers" : name === "history" ? "What you heard" : "Keys";
    const path = location.pathname;
    const bodies = {
      sounds: () => html`<dt-sounds .ambience=${ambience} .room=${room}></dt-sounds>`,
      steer: () => html`<dt-steer .radio=${radio}></dt-steer>`,
      timing: () => html`<dt-timing .sleep=${sleep} .pomodoro=${pomodoro}></dt-timing>`,
      history: () => html`<dt-history .radio=${radio}></dt-history>`,
      single: () => keyed(path, html`<dt-single .radio=${radio} .name=${decodeURIComponent(path.slice(3))}
        @named=${(/** @type {CustomEvent<string>} */ e) => { this.single = { path, title: e.detail }; this.requestUpdate(); }}></dt-single>`),
      keys: () => html`<dl class="keys">${KEYS.map(([, shown, what]) => html`<div><dt><kbd>${shown}</kbd></dt><dd>${what}</dd></div>`)}</dl>`,
    };
    return html`<aside class="panel glass" data-panel=${name} aria-labelledby="panel-title">
      <header><h2 id="panel-title" tabindex="-1">${title}</h2>${iconButton({ name: "close", label: "Close", press: () => this.show(null) })}</header>
      <div class="inside scroll" tabindex="-1">${bodies[name]()}</div>
    </aside>`;
  }

  /** Follow a link to a track or home without leaving the music. @param {MouseEvent} event */
  #follow(event) {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const { pathname, origin } = new URL(link.href, location.href);
    if (origin !== location.origin || (pathname !== "/" && !pathname.startsWith("/t/"))) return;
    event.preventDefault();
    if (pathname !== location.pathname) history.pushState(null, "", pathname);
    this.#arrive();
  }

  #arrive() {
    const single = location.pathname.startsWith("/t/");
    if (single) this.panel = "single";
    else if (this.panel === "single") this.panel = null;
    this.requestUpdate();
    if (single) void this.updateComplete.then(() => this.querySelector(/** @type {"h2"} */ (".panel > header > h2"))?.focus());
  }

  #back() {
    if (this.zen) this.#zen(false);
    else if (this.panel) this.show(null);
  }

  /** @param {boolean} on */
  #zen(on) {
    this.zen = on;
    this.panel = on ? null : this.panel;
    document.body.toggleAttribute("data-zen", on);
    if (on) {
      this.tell(ZEN);
      setTimeout(() => addEventListener("pointerdown", () => this.zen && this.#zen(false), { once: true }), 300);
    } else this.untell(ZEN);
  }

  #fill() {
    if (document.fullscreenElement) void document.exitFullscreen();
    else void document.documentElement.requestFullscreen().catch(() => this.tell("This browser does not fill the screen."));
  }
}
customElements.define("dt-page", Page);
