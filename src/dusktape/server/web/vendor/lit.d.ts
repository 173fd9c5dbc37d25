export { LitElement, html, svg, css, nothing, render, noChange } from "lit";
export type { TemplateResult, PropertyValues, CSSResult } from "lit";
export { repeat } from "lit/directives/repeat.js";
export { classMap } from "lit/directives/class-map.js";
export { live } from "lit/directives/live.js";
export { ref, createRef } from "lit/directives/ref.js";
export { keyed } from "lit/directives/keyed.js";
export { ifDefined } from "lit/directives/if-defined.js";
export { guard } from "lit/directives/guard.js";
