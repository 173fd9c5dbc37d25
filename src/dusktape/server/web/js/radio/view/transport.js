/** Less, play, next, more; and how loud. */

import { html, nothing } from "../../../vendor/lit.js";
import { icon } from "../icons.js";
import { RadioPart, iconButton } from "./part.js";

export class Transport extends RadioPart {
  render() {
    const { player, skipping, track } = this.radio;
    const busy = player.status === "starting" || player.status === "waiting";
    const label = player.wanted ? "Pause" : "Play";
    return html`
      ${iconButton({ name: "dislike", label: "Less of this", press: () => track && void this.radio.like(track, -1), pressed: track?.liked === -1, disabled: !track, changes: true })}
      <button type="button" class="play ${busy ? "busy" : ""}" aria-label=${label} title="${label} (space)" aria-keyshortcuts="Space" @click=${() => this.radio.toggle()}>
        ${busy ? html`<span class="ring"></span>` : nothing}${icon(player.wanted ? "pause" : "play")}
      </button>
      ${iconButton({ name: "skip", label: "Skip to the next track", key: "N", press: () => void this.radio.skip(), disabled: skipping, changes: true })}
      ${iconButton({ name: track?.liked === 1 ? "liked" : "like", label: "More like this", key: "L", kind: "heart", press: () => track && void this.radio.like(track, 1), pressed: track?.liked === 1, disabled: !track, changes: true })}`;
  }
}
customElements.define("dt-transport", Transport);

export class Volume extends RadioPart {
  render() {
    const { player } = this.radio;
    const shown = player.muted ? 0 : Math.round(player.volume * 100);
    return html`
      ${iconButton({ name: player.muted ? "muted" : "volume", label: "Mute", key: "M", press: () => player.setMuted(!player.muted), pressed: player.muted })}
      <dt-fader .value=${shown} label="Volume" .said="${shown} percent" @move=${(/** @type {CustomEvent<number>} */ e) => player.setVolume(e.detail / 100)}></dt-fader>`;
  }
}
customElements.define("dt-volume", Volume);
