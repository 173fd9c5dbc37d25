"""Signals whose measures follow from how they are made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from dusktape.core.audio import Floats
from dusktape.evaluate.sound.source import RATE, Stretch


def sine(hz: float, seconds: float = 20.0, *, peak: float = 0.5, rate: int = RATE) -> Floats:
    """Return shape (frames,)."""
    return peak * np.sin(2.0 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def both(channel: Floats) -> Floats:
    """Return the same on both sides, shape (2, frames)."""
    return np.stack([channel, channel])


def noise(seconds: float = 20.0, *, seed: int = 0, level: float = 0.1) -> Floats:
    """Return white noise, shape (frames,)."""
    return np.random.default_rng(seed).normal(size=round(seconds * RATE)) * level


def stretch(samples: Floats, rate: int = RATE) -> Stretch:
    """Return the whole of a sound."""
    return Stretch(samples, rate, 0.0, samples.shape[1] / rate)


def beat(seconds: float = 20.0, *, bpm: float = 80.0) -> Floats:
    """Return a kick on every beat, a click on 2 and 4, over a held chord; stereo at `RATE`."""
    frames = round(seconds * RATE)
    out = sum(sine(hz, seconds, peak=0.05) for hz in (261.63, 329.63, 392.0, 493.88)) + noise(seconds, level=0.001)
    for number, start in enumerate(np.arange(0, frames, RATE * 60 / bpm).astype(int)):
        hit = np.arange(min(RATE // 8, frames - start)) / RATE
        out[start : start + len(hit)] += 0.5 * np.sin(2 * np.pi * 60 * hit) * np.exp(-25 * hit)
        if number % 2:
            click = noise(0.05, seed=number, level=0.3)[: len(hit)]
            out[start : start + len(click)] += click
    return both(out)


def write(path: Path, samples: Floats, rate: int = RATE) -> Path:
    """Write shape (channels, frames) as 24 bit."""
    soundfile.write(path, samples.T, rate, subtype="PCM_24")
    return path
