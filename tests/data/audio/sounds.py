"""Small sounds to make datasets of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

RATE = 22_050


def hit(seed: int, *, seconds: float = 0.3, rate: int = RATE, hz: float = 180.0) -> np.ndarray:
    """A tone and noise that die away, other for every seed, (frames,) float32."""
    draw = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    tone = np.sin(2.0 * np.pi * hz * (1.0 + 0.37 * (seed % 7)) * t) * np.exp(-t / 0.05)
    noise = draw.standard_normal(len(t)) * np.exp(-t / (0.01 + 0.01 * (seed % 5)))
    return (0.6 * tone / np.abs(tone).max() + 0.2 * noise / np.abs(noise).max()).astype(np.float32)


def hiss(seconds: float, *, rate: int = RATE, level: float = 0.1, seed: int = 0) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(round(seconds * rate))).astype(np.float32)


def tone(hz: float, seconds: float, *, rate: int = RATE, level: float = 0.5) -> np.ndarray:
    return (level * np.sin(2.0 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def put(path: Path, sound: np.ndarray, rate: int = RATE, **options) -> Path:
    """Write a sound, (frames,) or (channels, frames), and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound.T, rate, **options)
    return path
