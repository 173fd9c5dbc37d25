/** Puts the listener's page together. */

import { ApiError, api, takeToken } from "../api.js";
import { Ambience } from "./ambience.js";
import { Radio } from "./radio.js";
import { Room } from "./room.js";
import { Stage } from "./stage.js";
import { Pomodoro, SleepTimer, lasting } from "./timers.js";
import { Page } from "./view/page.js";

/** @typedef {{radio: Radio, ambience: Ambience, room: Room, stage: Stage, sleep: SleepTimer, pomodoro: Pomodoro}} World */

const AGAIN_MS = 3000;
const WEATHERS = { clear: "", rain: " It rains.", snow: " It snows.", fog: " There is fog.", auto: "" };

class NoStation extends Error {
  /** @param {string} message @param {string[]} others  The stations that are there. */
  constructor(message, others) {
    super(message);
    this.others = others;
  }
}

/** @returns {Promise<import("../api.js").Station>} */
async function findStation() {
  const asked = new URLSearchParams(location.search).get("station");
  const stations = await api.stations();
  const found = asked ? stations.find(({ name }) => name === asked) : stations[0];
  if (found) return found;
  throw new NoStation(asked ? `This server has no station "${asked}".` : "This server has no station yet.", stations.map(({ name }) => name));
}

/** @param {Radio} radio */
function announce(radio) {
  radio.addEventListener("heard", () => {
    const announcer = document.getElementById("announcer");
    if (announcer && radio.heard && radio.player.wanted) announcer.textContent = `Now playing: ${radio.heard.title}`;
  });
}

/** Join the timers to the sound. @param {World} world */
function time({ radio, ambience, sleep, pomodoro }) {
  sleep.addEventListener("change", () => {
    radio.player.setFactor("sleep", sleep.factor);
    ambience.setFactor(sleep.factor);
  });
  sleep.addEventListener("end", () => {
    radio.player.pause();
    ambience.sleep();
    radio.say("Sleep well.");
  });
  pomodoro.addEventListener("change", () => radio.player.setFactor("rest", pomodoro.factor));
  pomodoro.addEventListener("turn", () => {
    ambience.chime();
    radio.say(pomodoro.phase === "rest" ? "Time to rest. The music steps back." : "Back to work.");
  });
  lasting(sleep, "sleep");
  lasting(pomodoro, "pomodoro");
}

/** Keep the picture with the weather and the hour. @param {World} world @param {HTMLElement} place */
function dress({ radio, ambience, room, stage }, place) {
  const show = () => {
    const { weather, hour } = room.shown(radio, ambience);
    stage.set(weather, hour);
    place.setAttribute("aria-label", `A room: somebody studies at a desk, a cat looks out of the window.${WEATHERS[weather]}`);
  };
  for (const source of [radio, room, ambience]) source.addEventListener("change", show);
  show();
}

/** @param {Page} page */
async function open(page) {
  const audio = /** @type {HTMLAudioElement} */ (document.getElementById("sound"));
  const place = /** @type {HTMLElement} */ (document.getElementById("stage"));
  const seat = { motion: () => ({ level: 0, beat: 0, kick: 0, playing: 0 }) };
  const stage = new Stage(place, new URLSearchParams(location.search).get("station") ?? "dusktape", () => seat.motion());
  const room = new Room();
  const ambience = new Ambience();
  let station;
  while (!station) {
    try {
      station = await findStation();
    } catch (error) {
      page.problem = error instanceof Error ? error.message : String(error);
      page.away = error instanceof ApiError && error.status === 0;
      page.others = error instanceof NoStation ? error.others : [];
      page.requestUpdate();
      await Promise.race([new Promise((done) => setTimeout(done, AGAIN_MS)), page.asked()]);
    }
  }
  const world = { radio: new Radio(audio, station), ambience, room, stage, sleep: new SleepTimer(), pomodoro: new Pomodoro() };
  seat.motion = () => world.radio.motion;
  announce(world.radio);
  time(world);
  dress(world, place);
  page.begin(world);
  addEventListener("pointerdown", () => ambience.wake(), { once: true });
  addEventListener("keydown", () => ambience.wake(), { once: true });
  if (new URLSearchParams(location.search).has("play")) void world.radio.player.play();
}

takeToken();
const page = document.querySelector("dt-page");
if (page instanceof Page) void open(page);
if ("serviceWorker" in navigator && isSecureContext) void navigator.serviceWorker.register("/sw.js").catch(() => undefined);
