"""The last stage: one gain that lands on the loudness asked for, found before the limiter has heard a sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import CONTROL_FRAMES, Block, Floats
from dusktape.dsp.dynamics import PeakMeter, limiter_gains
from dusktape.dsp.loudness import LoudnessMeter, integrated

_ROUNDS = 6
_STEPS_PER_SECOND = 10


@dataclass(frozen=True, slots=True)
class Ceiling:
    """How the limiter at the end is set."""

    ceiling_dbtp: float
    release_ms: float = 120.0
    lookahead_ms: float = 4.0


class FirstPass:
    """Listens to the whole mix once and keeps what the master must know: energies and peaks, not the sound.

    Parameters
    ----------
    sample_rate, channels
        Of the mix.
    """

    def __init__(self, sample_rate: int, channels: int = 2) -> None:
        self._rate = sample_rate
        self._meter = LoudnessMeter(sample_rate, channels, with_true_peak=False)
        self._peaks = PeakMeter(channels)
        self._cells: list[Floats] = []

    def process(self, block: Block) -> None:
        """Hear the next block of the mix."""
        self._meter.process(block)
        self._cells.append(self._peaks.push(block))

    def gain_db(self, target_lufs: float, limiter: Ceiling) -> float:
        """Return the gain before the limiter that ends at a loudness.

        The limiter's gain curve follows from the peaks alone, so its effect on the energies is predicted, and the
        input gain solved for by a few rounds of correction. A silent mix gets no gain.
        """
        energies = self._meter.energies
        loudness = integrated(energies)
        if not math.isfinite(loudness):
            return 0.0
        peaks = np.concatenate(self._cells)
        gain_db = target_lufs - loudness
        for _ in range(_ROUNDS):
            gain = 10.0 ** (gain_db / 20.0)
            edges = limiter_gains(
                gain * peaks,
                ceiling_dbtp=limiter.ceiling_dbtp,
                release_ms=limiter.release_ms,
                lookahead_ms=limiter.lookahead_ms,
                sample_rate=self._rate,
            )
            miss = target_lufs - integrated(energies * gain**2 * self._share(edges, len(energies)))
            gain_db += miss
            if abs(miss) < 0.005:
                break
        return gain_db

    def _share(self, edges: Floats, steps: int) -> Floats:
        """Return what part of each 100 ms energy the limiter lets through."""
        a, b = edges[:-1], edges[1:]
        cells = (a * a + a * b + b * b) / 3.0
        total = np.concatenate([[0.0], np.cumsum(cells)])
        at = np.arange(steps + 1) * (self._rate / _STEPS_PER_SECOND / CONTROL_FRAMES)
        heard = np.interp(at, np.arange(len(total)), total)
        return np.asarray(np.diff(heard) / np.maximum(np.diff(at), 1e-9))
