/** What lies on the bench, in the page's address and in the browser's history: Back goes to what was open before, reload stays. */

/** The track that the address names. */
export const asked = () => new URLSearchParams(location.search).get("track");

/**
 * Write down that a track is open: beside what was open before, or, where nobody asked for it, in its place.
 *
 * @param {string} track @param {{unasked?: boolean}} [how]
 */
export function note(track, { unasked = false } = {}) {
  const url = new URL(location.href);
  const same = asked() === track;
  url.searchParams.set("track", track);
  if (same || unasked) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
}

/**
 * Open what Back or Forward leads to; where that cannot be, the address says again what is open.
 *
 * @param {{score: {track: string} | null, loading: boolean, open: (track: string) => Promise<boolean>}} bench
 */
export function follow(bench) {
  addEventListener("popstate", async () => {
    const track = asked();
    if (!track || (await bench.open(track)) || bench.loading || !bench.score) return;
    note(bench.score.track, { unasked: true });
  });
}
