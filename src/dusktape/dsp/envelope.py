"""How sounds begin and end: smooth ramps and releases as short tables."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


def rise(frames: int) -> NDArray[np.float32]:
    """Return a smooth way from 0 to 1, shape (frames,): half a raised cosine."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / max(frames, 1)), dtype=np.float32)


def fall(frames: int) -> NDArray[np.float32]:
    """Return a smooth way from 1 to 0, shape (frames,)."""
    return rise(frames)[::-1].copy()


@lru_cache(maxsize=128)
def release(time_constant_s: float, sample_rate: int) -> NDArray[np.float32]:
    """Return the fade of a note that is let go: exponential, and truly zero after five time constants.

    Kept for the next that asks, and not to be written to.
    """
    frames = max(8, math.ceil(5.0 * time_constant_s * sample_rate))
    t = (np.arange(frames) + 1.0) / frames
    table = np.asarray(np.exp(-5.0 * t) * np.cos(0.5 * np.pi * t) ** 2, dtype=np.float32)
    table.flags.writeable = False
    return table


def swell(seconds: float, sample_rate: int) -> NDArray[np.float32]:
    """Return a slow attack that reaches 1 after `seconds` and is half way up (-6 dB) at a third of it."""
    frames = max(1, round(seconds * sample_rate))
    t = (np.arange(frames) + 0.5) / frames
    return np.asarray(np.sin(0.5 * np.pi * t**0.72) ** 1.5, dtype=np.float32)
