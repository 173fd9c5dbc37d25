/** The middle of the bench: the song that lies there, its timeline, a row for each part, and what is done again. */
import { html, nothing, live, ref, repeat } from "../../vendor/lit.js";
import { fileUrl } from "../api.js";
import { pretty } from "../signs.js";
import "./again.js";
import { labelled, sectionShown } from "./chords.js";
import { Piece, along, colour, set, sheet, shut, why } from "./element.js";
import { clock, decibels, editName, loudness, partColour, partName, place, words } from "./format.js";
import { RATE } from "./sound.js";
import { store } from "./store.js";

/** @typedef {import("./calls.js").Player} Player */

class StudioBench extends Piece {
  constructor() {
    super();
    /** @type {{from: number, moved: boolean} | null} */
    this._drag = null;
    this._frame = 0;
    this._drawn = "";
    /** Pixels of the line of time, once it was seen. */
    this._room = 0;
    this._resize = new ResizeObserver(() => { this._drawn = ""; this.draw(); requestAnimationFrame(() => this.fit()); });
  }

  connectedCallback() {
    super.connectedCallback();
    this._resize.observe(this);
    const follow = () => {
      this._frame = requestAnimationFrame(follow);
      this.point();
    };
    follow();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._resize.disconnect();
    cancelAnimationFrame(this._frame);
  }

  /** Ticks of the song that is shown, and of a bar. */
  get whole() {
    const score = store.score;
    return score ? Math.max(score.length, 1) : 1;
  }

  get bar() {
    const score = store.score;
    return score ? score.beats_per_bar * score.ticks_per_beat : 3840;
  }

  /** Let the line follow what is heard. */
  point() {
    const score = store.score;
    const line = this.querySelector(".playhead");
    if (!score || !(line instanceof HTMLElement)) return;
    const share = store.deck.time / Math.max(score.frames / RATE, 0.01);
    line.style.left = `${Math.min(100, 100 * share)}%`;
  }

  updated() {
    this.draw();
    this.fit();
  }

  /** Name chords again where there is more or less room for them now. */
  fit() {
    const room = this.querySelector(".chords .lane")?.clientWidth ?? 0;
    if (!room || room === this._room) return;
    this._room = room;
    this.requestUpdate();
  }

  draw() {
    const score = store.score;
    if (!score) return;
    const stamp = `${score.track} ${this.clientWidth} ${store.part} ${JSON.stringify(store.mix)} ${store.timeline ? 1 : 0} ${store.levels.size}`;
    if (stamp === this._drawn) return;
    this._drawn = stamp;
    for (const canvas of this.querySelectorAll("canvas[data-part]")) {
      const player = score.parts.find((p) => p.name === /** @type {HTMLElement} */ (canvas).dataset.part);
      if (player) this.lane(/** @type {HTMLCanvasElement} */ (canvas), player);
    }
    const wave = this.querySelector("canvas.wave");
    if (wave instanceof HTMLCanvasElement) this.wave(wave);
  }

  /** @param {HTMLCanvasElement} canvas @param {Player} player */
  lane(canvas, player) {
    const paper = sheet(canvas);
    const score = store.score;
    if (!paper || !score) return;
    const { to, width, height } = paper;
    to.fillStyle = colour(this, partColour(player.name, player.texture));
    const silent = store.level(player.name) === 0;
    if (player.texture) {
      this.texture(to, width, height, store.levels.get(`${score.track}/${player.name}`)?.db ?? [], silent);
      return;
    }
    const pitches = player.drums ? [...new Set(player.notes.map((n) => n[2]))].sort((a, b) => a - b) : [];
    const low = Math.min(...player.notes.map((n) => n[2])) - 1;
    const high = Math.max(...player.notes.map((n) => n[2]), low + 12) + 1;
    for (const [start, length, pitch, velocity] of player.notes) {
      const share = player.drums ? (pitches.indexOf(pitch) + 0.5) / pitches.length : (pitch - low) / (high - low);
      to.globalAlpha = (silent ? 0.25 : 1) * (0.4 + 0.6 * (velocity / 127));
      const x = (start / this.whole) * width;
      const wide = player.drums ? 1.6 : Math.max(1.6, (length / this.whole) * width - 0.5);
      to.fillRect(x, 3 + (1 - share) * (height - 8), wide, player.drums ? Math.max(2, (height - 8) / pitches.length - 1) : 2.4);
    }
  }

