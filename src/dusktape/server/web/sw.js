/**
 * Keeps the shell of the room and of the studio, so that they open without a network. Sound and API are never kept: what is live would be stale.
 *
 * The network comes first, so that a new version is seen at once; what it does not answer comes from the cache.
 */

const CACHE = "dusktape-shell-5";
const SHELL = [
  "/", "/studio", "/manifest.webmanifest", "/static/css/tokens.css", "/static/css/controls.css", "/static/css/radio.css", "/static/css/studio.css",
  "/static/fonts/fraunces-soft.woff2", "/static/fonts/figtree.woff2", "/static/icons/icon.svg", "/static/icons/icon-192.png",
  "/static/vendor/lit.js", "/static/js/api.js", "/static/js/clock.js", "/static/js/signs.js",
  ...["ambience", "heard", "icons", "keys", "main", "memory", "noises", "player", "radio", "room", "stage", "timers"].map((n) => `/static/js/radio/${n}.js`),
  ...["history", "now", "page", "part", "single", "sounds", "steer", "timing", "transport"].map((n) => `/static/js/radio/view/${n}.js`),
  ...["address", "again", "bench", "bringing", "calls", "chords", "choosing", "drafts", "element", "format", "hands", "hearing", "main", "make", "notes", "paint", "roll", "shelf", "sound", "store", "transport", "versions"].map((n) => `/static/js/studio/${n}.js`),
  ...["air", "cat", "colour", "desk", "index", "light", "outside", "person", "room", "shapes", "weather"].map((n) => `/static/scene/${n}.js`),
];
const PATIENCE_MS = 4000;

const worker = /** @type {any} */ (self);

worker.addEventListener("install", (/** @type {any} */ event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => worker.skipWaiting()));
});

worker.addEventListener("activate", (/** @type {any} */ event) => {
  const old = async () => {
    for (const name of await caches.keys()) if (name.startsWith("dusktape-") && name !== CACHE) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(old());
});

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  const ours = url.origin === location.origin && request.method === "GET" && !request.headers.has("range");
  const page = ["/", "/studio"].includes(url.pathname) || url.pathname === "/manifest.webmanifest" || url.pathname.startsWith("/static/");
  if (ours && page) event.respondWith(answer(request, url));
  else if (ours && request.mode === "navigate" && url.pathname.startsWith("/t/")) event.respondWith(answer(request, url, "/"));
});

/** @param {Request} request @param {URL} url @param {string} [otherwise] What is shown where nothing is kept under this address. */
async function answer(request, url, otherwise) {
  const cache = await caches.open(CACHE);
  const name = otherwise ?? url.pathname;
  const known = SHELL.includes(name);
  try {
    const fresh = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (fresh.ok && known && !otherwise) await cache.put(name, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await cache.match(name);
    if (kept) return kept;
    throw error;
  }
}
