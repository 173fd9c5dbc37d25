"""Side stick: wood on metal, a knock more than a drum."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, modes, noise, rise, seconds


def rim(k: Tuning, s: Stroke) -> Floats:
    """Return a side stick. Softer strokes lose the crack and keep the knock."""
    v = s.velocity
    t = seconds(0.17, k.sample_rate)
    hz = k.wood * s.pitch * np.array([418.0, 1010.0, 1724.0, 2655.0, 3890.0])
    decay = s.decay * np.array([0.026, 0.017, 0.012, 0.007, 0.004])
    gain = np.array([0.5, 0.62, 0.35 + 0.4 * v, 0.1 + 0.35 * v, 0.25 * v * v]) * s.rng.uniform(0.85, 1.15, 5)
    wood = modes(t, hz, decay, gain, s.rng.uniform(0.0, 0.8, 5))
    crack = noise(t, 800.0, 2000.0 + 4500.0 * v, s.rng) * np.exp(-t / 0.007) * (0.15 + 0.3 * v)
    wires = noise(t, 1800.0, 6000.0, s.rng) * np.exp(-t / 0.045) * 0.012 * v * (1.0 - k.machine)
    sound = (wood + crack + wires) * rise(t, 0.0003 + 0.0006 * (1.0 - v))
    return finish(sound, k.sample_rate, top_hz=(3500.0 + 8500.0 * v) * s.tone, low_hz=150.0)
