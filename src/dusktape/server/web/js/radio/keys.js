/** The keyboard: one key, one thing; silent while somebody types. */

/** @type {[string, string, string][]} The key, how it is shown, what it does. */
export const KEYS = [
  [" ", "space", "Play or pause"], ["m", "M", "Mute"], ["ArrowUp", "↑ ↓", "Louder, softer"], ["ArrowLeft", "← →", "A little softer, louder"],
  ["n", "N", "Next track"], ["l", "L", "More like this"], ["f", "F", "Fill the screen"], ["z", "Z", "Only the room"],
  ["?", "?", "These keys"], ["Escape", "Esc", "Close, come back"],
];

/** Whether a key belongs to the thing that has the focus. @param {KeyboardEvent} event */
function taken(event) {
  const target = /** @type {HTMLElement | null} */ (event.composedPath()[0] instanceof HTMLElement ? event.composedPath()[0] : null);
  if (!target || event.key === "Escape") return false;
  if (target.isContentEditable || target.closest("textarea, select, input:not([type=range])")) return true;
  if (event.key.startsWith("Arrow")) return Boolean(target.closest("input, [role=slider], [role=radiogroup]"));
  return event.key === " " && Boolean(target.closest("button, a, summary, [role=button]"));
}

/** @param {Record<string, () => void>} actions By key; letters small. */
export function onKeys(actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || taken(event)) return;
    const action = actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action || (event.repeat && !event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    action();
  });
}
