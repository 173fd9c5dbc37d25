"""Harmonics whose heights move: one tone as a Fourier series that is drawn anew every few milliseconds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.dsp.oscillator import Mono

HARMONICS_FRAMES = 256
"""Frames between two rows of heights."""


def harmonics(frequency_hz: float, heights: Floats, phases: Floats, frames: int, sample_rate: int) -> Mono:
    """Return a sum of cosines at multiples of one frequency, shape (frames,).

    Harmonics above 0.45 of the sample rate are left out. Costs one matrix product of (frames / 256, 4K) by
    (4K, 256).

    Parameters
    ----------
    frequency_hz
        Of the first harmonic.
    heights
        Shape (rows, K): heights of harmonics 1 to K at frames 0, 256, 512 and so on, straight lines between them;
        negative ones are upside down. The last row holds to the end.
    phases
        Of the cosines at frame 0, in radians, shape (K,).
    frames, sample_rate
        Length, and frames a second.
    """
    count = min(heights.shape[1], int(0.45 * sample_rate / frequency_hz))
    rows = -(-frames // HARMONICS_FRAMES)
    if count < 1 or rows < 1:
        return np.zeros(max(frames, 0), dtype=np.float32)
    k = np.arange(1, count + 1)
    at = np.minimum(np.arange(rows + 1), heights.shape[0] - 1)
    height = heights[at, :count]
    step = 2.0 * np.pi * frequency_hz / sample_rate
    coarse = np.exp(1j * (np.outer(np.arange(rows) * HARMONICS_FRAMES, step * k) + phases[:count]))
    fine = np.exp(1j * np.outer(step * k, np.arange(HARMONICS_FRAMES)))
    ramp = np.arange(HARMONICS_FRAMES) / HARMONICS_FRAMES
    left = np.concatenate([height[:-1] * coarse, np.diff(height, axis=0) * coarse], axis=1)
    right = np.concatenate([fine, fine * ramp])
    both = _real(left.real, right.real) - _real(left.imag, right.imag)
    return both.reshape(-1)[:frames]


def _real(left: Floats, right: Floats) -> NDArray[np.float32]:
    # What is below 1e-20 would become float32 denormals, which are slow and silent.
    return np.where(np.abs(left) < 1e-20, 0.0, left).astype(np.float32) @ right.astype(np.float32)


def bell_harmonics(swing: Floats, offset: float, count: int) -> Floats:
    """Return the Fourier series of 1 / (1 + (swing cos(t) + offset)^2), shape (rows, count), without its mean.

    This is what a pickup hears whose field is bell-shaped over place: small swings give a sine, wide ones fold over
    the top of the bell, first into a bite and then into a bark with notches among its harmonics.

    Parameters
    ----------
    swing
        How far it moves, as wide as the bell, above 0, shape (rows,).
    offset
        Where it rests: 0 in the middle, 0.58 on the steepest slope.
    count
        How many harmonics.

    Source
    ------
    1 / (b + a cos t) is a geometric series in exp(i t) (Gradshteyn and Ryzhik, 1.447); the bell is the imaginary
    part of 1 / (y - i).
    """
    b = complex(offset, -1.0)
    root = np.sqrt(b * b - swing.astype(complex) ** 2)
    ratio = (b - root) / swing
    outside = np.abs(ratio) > 1.0
    root, ratio = np.where(outside, -root, root), np.where(outside, (b + root) / swing, ratio)
    powers = np.cumprod(np.repeat(-ratio[:, None], count, axis=1), axis=1)
    return np.asarray(2.0 * np.imag(powers / root[:, None]), dtype=np.float64)
