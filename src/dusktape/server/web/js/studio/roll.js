/**
 * The notes of a part, to be seen and changed: a piano roll, or a grid for drums. Everything that a pointer does, keys do
 * too, and what has changed is said.
 */
import { html, nothing, live, ref } from "../../vendor/lit.js";
import { shut, why } from "./element.js";
import { counted, named, partColour, partName } from "./format.js";
import { GRIDS, Hands, KEYS, ZOOMS } from "./hands.js";
import { changed, clamp, snapped } from "./notes.js";
import { paint, paintVelocities } from "./paint.js";
import { RATE } from "./sound.js";
import { store } from "./store.js";

/**
 * @typedef {import("./notes.js").Note} Note
 * @typedef {import("./calls.js").Player} Player
 */

const EDGE = 7;

class StudioRoll extends Hands {
  constructor() {
    super();
    this._of = "";
    /** @type {null | {kind: "move" | "stretch" | "box" | "velocity" | "pan", x: number, y: number, tick: number, row: number, before: readonly Note[], boxed?: [number, number, number, number], fresh?: boolean, pan?: [number, number, number, number]}} */
    this._drag = null;
    this._frame = 0;
    this._seen = false;
    this._resize = new ResizeObserver(() => {
      const seen = this.clientWidth > 0;
      if (seen && !this._seen) this.settle();
      this._seen = seen;
      this.draw();
    });
    this._opened = () => this.adopt();
  }

  connectedCallback() {
    super.connectedCallback();
    this._resize.observe(this);
    store.addEventListener("opened", this._opened);
    const follow = () => {
      this._frame = requestAnimationFrame(follow);
      this.point();
    };
    follow();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this._resize.disconnect();
    store.removeEventListener("opened", this._opened);
    cancelAnimationFrame(this._frame);
  }

  /** Turn to the part that is chosen. */
  adopt() {
    const player = this.player;
    const of = `${store.score?.track}/${player?.name}`;
    if (of === this._of) return;
    this._of = of;
    this.selected = new Set();
    this.usual({ cursor: 0 });
    this.said = "";
    this.requestUpdate();
    void this.updateComplete.then(() => this.settle());
  }

  /** Begin to look where the part begins to play. */
  settle() {
    const view = this.querySelector(".view");
    if (!(view instanceof HTMLElement) || !this.notes.length) return;
    const first = Math.min(...this.notes.map((n) => n.start));
    view.scrollLeft = Math.max(0, first * this.scale - 40);
    const rows = this.rows;
    const middle = this.notes.reduce((sum, n) => sum + rows.indexOf(n.pitch), 0) / this.notes.length;
    view.scrollTop = Math.max(0, middle * this.rowHeight - view.clientHeight / 2);
    this.draw();
  }

  willUpdate() {
    this.adopt();
  }

  updated() {
    this.draw();
  }

  point() {
    const line = this.querySelector(".roll .now");
    const score = store.score;
    if (!(line instanceof HTMLElement) || !score) return;
    const tick = (store.deck.time / Math.max(score.frames / RATE, 0.01)) * score.length;
    line.style.transform = `translateX(${KEYS + tick * this.scale}px)`;
    const view = this.querySelector(".view");
    if (store.deck.playing && !store.deck.waiting && view instanceof HTMLElement && !this._drag) {
      const x = tick * this.scale;
      if (x > view.scrollLeft + view.clientWidth - KEYS - 60 || x < view.scrollLeft) {
        view.scrollLeft = Math.max(0, x - 60);
        this.draw();
      }
    }
  }

  draw() {
    const score = store.score;
    const canvas = this.querySelector("canvas.notes");
    const view = this.querySelector(".view");
    if (!score || !(canvas instanceof HTMLCanvasElement) || !(view instanceof HTMLElement)) return;
    const look = {
      notes: this.notes, selected: this.selected, rows: this.rows, rowHeight: this.rowHeight, scale: this.scale,
      left: view.scrollLeft, top: view.scrollTop, beat: this.beat, beats: this.beats, grid: this.grid, end: this.end,
      drums: Boolean(this.player?.drums), chords: score.chords, key: score.key, colour: partColour(store.part ?? "", false),
      cursor: document.activeElement === canvas ? this.cursor : null, box: this._drag?.boxed ?? null, keys: KEYS,
    };
    paint(canvas, look);
    const velocities = this.querySelector("canvas.velocities");
    if (velocities instanceof HTMLCanvasElement) paintVelocities(velocities, look);
  }

