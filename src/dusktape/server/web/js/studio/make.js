/** The left of the bench: what is wished for, in words and by controls, what was brought along, and the queue. */
import { html, nothing, live, repeat } from "../../vendor/lit.js";
import { api, keptOut } from "../api.js";
import { pretty } from "../signs.js";
import { ENDED, shownName } from "./bringing.js";
import { clock, counted, editName, words } from "./format.js";
import { Piece, shut, why } from "./element.js";
import { store } from "./store.js";

/**
 * @typedef {import("./calls.js").Control} Control
 * @typedef {import("../api.js").Job} Job
 */

const GROUPS = /** @type {const} */ ([["song", "The song"], ["players", "The players"], ["room", "The room"]]);
const MOST_SEED = 2n ** 63n - 1n;
const NAMES = { track: "New song", loop: "Loop", edit: "Edit", notes: "Notes", mix: "Mix", export: "Export", stems: "Parts", upload: "Upload", lofi: "Lo-fi" };

class StudioMake extends Piece {
  constructor() {
    super();
    this.wish = "";
    this.understood = "";
    this.variants = 1;
    this.seed = "";
    /** @type {Record<string, string>} */
    this.values = {};
    /** @type {{kind: "onward" | "under", upload: string, name: string} | null} */
    this.from = null;
    this.loop = "";
    /** @type {number | undefined} */
    this._wait = undefined;
  }

  /** @param {string} text */
  heard(text) {
    this.wish = text;
    clearTimeout(this._wait);
    this._wait = setTimeout(async () => {
      if (!text.trim()) this.understood = "";
      else {
        try {
          const { said } = await api.words(text);
          if (text === this.wish) this.understood = said.join("; ");
        } catch (error) {
          this.understood = error instanceof Error ? error.message : "";
        }
      }
      this.requestUpdate();
    }, 350);
    this.requestUpdate();
  }

  get spec() {
    /** @type {Record<string, any>} */
    const spec = {};
    /** @type {string[]} */
    const settings = [];
    for (const control of store.controls) {
      const value = this.values[control.name];
      if (value === undefined || value === "") continue;
      if (control.kind === "range") {
        if (control.field) spec[control.field] = Number(value);
        else settings.push(`${control.setting}=${value}`);
      } else if (control.field) spec[control.field] = value;
      else settings.push(...(control.choices.find((choice) => choice.value === value)?.settings ?? []));
    }
    if (this.wish.trim()) spec.recipe = this.wish.trim();
    if (settings.length) spec.settings = settings;
    const seed = this.seed.trim();
    if (seed) spec.seed = Number.isSafeInteger(Number(seed)) ? Number(seed) : seed;
    if (this.from) {
      spec.asked = { [this.from.kind]: this.from.upload };
      if (this.from.kind === "under") delete spec.minutes;
    } else if (this.loop) {
      spec.asked = { loop: Number(this.loop) };
      delete spec.minutes;
    }
    return spec;
  }

  /** What is wrong with the seed. */
  get unsown() {
    const seed = this.seed.trim();
    if (!seed) return "";
    if (!/^[0-9]+$/.test(seed)) return `A seed is a whole number, as 42, not “${seed}”; leave it empty for a new one.`;
    return BigInt(seed) > MOST_SEED ? `A seed is at most ${MOST_SEED}; ${seed} is more.` : "";
  }

  /** Say what is wrong with the seed, and show it where it is. @returns {boolean} Whether something is. */
  refuses() {
    if (!this.unsown) return false;
    store.complain(this.unsown);
    const more = this.querySelector("details.more");
    if (more instanceof HTMLDetailsElement) more.open = true;
    const field = this.querySelector("input.seed");
    if (field instanceof HTMLInputElement) field.focus();
    return true;
  }

  /** @param {Event} event */
  async submit(event) {
    event.preventDefault();
    if (!this.refuses()) await store.make(this.spec, this.variants);
  }

