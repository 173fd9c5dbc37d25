/** What the room shows: the weather and the hour, by themselves or as the listener likes them. */

import { remember, remembered } from "./memory.js";

const HOURS = /** @type {Record<string, number | null>} */ ({ auto: null, day: 11.5, dusk: 18.9, night: 22.4 });
const WEATHERS = ["clear", "rain", "snow", "fog"];

export class Room extends EventTarget {
  constructor() {
    super();
    this.weather = String(remembered("weather", "auto"));
    this.hour = String(remembered("hour", "auto"));
  }

  /** @param {{weather?: string, hour?: string}} wanted */
  set(wanted) {
    Object.assign(this, wanted);
    remember("weather", this.weather);
    remember("hour", this.hour);
    this.dispatchEvent(new Event("change"));
  }

  /** @param {import("./radio.js").Radio} radio @param {import("./ambience.js").Ambience} ambience */
  shown(radio, ambience) {
    const asked = new URLSearchParams(location.search);
    const hour = Number(asked.get("hour") ?? NaN);
    const own = asked.get("weather") ?? this.weather;
    const told = radio.station.settings?.weather ?? radio.heard?.spec?.weather;
    const weather = WEATHERS.includes(own) ? own : ambience.levels.rain > 0 ? "rain" : WEATHERS.includes(told) ? told : "clear";
    return { weather: /** @type {import("./stage.js").Weather} */ (weather), hour: Number.isFinite(hour) ? hour : (HOURS[this.hour] ?? null) };
  }
}