  /**
   * What plays no notes, as loud as it is at its loudest and 30 dB below; a line where nothing is known of it yet.
   *
   * @param {CanvasRenderingContext2D} to @param {number} width @param {number} height @param {number[]} db @param {boolean} silent
   */
  texture(to, width, height, db, silent) {
    to.globalAlpha = silent ? 0.12 : 0.3;
    if (!db.length) {
      to.fillRect(0, height - 1.5, width, 1.5);
      return;
    }
    const loudest = Math.max(-80, ...db);
    to.beginPath();
    to.moveTo(0, height);
    for (let x = 0; x <= width; x += 2) {
      const from = Math.floor((x / width) * db.length);
      const level = Math.max(...db.slice(from, Math.max(from + 1, Math.floor(((x + 2) / width) * db.length))), -90);
      to.lineTo(x, height - 1.5 - (height - 8) * Math.max(0, Math.min(1, (level - loudest + 30) / 30)));
    }
    to.lineTo(width, height);
    to.fill();
  }

  /** @param {HTMLCanvasElement} canvas */
  wave(canvas) {
    const paper = sheet(canvas);
    const level = store.timeline?.level;
    if (!paper || !level) return;
    const { to, width, height } = paper;
    const light = to.createLinearGradient(0, 0, 0, height);
    light.addColorStop(0, colour(this, "--lamp-bright"));
    light.addColorStop(1, colour(this, "--lamp-deep"));
    to.fillStyle = light;
    to.globalAlpha = 0.8;
    const steps = Math.floor(width / 3);
    for (let k = 0; k < steps; k += 1) {
      const from = Math.floor((k / steps) * level.db.length);
      const until = Math.max(from + 1, Math.floor(((k + 1) / steps) * level.db.length));
      const db = Math.max(...level.db.slice(from, until));
      const tall = Math.max(1.5, height * Math.min(1, Math.max(0, (db + 42) / 36)));
      to.fillRect(k * 3, (height - tall) / 2, 2, tall);
    }
  }

  /** @param {PointerEvent} event */
  tick(event) {
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    return Math.min(0.9999, Math.max(0, (event.clientX - box.left) / box.width)) * this.whole;
  }

  /** @param {PointerEvent} event */
  grab(event) {
    if (event.button || store.deleted) return;
    /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
    this._drag = { from: this.tick(event), moved: false };
  }

  /** @param {PointerEvent} event */
  pull(event) {
    if (!this._drag) return;
    const here = this.tick(event);
    if (Math.abs(here - this._drag.from) < this.whole / 150 && !this._drag.moved) return;
    this._drag.moved = true;
    const [first, last] = [this._drag.from, here].sort((a, b) => a - b);
    store.bars = [Math.floor(first / this.bar) + 1, Math.floor(last / this.bar) + 1];
    store.tell();
  }

  /** @param {PointerEvent} event */
  release(event) {
    const score = store.score;
    if (this._drag && !this._drag.moved && score) {
      if (store.bars) store.bars = null;
      void store.deck.seek((this.tick(event) / this.whole) * (score.frames / RATE));
      store.tell();
    }
    this._drag = null;
  }

