"""What a stretch of sound is told to the net as: its tempo and its style, as measured."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from dusktape.core.audio import Floats

EDGES_HZ = (0.0, 150.0, 400.0, 1000.0, 2500.0, 8000.0)
"""Of the bands of the style."""

STYLE = ("level_db", *(f"below_{edge:.0f}_hz_db" for edge in EDGES_HZ[1:]))
"""Names of the style's numbers: the level in dB, then each band's share of the power in dB."""

SIZE = len(STYLE) + 2
"""Numbers that the net is told: tempo, whether it is known, and the style."""

_USUAL_BPM, _BPM_SPREAD = 85.0, 20.0
_FLOOR_DB = -60.0
_HOP_S = 0.01
_BPM_RANGE = (60.0, 120.0)
_CLEAR = 0.1


def style(samples: Floats, sample_rate: int) -> Floats:
    """Return level and balance of a sound (T,), (6,), in dB. Silence has the floor everywhere."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    hz = np.fft.rfftfreq(len(samples), 1.0 / sample_rate)
    edges = np.searchsorted(hz, [*EDGES_HZ[:-1], np.inf])
    bands = np.array([power[a:b].sum() for a, b in pairwise(edges)])
    level = 10.0 * math.log10(max(float(np.mean(samples**2)), 1e-6))
    shares = 10.0 * np.log10(np.maximum(bands / max(bands.sum(), 1e-12), 10.0 ** (_FLOOR_DB / 10.0)))
    return np.array([level, *shares])


def tempo(samples: Floats, sample_rate: int) -> float:
    """Return a rough estimate of a sound's tempo in bpm, between 60 and 120; 0 where nothing repeats.

    The lag at which the rises of its level agree best with themselves. Half and double time are folded together.
    """
    hop = round(_HOP_S * sample_rate)
    count = len(samples) // hop
    levels = np.log10(np.maximum(np.mean(samples[: count * hop].reshape(count, hop) ** 2, axis=1), 1e-8))
    rises = np.maximum(np.diff(levels), 0.0)
    rises -= rises.mean() if len(rises) else 0.0
    lags = np.arange(round(60.0 / _BPM_RANGE[1] / _HOP_S), round(60.0 / _BPM_RANGE[0] / _HOP_S))
    if len(rises) < 4 * lags[-1] or not rises.any():
        return 0.0
    agreement = np.array([rises[lag:] @ rises[:-lag] + 0.5 * (rises[2 * lag :] @ rises[: -2 * lag]) for lag in lags])
    best = int(np.argmax(agreement))
    return 60.0 / (lags[best] * _HOP_S) if agreement[best] > _CLEAR * (rises @ rises) else 0.0


def told(bpm: float, measured: Floats, centre: Floats, spread: Floats) -> Floats:
    """Return what the net is told, (SIZE,), about 1 in size.

    Parameters
    ----------
    bpm
        0 if unknown.
    measured
        As `style` gives it.
    centre, spread
        Of the styles learned from.
    """
    pace = np.clip((bpm - _USUAL_BPM) / _BPM_SPREAD, -2.0, 2.0) if bpm else 0.0
    return np.array([pace, float(bpm > 0.0), *np.clip((measured - centre) / spread, -3.0, 3.0)])
