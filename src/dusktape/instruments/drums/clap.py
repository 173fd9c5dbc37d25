"""A few hands that do not quite meet."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, noise, rise, seconds


def clap(k: Tuning, s: Stroke) -> Floats:
    """Return a clap: three or four bursts within 30 ms, then the room of the hands."""
    v, rng = s.velocity, s.rng
    t = seconds(0.34, k.sample_rate)
    starts = np.array([0.0, 0.0095, 0.0185, 0.027]) * (1.0 + (1.0 - k.machine) * rng.uniform(-0.12, 0.12, 4))
    shape = np.zeros(t.size)
    for start, gain in zip(starts, (0.55, 0.7, 0.6, 1.0), strict=True):
        late = np.maximum(t - start, 0.0)
        tau = (0.045 if start == starts[-1] else 0.0055) * s.decay
        shape += (t >= start) * gain * np.exp(-late / tau) * rise(late, 0.0004 + 0.0008 * (1.0 - v))
    hands = noise(t, 750.0 * s.pitch, (1700.0 + 1900.0 * v) * s.tone, rng, order=1)
    return finish(hands * shape, k.sample_rate, top_hz=4000.0 + 4500.0 * v, low_hz=300.0)
