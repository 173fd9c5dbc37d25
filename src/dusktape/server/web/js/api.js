/**
 * The HTTP API, typed: one function per question, one stream of events.
 *
 * Everything that changes something carries `X-Dusktape`, and the token if the address brought one (`#token=...`).
 * Every answer says whether we may change things: what we may not is refused here, and never sent.
 * A refusal becomes an `ApiError` whose message is the server's one line.
 */

/**
 * @typedef {object} Track  A finished track, or as much of one as a list shows.
 * @property {string} id
 * @property {string} title
 * @property {string} [recipe]
 * @property {string} [mood]
 * @property {string} [seed]  Text: it may have more digits than a number holds.
 * @property {number} [bpm]
 * @property {string} [key]
 * @property {number} [seconds]
 * @property {number} [frames]
 * @property {string} [licence]
 * @property {string | null} [parent]
 * @property {string} [song]  The first of its tree of versions.
 * @property {string[]} [files]  Names, as `master.flac`.
 * @property {number} [made_at]  Seconds since 1970.
 * @property {number} [likes]
 * @property {number} [liked]  What this listener thinks: -1, 0 or 1.
 * @property {boolean} [kept]
 * @property {string | null} [station]
 * @property {Record<string, any> | null} [edit]  What made it of its parent.
 */

/**
 * @typedef {object} Entry  Something in a station's programme. Frames are the station's own, 44,100 a second.
 * @property {number} id
 * @property {"track" | "interlude"} kind
 * @property {Track | null} track
 * @property {Record<string, any>} [spec]
 * @property {number} start
 * @property {number} end
 * @property {number} join  Frames of crossfade from the one before.
 * @property {string} title
 * @property {boolean} [timeline]  Whether `api.timeline` knows it.
 */

/**
 * @typedef {object} Timeline  When what happens in a track. Frames count from its start.
 * @property {number} sample_rate
 * @property {number} frames
 * @property {number} bpm
 * @property {string} key
 * @property {number[]} bars
 * @property {number[]} beats
 * @property {number[]} kicks
 * @property {{name: string, start: number, bars: number}[]} sections
 * @property {[number, string][]} chords
 * @property {{hop: number, db: number[]}} level
 */

/**
 * @typedef {object} Station
 * @property {string} name
 * @property {number} epoch  Seconds since 1970 at frame 0.
 * @property {number} head  The newest frame: what a new listener hears after the reserve that he is sent at once.
 * @property {Record<string, any>} settings
 * @property {boolean} [beyond]  Whether its recipes do not reach its dial.
 * @property {Entry[]} [entries]
 * @property {Entry | null} [now]
 * @property {Entry | null} [next]
 * @property {string[]} [encodings]
 * @property {number} [listeners]
 */

/**
 * @typedef {object} Job
 * @property {string} id
 * @property {string} kind
 * @property {Record<string, any>} spec
 * @property {"queued" | "running" | "done" | "failed" | "cancelled"} state
 * @property {number} progress  0 to 1.
 * @property {string} stage
 * @property {string | null} error
 * @property {string | null} track
 * @property {Record<string, any> | null} result
 * @property {string} [group]
 * @property {number | null} [position]
 */

/**
 * @typedef {object} EventHandlers
 * @property {(entry: Entry) => void} [entry]
 * @property {(job: Job) => void} [job]
 * @property {(station: Partial<Station>) => void} [station]
 * @property {(like: {track: string, likes: number, liked: number}) => void} [like]
 * @property {(track: {track: string}) => void} [gone]  A track left the library.
 * @property {(open: boolean) => void} [connection]  Called when the stream of events opens and when it breaks.
 */

export const SAMPLE_RATE = 44100;

/** What the server refused, in one line that can be shown. */
export class ApiError extends Error {
  /** @param {string} message @param {number} status */
  constructor(message, status) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

const TOKEN = "dusktape.token";
const WAY = "open the address with #token= that the terminal printed.";

/** Whether we may change things, as the latest answer said it; null before the first. @type {boolean | null} */
let may = null;

/** Move a token from the address to this tab's memory, so that it is in no link that is copied; now, and whenever one is put there. */
export function takeToken() {
  addEventListener("hashchange", keepToken);
  keepToken();
}

function keepToken() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!found) return;
  sessionStorage.setItem(TOKEN, found);
  may = null;
  history.replaceState(null, "", location.pathname + location.search);
}