  render() {
    const score = store.score;
    if (!score && store.away) {
      return html`<section class="bench empty-bench" aria-labelledby="bench-title" role="alert">
        <h1 id="bench-title">The radio is not running</h1>
        <p>Nobody answers at ${location.host}. Start it there with <code>dusktape studio</code>, and this page goes on.</p>
        <p><button type="button" class="primary" @click=${() => store.retry()}>Try again</button></p>
      </section>`;
    }
    if (!score) {
      return html`<section class="bench empty-bench" aria-labelledby="bench-title">
        <h1 id="bench-title">${store.loading ? "One moment" : "An empty bench"}</h1>
        <p>${store.loading ? "The song is being fetched." : "Make something on the left, or open what the station has played. It appears here with every part and every note."}</p>
      </section>`;
    }
    const version = store.version;
    const stemless = !store.stemsThere;
    return html`
      <section class="bench" aria-labelledby="bench-title" aria-busy=${store.loading ? "true" : "false"}>
        <header class="song">
          <img class="cover" alt="" width="84" height="84" src=${version?.files.includes("cover.png") ? fileUrl(score.track, "cover.png") : nothing}>
          <div class="names">
            <h1 id="bench-title">${score.title}</h1>
            <p class="facts">${[`${Math.round(score.bpm * 10) / 10} bpm`, pretty(score.key), clock(score.frames / RATE), version?.mood, `song\u00a0seed\u00a0${version?.seed ?? ""}`, loudness(score.lufs)].filter(Boolean).join(" · ")}</p>
            <p class="edit">${store.deleted ? "Deleted from the library: it can be looked at, nothing more." : editName(version?.edit)}</p>
          </div>
          <div class="doing">
            <button type="button" class="quiet" ?disabled=${!store.undoes} @click=${() => store.undo()} title=${store.undoes}>Undo</button>
            <button type="button" class="quiet" ?disabled=${!store.redoes} @click=${() => store.redo()}>Redo</button>
            ${this.take()}
            <button type="button" class="primary" aria-disabled=${shut()} aria-describedby=${why()} ?disabled=${store.deleted} @click=${() => store.send()}>Send to station</button>
          </div>
        </header>
        ${this.arrangement(stemless)}
        <studio-again></studio-again>
      </section>`;
  }

  take() {
    const close = (/** @type {Event} */ e) => {
      const box = /** @type {HTMLElement} */ (e.currentTarget).closest("details");
      if (box) box.open = false;
    };
    const order = (/** @type {{what: string, bars?: number}} */ what) => (/** @type {Event} */ e) => {
      close(e);
      void store.export(what);
    };
    const id = store.score?.track ?? "";
    if (store.deleted) return html`<button type="button" class="quiet" disabled>Export</button>`;
    const bars = Math.ceil(this.whole / this.bar);
    const loops = [4, 8, 16].filter((length) => length <= bars);
    return html`<details class="menu" @keydown=${(/** @type {KeyboardEvent} */ e) => {
      if (e.key === "Escape") {
        const box = /** @type {HTMLDetailsElement} */ (e.currentTarget);
        box.open = false;
        box.querySelector("summary")?.focus();
        e.stopPropagation();
      }
    }}><summary class="quiet">Export</summary>
      <div class="sheet">
        <button type="button" @click=${order({ what: "bundle" })}><b>Bundle</b><span>master, stems, MIDI, cover, track.json in a zip</span></button>
        ${(loops.length ? loops : [2]).map((bars) => html`<button type="button" @click=${order({ what: "loop", bars })}><b>Loop of ${bars} bars</b><span>closes on itself, WAV</span></button>`)}
        <p class="formats">${["flac", "wav", "mp3", "ogg"].map((what) => html`<button type="button" @click=${order({ what })}>${what.toUpperCase()}</button>`)}
        <a href=${fileUrl(id, "score.mid", { download: true })} download @click=${close}>MIDI</a>
        <a href=${fileUrl(id, "track.json", { download: true })} download @click=${close}>track.json</a></p>
      </div></details>`;
  }

