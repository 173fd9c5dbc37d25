"""What the pictures show, as arrays."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from dusktape.core.audio import Floats
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.evaluate.sound.level import correlation, db

LOW_HZ = 30.0
BANDS_HZ = (20, 60, 250, 500, 2000, 6000, 15_500)
"""Edges of the bands of the table."""

_FADE_HZ = (250.0, 800.0)
_SIZES = ((8192, 1), (2048, 4))
_AT_ONCE = 128
_SIDE_WINDOW, _MOST_WINDOWS = 4096, 2000


def envelope(samples: Floats, columns: int) -> tuple[Floats, Floats]:
    """Return the highest magnitude and the RMS of every column. Shape (2, frames) to (columns,) each."""
    places = np.linspace(0, samples.shape[1], columns + 1).astype(int)[:-1]
    peak = np.maximum.reduceat(np.abs(samples).max(axis=0), places)
    power = np.add.reduceat((samples**2).mean(axis=0), places) / np.diff([*places, samples.shape[1]])
    return peak, np.sqrt(power)


def loudness(samples: Floats, rate: int) -> tuple[Floats, Floats, LoudnessMeter]:
    """Return momentary (0.4 s) and short-term (3 s) loudness every 100 ms, in LUFS, and the meter that heard it.

    Each value is that of the window that ends there. Source: EBU Tech 3341.
    """
    meter = LoudnessMeter(rate, 2)
    for start in range(0, samples.shape[1], 1 << 18):
        meter.process(samples[:, start : start + (1 << 18)].astype(np.float32))
    total = np.concatenate([[0.0], np.cumsum(meter.energies)])

    def windows(steps: int) -> Floats:
        return np.asarray(-0.691 + db(np.maximum(total[steps:] - total[:-steps], 0.0) / steps))

    return windows(4), windows(30), meter


def spectrogram(samples: Floats, rate: int, columns: int, rows: int) -> tuple[Floats, float]:
    """Return power per octave in dB, lowest frequency first, and the highest frequency.

    Long windows below 250 Hz, short ones above 800 Hz, faded into each other between.

    Parameters
    ----------
    samples
        Shape (2, frames).
    rate
        In Hz.
    columns, rows
        Of the picture; rows lie evenly on a logarithmic axis from `LOW_HZ` on.

    Returns
    -------
    Shape (rows, columns).
    """
    top_hz = min(18_000.0, 0.48 * rate)
    edges = LOW_HZ * (top_hz / LOW_HZ) ** (np.arange(rows + 1) / rows)
    centres = np.sqrt(edges[1:] * edges[:-1])
    fade = np.clip(np.log(centres / _FADE_HZ[0]) / np.log(_FADE_HZ[1] / _FADE_HZ[0]), 0.0, 1.0)
    levels = np.zeros((rows, columns))
    for (size, places), share in zip(_SIZES, (1.0 - fade, fade), strict=True):
        density = _density(samples.mean(axis=0), columns, size, places)
        hz = (np.arange(density.shape[0]) + 0.5) * rate / size
        summed = np.concatenate([np.zeros((1, columns)), np.cumsum(density, axis=0)])
        at = np.stack([np.interp(edges, np.append(-hz[0], hz), column) for column in summed.T], axis=1)
        levels += share[:, None] * db(np.diff(at, axis=0) / np.log2(edges[1] / edges[0]))
    return levels, top_hz


def _density(mono: Floats, columns: int, size: int, places: int) -> Floats:
    """Return the mean power of each FFT bin, as shares of full scale. Shape (bins, columns)."""
    window = np.hanning(size)
    padded = np.pad(mono, (size // 2, size))
    starts = ((np.arange(columns * places) + 0.5) * len(mono) / (columns * places)).astype(int)
    found = np.empty((size // 2 + 1, columns))
    for first in range(0, columns, _AT_ONCE):
        last = min(columns, first + _AT_ONCE)
        grains = padded[starts[first * places : last * places, None] + np.arange(size)] * window
        power = np.abs(np.fft.rfft(grains, axis=1)) ** 2 * (2.0 / np.sum(window) ** 2)
        found[:, first:last] = power.reshape(last - first, places, -1).mean(axis=1).T
    return found


def correlations(samples: Floats, rate: int) -> Floats:
    """Return the correlation of left and right in every second; nan where a side is silent."""
    count = samples.shape[1] // rate
    return np.array([correlation(*samples[:, k * rate : (k + 1) * rate]) for k in range(count)])


def width_by_band(samples: Floats, rate: int) -> Floats:
    """Return side over mid in each of the bands of the table, in dB, at least -50. Shape (bands,)."""
    window = np.hanning(_SIDE_WINDOW)
    last = max(1, samples.shape[1] - _SIDE_WINDOW)
    starts = np.linspace(0, last, min(_MOST_WINDOWS, 1 + last // _SIDE_WINDOW)).astype(int)
    padded = np.pad(samples, ((0, 0), (0, _SIDE_WINDOW)))
    power = np.zeros((2, _SIDE_WINDOW // 2 + 1))
    for start in starts:
        left, right = padded[:, start : start + _SIDE_WINDOW]
        grains = np.stack([left + right, left - right]) * window
        power += np.abs(np.fft.rfft(grains, axis=1)) ** 2
    hz = np.fft.rfftfreq(_SIDE_WINDOW, 1.0 / rate)
    found = []
    for low, high in pairwise(BANDS_HZ):
        mid, side = power[:, (hz >= low) & (hz < high)].sum(axis=1)
        found.append(max(-50.0, float(db(side) - db(mid))) if mid > 0.0 or side > 0.0 else -50.0)
    return np.array(found)