  /** @param {PointerEvent | MouseEvent} event */
  spot(event) {
    const view = /** @type {HTMLElement} */ (this.querySelector(".view"));
    const box = view.getBoundingClientRect();
    const x = event.clientX - box.left + view.scrollLeft - KEYS;
    const y = event.clientY - box.top + view.scrollTop;
    return { x, y, tick: x / this.scale, row: clamp(Math.floor(y / this.rowHeight), 0, this.rows.length - 1) };
  }

  /** The note under a place, the one on top first. @param {{x: number, row: number}} at */
  under(at) {
    const pitch = this.rows[at.row];
    const wide = this.player?.drums ? 5 : 0;
    return [...this.notes].reverse().find((n) => n.pitch === pitch && at.x >= n.start * this.scale - wide
      && at.x <= Math.max((n.start + n.length) * this.scale, n.start * this.scale + 6)) ?? null;
  }

  /** Whether a place is where a note is stretched: at its end, and never most of it. @param {Note} note @param {number} x */
  atEnd(note, x) {
    const wide = note.length * this.scale;
    return !this.player?.drums && x > note.start * this.scale + wide - Math.min(EDGE, Math.max(2, 0.4 * wide));
  }

  /** @param {PointerEvent} event */
  press(event) {
    if (event.button || !this.player) return;
    const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget);
    const at = this.spot(event);
    canvas.focus({ preventScroll: true });
    if (at.x < 0) {
      store.deck.blip(this.rows[at.row], 90);
      return;
    }
    canvas.setPointerCapture(event.pointerId);
    event.preventDefault();
    const hit = this.under(at);
    if (hit) {
      if (event.shiftKey) {
        if (this.selected.has(hit.id)) this.selected.delete(hit.id);
        else this.selected.add(hit.id);
      } else if (!this.selected.has(hit.id)) this.selected = new Set([hit.id]);
      this.usual({ length: hit.length });
      this.usual({ cursor: hit.start });
      const kind = this.atEnd(hit, at.x) ? "stretch" : "move";
      this._drag = { kind, ...at, before: this.notes };
      if (!this.player.drums) store.deck.blip(hit.pitch, hit.velocity);
      this.tellOf(this.describe(hit));
    } else if (event.pointerType === "touch") {
      const view = /** @type {HTMLElement} */ (this.querySelector(".view"));
      this._drag = { kind: "pan", ...at, before: this.notes, pan: [event.clientX, event.clientY, view.scrollLeft, view.scrollTop] };
    } else if (event.shiftKey) {
      this._drag = { kind: "box", ...at, before: this.notes, boxed: [at.x, at.y, at.x, at.y] };
    } else {
      this.addAt(this.floor(at.tick), this.rows[at.row]);
      const start = this.notes.at(-1)?.start ?? 0;
      this._drag = { kind: this.player.drums ? "move" : "stretch", ...at, tick: start + this.length, before: this.notes, fresh: true };
    }
  }

  /** @param {PointerEvent} event */
  drag(event) {
    const drag = this._drag;
    if (!drag) {
      this.hover(event);
      return;
    }
    if (drag.pan) {
      const view = /** @type {HTMLElement} */ (this.querySelector(".view"));
      const [x, y, left, top] = drag.pan;
      if (Math.hypot(event.clientX - x, event.clientY - y) > 6) drag.fresh = true;
      if (drag.fresh) {
        view.scrollLeft = left + x - event.clientX;
        view.scrollTop = top + y - event.clientY;
      }
      return;
    }
    const at = this.spot(event);
    if (drag.kind === "box" && drag.boxed) {
      drag.boxed = [drag.boxed[0], drag.boxed[1], at.x, at.y];
      const [left, right] = [drag.boxed[0], at.x].sort((a, b) => a - b);
      const [top, bottom] = [drag.boxed[1], at.y].sort((a, b) => a - b);
      const rows = this.rows;
      this.selected = new Set(this.notes.filter((n) => {
        const y = rows.indexOf(n.pitch) * this.rowHeight;
        return n.start * this.scale < right && (n.start + n.length) * this.scale > left && y < bottom && y + this.rowHeight > top;
      }).map((n) => n.id));
    } else if (drag.kind === "stretch") {
      const by = { length: snapped(at.tick - drag.tick, this.grid) };
      this.history.now = changed(drag.before, this.selected, by, this.end);
    } else if (drag.kind === "move") {
      const rows = this.rows;
      const ticks = Math.abs(at.x - drag.x) < 3 ? 0 : snapped(at.tick - drag.tick, this.grid);
      const lead = drag.before.find((n) => this.selected.has(n.id));
      const to = lead ? rows[clamp(rows.indexOf(lead.pitch) + at.row - drag.row, 0, rows.length - 1)] : 0;
      const was = this.notes.find((n) => n.id === lead?.id)?.pitch;
      this.history.now = changed(drag.before, this.selected, { ticks, pitch: lead ? to - lead.pitch : 0 }, this.end);
      if (lead && was !== to && !this.player?.drums) store.deck.blip(to, lead.velocity);
    }
    this.draw();
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget);
    const at = this.spot(event);
    const hit = at.x >= 0 ? this.under(at) : null;
    canvas.dataset.cursor = hit && this.atEnd(hit, at.x) ? "stretch" : hit ? "move" : at.x < 0 ? "key" : "add";
  }

  drop() {
    const drag = this._drag;
    this._drag = null;
    if (!drag) return;
    if (drag.kind === "pan") {
      if (!drag.fresh) this.addAt(this.floor(drag.tick), this.rows[drag.row]);
    } else if (drag.kind === "box") this.tellOf(`${counted(this.selected.size, "note")} chosen`);
    else if (this.history.now !== drag.before) {
      const now = this.history.now;
      this.history.now = drag.before;
      if (drag.fresh) this.history.now = this.history.past.pop() ?? drag.before; // adding and stretching are one step
      const one = now.find((n) => this.selected.has(n.id));
      if (one && drag.kind === "stretch") this.usual({ length: one.length });
      this.put(now, one ? this.describe(one) : "");
    }
    this.requestUpdate();
  }

  /** Velocities are drawn by hand. @param {PointerEvent} event */
  shape(event) {
    if (event.type === "pointerdown") {
      /** @type {HTMLElement} */ (event.currentTarget).setPointerCapture(event.pointerId);
      this._drag = { kind: "velocity", x: 0, y: 0, tick: 0, row: 0, before: this.notes };
    }
    if (this._drag?.kind !== "velocity") return;
    const view = /** @type {HTMLElement} */ (this.querySelector(".view"));
    const box = /** @type {HTMLElement} */ (event.currentTarget).getBoundingClientRect();
    const tick = (event.clientX - box.left + view.scrollLeft - KEYS) / this.scale;
    const velocity = clamp(Math.round(127 * (1 - (event.clientY - box.top - 4) / (box.height - 8))), 1, 127);
    const reach = 6 / this.scale;
    const near = this.notes.filter((n) => Math.abs(n.start - tick) < reach);
    const some = near.some((n) => this.selected.has(n.id)) ? near.filter((n) => this.selected.has(n.id)) : near;
    if (!some.length) return;
    const ids = new Set(some.map((n) => n.id));
    this.history.now = this.notes.map((n) => (ids.has(n.id) ? { ...n, velocity } : n));
    this.said = `velocity ${velocity}`;
    this.draw();
  }

  discard() {
    store.draft.notes.delete(store.part ?? "");
    this.selected = new Set();
    this.tellOf("As it was");
    store.tell();
  }

  render() {
    const player = this.player;
    if (!player || !store.score) return nothing;
    const name = partName(player.name);
    const changes = this.history.changed;
    const { atHand, sent, written } = store.draft;
    const ready = atHand.notes !== "" && atHand.notes !== sent.notes && !store.deleted;
    const wide = KEYS + this.end * this.scale + 40;
    const tall = this.rows.length * this.rowHeight;
    const size = (/** @type {Element | undefined} */ e) => {
      if (e instanceof HTMLElement) {
        e.style.width = `${wide}px`;
        e.style.height = `${tall}px`;
      }
    };
    return html`<section class="roll" aria-labelledby="roll-title">
      <header>
        <h2 id="roll-title"><i class=${`dot ${player.name}`}></i>${name}<small>${counted(this.notes.length, "note")}</small></h2>
        <div class="tools">
          <label class="narrow">Part <select @change=${(/** @type {Event} */ e) => { store.part = /** @type {HTMLSelectElement} */ (e.target).value; store.tell(); }}>
            ${store.score.parts.filter((p) => !p.texture).map((p) => html`<option value=${p.name} ?selected=${p.name === player.name}>${partName(p.name)}</option>`)}</select></label>
          <button type="button" class="quiet" ?disabled=${!this.history.past.length} @click=${() => this.back()}>Undo</button>
          <button type="button" class="quiet" ?disabled=${!this.history.future.length} @click=${() => this.forward()}>Redo</button>
          <label>Grid <select @change=${(/** @type {Event} */ e) => { this.grid = Number(/** @type {HTMLSelectElement} */ (e.target).value); this.requestUpdate(); }}>
            ${GRIDS.map(([ticks, label]) => html`<option value=${ticks} ?selected=${ticks === this.grid}>${label}</option>`)}</select></label>
          <label>Zoom <input type="range" min="0" max=${ZOOMS.length - 1} step="1" .value=${live(String(this.zoom))} @input=${(/** @type {InputEvent} */ e) => {
            this.zoom = Number(/** @type {HTMLInputElement} */ (e.target).value);
            this.requestUpdate();
          }}></label>
          <button type="button" class="quiet" ?disabled=${!changes} @click=${() => this.discard()}>Discard</button>
          <button type="button" class="primary small" aria-disabled=${shut()} aria-describedby=${why()} ?disabled=${!ready} title=${ready ? `Of ${named(Object.keys(written))}` : ""} @click=${() => store.saveNotes()}>Keep these notes</button>
        </div>
      </header>
      <div class="stage">
        <div class="view" @scroll=${() => this.draw()}><div class="size" ${ref(size)}>
          <canvas class="notes" tabindex="0" role="application" aria-label=${`Notes of ${name}`} aria-describedby="roll-help"
            @pointerdown=${this.press} @pointermove=${this.drag} @pointerup=${this.drop} @pointercancel=${this.drop}
            @dblclick=${this.twice} @keydown=${this.key} @focus=${() => this.draw()} @blur=${() => this.draw()} @wheel=${this.wheel}></canvas>
        </div></div>
        <div class="clip" aria-hidden="true"><div class="now"></div></div>
      </div>
      <canvas class="velocities" aria-hidden="true" @pointerdown=${this.shape} @pointermove=${this.shape} @pointerup=${this.drop} @pointercancel=${this.drop}></canvas>
      <p class="help" id="roll-help">Click to add, drag to move, drag an end to stretch, double-click or Delete to take away. Left and right walk from note to note, up and down change the pitch, with Alt left and right move it, with Shift they stretch it, plus and minus change how hard it is struck, Enter adds one.</p>
      <p class="visually-hidden" role="status" aria-live="polite">${this.said}</p>
    </section>`;
  }

  /** @param {MouseEvent} event */
  twice(event) {
    const hit = this.under(this.spot(event));
    if (!hit) return;
    this.selected = new Set([hit.id]);
    this.erase();
  }

  /** @param {WheelEvent} event */
  wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    this.zoom = clamp(this.zoom - Math.sign(event.deltaY), 0, ZOOMS.length - 1);
    this.requestUpdate();
  }
}

customElements.define("studio-roll", StudioRoll);
