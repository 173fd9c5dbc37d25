"""Ride and crash, and the metal that hats and jingles share."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, modes, noise, rise, seconds


def metal(k: Tuning, s: Stroke, t: Floats, *, low_hz: float, high_hz: float, decay_s: float, count: int) -> Floats:
    """Return a cloud of inharmonic modes, RMS near 1 at its start: what a plate sounds like when struck.

    The modes sit where the song's own plate has them (the golden ratio spreads them without a pattern), so
    every stroke hits the same cymbal; phases and gains change with where the stick lands. High modes die first.
    """
    place = (np.arange(count) * 0.6180339887 + 0.37 * k.metal) % 1.0
    hz = low_hz * (high_hz / low_hz) ** place * s.pitch * k.metal
    hz = np.minimum(hz, 0.45 * k.sample_rate)
    decay = decay_s * (np.sqrt(low_hz * high_hz) / hz) ** 0.35
    gain = s.rng.uniform(0.5, 1.0, count) / np.sqrt(0.29 * count)
    return modes(t, hz, decay, gain, s.rng.uniform(-np.pi, np.pi, count))


def ride(k: Tuning, s: Stroke) -> Floats:
    """Return a ride: a ping of the stick over a long dark wash that builds up after it."""
    v = s.velocity
    t = seconds(1.6, k.sample_rate)
    ping = metal(k, s, t, low_hz=2600.0, high_hz=6200.0, decay_s=0.16 * s.decay, count=14)
    wash = metal(k, s, t, low_hz=900.0, high_hz=9000.0, decay_s=0.42 * s.decay, count=60) * rise(t, 0.02)
    tick = noise(t, 2200.0, 4000.0 + 5000.0 * v, s.rng) * np.exp(-t / 0.0025)
    air = noise(t, 5000.0, 9000.0, s.rng) * np.exp(-t / 0.3) * rise(t, 0.03)
    sound = 0.5 * ping + 0.35 * (0.5 + 0.5 * v) * wash + 0.5 * v * (1.0 - k.brush) * tick + 0.06 * air
    return finish(sound, k.sample_rate, top_hz=(4500.0 + 7000.0 * v) * s.tone, low_hz=500.0)


def crash(k: Tuning, s: Stroke) -> Floats:
    """Return a soft crash: it swells for some 20 ms, splashes and darkens as it dies."""
    v = s.velocity
    t = seconds(2.2, k.sample_rate)
    plate = metal(k, s, t, low_hz=700.0, high_hz=10000.0, decay_s=0.55 * s.decay, count=80)
    splash = noise(t, 3500.0, 9500.0, s.rng) * (np.exp(-t / 0.28) + 0.3 * np.exp(-t / 0.7))
    swell = rise(t, 0.006 + 0.03 * (1.0 - v) + 0.02 * k.brush)
    return finish(
        (0.6 * plate + 0.5 * (0.4 + 0.6 * v) * splash) * swell,
        k.sample_rate,
        top_hz=(5000.0 + 6000.0 * v) * s.tone,
        low_hz=450.0,
    )
