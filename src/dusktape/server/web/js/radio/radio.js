/** The station as a listener has it: what is heard now, what was, what he thinks of it. */

import { ApiError, SAMPLE_RATE, api, fileUrl, listen } from "../api.js";
import { chordAt, entryAfter, entryAt, levelAt, pulse, sectionAt, within } from "./heard.js";
import { Player } from "./player.js";

/** @typedef {import("../api.js").Entry} Entry */
/** @typedef {import("../api.js").Track} Track */

const BEHIND = 12 * SAMPLE_RATE;
const TICK_MS = 150;
const KEPT = 120;

/** A planned entry may get another track before it begins. @param {Entry} entry */
const named = (entry) => `${entry.id} ${entry.track?.id ?? ""}`;

/** Events: `change` (anything to show), `heard` (another title), `said` (a line for the listener, in `detail`), `job`. */
export class Radio extends EventTarget {
  /** @param {HTMLAudioElement} audio @param {import("../api.js").Station} station */
  constructor(audio, station) {
    super();
    this.station = station;
    this.player = new Player(audio, station);
    /** @type {Entry[]} */
    this.entries = station.entries ?? [];
    /** @type {Entry | null} */
    this.heard = null;
    /** @type {Map<string, import("../api.js").Timeline>} */
    this.timelines = new Map();
    /** @type {Map<string, import("../api.js").Job>} */
    this.jobs = new Map();
    /** Entries whose timeline is gone, as their track was deleted. @type {Set<string>} */
    this.untimed = new Set();
    /** Tracks that left the library: an answer that was on its way says they are there. @type {Set<string>} */
    this.lost = new Set();
    this.connected = true;
    this.head = station.head;
    this.asked = performance.now();
    this.skipping = false;
    /** The order of a skip that waits until something is ready. @type {number | null} */
    this.owed = null;
    this.player.addEventListener("status", () => this.#changed());
    this.player.addEventListener("volume", () => this.#changed());
    this.player.addEventListener("refused", () => this.say("Press play: this browser starts no sound by itself."));
    listen(station.name, {
      entry: (entry) => this.#take([entry]),
      job: (job) => this.#job(job),
      like: (told) => this.#liked(told),
      gone: ({ track }) => this.#lost(track),
      station: (told) => this.#told(told),
      connection: (open) => this.#connection(open),
    });
    setInterval(() => this.tick(), TICK_MS);
    this.#session();
    this.tick();
  }

  /** The frame that is heard, or would be. */
  get frame() {
    const { player } = this;
    const frame = player.frame;
    if (frame !== null) return frame;
    if (player.last !== null && (player.wanted || performance.now() - player.pausedAt < 60_000)) return player.last;
    return this.head - BEHIND + ((performance.now() - this.asked) / 1000) * SAMPLE_RATE;
  }

  /** The track that is heard, as long as it is in the library. */
  get track() {
    const track = this.heard?.track;
    return track?.files?.length === 0 ? null : (track ?? null);
  }

  get next() {
    return entryAfter(this.entries, this.heard);
  }

  get timeline() {
    return this.heard ? (this.timelines.get(named(this.heard)) ?? null) : null;
  }

  /** What the picture moves to. */
  get motion() {
    const { heard, timeline } = this;
    const playing = this.player.status === "playing" ? 1 : 0;
    if (!heard || !timeline || !playing) return { level: 0, beat: 0, kick: 0, playing };
    const at = within(heard, this.frame);
    const quiet = this.player.muted ? 0 : 1;
    return {
      level: quiet * levelAt(timeline, at), beat: quiet * pulse(timeline.beats, at, 0.11), kick: quiet * pulse(timeline.kicks, at, 0.09), playing,
    };
  }

  /** Where in the song we are: seconds, share, chord, section. */
  get place() {
    const { heard, timeline } = this;
    if (!heard) return null;
    const frame = this.frame;
    const length = heard.end - heard.start;
    const at = within(heard, frame);
    return {
      seconds: Math.max(0, (frame - heard.start) / SAMPLE_RATE), length: length / SAMPLE_RATE,
      share: Math.max(0, Math.min(1, (frame - heard.start) / Math.max(1, length))),
      chord: timeline ? chordAt(timeline, at) : "", section: timeline ? sectionAt(timeline, at) : "",
    };
  }

  /** What was heard, the latest first. */
  get past() {
    const frame = this.frame;
    return this.entries.filter((e) => e.start <= frame).reverse();
  }

  /** @param {string} line */
  say(line) {
    this.dispatchEvent(new CustomEvent("said", { detail: line }));
  }

  tick() {
    const frame = this.frame;
    const heard = entryAt(this.entries, frame);
    if (heard && heard.id !== this.heard?.id) {
      this.heard = heard;
      void this.#time(heard);
      const next = this.next;
      if (next) void this.#time(next);
      this.#name(heard);
      this.dispatchEvent(new Event("heard"));
      this.#changed();
    } else if (!heard && this.connected && performance.now() - this.asked > 4000) void this.refresh();
    this.dispatchEvent(new Event("tick"));
  }

  toggle() {
    if (this.player.wanted) this.player.pause();
    else void this.player.play();
  }

  async skip() {
    if (this.skipping) return;
    this.skipping = true;
    this.#changed();
    await this.#try("Skipping", async () => {
      const { at, order } = await api.skip(this.station.name);
      this.owed = at === null ? order : null;
      if (at === null) this.say("Nothing else is ready yet; it skips as soon as something is.");
      await this.refresh();
      if (at !== null) this.#jump(at);
    });
    this.skipping = false;
    this.#changed();
  }