/** Why nothing can be changed from here; empty where it can, or is not known yet. */
export const keptOut = () => (may === false ? lacking("Making and changing need") : "");

/** Whether a token opens this station to us. */
export const hasKey = () => may === true && sessionStorage.getItem(TOKEN) !== null;

/** @param {string} what  As `This needs`. */
function lacking(what) {
  const other = sessionStorage.getItem(TOKEN) ? ", and this tab has another" : "";
  return `${what} the station's token${other}: ${WAY}`;
}

/**
 * @param {string} method
 * @param {string} path  Below `/api/v1/`.
 * @param {{body?: unknown, raw?: Blob, signal?: AbortSignal}} [options]
 * @returns {Promise<any>}
 */
export async function request(method, path, { body, raw, signal } = {}) {
  if (may === false && (method !== "GET" || path === "uploads")) throw new ApiError(refusal(null, 401), 401);
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (method !== "GET") headers["X-Dusktape"] = "1";
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(`/api/v1/${path}`, {
      method, headers, signal, cache: "no-store", body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("The station cannot be reached right now.", 0);
  }
  if (token === sessionStorage.getItem(TOKEN)) may = answer.headers.get("X-Dusktape-May") !== "listen";
  const text = await answer.text();
  /** @type {any} */
  let data = null;
  try {
    data = text ? JSON.parse(text) : null;
  } catch {
    if (answer.ok) throw new ApiError("The station's answer could not be read.", answer.status);
  }
  if (!answer.ok) throw new ApiError(refusal(data, answer.status), answer.status);
  return data;
}

/** @param {any} data @param {number} status */
function refusal(data, status) {
  if (status === 401) return lacking("This needs");
  if (typeof data?.error?.what === "string") return sentence(data.error.what);
  return status === 404 ? "That is not there any more." : "The station could not do that right now.";
}

/** A line of the server as a page begins it; the name of a field stays as it is. @param {string} line */
export const sentence = (line) => line.replace(/^[a-z]+(?=[ ,;:])/, (word) => word[0].toUpperCase() + word.slice(1));

const part = encodeURIComponent;

/** @param {string} path @param {Record<string, string | number | boolean | null | undefined>} query */
function withQuery(path, query) {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return set.length ? `${path}?${new URLSearchParams(set.map(([k, v]) => [k, String(v)]))}` : path;
}

export const api = {
  /** @returns {Promise<Station[]>} */
  stations: async () => listed(await request("GET", "stations"), "stations"),
  /** @param {string} name @returns {Promise<Station>} */
  station: (name) => request("GET", `stations/${part(name)}`),
  /** `at` is null where nothing else is ready yet: an entry that names the order follows. @param {string} name @returns {Promise<{at: number | null, order: number}>} */
  skip: (name) => request("POST", `stations/${part(name)}/skip`),
  /** @param {string} name @param {{mood?: string | null, energy?: number | null, weather?: string | null}} settings */
  steer: (name, settings) => request("POST", `stations/${part(name)}/steer`, { body: settings }),
  /** @param {string} name @param {string} track @param {boolean} next */
  queue: (name, track, next) => request("POST", `stations/${part(name)}/queue`, { body: { track, next } }),
  /** @param {string} name @param {string} listener @returns {Promise<{frame: number}>} */
  listener: (name, listener) => request("GET", `stations/${part(name)}/listeners/${part(listener)}`),
  /** @param {string} name @param {number} [since] @returns {Promise<Entry[]>} */
  entries: async (name, since) =>
    listed(await request("GET", withQuery(`stations/${part(name)}/entries`, { since })), "entries"),
  /** What was planned last, oldest first. @param {string} name @param {number} [limit] @returns {Promise<Entry[]>} */
  history: async (name, limit) =>
    listed(await request("GET", withQuery(`stations/${part(name)}/history`, { limit })), "entries"),
  /** @param {number} id @returns {Promise<Timeline>} */
  timeline: (id) => request("GET", `entries/${id}/timeline`),

  /** @param {{limit?: number, before?: string, liked?: boolean, q?: string}} [query] @returns {Promise<Track[]>} */
  tracks: async (query = {}) => listed(await request("GET", withQuery("tracks", query)), "tracks"),
  /** A track that may be there: asked for so that nothing fails where it is not. @param {string} id @returns {Promise<Track>} */
  find: async (id) => {
    const some = /^[\w-]{1,64}$/.test(id) ? await api.tracks({ q: id }) : [];
    const found = some.find((one) => one.id === id);
    if (found) return found;
    throw new ApiError("There is no such track; it may have made room for newer ones.", 404);
  },
  /** @param {string} id @returns {Promise<Track>} */
  track: (id) => request("GET", `tracks/${part(id)}`),
  /** @param {string} id @param {-1 | 0 | 1} value */
  like: (id, value) => request("PUT", `tracks/${part(id)}/like`, { body: { value } }),
  /** @param {string} id @returns {Promise<Job>} */
  stems: (id) => request("POST", `tracks/${part(id)}/stems`),

  /** @param {{kind: string, spec: object, variants?: number}} order @returns {Promise<Job[]>} */
  submit: async (order) => listed(await request("POST", "jobs", { body: order }), "jobs"),
  /** @returns {Promise<Job[]>} */
  jobs: async () => listed(await request("GET", "jobs"), "jobs"),
  /** @param {string} id @returns {Promise<Job>} */
  job: (id) => request("GET", `jobs/${part(id)}`),
  /** @param {string} id */
  cancel: (id) => request("DELETE", `jobs/${part(id)}`),

  /** @param {string} text What a wish in words is understood as. */
  words: (text) => request("POST", "words", { body: { text } }),
  /** @returns {Promise<string[]>} */
  moods: async () => listed(await request("GET", "moods"), "moods"),
  recipes: () => request("GET", "recipes"),
  parts: () => request("GET", "parts"),
  /** @param {File} file */
  upload: (file) => request("POST", withQuery("uploads", { name: file.name }), { raw: file }),
  /** What was sent before, newest first, and what was deleted; nothing for who may not know it. @returns {Promise<{uploads: Record<string, any>[], deleted: Record<string, string>}>} */
  uploads: () => request("GET", "uploads").catch((error) => {
    if (error instanceof ApiError && error.status === 401) return { uploads: [], deleted: {} };
    throw error;
  }),
  /** @param {string} id */
  discard: (id) => request("DELETE", `uploads/${part(id)}`),
};

/** A list, whether it was sent bare or under its name. @param {any} answer @param {string} name @returns {any[]} */
function listed(answer, name) {
  return Array.isArray(answer) ? answer : (answer?.[name] ?? []);
}

/**
 * The address of a file of a track.
 *
 * @param {string} id @param {string} name  As `master.flac`. @param {{download?: boolean}} [options]
 */
export function fileUrl(id, name, { download = false } = {}) {
  const path = name.split("/").map(part).join("/");
  return `/api/v1/tracks/${part(id)}/files/${path}${download ? "?download=1" : ""}`;
}

/** @param {string} id */
export const bundleUrl = (id) => `/api/v1/tracks/${part(id)}/bundle.zip`;

/** @param {string} id The address at which one track can be found again. */
export const permalink = (id) => `/t/${part(id)}`;

const KINDS = /** @type {const} */ (["entry", "job", "station", "like", "gone"]);

/**
 * Listen to what happens at a station until the function that is returned is called. Reconnects by itself.
 *
 * @param {string} station @param {EventHandlers} handlers @returns {() => void}
 */
export function listen(station, handlers) {
  /** @type {EventSource | undefined} */
  let source;
  /** @type {number | undefined} */
  let again;
  const open = () => {
    source = new EventSource(`/api/v1/${withQuery("events", { station })}`);
    source.onopen = () => handlers.connection?.(true);
    source.onerror = () => {
      handlers.connection?.(false);
      if (source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(again);
      again = setTimeout(open, 2000);
    };
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        const data = parsed(event.data);
        if (data !== undefined) /** @type {any} */ (handlers[kind])?.(data);
      });
    }
  };
  open();
  return () => {
    clearTimeout(again);
    source?.close();
  };
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