  /** @param {boolean} stemless */
  arrangement(stemless) {
    const score = store.score;
    if (!score) return nothing;
    const whole = this.whole;
    const bars = Math.ceil(whole / this.bar);
    const every = bars > 64 ? 8 : bars > 24 ? 4 : bars > 12 ? 2 : 1;
    const chosen = store.bars;
    const { atHand, sent } = store.draft;
    const onItsWay = atHand.mix !== "" && atHand.mix === sent.mix;
    return html`<div class="arrangement">
      <div class="lanes-head"><span class="label">Bars</span></div>
      <div class="overview">
        <div class="ruler" @pointerdown=${this.grab} @pointermove=${this.pull} @pointerup=${this.release}>
          <div class="sections" role="list" aria-label="Sections of this song">${score.sections.map((s) => {
            const told = `${s.name}, bars ${Math.floor(s.start / this.bar) + 1} to ${Math.ceil((s.start + s.length) / this.bar)}`;
            return html`<span role="listitem" class="section kind-${s.name.replace(/\W/g, "").toLowerCase()}" ${ref(along(s.start, s.length, whole))}
              title=${told} aria-label=${told}>${sectionShown(s.name, (s.length / whole) * this._room)}</span>`;
          })}</div>
          <div class="numbers" aria-hidden="true">${Array.from({ length: Math.ceil(bars / every - 0.4) }, (_, k) => html`<span ${ref(along(k * every * this.bar, this.bar, whole))}>${k * every + 1}</span>`)}</div>
          <canvas class="wave" aria-hidden="true"></canvas>
        </div>
        ${chosen ? html`<div class="chosen" ${ref(along((chosen[0] - 1) * this.bar, (chosen[1] - chosen[0] + 1) * this.bar, whole))}></div>` : nothing}
        <div class="playhead" aria-hidden="true"></div>
      </div>
      <div class="row chords ${store.again.has("harmony") ? "again" : ""} ${store.keep.has("harmony") ? "keep" : ""}">
        <div class="head"><span class="part">Chords</span><span class="instrument"></span>${this.marks("harmony", "Chords")}</div>
        <div class="lane text" role="list" aria-label="Chords of this song">${labelled(score.chords, this._room / whole, "… named in the notes", score.key).map((c) => {
          const told = `${c.name}, ${place(c.start, score.ticks_per_beat, score.beats_per_bar)}`;
          return html`<span role="listitem" class=${c.shown ? "" : "unnamed"} ${ref(along(c.start, c.length, whole))} title=${told} aria-label=${told}>${c.shown}</span>`;
        })}</div>
      </div>
      ${repeat(score.parts, (p) => p.name, (p) => this.row(p, stemless))}
      <div class="under">
        ${store.draft.mixChanged ? html`<span class="faint">${onItsWay ? "A version with this mix is on its way." : "The mix is not kept yet."}</span>
          <button type="button" class="quiet" @click=${() => store.resetMix()}>As it was</button>
          <button type="button" class="primary small" aria-disabled=${shut()} aria-describedby=${why()} ?disabled=${onItsWay || store.deleted} @click=${() => store.saveMix()}>Keep this mix</button>` : html`<span class="faint">${store.deleted ? "" : "Drag over the bars to choose some. Click to go there."}</span>`}
      </div>
    </div>`;
  }

  /** @param {string} part @param {string} name */
  marks(part, name) {
    return html`<span class="marks">
      <button type="button" class="mark keep" ?disabled=${store.deleted} aria-pressed=${store.keep.has(part) ? "true" : "false"} aria-label=${`Keep ${name}`} title="Keep as it is" @click=${() => store.mark(part, "keep")}>Keep</button>
      <button type="button" class="mark again" ?disabled=${store.deleted} aria-pressed=${store.again.has(part) ? "true" : "false"} aria-label=${`${name} again`} title="Make again" @click=${() => store.mark(part, "again")}>Again</button></span>`;
  }

