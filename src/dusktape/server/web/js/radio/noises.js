/** Noises of a room, computed: loops of a few seconds whose ends meet. Full scale is 1. */

/** @param {number} seed */
function dice(seed) {
  let h = seed >>> 0;
  return () => {
    h = (h + 0x6d2b79f5) >>> 0;
    let t = Math.imul(h ^ (h >>> 15), h | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** @typedef {(channel: number, frames: number, rate: number) => Float32Array} Noise */

/** Noise whose power falls by 3 dB an octave, after Kellet's sum of first-order filters. @param {() => number} roll @param {number} frames */
function pink(roll, frames) {
  const out = new Float32Array(frames);
  let [a, b, c] = [0, 0, 0];
  for (let i = 0; i < frames; i++) {
    const white = roll() * 2 - 1;
    a = 0.99765 * a + white * 0.099046;
    b = 0.963 * b + white * 0.2965164;
    c = 0.57 * c + white * 1.0526913;
    out[i] = (a + b + c + white * 0.1848) * 0.12;
  }
  return out;
}

/** One pole, low. @param {Float32Array} x @param {number} hz @param {number} rate */
function dull(x, hz, rate) {
  const k = 1 - Math.exp((-2 * Math.PI * hz) / rate);
  let y = 0;
  for (let i = 0; i < x.length; i++) x[i] = y += k * (x[i] - y);
  return x;
}

/** What a one-pole low leaves. @param {Float32Array} x @param {number} hz @param {number} rate */
function thin(x, hz, rate) {
  const low = dull(x.slice(), hz, rate);
  for (let i = 0; i < x.length; i++) x[i] -= low[i];
  return x;
}

/**
 * Add short sounds at drawn places; what runs over the end goes on at the start, so that the loop has no seam.
 *
 * @param {Float32Array} x @param {() => number} roll @param {number} count
 * @param {(roll: () => number) => {frames: number, at: (i: number) => number}} make
 */
function scatter(x, roll, count, make) {
  for (let n = 0; n < count; n++) {
    const start = Math.floor(roll() * x.length);
    const { frames, at } = make(roll);
    for (let i = 0; i < frames; i++) x[(start + i) % x.length] += at(i);
  }
}

/** Fade the end into the start. @param {Float32Array} x @param {number} frames @returns {Float32Array} */
function looped(x, frames) {
  const extra = x.length - frames;
  const out = x.slice(0, frames);
  for (let i = 0; i < extra; i++) {
    const t = (i / extra) * (Math.PI / 2);
    out[i] = x[i] * Math.sin(t) + x[frames + i] * Math.cos(t);
  }
  return out;
}

const EXTRA_S = 0.5;

/** @type {Noise} */
function rain(channel, frames, rate) {
  const roll = dice(11 + channel);
  const bed = looped(thin(dull(pink(roll, frames + EXTRA_S * rate), 6500, rate), 320, rate), frames);
  for (let i = 0; i < frames; i++) bed[i] *= 0.85;
  scatter(bed, roll, Math.round((frames / rate) * 34), (r) => {
    const hz = 1400 + 4200 * r() ** 2;
    const loud = 0.05 * r() ** 3 + 0.006;
    const length = Math.round(rate * (0.004 + 0.012 * r()));
    return { frames: length * 4, at: (i) => loud * Math.sin((2 * Math.PI * hz * i * (1 + i / (40 * length))) / rate) * Math.exp(-i / length) };
  });
  return bed;
}

/** @type {Noise} */
function vinyl(channel, frames, rate) {
  const roll = dice(29 + channel);
  const bed = looped(thin(dull(pink(roll, frames + EXTRA_S * rate), 5000, rate), 900, rate), frames);
  for (let i = 0; i < frames; i++) bed[i] *= 0.1;
  const both = dice(31);
  const click = (/** @type {number} */ loudest, /** @type {number} */ sharp) => (/** @type {() => number} */ r) => {
    const loud = loudest * r() ** 4 + 0.008;
    const length = rate * (0.0002 + sharp * r());
    const sign = r() < 0.5 ? -1 : 1;
    return { frames: Math.round(length * 8), at: (/** @type {number} */ i) => sign * loud * Math.cos((i / length) * 1.6) * Math.exp(-i / length) };
  };
  scatter(bed, both, Math.round((frames / rate) * 16), click(0.34, 0.0004));
  scatter(bed, roll, Math.round((frames / rate) * 20), click(0.1, 0.0002));
  return bed;
}

/** @type {Noise} */
function fire(channel, frames, rate) {
  const roll = dice(47 + channel);
  const bed = looped(dull(pink(roll, frames + EXTRA_S * rate), 420, rate), frames);
  for (let i = 0; i < frames; i++) bed[i] *= 1.5 * (0.8 + 0.2 * Math.sin((2 * Math.PI * 3 * i) / frames + channel));
  scatter(bed, dice(53 + channel), Math.round((frames / rate) * 9), (r) => {
    const loud = 0.5 * r() ** 3 + 0.02;
    const length = rate * (0.0012 + 0.006 * r());
    return { frames: Math.round(length * 6), at: (i) => loud * (r() * 2 - 1) * Math.exp(-i / length) };
  });
  return bed;
}

/** Many people far away: noise in the bands of vowels, each voice with its own pace of syllables. @type {Noise} */
function cafe(channel, frames, rate) {
  const out = new Float32Array(frames);
  for (let voice = 0; voice < 9; voice++) {
    const roll = dice(100 * (channel + 1) + voice);
    const [low, high] = [260 + 420 * roll(), 900 + 1300 * roll()];
    const x = looped(thin(dull(pink(roll, frames + EXTRA_S * rate), high, rate), low, rate), frames);
    const paces = [3, 4, 5].map((n) => Math.round((n + roll()) * (frames / rate)));
    const phases = paces.map(() => roll() * 6.28);
    const talk = Math.max(1, Math.round((frames / rate) * (0.2 + 0.3 * roll())));
    for (let i = 0; i < frames; i++) {
      const t = (2 * Math.PI * i) / frames;
      const syllable = Math.max(0, 0.3 + Math.sin(paces[0] * t + phases[0]) * 0.5 + Math.sin(paces[1] * t + phases[1]) * 0.4);
      out[i] += x[i] * syllable * Math.max(0, Math.sin(talk * t + phases[2]) + 0.4) * 0.55;
    }
  }
  scatter(out, dice(7 + channel), Math.round((frames / rate) * 0.5), (r) => {
    const hz = 2300 + 2600 * r();
    const loud = 0.012 + 0.03 * r();
    const length = rate * (0.03 + 0.06 * r());
    return { frames: Math.round(length * 5), at: (i) => loud * (Math.sin((2 * Math.PI * hz * i) / rate) + 0.5 * Math.sin((2 * Math.PI * hz * 2.71 * i) / rate)) * Math.exp(-i / length) };
  });
  return out;
}

/** @type {Noise} */
function wind(channel, frames, rate) {
  const roll = dice(71 + channel);
  const x = looped(thin(dull(dull(pink(roll, frames + EXTRA_S * rate), 700, rate), 900, rate), 110, rate), frames);
  for (let i = 0; i < frames; i++) {
    const t = (2 * Math.PI * i) / frames;
    x[i] *= 2.6 * (0.55 + 0.28 * Math.sin(t + channel * 0.6) + 0.17 * Math.sin(3 * t + 2 + channel));
  }
  return x;
}

/** @type {Record<string, {noise: Noise, seconds: number}>} */
export const NOISES = {
  rain: { noise: rain, seconds: 9 },
  vinyl: { noise: vinyl, seconds: 11 },
  fire: { noise: fire, seconds: 13 },
  cafe: { noise: cafe, seconds: 12 },
  wind: { noise: wind, seconds: 17 },
};
