"""How alike two sounds are: a log-mel picture of each on a small grid, and the distance between such pictures in dB."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats

BANDS = 40
_WINDOW_S, _HOP_S = 0.023, 0.0058
_LOWEST_HZ, _HIGHEST_HZ = 40.0, 16_000.0
FLOOR_DB = -60.0
"""What is softer than the loudest by more counts as so soft."""


STRUCK_S = (0.0, 0.012, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Edges of the time slices of a struck sound: fine at its attack, where ears are fine."""

STRUCK = BANDS * (len(STRUCK_S) - 1)
"""Numbers in the features of a one-shot."""

SLICES = 48
"""Equal slices of anything that goes round."""


def struck(sound: Block, sample_rate: int) -> Floats:
    """Return the features of a one-shot that begins at once, shape (BANDS * slices,), in dB below its loudest."""
    power = mel_power(sound, sample_rate)
    edges = np.round(np.array(STRUCK_S) / _HOP_S).astype(int)
    return _pictured(power, edges)


def steady(sound: Block, sample_rate: int) -> Floats:
    """Return the features of a loop or texture, shape (BANDS * SLICES,), in dB below its loudest."""
    power = mel_power(sound, sample_rate)
    return _pictured(power, np.linspace(0, power.shape[1], SLICES + 1).astype(int))


def distance_db(features: Floats, others: NDArray[np.floating]) -> Floats:
    """Return how far others, shape (N, F), lie from one sound: root mean square over the grid, in dB. Shape (N,)."""
    return np.asarray(np.sqrt(np.mean(np.square(others - features), axis=1)), dtype=np.float64)


def mel_power(sound: Block, sample_rate: int, *, window_s: float = _WINDOW_S, hop_s: float = _HOP_S) -> Floats:
    """Return the power in each mel band over time, channels averaged, shape (BANDS, times), one time each `hop_s`.

    Source
    ------
    O'Shaughnessy, "Speech communication", 1987: the mel scale, 2595 log10(1 + f / 700); triangular bands.
    """
    size, hop = 2 * round(window_s * sample_rate / 2.0), round(hop_s * sample_rate)
    # The first window is centred on the first frame, so that an attack there falls into the first slice.
    padded = np.pad(sound.astype(np.float64), ((0, 0), (size // 2, size)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, size, axis=1)[:, ::hop]
    power = np.zeros((size // 2 + 1, windows.shape[1]))
    window = np.hanning(size)
    for channel in windows:
        for first in range(0, channel.shape[0], 2048):
            spectrum = np.fft.rfft(channel[first : first + 2048] * window, axis=1)
            power[:, first : first + 2048] += np.square(np.abs(spectrum)).T
    return np.asarray(_bands(size, sample_rate) @ power / sound.shape[0])


def _pictured(power: Floats, edges: NDArray[np.int_]) -> Floats:
    """Return the mean power between edges in dB below the loudest cell, from the floor up, flat."""
    times = max(power.shape[1], int(edges[-1]))
    padded = np.pad(power, ((0, 0), (0, times - power.shape[1])))
    cells = np.stack([padded[:, a : max(b, a + 1)].mean(axis=1) for a, b in pairwise(edges)])
    decibels = 10.0 * np.log10(np.maximum(cells / max(float(cells.max()), 1e-30), 10.0 ** (FLOOR_DB / 10.0)))
    return np.asarray(decibels.reshape(-1))


@lru_cache(maxsize=8)
def _bands(size: int, sample_rate: int) -> Floats:
    """Return the weights of each band, shape (BANDS, size // 2 + 1)."""
    top = min(_HIGHEST_HZ, 0.45 * sample_rate)
    low, high = (2595.0 * np.log10(1.0 + hz / 700.0) for hz in (_LOWEST_HZ, top))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)
    hz = np.fft.rfftfreq(size, 1.0 / sample_rate)[None, :]
    below, centre, above = (edges[k : k + BANDS, None] for k in range(3))
    weights = np.maximum(0.0, np.minimum((hz - below) / (centre - below), (above - hz) / (above - centre)))
    # Bands narrower than a bin of the transform would be empty: each has at least the bin nearest to its centre.
    nearest = np.abs(hz - centre).argmin(axis=1)
    weights[np.arange(BANDS), nearest] = np.maximum(weights[np.arange(BANDS), nearest], 1e-3)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))
