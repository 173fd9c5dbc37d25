/**
 * The sound: one plain audio element, a live stream, and the frame of the station's clock that is heard.
 *
 * It never goes through Web Audio: phones stop that when the screen goes dark. When the stream breaks, it connects again by
 * itself and goes on near where it stopped.
 */

import { api, SAMPLE_RATE } from "../api.js";
import { freshName, remember, remembered } from "./memory.js";

/** @typedef {"idle" | "starting" | "playing" | "waiting"} Status */

const LOOK_MS = 400;
const STUCK_MS = 1600;
const PATIENCE_MS = 4500;
const RETRY_MS = 700;
const KEPT_S = 60;
const SEGMENT = 176_128;
const NEAR_S = 0.4;
const LISTED_MS = 250;
const LISTED_TRIES = 14;
const WITHOUT_CUES = { enableID3MetadataCues: false, enableEmsgMetadataCues: false, enableDateRangeMetadataCues: false };

export class Player extends EventTarget {
  /** @param {HTMLAudioElement} audio @param {import("../api.js").Station} station */
  constructor(audio, station) {
    super();
    this.audio = audio;
    this.station = station;
    /** @type {Status} */
    this.status = "idle";
    this.wanted = false;
    this.volume = clamped(remembered("volume", 0.8));
    this.muted = Boolean(remembered("muted", false));
    /** @type {Record<string, number>} Factors that others lay on the volume: a sleep timer, a pause of work. */
    this.factors = {};
    /** @type {number | null} */
    this.base = null;
    this.last = /** @type {number | null} */ (null);
    this.pausedAt = 0;
    /** @type {import("../../vendor/hls.js").default | null} */
    this.hls = null;
    /** @type {import("../../vendor/hls.js").Segment | null} The one that is heard. */
    this.segment = null;
    this.epoch = station.epoch;
    this.connection = 0;
    this.moved = 0;
    this.seen = -1;
    this.since = 0;
    this.began = false;
    this.retry = 0;
    this.listener = "";
    this.withoutHls = false;
    audio.addEventListener("playing", () => this.#playing());
    for (const kind of ["error", "ended"]) audio.addEventListener(kind, () => this.#broken());
    audio.addEventListener("pause", () => this.#paused());
    setInterval(() => this.#look(), LOOK_MS);
    this.#apply();
  }

  /** Whether HLS is used: where a station offers it and is not on this very machine, where MP3 answers sooner. */
  get streams() {
    const asked = new URLSearchParams(location.search).get("stream");
    if (this.withoutHls || asked === "mp3" || !this.station.encodings?.includes("hls")) return false;
    return asked === "hls" || !["localhost", "127.0.0.1", "[::1]"].includes(location.hostname);
  }

  /** The frame that is heard now; null while nothing sounds. @returns {number | null} */
  get frame() {
    if (this.status !== "playing") return null;
    if (this.hls) {
      const { segment } = this;
      return segment && Math.round(Number(segment.sn) * SEGMENT + (this.audio.currentTime - segment.start) * SAMPLE_RATE);
    }
    const date = this.#startDate();
    if (date) return Math.round((date / 1000 - this.epoch) * SAMPLE_RATE);
    return this.base === null ? null : Math.round(this.base + this.audio.currentTime * SAMPLE_RATE);
  }

  #startDate() {
    if (this.base !== null || !this.streams) return null;
    const from = /** @type {any} */ (this.audio).getStartDate?.();
    const ms = from?.getTime();
    return Number.isFinite(ms) ? ms + this.audio.currentTime * 1000 : null;
  }

  /** Start, or go on where it was paused if that is not long ago. @param {number} [at] A frame to begin at. */
  async play(at) {
    this.wanted = true;
    const stale = (performance.now() - this.pausedAt) / 1000 > KEPT_S;
    return this.#connect(at ?? (stale ? undefined : (this.last ?? undefined)));
  }

  pause() {
    this.wanted = false;
    this.last = this.frame ?? this.last;
    this.pausedAt = performance.now();
    this.#release();
    this.#become("idle");
  }

  /** Begin again at a frame, as after a skip. @param {number} at */
  jump(at) {
    this.last = at;
    if (this.wanted) void this.#connect(at);
  }

  /**
   * Look whether the stream is still the one that was opened. Where a connection breaks, a browser may open the address
   * again by itself and go on with whatever comes: then nobody knows what is heard, so we open it again where we are.
   */
  async check() {
    if (this.status !== "playing" || this.streams || this.base === null) return;
    const mine = this.connection;
    const frame = await api.listener(this.station.name, this.listener).then((told) => told.frame, (error) => (error.status === 404 ? -1 : null));
    if (mine === this.connection && this.wanted && frame !== null && frame !== this.base) void this.#connect(this.frame ?? undefined);
  }

  /** @param {number} volume 0 to 1. */
  setVolume(volume) {
    this.volume = clamped(volume);
    if (this.volume > 0) this.muted = false;
    remember("volume", this.volume);
    remember("muted", this.muted);
    this.#apply();
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    this.muted = muted;
    remember("muted", muted);
    this.#apply();
  }

  /** @param {string} name Whose. @param {number} factor 0 to 1. */
  setFactor(name, factor) {
    this.factors[name] = clamped(factor);
    this.#apply();
  }

  #apply() {
    const factor = Object.values(this.factors).reduce((a, b) => a * b, 1);
    this.audio.volume = this.volume ** 1.6 * factor;
    this.audio.muted = this.muted;
    this.dispatchEvent(new Event("volume"));
  }

  /** @param {Status} status */
  #become(status) {
    if (this.status === status) return;
    this.status = status;
    this.dispatchEvent(new Event("status"));
  }

  /** @param {number} [at] */
  async #connect(at) {
    clearTimeout(this.retry);
    const mine = ++this.connection;
    this.#become(this.status === "idle" ? "starting" : "waiting");
    this.#drop();
    this.base = null;
    this.began = false;
    this.since = this.moved = performance.now();
    this.seen = -1;
    this.epoch = this.station.epoch;
    if (this.streams) await this.#openHls(mine, at);
    else this.#openMp3(at);
    if (mine !== this.connection || !this.wanted) return;
    try {
      await this.audio.play();
    } catch (error) {
      if (mine !== this.connection || !(error instanceof DOMException)) return;
      if (error.name === "NotAllowedError") {
        this.pause();
        this.dispatchEvent(new Event("refused"));
      } else if (error.name !== "AbortError") this.#broken();
    }
  }

