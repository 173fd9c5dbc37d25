"""How bars come again, and how far neighbouring stretches differ."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from dusktape.core.audio import Floats
from dusktape.evaluate.sound.extra import needed
from dusktape.evaluate.sound.source import RATE

_HOP = 2048
_FEWEST_BARS = 4


def measure(samples: Floats, gain: float, tempo: float, tuning: float) -> dict[str, float]:
    """Return the measures of form of a whole track; nan where it has fewer than four bars.

    Parameters
    ----------
    samples
        Shape (2, frames), at `RATE`.
    gain
        What brings it to -18 LUFS.
    tempo
        In bpm.
    tuning
        In fractions of a semitone.
    """
    librosa = needed("librosa")
    mono, rate = needed("scipy.signal").resample_poly(samples.mean(axis=0) * gain, 1, 4), RATE // 4
    chroma = librosa.feature.chroma_stft(y=mono, sr=rate, n_fft=4096, hop_length=_HOP, tuning=tuning)
    timbre = librosa.feature.mfcc(y=mono, sr=rate, n_mfcc=13, n_fft=2048, hop_length=_HOP)
    steps = min(chroma.shape[1], timbre.shape[1])
    per_bar = 60 / tempo * 4 * rate / _HOP
    bars = int(steps / per_bar)
    if bars < _FEWEST_BARS:
        return {"rep_best": math.nan, "timbre_novelty_max": math.nan}
    edges = (np.arange(bars + 1) * per_bar).astype(int)
    return {
        "rep_best": _repetition(chroma, edges, steps),
        "timbre_novelty_max": _novelty(timbre, edges),
    }


def _repetition(chroma: Floats, edges: Floats, steps: int) -> float:
    """Return the mean likeness of bars at the best distance of 1, 2, 4 or 8 bars."""
    rows = []
    for begin, end in pairwise(edges):
        quarters = np.array_split(np.arange(begin, max(begin + 4, end)), 4)
        rows.append(np.concatenate([chroma[:, np.minimum(q, steps - 1)].mean(axis=1) for q in quarters]))
    bars = np.array(rows) - np.mean(rows, axis=0)
    bars = bars / (np.linalg.norm(bars, axis=1, keepdims=True) + 1e-9)
    alike = bars @ bars.T
    return float(max(np.mean(np.diag(alike, apart)) for apart in (1, 2, 4, 8) if apart < len(bars) - 1))


def _novelty(timbre: Floats, edges: Floats) -> float:
    """Return the largest distance between the mean timbre of four bars and of the four after them."""
    bars = np.array([timbre[:, begin : max(begin + 1, end)].mean(axis=1) for begin, end in pairwise(edges)])
    bars = (bars - bars.mean(axis=0)) / (timbre.std(axis=1) + 1e-6)
    changes = [
        float(np.linalg.norm(bars[max(0, i - 4) : i].mean(axis=0) - bars[i : i + 4].mean(axis=0)))
        for i in range(2, len(bars) - 2)
    ]
    return max(changes, default=0.0)
