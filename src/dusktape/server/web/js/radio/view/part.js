/** What the page's parts have in common: they share the document's styles, and show themselves anew when a source changes. */

import { LitElement, html, ifDefined, nothing } from "../../../vendor/lit.js";
import { keptOut } from "../../api.js";
import { icon } from "../icons.js";

export class Part extends LitElement {
  constructor() {
    super();
    /** @type {[EventTarget, string[]][]} */
    this.sources = [];
    this.again = () => this.requestUpdate();
  }

  createRenderRoot() {
    return this;
  }

  /** @param {EventTarget} source @param {...string} kinds */
  follow(source, ...kinds) {
    this.sources.push([source, kinds]);
    if (this.isConnected) for (const kind of kinds) source.addEventListener(kind, this.again);
  }

  connectedCallback() {
    super.connectedCallback();
    for (const [source, kinds] of this.sources) for (const kind of kinds) source.addEventListener(kind, this.again);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    for (const [source, kinds] of this.sources) for (const kind of kinds) source.removeEventListener(kind, this.again);
  }
}

/** A part that shows the radio. */
export class RadioPart extends Part {
  /** @type {Record<string, {attribute?: boolean, state?: boolean}>} */
  static properties = { radio: { attribute: false } };
  /** Events of the radio after which it is shown anew. */
  static follows = ["change"];

  constructor() {
    super();
    this.radio = /** @type {import("../radio.js").Radio} */ (/** @type {unknown} */ (null));
  }

  connectedCallback() {
    this.follow(this.radio, .../** @type {typeof RadioPart} */ (this.constructor).follows);
    super.connectedCallback();
  }
}

/** Whether what needs the token looks as if it cannot be pressed: a press says why, as the note does. */
export const shut = () => (keptOut() ? "true" : nothing);

/** The note that says why. */
export const why = () => (keptOut() ? "kept-out" : nothing);

/**
 * A round button with an icon.
 *
 * @param {{name: string, label: string, key?: string, press: () => void, kind?: string, pressed?: boolean, expanded?: boolean,
 *   disabled?: boolean, changes?: boolean}} what  `changes`: it needs the token.
 */
export function iconButton({ name, label, key, press, kind = "", pressed, expanded, disabled = false, changes = false }) {
  const kept = changes && keptOut();
  const title = key ? `${label} (${key})` : label;
  return html`<button type="button" class="icon ${kind}" aria-label=${label} title=${kept ? `${title}. ${kept}` : title}
    aria-disabled=${changes ? shut() : nothing} aria-describedby=${changes ? why() : nothing}
    aria-pressed=${ifDefined(pressed)} aria-expanded=${ifDefined(expanded)}
    aria-keyshortcuts=${ifDefined(key)} ?disabled=${disabled} @click=${press}>${icon(name)}</button>`;
}

/** A range whose groove is filled as far as it stands. */
export class Fader extends LitElement {
  static properties = {
    value: { type: Number }, min: { type: Number }, max: { type: Number }, step: { type: Number }, label: {}, said: {},
  };

  constructor() {
    super();
    this.value = 0;
    this.min = 0;
    this.max = 100;
    this.step = 1;
    this.label = "";
    this.said = "";
  }

  createRenderRoot() {
    return this;
  }

  render() {
    return html`<input type="range" class="fader" min=${this.min} max=${this.max} step=${this.step} .value=${String(this.value)}
      aria-label=${this.label} aria-valuetext=${ifDefined(this.said || undefined)} @input=${this.#moved}>`;
  }

  updated() {
    const input = this.querySelector("input");
    input?.style.setProperty("--fill", `${((this.value - this.min) / (this.max - this.min)) * 100}%`);
    input?.toggleAttribute("data-off", this.value === this.min);
  }

  /** @param {Event} event */
  #moved(event) {
    event.stopPropagation();
    this.value = Number(/** @type {HTMLInputElement} */ (event.target).value);
    this.dispatchEvent(new CustomEvent("move", { detail: this.value }));
  }
}
customElements.define("dt-fader", Fader);
