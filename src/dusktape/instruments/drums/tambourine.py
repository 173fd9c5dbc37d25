"""Tambourine: pairs of jingles that answer one by one."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.cymbals import metal
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, noise, seconds


def tambourine(k: Tuning, s: Stroke) -> Floats:
    """Return one stroke: the hand, then six jingles within 35 ms, each a small bright cymbal."""
    v, rng = s.velocity, s.rng
    t = seconds(0.42, k.sample_rate)
    sound = noise(t, 300.0, 1500.0, rng) * np.exp(-t / 0.008) * 0.2 * v
    pair = metal(k, s, t, low_hz=4800.0, high_hz=10500.0, decay_s=0.075 * s.decay, count=24)
    starts = np.sort(rng.uniform(0.0, 0.036, 6)) * (1.2 - 0.4 * v)
    for start, gain in zip(starts, rng.uniform(0.4, 1.0, 6), strict=True):
        at = int(start * k.sample_rate)
        sound[at:] += gain * pair[: t.size - at]
    shimmer = noise(t, 5500.0, 10000.0, rng, order=2) * (np.exp(-t / 0.03) + 0.3 * np.exp(-t / 0.1))
    return finish(
        sound + 0.8 * shimmer * np.minimum(t / 0.004, 1.0),
        k.sample_rate,
        top_hz=(7000.0 + 6000.0 * v) * s.tone,
        low_hz=400.0,
    )
