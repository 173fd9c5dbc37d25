"""How sounds begin and end: smooth ramps and releases as short tables."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def rise(frames: int) -> NDArray[np.float32]:
    """Return a smooth way from 0 to 1, shape (frames,): half a raised cosine."""
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(frames) + 0.5) / max(frames, 1)), dtype=np.float32)


def fall(frames: int) -> NDArray[np.float32]:
    """Return a smooth way from 1 to 0, shape (frames,)."""
    return rise(frames)[::-1].copy()


def release(time_constant_s: float, sample_rate: int) -> NDArray[np.float32]:
    """Return the fade of a note that is let go: exponential, and truly zero after five time constants."""
    frames = max(8, math.ceil(5.0 * time_constant_s * sample_rate))
    t = (np.arange(frames) + 1.0) / frames
    return np.asarray(np.exp(-5.0 * t) * np.cos(0.5 * np.pi * t) ** 2, dtype=np.float32)


def swell(seconds: float, sample_rate: int) -> NDArray[np.float32]:
    """Return a slow attack that reaches 1 after `seconds` and is half way up (-6 dB) at a third of it."""
    frames = max(1, round(seconds * sample_rate))
    t = (np.arange(frames) + 0.5) / frames
    return np.asarray(np.sin(0.5 * np.pi * t**0.72) ** 1.5, dtype=np.float32)
