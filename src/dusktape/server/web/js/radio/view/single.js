/** One track at an address of its own: hear it again, take it away, send it to the station. */

import { api, fileUrl } from "../../api.js";
import { clock } from "../../clock.js";
import { html, nothing } from "../../../vendor/lit.js";
import { takeAway } from "./history.js";
import { facts } from "./now.js";
import { RadioPart, iconButton, shut, why } from "./part.js";

export class Single extends RadioPart {
  static properties = { track: { attribute: false }, problem: { state: true }, at: { state: true } };
  static follows = ["change", "job"];

  constructor() {
    super();
    this.name = "";
    /** @type {import("../../api.js").Track | null} */
    this.track = null;
    this.problem = "";
    this.at = 0;
    this.sound = new Audio();
    this.sound.preload = "none";
    for (const kind of ["play", "pause", "ended", "timeupdate"]) this.sound.addEventListener(kind, () => (this.at = this.sound.currentTime + (this.sound.paused ? 0 : 1e-6)));
  }

  connectedCallback() {
    super.connectedCallback();
    this.radio.addEventListener("job", this.made);
    this.radio.addEventListener("gone", this.gone);
    this.radio.addEventListener("liked", this.liked);
    void this.load();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.radio.removeEventListener("job", this.made);
    this.radio.removeEventListener("gone", this.gone);
    this.radio.removeEventListener("liked", this.liked);
    this.sound.pause();
  }

  /** Its stems, once they are made. @param {Event} event */
  made = (event) => {
    const job = /** @type {CustomEvent<import("../../api.js").Job>} */ (event).detail;
    if (this.track && job.track === this.track.id && job.state === "done") void this.load();
  };

  /** @param {Event} event */
  gone = (event) => {
    if (/** @type {CustomEvent<string>} */ (event).detail !== this.track?.id) return;
    this.sound.pause();
    this.problem = `${this.track.title} is not in the library any more.`;
    this.track = null;
  };

  /** @param {Event} event */
  liked = (event) => {
    const { track, ...told } = /** @type {CustomEvent<{track: string, likes: number, liked: number}>} */ (event).detail;
    if (track === this.track?.id) this.track = { ...this.track, ...told };
  };

  load = async () => {
    try {
      this.track = await api.find(this.name);
      this.dispatchEvent(new CustomEvent("named", { detail: this.track.title }));
    } catch (error) {
      this.problem = error instanceof Error ? error.message : String(error);
    }
  };

  render() {
    const { track, radio, sound } = this;
    if (!track) return html`<p>${this.problem || "Looking for it."}</p>`;
    const cover = track.files?.includes("cover.png");
    return html`
      ${cover ? html`<img class="cover" src=${fileUrl(track.id, "cover.png")} alt="" width="320" height="320">` : nothing}
      <h2>${track.title}</h2>
      <p class="faint small numbers">${[...facts(track), `seed ${track.seed}`].join(" · ")}</p>
      <div class="row">
        ${iconButton({ name: sound.paused ? "play" : "pause", label: sound.paused ? `Play ${track.title}` : "Pause", kind: "warm", press: () => this.#toggle(track) })}
        <dt-fader .value=${Math.round(this.at)} .max=${Math.max(1, Math.round(track.seconds ?? 1))} label="Position" .said=${clock(this.at, track.seconds)}
          @move=${(/** @type {CustomEvent<number>} */ e) => (sound.currentTime = e.detail)}></dt-fader>
        <span class="numbers small">${clock(track.seconds ?? 0)}</span>
        ${iconButton({ name: track.liked === 1 ? "liked" : "like", label: "More like this", kind: "heart", pressed: track.liked === 1, changes: true, press: () => void this.#like(track) })}
      </div>
      ${takeAway(radio, track)}
      <div class="files">
        <button type="button" class="button warm" aria-disabled=${shut()} aria-describedby=${why()} @click=${() => void radio.again(track)}>Send to the station</button>
        <a class="button" href="/studio?track=${track.id}">Open in the studio</a>
      </div>`;
  }

  /** @param {import("../../api.js").Track} track */
  #toggle(track) {
    if (!this.sound.src) this.sound.src = fileUrl(track.id, "master.flac");
    this.sound.volume = this.radio.player.volume ** 1.6;
    if (!this.sound.paused) this.sound.pause();
    else {
      this.radio.player.pause();
      void this.sound.play();
    }
  }

  /** @param {import("../../api.js").Track} track */
  async #like(track) {
    await this.radio.like(track, 1);
    await this.load();
  }
}
customElements.define("dt-single", Single);
