/** The right of the bench: the tree of versions with A and B, and what else there is to open. */
import { html, nothing, ref, repeat } from "../../vendor/lit.js";
import { fileUrl } from "../api.js";
import { Piece, set } from "./element.js";
import { clock, editName, loudness } from "./format.js";
import { store } from "./store.js";

/**
 * @typedef {import("./calls.js").Version} Version
 * @typedef {import("../api.js").Track} Track
 */

/**
 * Versions as a tree is read: each with its depth, children after their parent, oldest first.
 *
 * @param {Version[]} versions @returns {{version: Version, depth: number}[]}
 */
export function asTree(versions) {
  const known = new Set(versions.map((one) => one.id));
  /** @type {{version: Version, depth: number}[]} */
  const rows = [];
  const walk = (/** @type {string | null} */ parent, /** @type {number} */ depth) => {
    for (const version of versions) {
      const above = version.parent && known.has(version.parent) ? version.parent : null;
      if (above !== parent) continue;
      rows.push({ version, depth });
      // A line of single children stays a line: only where it forks does it step in.
      const children = versions.filter((one) => one.parent === version.id).length;
      walk(version.id, depth + (children > 1 || depth === 0 ? 1 : 0));
    }
  };
  walk(null, 0);
  return rows;
}

/**
 * What a version is made of: a seed of its own, or the take that somebody's hand changed.
 *
 * @param {Track} version @param {Track[]} versions  Where those before it are looked for.
 */
export function madeOf(version, versions) {
  const { edit, seed } = version;
  if (!edit) return `song seed ${seed}`;
  if (edit.seed) return `take seed ${edit.seed}`;
  /** @type {Track | undefined} */
  let above = version;
  while (above?.edit && !above.edit.seed) {
    const { parent } = /** @type {Track} */ (above);
    above = versions.find((one) => one.id === parent);
  }
  if (!above) return "of a version that is not here";
  return above.edit ? `of take ${above.edit.seed}` : "of the first take";
}

const FIRST = 14;

class StudioVersions extends Piece {
  constructor() {
    super();
    /** How many tracks of the shelf are shown. */
    this.many = FIRST;
    /** @type {number | undefined} */
    this._wait = undefined;
  }

  /** @param {string} text */
  look(text) {
    clearTimeout(this._wait);
    this._wait = setTimeout(() => {
      this.many = FIRST;
      store.shelf.seek(text);
      void store.refresh();
    }, 250);
  }

  /** @param {number} there */
  more(there) {
    this.many += 2 * FIRST;
    this.requestUpdate();
    if (there >= this.many || !store.shelf.goesOn) return;
    store.shelf.farther();
    void store.refresh();
  }

  /** What tells a track from another one of its name. @param {Track} one */
  told(one) {
    const { edit, made_at: made } = one;
    const whole = [...store.shelf.tracks, ...store.versions];
    const known = !edit || edit.seed || whole.some(({ id }) => id === one.parent);
    const take = known ? `${editName(edit)}, ${madeOf(one, whole)}` : editName(edit);
    return made ? `${take}, ${new Date(1000 * made).toLocaleString([], { dateStyle: "short", timeStyle: "short" })}` : take;
  }

  render() {
    const rows = asTree(store.versions);
    const others = store.shelf.tracks.filter((one) => !store.versions.some((v) => v.id === one.id));
    const shown = others.slice(0, this.many);
    const titles = store.shelf.tracks.map((one) => one.title);
    const twin = (/** @type {Track} */ one) => titles.indexOf(one.title) !== titles.lastIndexOf(one.title);
    return html`
      <section class="versions" aria-labelledby="versions-title">
        <h2 id="versions-title">Versions</h2>
        ${rows.length ? html`<ol class="tree">${repeat(rows, ({ version }) => version.id, ({ version, depth }) => this.one(version, depth))}</ol>`
          : html`<p class="empty">Every edit becomes a version. Nothing is ever overwritten.</p>`}
        ${store.rival ? html`<div class="ab" role="group" aria-label="Compare at equal loudness">
          <button type="button" aria-pressed=${store.side === "a" ? "true" : "false"} @click=${() => store.switchTo("a")}>A</button>
          <button type="button" aria-pressed=${store.side === "b" ? "true" : "false"} @click=${() => store.switchTo("b")}>B</button>
          <span class="faint">${store.versions.some((v) => v.id === store.rival?.id) ? "" : html`B is “${store.rival.title}”; `}equally loud, X switches</span>
          <button type="button" class="quiet" @click=${() => store.compare(null)}>Done</button></div>` : nothing}
      </section>
      <section class="library" aria-labelledby="library-title">
        <h2 id="library-title">From the shelf</h2>
        <input type="text" class="seek-shelf" aria-label="Look on the shelf" placeholder="Title, recipe, mood or key" maxlength="200" @input=${(/** @type {InputEvent} */ e) => this.look(/** @type {HTMLInputElement} */ (e.target).value)}>
        ${shown.length ? html`<ul>${repeat(shown, (one) => one.id, (one) => html`<li><button type="button" @click=${() => store.open(one.id)}>
            <img alt="" loading="lazy" width="40" height="40" src=${one.files?.includes("cover.png") ? fileUrl(one.id, "cover.png") : nothing}>
            <span><b>${one.title}</b><small>${one.recipe}, ${clock(one.seconds ?? 0)}${twin(one) ? html`<br>${this.told(one)}` : nothing}${store.drafts.has(one.id) ? html`<em>changes not kept</em>` : nothing}</small></span></button></li>`)}</ul>`
          : html`<p class="empty" role="status">${store.shelf.sought ? "Nothing like that lies here." : "What the station has made will lie here."}</p>`}
        ${others.length > this.many || store.shelf.goesOn ? html`<button type="button" class="quiet" @click=${() => this.more(others.length)}>More</button>` : nothing}
      </section>`;
  }

  /** @param {Version} version @param {number} depth */
  one(version, depth) {
    const here = version.id === store.score?.track;
    const rival = version.id === store.rival?.id;
    const name = editName(version.edit);
    const seed = madeOf(version, store.versions);
    return html`<li class="${here ? "here" : ""} ${rival ? "rival" : ""}" ${ref(set("--depth", String(Math.min(depth, 6))))}>
      <button type="button" class="open" aria-current=${here ? "true" : "false"} @click=${() => store.open(version.id)}>
        <b>${name}</b><small>${seed}${version.lufs ? `, ${loudness(version.lufs)}` : ""}${store.drafts.has(version.id) ? html`<em>changes not kept</em>` : nothing}</small></button>
      ${here ? html`<span class="tag">${store.rival ? "A" : "here"}</span>` : html`<button type="button" class="tag" ?disabled=${store.deleted} aria-pressed=${rival ? "true" : "false"}
        aria-label=${`Compare with ${name}, ${seed}`} title="Compare at equal loudness" @click=${() => store.compare(rival ? null : version.id)}>B</button>`}
    </li>`;
  }
}

customElements.define("studio-versions", StudioVersions);
