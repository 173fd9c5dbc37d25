"""The room that the kit stands in."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats


def small_room(sample_rate: int, rng: np.random.Generator) -> Floats:
    """Return a small room as two microphones hear it: energy 1 each, shape (2, frames), first sound after 3 ms."""
    frames = int(0.28 * sample_rate)
    t = np.arange(frames) / sample_rate
    hz = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    shared = rng.standard_normal(frames)
    out = np.zeros((2, frames))
    for row in out:
        white = 0.75 * rng.standard_normal(frames) + 0.66 * shared
        spectrum = np.fft.rfft(white)
        low = np.fft.irfft(
            spectrum / np.sqrt((1 + (180.0 / np.maximum(hz, 1)) ** 2) * (1 + (hz / 2500.0) ** 2)), n=frames
        )
        high = np.fft.irfft(
            spectrum / np.sqrt((1 + (2500.0 / np.maximum(hz, 1)) ** 2) * (1 + (hz / 9000.0) ** 2)), n=frames
        )
        row += low * np.exp(-t / 0.055) + 0.7 * high * np.exp(-t / 0.06)
        late = np.minimum(np.maximum(t - 0.003, 0.0) / 0.008, 1.0)
        row *= late * np.minimum((t[-1] - t) / 0.02, 1.0)
    return np.asarray(out * (0.22 / np.sqrt(np.sum(out**2, axis=1, keepdims=True))), dtype=np.float64)