  /** @param {number} at */
  #jump(at) {
    if (this.player.wanted) this.player.jump(at);
    else this.player.last = at;
    this.tick();
  }

  /** @param {Track} track @param {-1 | 1} value Asked twice, it is taken back. */
  async like(track, value) {
    const before = track.liked ?? 0;
    const now = before === value ? 0 : value;
    this.#each(track.id, (known) => (known.liked = now));
    const done = await this.#try(value > 0 ? "Liking" : "Disliking", () => api.like(track.id, now));
    if (!done) this.#each(track.id, (known) => (known.liked = before));
    else this.say(now > 0 ? "More like this, then." : now < 0 ? "Less of this, then." : "Taken back.");
  }

  /** @param {{mood?: string | null, energy?: number | null, weather?: string | null}} wanted */
  async steer(wanted) {
    const before = this.station.settings;
    this.station.settings = { ...before, ...wanted };
    this.#changed();
    if (await this.#try("Steering", () => api.steer(this.station.name, wanted))) return;
    this.station.settings = before;
    this.#changed();
  }

  /** @param {Track} track */
  async again(track) {
    if (await this.#try("Sending a track to the station", () => api.queue(this.station.name, track.id, true))) this.say(`${track.title} comes next.`);
  }

  /** @param {Track} track */
  async stems(track) {
    await this.#try("Making stems", async () => this.#job(await api.stems(track.id)));
  }

  async refresh() {
    this.asked = performance.now();
    const [station, past] = await Promise.all([
      api.station(this.station.name).catch(() => null), api.history(this.station.name, 60).catch(() => []),
    ]);
    if (!station) return;
    this.head = station.head;
    this.asked = performance.now();
    this.#told(station);
    this.#take([...past, ...(station.entries ?? [])]);
  }

  /** @param {string} what For people, if it is refused. @param {() => Promise<any>} task @returns {Promise<boolean>} */
  async #try(what, task) {
    try {
      await task();
      return true;
    } catch (error) {
      const line = error instanceof ApiError ? error.message : "That did not work.";
      this.say(error instanceof ApiError && error.status === 401 ? line.replace(/^This/, what) : line);
      return false;
    }
  }

  /** @param {Entry[]} some */
  #take(some) {
    const known = new Map(this.entries.map((e) => [e.id, e]));
    for (const entry of some) known.set(entry.id, this.#without({ ...known.get(entry.id), ...entry }));
    this.entries = [...known.values()].sort((a, b) => a.start - b.start || a.id - b.id).slice(-KEPT);
    const heard = this.heard && known.get(this.heard.id);
    if (heard) this.heard = heard;
    const skipped = this.owed === null ? undefined : some.find((e) => e.spec?.order === this.owed);
    if (skipped) {
      this.owed = null;
      this.#jump(skipped.start);
    }
    this.#changed();
  }

  /** @param {Partial<import("../api.js").Station>} told */
  #told(told) {
    Object.assign(this.station, told, { settings: { ...this.station.settings, ...told.settings } });
    this.#changed();
  }

  /** @param {import("../api.js").Job} job */
  #job(job) {
    this.jobs.set(job.id, job);
    this.dispatchEvent(new CustomEvent("job", { detail: job }));
    if (job.state === "failed" && job.kind === "stems") this.say(job.error ?? "The stems could not be made.");
    this.#changed();
  }

  /** @param {boolean} open */
  #connection(open) {
    if (open) void this.refresh();
    if (this.connected === open) return;
    if (open) void this.player.check();
    this.connected = open;
    this.#changed();
  }

  /** @param {string} id @param {(track: Track) => void} change */
  #each(id, change) {
    for (const entry of this.entries) if (entry.track?.id === id) change(entry.track);
    this.#changed();
  }

  /** What all, and what this listener, think of a track now. @param {{track: string, likes: number, liked: number}} told */
  #liked({ track, likes, liked }) {
    this.#each(track, (known) => Object.assign(known, { likes, liked }));
    this.dispatchEvent(new CustomEvent("liked", { detail: { track, likes, liked } }));
  }

  /** @param {Entry} entry @returns {Entry} the same, without files if its track was deleted */
  #without(entry) {
    if (entry.track && this.lost.has(entry.track.id)) {
      entry.timeline = false;
      entry.track.files = [];
    }
    return entry;
  }

  /** A track left the library: what was heard stays, without its files. @param {string} id */
  #lost(id) {
    this.lost.add(id);
    this.entries.forEach((entry) => this.#without(entry));
    this.#changed();
    this.dispatchEvent(new CustomEvent("gone", { detail: id }));
  }

  /** @param {Entry} entry */
  async #time(entry) {
    if (this.timelines.has(named(entry)) || this.untimed.has(named(entry)) || entry.timeline === false) return;
    const timeline = await api.timeline(entry.id).catch((error) => {
      if (error instanceof ApiError && error.status === 404) this.untimed.add(named(entry));
    });
    if (!timeline) return;
    this.timelines.set(named(entry), timeline);
    if (this.timelines.size > 6) this.timelines.delete(/** @type {string} */ (this.timelines.keys().next().value));
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
    if ("mediaSession" in navigator) {
      navigator.mediaSession.playbackState = this.player.wanted ? "playing" : this.player.last === null ? "none" : "paused";
    }
  }

  #session() {
    if (!("mediaSession" in navigator)) return;
    const { mediaSession } = navigator;
    mediaSession.setActionHandler("play", () => void this.player.play());
    mediaSession.setActionHandler("pause", () => this.player.pause());
    mediaSession.setActionHandler("stop", () => this.player.pause());
    mediaSession.setActionHandler("nexttrack", () => void this.skip());
  }

  /** @param {Entry} entry */
  #name(entry) {
    if (!("mediaSession" in navigator)) return;
    const { track } = entry;
    const artwork = track?.files?.includes("cover.png") ? [{ src: fileUrl(track.id, "cover.png"), type: "image/png" }] : [];
    navigator.mediaSession.metadata = new MediaMetadata({ title: entry.title, artist: "Dusktape", album: track?.recipe ?? "", artwork });
  }
}
