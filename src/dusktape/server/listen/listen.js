// @ts-check
/** A blind test: play two sounds, rate both, choose one. Nothing here knows which is which. */

/** @typedef {{trial: number, sounds: string[]}} Trial */

const WORDS = ["bad", "poor", "fair", "good", "excellent"];

/** @template {Element} T @param {string} selector @param {new () => T} kind @returns {T} */
function the(selector, kind) {
  const found = document.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`no ${selector}`);
  return found;
}

const who = the("#who", HTMLFormElement);
const pair = the("#pair", HTMLFormElement);
const next = the("#pair button[type=submit]", HTMLButtonElement);
const sides = [...document.querySelectorAll(".side")].map((side, place) => ({
  button: /** @type {HTMLButtonElement} */ (side.querySelector(".play")),
  word: /** @type {HTMLElement} */ (side.querySelector(".word")),
  heard: /** @type {HTMLProgressElement} */ (side.querySelector(".heard")),
  stars: /** @type {HTMLElement} */ (side.querySelector(".stars")),
  audio: /** @type {HTMLAudioElement} */ (side.querySelector("audio")),
  name: place === 0 ? "one" : "two",
  played: false,
}));

let listener = "";
/** @type {Trial[]} */
let waiting = [];
let all = 0;

for (const [place, side] of sides.entries()) {
  side.stars.append(
    ...WORDS.map((word, i) => {
      const label = document.createElement("label");
      const input = document.createElement("input");
      Object.assign(input, { type: "radio", name: `rating${place}`, value: String(i + 1) });
      label.append(input, word);
      return label;
    }),
  );
  side.button.addEventListener("click", () => toggle(place));
  side.audio.addEventListener("timeupdate", () => {
    side.heard.value = side.audio.duration ? side.audio.currentTime / side.audio.duration : 0;
    if (side.audio.currentTime > 0.5) side.played = true;
    ready();
  });
  for (const event of ["play", "pause", "ended"]) side.audio.addEventListener(event, () => show(place));
}

/** @param {number} place */
function toggle(place) {
  const { audio } = sides[place];
  sides[1 - place].audio.pause();
  if (audio.paused) audio.play().catch((error) => complain(`This sound does not play: ${error.message}`));
  else audio.pause();
}

/** @param {number} place */
function show(place) {
  const { button, word, audio, name } = sides[place];
  button.setAttribute("aria-pressed", String(!audio.paused));
  word.textContent = `${audio.paused ? "Play" : "Pause"} ${name}`;
}

/** @returns {{preferred: string, ratings: number[]}} */
function said() {
  const form = new FormData(pair);
  return {
    preferred: String(form.get("preferred") ?? ""),
    ratings: [Number(form.get("rating0")), Number(form.get("rating1"))],
  };
}

function ready() {
  const { preferred, ratings } = said();
  next.disabled = !(preferred && ratings.every(Boolean) && sides.every((s) => s.played));
}

function offer() {
  const trial = waiting[0];
  if (!trial) return finish();
  pair.reset();
  for (const [place, side] of sides.entries()) {
    side.audio.src = trial.sounds[place];
    side.heard.value = 0;
    side.played = false;
    show(place);
  }
  next.disabled = true;
  const done = all - waiting.length;
  the("#place", HTMLElement).textContent = `Pair ${done + 1} of ${all}`;
  the("#done", HTMLProgressElement).value = done / all;
  pair.hidden = false;
}

async function finish() {
  pair.hidden = true;
  const found = await ask(`/api/v1/results?listener=${encodeURIComponent(listener)}`);
  const percent = (/** @type {number} */ x) => `${Math.round(100 * x)} %`;
  const rating = (/** @type {any} */ r) => (r ? `${r.mean.toFixed(2)} (${r.interval.map((/** @type {number} */ x) => x.toFixed(2)).join(" to ")})` : "-");
  const rows = [
    [`Preferred ${found.a}`, String(found.preferred.A)],
    [`Preferred ${found.b}`, String(found.preferred.B)],
    ["Neither", String(found.preferred.neither)],
    [`Share for ${found.a}, with 95 % interval`, found.share_a === null ? "-" : `${percent(found.share_a)} (${found.share_a_interval.map(percent).join(" to ")})`],
    [`Rating of ${found.a}`, rating(found.rating_a)],
    [`Rating of ${found.b}`, rating(found.rating_b)],
    ["Answers, listeners", `${found.answers}, ${found.listeners}`],
  ];
  const table = document.createElement("table");
  for (const [head, value] of rows) {
    const row = table.insertRow();
    row.insertCell().textContent = head;
    row.insertCell().textContent = value;
  }
  the("#figures", HTMLElement).replaceChildren(table);
  the("#results", HTMLElement).hidden = false;
}

/** @param {string} url @param {RequestInit} [how] @returns {Promise<any>} */
async function ask(url, how) {
  try {
    const answer = await fetch(url, how);
    if (!answer.ok) throw new Error(`${answer.status}`);
    complain("");
    return await answer.json();
  } catch (error) {
    complain("Dusktape does not answer; is the command still running? Nothing that you sent before is lost.");
    throw error;
  }
}

/** @param {string} text */
function complain(text) {
  const problem = the("#problem", HTMLElement);
  problem.textContent = text;
  problem.hidden = !text;
}

who.addEventListener("submit", async (event) => {
  event.preventDefault();
  listener = the("#listener", HTMLInputElement).value.trim();
  if (!listener) return;
  const found = await ask(`/api/v1/trials?listener=${encodeURIComponent(listener)}`);
  all = found.all;
  waiting = found.open;
  who.hidden = true;
  offer();
});

pair.addEventListener("change", ready);
pair.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (next.disabled) return;
  next.disabled = true;
  for (const side of sides) side.audio.pause();
  const body = JSON.stringify({ trial: waiting[0].trial, listener, ...said() });
  try {
    await ask("/api/v1/answers", { method: "POST", headers: { "content-type": "application/json" }, body });
  } catch {
    next.disabled = false;
    return;
  }
  waiting.shift();
  offer();
});

document.addEventListener("keydown", (event) => {
  if (pair.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "1" || event.key === "2") toggle(Number(event.key) - 1);
  else if (event.key === " " && !(event.target instanceof HTMLButtonElement) && !(event.target instanceof HTMLInputElement)) {
    event.preventDefault();
    for (const side of sides) side.audio.pause();
  }
});
