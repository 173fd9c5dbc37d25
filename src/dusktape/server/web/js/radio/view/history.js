/** What was heard: links that stay, and everything of a track to take away. */

import { SAMPLE_RATE, bundleUrl, fileUrl, permalink } from "../../api.js";
import { html, nothing, repeat } from "../../../vendor/lit.js";
import { icon } from "../icons.js";
import { facts } from "./now.js";
import { RadioPart, iconButton, shut, why } from "./part.js";

/** @typedef {import("../../api.js").Track} Track */
/** @typedef {import("../../api.js").Entry} Entry */

/** @param {number} seconds */
function ago(seconds) {
  if (seconds < 90) return "just now";
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400 * 1.5) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

/**
 * Everything of a track that can be taken away.
 *
 * @param {import("../radio.js").Radio} radio @param {Track} track
 */
export function takeAway(radio, track) {
  const files = track.files ?? [];
  const job = [...radio.jobs.values()].reverse().find((j) => j.kind === "stems" && (j.track === track.id || j.spec?.track === track.id));
  const made = files.filter((name) => name.startsWith("stems/"));
  const busy = job && (job.state === "queued" || job.state === "running");
  const link = (/** @type {string} */ name, /** @type {string} */ label) => files.includes(name) || !files.length
    ? html`<a class="button" href=${fileUrl(track.id, name, { download: true })} download>${label}</a>` : nothing;
  return html`<div class="files">
    ${link("master.flac", "Master")}${link("score.mid", "MIDI")}${link("track.json", "track.json")}
    <a class="button" href=${bundleUrl(track.id)} download>All, zipped</a>
    ${made.length ? html`<div class="stems" role="group" aria-label="Stems"><span class="faint small" aria-hidden="true">Stems</span>
        ${made.map((name) => link(name, name.slice(6).replace(/\.\w+$/, "")))}</div>`
      : html`<button type="button" class="button" ?disabled=${busy} aria-disabled=${shut()} aria-describedby=${why()} @click=${() => void radio.stems(track)}>${busy ? `Stems: ${Math.round((job?.progress ?? 0) * 100)} %` : "Make stems"}</button>`}
  </div>`;
}

export class History extends RadioPart {
  static properties = { open: { state: true } };

  constructor() {
    super();
    /** @type {number | null} */
    this.open = null;
  }

  render() {
    const { past, heard } = this.radio;
    if (!past.length) return html`<p class="faint">Nothing yet. Press play, and come back.</p>`;
    return html`<ol class="past">${repeat(past, (e) => e.id, (entry) => this.#entry(entry, entry.id === heard?.id))}</ol>`;
  }

  /** @param {Entry} entry @param {boolean} now */
  #entry(entry, now) {
    const { radio } = this;
    const track = entry.track?.files?.length === 0 ? null : entry.track; // it made room
    const open = this.open === entry.id;
    return html`<li class=${now ? "now" : ""}>
      <div class="row">
        <div>
          ${track ? html`<a class="name" href=${permalink(track.id)}>${entry.title}</a>` : html`<span class="name">${entry.title}</span>`}
          <p class="faint small numbers">${now ? "now" : ago((radio.frame - entry.start) / SAMPLE_RATE)}${facts(entry).slice(0, 2).map((f) => ` · ${f}`)}</p>
        </div>
        ${track ? html`
          ${iconButton({ name: track.liked === 1 ? "liked" : "like", label: `More like ${entry.title}`, kind: "heart", press: () => void radio.like(track, 1), pressed: track.liked === 1, changes: true })}
          ${iconButton({ name: "more", label: `Downloads and more of ${entry.title}`, press: () => (this.open = open ? null : entry.id), expanded: open })}` : nothing}
      </div>
      ${open && track ? html`${takeAway(radio, track)}
        <div class="files">
          <button type="button" class="button" aria-disabled=${shut()} aria-describedby=${why()} @click=${() => void radio.again(track)}>${icon("again")}Play again</button>
          <button type="button" class="button" @click=${() => void this.#copy(track)}>${icon("link")}Copy link</button>
          <a class="button" href="/studio?track=${track.id}">${icon("studio")}Studio</a>
        </div>` : nothing}
    </li>`;
  }

  /** @param {Track} track */
  async #copy(track) {
    try {
      await navigator.clipboard.writeText(new URL(permalink(track.id), location.href).href);
      this.radio.say("The link is in your clipboard.");
    } catch {
      this.radio.say("This browser does not let us copy; open the title and take its address.");
    }
  }
}
customElements.define("dt-history", History);
