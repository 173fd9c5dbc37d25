/** What all elements of the workbench share: they draw into the page itself, and again whenever the store says so. */
import { LitElement, nothing } from "../../vendor/lit.js";
import { keptOut } from "../api.js";
import { store } from "./store.js";

export class Piece extends LitElement {
  constructor() {
    super();
    this._again = () => this.requestUpdate();
  }

  createRenderRoot() {
    return this;
  }

  connectedCallback() {
    super.connectedCallback();
    store.addEventListener("change", this._again);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    store.removeEventListener("change", this._again);
  }
}

/**
 * Put an element somewhere along a line of a given length. Through the CSSOM: the page allows no style attributes.
 * @param {number} start @param {number} length @param {number} whole
 */
export function along(start, length, whole) {
  return (/** @type {Element | undefined} */ element) => {
    if (!(element instanceof HTMLElement)) return;
    element.style.left = `${(100 * start) / whole}%`;
    element.style.width = `${(100 * length) / whole}%`;
  };
}

/** Set a custom property. @param {string} name @param {string} value */
export const set = (name, value) => (/** @type {Element | undefined} */ element) => {
  if (element instanceof HTMLElement) element.style.setProperty(name, value);
};

/** Whether a button that needs the token looks as if it cannot be pressed: a click says why, as the note above does. */
export const shut = () => (keptOut() ? "true" : nothing);

/** The note that says why. */
export const why = () => (keptOut() ? "kept-out" : nothing);

/** A colour of tokens.css as it is here. @param {Element} element @param {string} name */
export const colour = (element, name) => getComputedStyle(element).getPropertyValue(name).trim() || "#f3b26a";

/** A canvas made as fine as the screen, cleared. @param {HTMLCanvasElement} canvas @returns {{to: CanvasRenderingContext2D, width: number, height: number} | null} */
export function sheet(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const to = canvas.getContext("2d");
  if (!to || !width || !height) return null;
  const fine = Math.min(2, devicePixelRatio || 1);
  if (canvas.width !== Math.round(width * fine) || canvas.height !== Math.round(height * fine)) {
    canvas.width = Math.round(width * fine);
    canvas.height = Math.round(height * fine);
  }
  to.setTransform(fine, 0, 0, fine, 0, 0);
  to.clearRect(0, 0, width, height);
  return { to, width, height };
}