  /** @param {Player} p @param {boolean} stemless */
  row(p, stemless) {
    const fader = store.mix[p.name] ?? { gain: 0, mute: false, solo: false };
    const name = partName(p.name);
    const selected = store.part === p.name;
    const silent = store.level(p.name) === 0;
    const written = store.draft.notes.get(p.name)?.changed;
    const pick = () => {
      store.part = p.name;
      store.tell();
    };
    return html`<div class="row ${p.texture ? "texture" : ""} ${selected ? "selected" : ""} ${silent ? "silent" : ""} ${store.again.has(p.name) ? "again" : ""} ${store.keep.has(p.name) ? "keep" : ""}"
        ${ref(set("--part", `var(${partColour(p.name, p.texture)})`))}>
      <div class="head">
        ${p.texture ? html`<span class="part" title=${name}>${name}</span>` : html`<button type="button" class="part" aria-pressed=${selected ? "true" : "false"} title=${written ? "Its notes are changed and not kept yet" : "Show its notes"} @click=${pick}>${name}${written ? html`<i class="written" aria-hidden="true"></i>` : nothing}</button>`}
        <span class="instrument">${p.texture ? "" : this.instrument(p)}</span>
        <span class="fader">
          <button type="button" class="ms" ?disabled=${store.deleted} aria-pressed=${fader.mute ? "true" : "false"} aria-label=${`Mute ${name}`} @click=${() => store.fade(p.name, { mute: !fader.mute })}>M</button>
          <button type="button" class="ms" ?disabled=${store.deleted} aria-pressed=${fader.solo ? "true" : "false"} aria-label=${`Solo ${name}`} @click=${() => store.fade(p.name, { solo: !fader.solo })}>S</button>
          <input type="range" ?disabled=${store.deleted} min="-24" max="12" step="0.5" aria-label=${`Level of ${name}`} aria-valuetext=${decibels(fader.gain)} title=${stemless ? `${decibels(fader.gain)}; the parts are rendered when you move it` : decibels(fader.gain)}
            .value=${live(String(fader.gain))} @input=${(/** @type {InputEvent} */ e) => store.fade(p.name, { gain: Number(/** @type {HTMLInputElement} */ (e.target).value) })}
            @dblclick=${() => store.fade(p.name, { gain: 0 })}>
        </span>
        ${p.texture ? nothing : this.marks(p.name, name)}
      </div>
      <div class="lane" @click=${p.texture ? null : pick}><canvas data-part=${p.name} aria-hidden="true"></canvas>${this.unseen(p)}</div>
    </div>`;
  }

  /** Why a lane is empty. @param {Player} p */
  unseen(p) {
    const rendered = store.stemsThere && !store.wantsParts;
    const silent = p.texture ? !p.stem && rendered : !p.notes.length;
    if (silent) return html`<span class="later">silent in this song</span>`;
    return p.texture && !p.stem ? html`<span class="later">seen once its part is rendered</span>` : nothing;
  }

  /** @param {Player} p */
  instrument(p) {
    const control = store.controls.find((c) => c.name === (p.drums ? "kit" : p.name === "bass" ? "bass" : "keys"));
    if (!control) return words(p.instrument);
    const character = store.score?.recipe?.parts?.drums?.params?.character;
    const now = p.drums ? String(p.instrument === "kit" ? character ?? "kit" : p.instrument) : p.instrument;
    const choices = control.choices.some((c) => c.value === now) ? control.choices : [{ value: now, label: words(now), text: "", settings: [] }, ...control.choices];
    return html`<select ?disabled=${store.deleted} aria-label=${`Instrument of ${partName(p.name)}`} .value=${live(now)} @change=${(/** @type {Event} */ e) => {
      const to = /** @type {HTMLSelectElement} */ (e.target).value;
      void store.edit({ settings: [p.drums ? `kit=${to}` : `${p.name}.instrument=${to}`] }, `${partName(p.name)} on ${words(to)}: it is in the queue.`);
    }}>${choices.map((c) => html`<option value=${c.value} ?selected=${c.value === now}>${c.label}</option>`)}</select>`;
  }
}

customElements.define("studio-bench", StudioBench);
