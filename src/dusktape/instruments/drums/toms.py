"""Toms: a membrane that falls a little as it rings."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.instruments.drums.shaping import Stroke, Tuning, finish, modes, noise, rise, seconds


def low_tom(k: Tuning, s: Stroke) -> Floats:
    """Return the floor tom."""
    return _tom(k, s, 82.0, 0.2)


def mid_tom(k: Tuning, s: Stroke) -> Floats:
    """Return the middle tom."""
    return _tom(k, s, 112.0, 0.16)


def high_tom(k: Tuning, s: Stroke) -> Floats:
    """Return the high tom."""
    return _tom(k, s, 150.0, 0.125)


def _tom(k: Tuning, s: Stroke, hz: float, decay_s: float) -> Floats:
    v, decay = s.velocity, decay_s * s.decay
    hz *= k.wood * s.pitch
    t = seconds(4.5 * decay, k.sample_rate)
    phase = 2.0 * np.pi * (hz * t + 0.28 * hz * (0.3 + 0.7 * v) * 0.03 * (1.0 - np.exp(-t / 0.03)))
    head = np.sin(phase) * np.exp(-t / decay)
    # Ratios of a membrane's (1,1) and (2,1) modes to its lowest, drawn together by the air inside.
    gain = np.array([0.28, 0.16, 0.08]) * (0.4 + 0.6 * v)
    head += modes(t, hz * np.array([1.5, 1.98, 2.44]), decay * np.array([0.45, 0.32, 0.2]), gain, np.zeros(3))
    stick = noise(t, 350.0, 900.0 + 3000.0 * v, s.rng) * np.exp(-t / 0.007) * (0.12 + 0.3 * v)
    sound = np.tanh(0.9 * (head + stick * (1.0 - 0.6 * k.brush))) * rise(t, 0.0008 + 0.0025 * (1.0 - v))
    return finish(sound, k.sample_rate, top_hz=(1800.0 + 6500.0 * v) * s.tone, low_hz=40.0)