  render() {
    const chosen = Object.values(this.values).filter(Boolean).length;
    return html`
      <form class="make" @submit=${this.submit} aria-labelledby="make-title">
        <h2 id="make-title">Make something</h2>
        <label class="wish">
          <span class="label">In your own words</span>
          <textarea rows="2" maxlength="400" placeholder="slow rainy night, felt piano, no drums" .value=${live(this.wish)}
            @input=${(/** @type {InputEvent} */ e) => this.heard(/** @type {HTMLTextAreaElement} */ (e.target).value)}></textarea>
        </label>
        ${this.understood ? html`<p class="understood" role="status">${this.understood}</p>` : nothing}
        ${this.from ? html`<p class="chip">${this.from.kind === "under" ? "Under" : "Going on from"} <b>${this.from.name}</b>
          <button type="button" class="plain" aria-label=${`Leave out ${this.from.name}`} @click=${() => { this.from = null; this.requestUpdate(); }}>×</button></p>` : nothing}
        <div class="go">
          <label class="field variants"><span class="label">Variants</span>
            <select .value=${live(String(this.variants))} @change=${(/** @type {Event} */ e) => { this.variants = Number(/** @type {HTMLSelectElement} */ (e.target).value); }}>
              ${[1, 2, 3, 4].map((n) => html`<option value=${n}>${n}</option>`)}
            </select></label>
          <button class="primary" type="submit" aria-disabled=${shut()} aria-describedby=${why()}>Make it</button>
          ${chosen ? html`<button type="button" class="quiet" @click=${() => { this.values = {}; this.requestUpdate(); }}>Clear ${counted(chosen, "choice")}</button>` : nothing}
        </div>
        ${GROUPS.map(([group, title]) => this.group(group, title))}
        <details class="more"><summary>Seed and loop</summary>
          <div class="fields">
            <label class="field"><span class="label">Seed</span>
              <input class="seed" type="text" inputmode="numeric" placeholder="a new one" aria-invalid=${this.unsown ? "true" : "false"} .value=${live(this.seed)}
                @input=${(/** @type {InputEvent} */ e) => { this.seed = /** @type {HTMLInputElement} */ (e.target).value; this.requestUpdate(); }}></label>
            <label class="field"><span class="label">Length</span>
              <select .value=${live(this.loop)} @change=${(/** @type {Event} */ e) => { this.loop = /** @type {HTMLSelectElement} */ (e.target).value; this.requestUpdate(); }}>
                <option value="">a whole track</option>
                ${[4, 8, 16].map((n) => html`<option value=${n}>a loop of ${n} bars</option>`)}
              </select></label>
          </div>
        </details>
      </form>
      ${this.brought()}
    `;
  }

  /** @param {"song" | "players" | "room"} group @param {string} title */
  group(group, title) {
    const controls = store.controls.filter((c) => c.group === group && (c.kind === "range" || c.choices.length));
    if (!controls.length) return nothing;
    return html`<fieldset><legend>${title}</legend><div class="fields">${controls.map((c) => this.control(c))}</div></fieldset>`;
  }

  /** @param {Control} control */
  control(control) {
    const value = this.values[control.name] ?? "";
    const put = (/** @type {string} */ to) => {
      this.values = { ...this.values, [control.name]: to };
      this.requestUpdate();
    };
    const wished = control.name === "recipe" && this.wish.trim();
    if (control.kind === "choice") {
      return html`<label class=${`field ${control.name}`}><span class="label">${control.label}</span>
        <select ?disabled=${wished} .value=${live(value)} title=${control.text} @change=${(/** @type {Event} */ e) => put(/** @type {HTMLSelectElement} */ (e.target).value)}>
          <option value="">${wished ? "as you said" : "open"}</option>
          ${control.choices.map((c) => html`<option value=${c.value} title=${c.text} ?selected=${c.value === value}>${c.label}</option>`)}
        </select></label>`;
    }
    const low = control.low ?? 0;
    const high = control.high ?? 1;
    const middle = control.name === "bpm" ? 78 : control.name === "minutes" ? 2.5 : (low + high) / 2;
    const shown = value === "" ? "open" : `${Number(value) % 1 ? Number(value).toFixed(2).replace(/0$/, "") : value}${control.unit ? ` ${control.unit}` : ""}`;
    return html`<div class="field slide ${control.name} ${value === "" ? "open" : ""}">
      <label class="label" for=${`c-${control.name}`}>${control.label}</label>
      <button type="button" class="value" ?disabled=${value === ""} aria-label=${value === "" ? `${control.label} is open` : `Leave ${control.label.toLowerCase()} open, now ${shown}`}
        @click=${() => put("")}>${shown}</button>
      <input id=${`c-${control.name}`} type="range" min=${low} max=${high} step=${control.step ?? 0.01} title=${control.text}
        .value=${live(value === "" ? String(middle) : value)} aria-valuetext=${shown}
        @input=${(/** @type {InputEvent} */ e) => put(/** @type {HTMLInputElement} */ (e.target).value)}></div>`;
  }