  /** @param {number} [at] */
  #openMp3(at) {
    this.listener = freshName();
    const query = new URLSearchParams({ station: this.station.name, listener: this.listener });
    if (at !== undefined) query.set("at", String(Math.max(0, Math.round(at))));
    this.audio.src = `/live.mp3?${query}`;
  }

  /** @param {number} mine @param {number} [at] */
  async #openHls(mine, at) {
    const list = `/hls/${encodeURIComponent(this.station.name)}/live.m3u8`;
    if (this.audio.canPlayType("application/vnd.apple.mpegurl") && !globalThis.MediaSource) {
      this.audio.src = list;
      return;
    }
    const { default: Hls } = await import("../../vendor/hls.js");
    if (mine !== this.connection) return;
    if (!Hls.isSupported()) {
      this.withoutHls = true;
      this.#openMp3(at);
      return;
    }
    const startPosition = at === undefined ? -1 : await placeOf(list, at);
    if (mine !== this.connection) return;
    this.hls = new Hls({ enableWorker: false, liveSyncDurationCount: 2, startPosition, ...WITHOUT_CUES });
    let goal = at;
    this.hls.on(Hls.Events.FRAG_CHANGED, (_name, { frag }) => {
      this.segment = frag ?? null;
      if (goal !== undefined) this.#seek(goal);
      goal = undefined;
    });
    this.hls.on(Hls.Events.ERROR, (_name, problem) => {
      if (!problem.fatal) return;
      if (!this.began) this.withoutHls = true;
      this.#broken();
    });
    this.hls.loadSource(list);
    this.hls.attachMedia(this.audio);
  }

  /** Go to a frame, if it lies in what can be reached. @param {number} frame */
  #seek(frame) {
    const { audio, segment } = this;
    if (!segment || !audio.seekable.length) return;
    const goal = segment.start + (frame - Number(segment.sn) * SEGMENT) / SAMPLE_RATE;
    const far = Math.abs(goal - audio.currentTime) > NEAR_S;
    if (far && goal >= audio.seekable.start(0) && goal < audio.seekable.end(audio.seekable.length - 1)) audio.currentTime = goal;
  }

  #drop() {
    this.hls?.destroy();
    this.hls = null;
    this.segment = null;
  }

  #release() {
    clearTimeout(this.retry);
    this.connection++;
    this.#drop();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  async #playing() {
    if (!this.wanted) return;
    const mine = this.connection;
    this.began = true;
    this.moved = performance.now();
    this.#become("playing");
    if (this.base === null && !this.streams && this.listener) {
      const told = await api.listener(this.station.name, this.listener).catch(() => null);
      if (mine !== this.connection) return;
      this.base = told?.frame ?? this.last ?? this.station.head - 12 * SAMPLE_RATE;
    }
  }

  #paused() {
    if (this.wanted && this.began && !this.audio.ended && !this.audio.error && this.audio.hasAttribute("src")) this.pause();
  }

  #broken() {
    if (!this.wanted) return;
    this.last = this.frame ?? this.last;
    this.#become("waiting");
    clearTimeout(this.retry);
    this.retry = setTimeout(() => void this.#connect(this.last ?? undefined), RETRY_MS);
  }

  #look() {
    if (!this.wanted) return;
    const now = performance.now();
    if (this.audio.currentTime !== this.seen) {
      this.seen = this.audio.currentTime;
      this.moved = now;
      this.last = this.frame ?? this.last;
      if (this.began && this.status === "waiting") this.#become("playing");
    } else if (this.began && now - this.moved > STUCK_MS) {
      this.moved = now;
      void this.#connect(this.last ?? undefined);
    } else if (!this.began && now - this.since > PATIENCE_MS) {
      void this.#connect(this.last ?? undefined);
    }
  }
}

/**
 * Where in a playlist a frame lies, once it is there; -1, the end, for one that does not come.
 *
 * @param {string} list @param {number} frame @returns {Promise<number>} Seconds.
 */
async function placeOf(list, frame) {
  for (let i = 0; i < LISTED_TRIES; i++) {
    const text = await fetch(list).then((answer) => (answer.ok ? answer.text() : ""), () => "");
    const first = Number(/#EXT-X-MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1] ?? NaN) * SEGMENT;
    const end = first + (text.match(/^#EXTINF/gm)?.length ?? 0) * SEGMENT;
    if (frame < first) return -1;
    if (frame < end) return (frame - first) / SAMPLE_RATE;
    await new Promise((done) => setTimeout(done, LISTED_MS));
  }
  return -1;
}

/** @param {unknown} value */
function clamped(value) {
  const n = Number(value);
  return Number.isFinite(n) ? Math.max(0, Math.min(1, n)) : 0.8;
}
