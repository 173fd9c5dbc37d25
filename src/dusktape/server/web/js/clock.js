/** How long things are, as all pages say it. */

/**
 * Whole hours, minutes and seconds that have passed; with tenths in what is shorter than ten seconds, so no sound lasts 0:00.
 *
 * @param {number} seconds @param {number} [of]  How long all of it is, where this is a place in it.
 */
export function clock(seconds, of = seconds) {
  if (of > 0 && of < 10) return `0:0${Math.min(9.9, Math.max(seconds, of === seconds ? 0.1 : 0)).toFixed(1)}`;
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
