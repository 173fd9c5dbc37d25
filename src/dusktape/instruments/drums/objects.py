"""Things that are hit, dropped, shaken and blown: the physics that foley and found sounds share. Mono, peak about 1."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, added, bandpass, grains, modes, noise, normal, rise


def knock(
    k: Tuning, s: Stroke, t: Floats, *, hz: Floats, decay_s: float, damping: float = 0.5, contact_hz: float = 2500.0
) -> Floats:
    """Return a solid that is hit: modes whose upper ones die faster, and the contact itself.

    Harder strokes are shorter contacts: they reach higher modes.

    Parameters
    ----------
    k, s, t
        The kit, the stroke, and the time of each frame.
    hz, decay_s
        Modes, and how long the first one rings.
    damping
        Decay falls with frequency to this power: 0.3 rings (glass), 0.5 wood, 0.9 cardboard.
    contact_hz
        How bright the contact is at full velocity.
    """
    v = s.velocity
    hz = hz * s.pitch
    reach = contact_hz * (0.25 + 0.75 * v)
    gain = s.rng.uniform(0.6, 1.0, hz.size) / np.sqrt(1.0 + (hz / reach) ** 2)
    body = modes(t, hz, decay_s * s.decay * (hz[0] / hz) ** damping, gain, s.rng.uniform(-0.4, 0.4, hz.size))
    touch = noise(t, 0.12 * reach, reach, s.rng) * np.exp(-t / 0.0022)
    return normal((body + (0.1 + 0.3 * v) * touch) * rise(t, 0.0002 + 0.0006 * (1.0 - v)))


def flap(s: Stroke, t: Floats, *, low_hz: float, high_hz: float, decay_s: float) -> Floats:
    """Return a sheet or a panel that slaps shut: noise that flutters as it dies."""
    flutter = np.maximum(1.0 + 0.7 * noise(t, 30.0, 130.0, s.rng), 0.0)
    return normal(noise(t, low_hz, high_hz, s.rng) * np.exp(-t / (decay_s * s.decay)) * flutter * rise(t, 0.0006))


def rattle(
    k: Tuning, s: Stroke, t: Floats, *, per_second: float, decay_s: float, low_hz: float, high_hz: float
) -> Floats:
    """Return small hard things that tumble, fewer and fewer: matches, sand, a chain."""
    density = per_second * np.exp(-t / decay_s)
    loud = np.exp(-t / (1.6 * decay_s))
    return normal(bandpass(grains(t, density, s.rng) * loud, low_hz, high_hz, k.sample_rate, order=2))


def breath(s: Stroke, t: Floats, *, mouth_hz: float, attack_s: float, decay_s: float, narrow: float = 0.6) -> Floats:
    """Return air between teeth: noise around where the mouth resonates, softer at its foot than any cymbal."""
    hiss = noise(t, mouth_hz * narrow, mouth_hz / narrow, s.rng, order=2)
    hiss += 0.35 * noise(t, 0.5 * mouth_hz, 1.9 * mouth_hz, s.rng)
    wavering = 1.0 + 0.18 * noise(t, 8.0, 60.0, s.rng)
    return normal(hiss * wavering * rise(t, attack_s) * np.exp(-t / (decay_s * s.decay)))


def tumbling(t: Floats, sample_rate: int, one: Callable[[], Floats], *, times: Floats, gains: Floats) -> Floats:
    """Return many impacts of small objects, each made anew by `one`, at their times."""
    sound = np.zeros(t.size)
    for at, gain in zip((times * sample_rate).astype(int).tolist(), gains.tolist(), strict=True):
        added(sound, one(), at, gain)
    return sound


def tinkle(k: Tuning, s: Stroke, t: Floats, *, low_hz: float, high_hz: float, decay_s: float, count: int) -> Floats:
    """Return one small piece of metal or glass that is touched: a few high modes, no two pieces alike."""
    hz = low_hz * (high_hz / low_hz) ** np.sort(s.rng.random(count)) * k.metal * s.pitch
    hz = np.minimum(hz, 0.45 * k.sample_rate)
    gain = s.rng.uniform(0.4, 1.0, count) * (0.6 + 0.4 * s.velocity) ** (hz / hz[0])
    decay = decay_s * s.decay * s.rng.uniform(0.6, 1.3, count) * (hz[0] / hz) ** 0.5
    return modes(t, hz, decay, gain / count, s.rng.uniform(-np.pi, np.pi, count)) * rise(t, 0.0002)