  brought() {
    return html`<section class="brought" aria-labelledby="brought-title">
      <h2 id="brought-title">Bring your own</h2>
      <label class="drop"><input type="file" class="visually-hidden" multiple accept=".sf2,.wav,.flac,.mp3,.ogg,.mid,.midi"
        @change=${(/** @type {Event} */ e) => {
          const input = /** @type {HTMLInputElement} */ (e.target);
          void store.bring([...(input.files ?? [])]);
          input.value = "";
        }}><span>Drop a SoundFont, a recording or a MIDI file, or <u>choose one</u></span></label>
      <ul class="uploads">${store.uploads.map((one) => html`<li>
        <span class="file"><span class="name">${shownName(one)}</span>
          ${one.state === "reading" ? nothing : html`<button type="button" class="plain" aria-label=${`Delete ${shownName(one)}`} title="Delete it" @click=${() => this.discard(one)}>×</button>`}</span>
        ${one.state === "reading" ? html`<span class="faint">being read</span>` : nothing}
        ${["failed", "refused"].includes(one.state) ? html`<span class="danger">${one.error}</span>` : nothing}
        ${one.state === "ready" ? this.uses(one) : nothing}</li>`)}</ul>
    </section>`;
  }

  /** @param {import("./bringing.js").Upload} one */
  discard(one) {
    if (this.from?.upload === one.id) this.from = null;
    return store.discard(one.id);
  }

  /** What was chosen above, as far as it is about somebody else's music. @param {boolean} drums */
  treatment(drums) {
    const { recipe, seed, bpm } = this.spec;
    const set = Object.entries({ recipe, seed, bpm }).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(set), drums };
  }

  /** @param {import("./bringing.js").Upload} one */
  treatments(one) {
    return [true, false].map((drums) => html`<button type="button" class="quiet"
      title=${drums ? "Slower, through tape, with our drums on its beat; recipe, tempo and seed as chosen above" : "The same, without drums of ours"}
      @click=${() => this.refuses() || store.treat(one, this.treatment(drums))}>${drums ? "Make it lo-fi" : "Lo-fi, no drums"}</button>`);
  }

  /** What can be done with a file. @param {import("./bringing.js").Upload} one */
  uses(one) {
    const begin = (/** @type {"onward" | "under"} */ kind) => {
      this.from = { kind, upload: one.id, name: one.name };
      this.requestUpdate();
      store.say(`The next song is made ${kind === "under" ? "under" : "on from"} ${one.name}.`);
    };
    const instrument = one.facts.instrument;
    if (one.kind === "midi") {
      return html`<span class="faint">${one.facts.bars ? `${counted(one.facts.bars, "bar")}, ${pretty(String(one.facts.key))}` : ""}</span>
        <span class="row"><button type="button" class="quiet" @click=${() => begin("onward")}>Go on from it</button>
        <button type="button" class="quiet" @click=${() => begin("under")}>Play under it</button>
        ${this.treatments(one)}</span>`;
    }
    if (one.kind === "soundfont" && instrument) {
      return html`<span class="faint">${one.facts.count ? counted(one.facts.count, "sound") : ""}</span><span class="row">
        ${["keys", "lead"].map((part) => html`<button type="button" class="quiet" ?disabled=${!store.score || store.deleted}
          @click=${() => store.edit({ settings: [`${part}.instrument=${instrument}`] }, `${one.name} plays the ${part === "lead" ? "melody" : part}.`)}>
          ${part === "lead" ? "Melody" : "Keys"} of this song</button>`)}</span>`;
    }
    return html`<span class="faint">${clock(one.facts.seconds ?? 0)}</span><span class="row"><button type="button" class="quiet" ?disabled=${!store.score || store.deleted}
      @click=${() => store.edit({ effects: [instrument ?? one.id] }, `${one.name} is laid over the song.`)}>Lay over this song</button>
      ${this.treatments(one)}</span>`;
  }
}

