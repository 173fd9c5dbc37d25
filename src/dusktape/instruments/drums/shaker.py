"""Shaker: a handful of beads thrown against a wall."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, noise, rise, seconds


def shaker(k: Tuning, s: Stroke) -> Floats:
    """Return one shake: it gathers for 15 to 35 ms and falls away in grains. Softer: slower and duller."""
    v, rng = s.velocity, s.rng
    t = seconds(0.19, k.sample_rate)
    gather = 0.016 + 0.016 * (1.0 - v)
    shape = np.minimum(t / gather, 1.0) ** 1.5 * np.exp(-np.maximum(t - gather, 0.0) / (0.022 * s.decay))
    grains = 1.0 + 0.55 * (1.0 - 0.7 * k.machine) * noise(t, 60.0, 700.0, rng)
    beads = noise(t, 3800.0 * s.pitch * k.metal, (6500.0 + 4000.0 * v) * s.tone, rng, order=2)
    return finish(
        beads * shape * np.maximum(grains, 0.0) * rise(t, 0.002), k.sample_rate, top_hz=13000.0, low_hz=1500.0
    )
