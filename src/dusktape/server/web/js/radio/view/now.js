/** What is heard: its title, tempo, key and seed, where in it we are, and the chord of the moment. */

import { html, nothing } from "../../../vendor/lit.js";
import { clock } from "../../clock.js";
import { chordName, pretty } from "../../signs.js";
import { RadioPart } from "./part.js";

/** @typedef {import("../../api.js").Entry} Entry */

/** @param {string} text */
const sectionName = (text) => (/^[A-Z]\W*$/.test(text) ? `part ${text.replace("'", "’")}` : text);

/**
 * @param {Entry | import("../../api.js").Track} from
 * @param {import("../../api.js").Timeline | null} [timeline] Knows tempo and key where an entry does not say.
 * @returns {string[]}
 */
export function facts(from, timeline = null) {
  const own = "start" in from ? { ...from.spec, ...from.track } : from;
  const { bpm = timeline?.bpm, key = timeline?.key, recipe, mood } = own;
  const kind = [...new Set([recipe, mood].filter(Boolean).map(String))].join(", ");
  return [bpm ? `${Math.round(Number(bpm))} bpm` : "", key ? pretty(String(key)) : "", kind].filter(Boolean);
}

export class Now extends RadioPart {
  static follows = ["change", "tick"];

  get eyebrow() {
    const { player, connected } = this.radio;
    if (player.status === "waiting") return "One moment, the tape is being found again";
    if (player.status === "starting") return "Threading the tape";
    if (!connected && player.status !== "playing") return "The station is away; trying again";
    if (player.status === "idle") return "On air";
    return this.radio.heard?.kind === "interlude" ? "An interlude, made just now" : "Now playing";
  }

  render() {
    const { heard, place, player } = this.radio;
    const seed = heard?.track?.seed ?? heard?.spec?.seed;
    const shown = heard ? [...facts(heard, this.radio.timeline), seed === undefined ? "" : `seed ${String(seed).slice(0, 12)}`].filter(Boolean) : [];
    return html`
      <p class="eyebrow"><span class="lamp ${player.status}"></span>${this.eyebrow}</p>
      <h1 id="title" data-entry=${heard?.id ?? ""}>${heard?.title ?? "Dusktape"}</h1>
      <ul class="facts numbers" aria-label="About this track">${shown.map((fact) => html`<li>${fact}</li>`)}</ul>
      ${heard && place && (heard.track || this.radio.timeline) ? html`
        <div class="along">
          <span class="numbers small">${clock(place.seconds, place.length)}</span>
          <div class="groove" role="progressbar" aria-label="Position in the track" aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(place.share * 100)}>
            <i></i>${this.#sections(heard)}
          </div>
          <span class="numbers small">${clock(place.length)}</span>
          <span class="chord" aria-hidden="true">${place.section ? html`<em>${sectionName(place.section)}</em>` : nothing}${chordName(place.chord, this.radio.timeline?.key)}</span>
        </div>` : nothing}`;
  }

  /** @param {Entry} heard */
  #sections(heard) {
    const sections = this.radio.timeline?.sections ?? [];
    return sections.slice(1).map(({ start }) => html`<b data-at=${start / Math.max(1, heard.end - heard.start)}></b>`);
  }

  updated() {
    const groove = this.querySelector("i");
    groove?.style.setProperty("transform", `scaleX(${(this.radio.place?.share ?? 0).toFixed(4)})`);
    for (const mark of this.querySelectorAll("b")) mark.style.setProperty("left", `${Number(mark.dataset.at) * 100}%`);
  }
}
customElements.define("dt-now", Now);