class StudioQueue extends Piece {
  render() {
    /** @type {Map<string, Job[]>} */
    const groups = new Map();
    for (const job of store.queue.filter((one) => one.kind !== "upload")) {
      const key = job.group || job.id;
      groups.set(key, [...(groups.get(key) ?? []), job]);
    }
    return html`<section class="queue" aria-label="In the making">
      <h2>In the making ${store.busy ? html`<span class="count">${store.busy}</span>` : nothing}</h2>
      ${groups.size ? html`<ul>${repeat([...groups].reverse(), ([key]) => key, ([, jobs]) => html`<li class=${jobs.length > 1 ? "group" : ""}>
          ${jobs.length > 1 ? html`<p class="what">${this.what(jobs[0])}, ${counted(jobs.length, "variant")}</p>` : nothing}
          <div class="cards">${[...jobs].sort((a, b) => Number(a.spec.seed ?? 0) - Number(b.spec.seed ?? 0)).map((job, k) => this.card(job, jobs.length > 1 ? `Variant ${k + 1}` : this.what(job)))}</div>
        </li>`)}</ul>` : html`<p class="empty">${this.idle}</p>`}
    </section>`;
  }

  /** What is said where nothing of the studio's is in the making, as far as it is known. */
  get idle() {
    if (!store.told) return store.away ? "Nobody answers, so what waits is not known." : "Looking what waits.";
    const theirs = [...store.jobs.values()].filter((job) => job.spec.station && !ENDED.includes(job.state));
    const made = theirs.filter((job) => job.state === "running").length;
    const rest = theirs.length - made;
    const also = [
      made ? `the station makes ${counted(made, "track")} for itself` : "",
      rest ? `${counted(rest, "track")} of the station's own ${rest === 1 ? "waits" : "wait"}` : "",
    ].filter(Boolean).join(", ");
    const waits = also ? `Nothing of the studio's waits; ${also}.` : "Nothing waits.";
    return keptOut() ? waits : `${waits} What you make appears here, and you can go on working.`;
  }

  /** @param {Job} job */
  what(job) {
    if (["edit", "notes", "mix"].includes(job.kind)) return editName(job.kind === "notes" ? { notes: job.spec.notes } : job.spec);
    if (job.kind === "export") return job.spec.what === "loop" ? `Loop of ${job.spec.bars} bars` : job.spec.what === "bundle" ? "Bundle" : String(job.spec.what).toUpperCase();
    if (job.kind === "lofi") return `${job.spec.name ?? "Your file"}, lo-fi`;
    if (job.kind === "track") return job.spec.recipe ? String(job.spec.recipe) : "New song";
    return /** @type {Record<string, string>} */ (NAMES)[job.kind] ?? words(job.kind);
  }

  /** @param {Job} job @param {string} name */
  card(job, name) {
    const here = job.track !== null && job.track === store.score?.track;
    const state = {
      queued: job.position ? `number ${job.position} in the queue` : "waiting",
      running: `${job.stage || "at work"}, ${Math.round(100 * job.progress)} %`,
      done: here ? "open on the bench" : "ready", failed: job.error ?? "failed", cancelled: "called off",
    }[job.state];
    const active = job.state === "queued" || job.state === "running";
    return html`<div class="card ${job.state} ${here ? "here" : ""}" aria-current=${here ? "true" : nothing}>
      <p class="name">${name}</p>
      <p class="state">${state}</p>
      ${active ? html`<progress max="1" .value=${job.progress} aria-label=${`${name}, ${state}`}></progress>` : nothing}
      <p class="row">
        ${job.state === "done" && job.track && !["stems", "export"].includes(job.kind) && !here ? html`<button type="button" class="quiet" @click=${() => store.open(String(job.track))}>Open</button>
          <button type="button" class="quiet" aria-pressed=${store.rival?.id === job.track ? "true" : "false"} aria-label=${`Compare with ${name}`} title="Compare at equal loudness" ?disabled=${!store.score || store.deleted} @click=${() => store.compare(store.rival?.id === job.track ? null : job.track)}>B</button>` : nothing}
        ${job.state === "done" && job.kind === "export" ? html`<button type="button" class="quiet" @click=${() => store.takeAway(String(job.result?.track), String(job.result?.file))}>Download</button>` : nothing}
        ${active ? html`<button type="button" class="quiet" aria-label=${`Cancel ${name}`} @click=${() => store.cancel(job.id)}>Cancel</button>` : html`<button type="button" class="quiet" aria-label=${`Dismiss ${name}`} @click=${() => store.forget(job.id)}>Dismiss</button>`}
      </p></div>`;
  }
}

customElements.define("studio-make", StudioMake);
customElements.define("studio-queue", StudioQueue);
