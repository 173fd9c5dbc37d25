/** Icons on a grid of 24, drawn with one stroke. */

import { html, svg } from "../../vendor/lit.js";

/** @type {Record<string, unknown>} */
const SHAPES = {
  play: svg`<path d="M8.2 5.1c0-.9 1-1.4 1.8-.9l9.2 6.5c.7.5.7 1.5 0 2L10 19.3c-.8.5-1.8 0-1.8-.9z" fill="currentColor" stroke="none"/>`,
  pause: svg`<rect x="6.4" y="4.6" width="4" height="14.8" rx="1.4" fill="currentColor" stroke="none"/><rect x="13.6" y="4.6" width="4" height="14.8" rx="1.4" fill="currentColor" stroke="none"/>`,
  skip: svg`<path d="M5 6.3c0-.8.9-1.2 1.5-.8l8 5.6c.6.4.6 1.3 0 1.7l-8 5.7c-.6.4-1.5 0-1.5-.8z" fill="currentColor" stroke="none"/><path d="M18.5 5.5v13"/>`,
  like: svg`<path d="M12 19.8S4.2 15.3 4.2 9.6A4.2 4.2 0 0 1 12 7.4a4.2 4.2 0 0 1 7.8 2.2c0 5.7-7.8 10.2-7.8 10.2z"/>`,
  liked: svg`<path d="M12 19.8S4.2 15.3 4.2 9.6A4.2 4.2 0 0 1 12 7.4a4.2 4.2 0 0 1 7.8 2.2c0 5.7-7.8 10.2-7.8 10.2z" fill="currentColor"/>`,
  dislike: svg`<path d="M7.5 13.5V5.2c0-.7.5-1.2 1.2-1.2h7.2c.8 0 1.5.5 1.7 1.3l1.5 5.6c.3 1.3-.6 2.6-2 2.6h-3.6l.6 3.6c.2 1.6-.9 2.9-2.4 2.9l-3.2-6.5zM7.5 13.5H4.8V4h2.7"/>`,
  volume: svg`<path d="M4.5 9.6v4.8h3l4.5 3.8V5.8L7.5 9.6z"/><path d="M15.5 9.2a4 4 0 0 1 0 5.6M18 6.8a7.4 7.4 0 0 1 0 10.4"/>`,
  muted: svg`<path d="M4.5 9.6v4.8h3l4.5 3.8V5.8L7.5 9.6z"/><path d="m16 9.7 4.6 4.6M20.6 9.7 16 14.3"/>`,
  rain: svg`<path d="M7.2 15.5a4 4 0 0 1-.4-8 5.4 5.4 0 0 1 10.3 1.3 3.4 3.4 0 0 1 .2 6.7"/><path d="m9 15-1.4 4M13 13.6l-2 5.8M16.6 15l-1.4 4"/>`,
  dial: svg`<path d="M6.3 18.3a8.2 8.2 0 1 1 11.4 0"/><path d="m12 12.5 3.6-4.6"/><circle cx="12" cy="12.5" r="1.3" fill="currentColor" stroke="none"/>`,
  timer: svg`<circle cx="12" cy="13.2" r="7.3"/><path d="M12 9.4v4l2.7 1.7M9.8 3.2h4.4"/>`,
  history: svg`<path d="M4.7 8.6A8.1 8.1 0 1 1 4 12.8"/><path d="M4.3 4.4v4.4h4.4M12 8.2v4.3l3 1.8"/>`,
  zen: svg`<path d="M19.6 14.3A8 8 0 0 1 9.7 4.4a8 8 0 1 0 9.9 9.9z"/>`,
  keys: svg`<rect x="3.2" y="6.4" width="17.6" height="11.2" rx="2.2"/><path d="M7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M7 13.9h.01M17 13.9h.01M10 13.9h4"/>`,
  close: svg`<path d="m6.5 6.5 11 11M17.5 6.5l-11 11"/>`,
  more: svg`<circle cx="6" cy="12" r="1.3" fill="currentColor" stroke="none"/><circle cx="12" cy="12" r="1.3" fill="currentColor" stroke="none"/><circle cx="18" cy="12" r="1.3" fill="currentColor" stroke="none"/>`,
  down: svg`<path d="M12 4.5v10.8M7.6 11 12 15.4l4.4-4.4M5 19.3h14"/>`,
  link: svg`<path d="M10.2 13.8a3.6 3.6 0 0 0 5.1 0l3-3a3.6 3.6 0 0 0-5.1-5.1l-1 1"/><path d="M13.8 10.2a3.6 3.6 0 0 0-5.1 0l-3 3a3.6 3.6 0 0 0 5.1 5.1l1-1"/>`,
  again: svg`<path d="M4.6 12A7.4 7.4 0 0 1 17.7 7.2l1.7 1.9M19.4 12A7.4 7.4 0 0 1 6.3 16.8l-1.7-1.9"/><path d="M19.6 4.8v4.4h-4.4M4.4 19.2v-4.4h4.4"/>`,
  studio: svg`<path d="M5.5 4.5v15M12 4.5v15M18.5 4.5v15"/><rect x="3.7" y="13" width="3.6" height="3.2" rx="1" fill="var(--room)"/><rect x="10.2" y="7" width="3.6" height="3.2" rx="1" fill="var(--room)"/><rect x="16.7" y="11" width="3.6" height="3.2" rx="1" fill="var(--room)"/>`,
  cassette: svg`<rect x="2.6" y="5.4" width="18.8" height="13.2" rx="2.4"/><circle cx="8.4" cy="11.2" r="2.1"/><circle cx="15.6" cy="11.2" r="2.1"/><path d="M10.6 13.3h2.8M7.2 18.4l1.3-2.3h7l1.3 2.3"/>`,
  vinyl: svg`<circle cx="12" cy="12" r="8"/><circle cx="12" cy="12" r="2.6"/><path d="M12 6.8a5.2 5.2 0 0 1 5.2 5.2"/>`,
  fire: svg`<path d="M12 3.8c.6 3.3 5.6 5.3 5.6 10a5.6 5.6 0 0 1-11.2 0c0-2.3 1.2-3.7 2.3-5 .3 1.4 1 2.1 1.8 2.4-.2-2.700.2-5.3 1.5-7.4z"/>`,
  cafe: svg`<path d="M5.5 10h10.8v4.6a4.4 4.4 0 0 1-4.4 4.4H9.9a4.4 4.4 0 0 1-4.4-4.4zM16.3 11.2h1.2a2.3 2.3 0 0 1 0 4.6h-1.3M8.7 4v2.6M12.3 4v2.6"/>`,
  wind: svg`<path d="M3.8 9.4h9.9a2.5 2.5 0 1 0-2.4-3.2M3.8 13h14a2.6 2.6 0 1 1-2.4 3.5M3.8 16.6h7.1"/>`,
  full: svg`<path d="M4.5 9V4.5H9M15 4.5h4.5V9M19.5 15v4.5H15M9 19.5H4.5V15"/>`,
};

/** @param {string} name */
export function icon(name) {
  return html`<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"
    aria-hidden="true" focusable="false">${SHAPES[name]}</svg>`;
}
