"""The last stage: one gain that lands on the loudness asked for, found before the limiter has heard a sample."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Floats
from dusktape.dsp.dynamics import EnergyMeter, LimiterCurve, PeakMeter, Steps, lookahead_cells, per_100_ms, power_of
from dusktape.dsp.loudness import integrated

Cells = NDArray[np.float32]
"""One number per control cell."""

_PIECE = 65_536
_ROUNDS = 12
_NEAR_LU = 0.01
_STRIDE_DB = 3.0
_MOST_DRIVE_DB = 15.0
"""Beyond this the limiter gives back all that is put in."""

_LOUD = 0.4
"""Cells below this peak are hardly limited; there, peaks at the frames foretell the loudness well enough."""


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
    frames
        At most so many will come.
    """

    def __init__(self, sample_rate: int, channels: int = 2, *, frames: int) -> None:
        self._rate = sample_rate
        self._channels = channels
        self._energy_meter = EnergyMeter(sample_rate, channels)
        self._peak_meter = PeakMeter(channels, floor=_LOUD)
        cells = frames // CONTROL_FRAMES + 3
        self._peaks = _Growing(cells)
        self._energies = _Growing(cells)

    def process(self, block: Block) -> None:
        """Hear the next block of the mix."""
        self._energies.push(self._energy_meter.push(block))
        self._peaks.push(self._peak_meter.push(block))

    def gain_db(self, target_lufs: float, limiter: Ceiling) -> float:
        """Return the gain before the limiter that ends at a loudness. Call it once, when the mix is over.

        The limiter's gain curve follows from the peaks alone, so its effect on the energies is predicted, and the
        input gain solved for by secants. A silent mix gets no gain.
        """
        self.process(np.zeros((self._channels, 2 * CONTROL_FRAMES), np.float32))
        energies, peaks = self._energies.so_far, self._peaks.so_far
        loudness = integrated(per_100_ms(energies, self._rate))
        if not math.isfinite(loudness):
            return 0.0

        def miss(gain_db: float) -> float:
            return target_lufs - integrated(self._limited(energies, peaks, 10.0 ** (gain_db / 20.0), limiter))

        return _root(miss, target_lufs - loudness)

    def _limited(self, energies: Cells, peaks: Cells, gain: float, limiter: Ceiling) -> Floats:
        """Return the energies per 100 ms behind a gain and the limiter. In pieces: an hour has millions of cells."""
        ahead = lookahead_cells(limiter.lookahead_ms, self._rate)
        curve = LimiterCurve(
            ceiling_dbtp=limiter.ceiling_dbtp,
            release_ms=limiter.release_ms,
            lookahead_cells=ahead,
            sample_rate=self._rate,
        )
        steps = Steps(self._rate)
        edges, done = np.zeros(0), 0
        for start in range(0, len(peaks) + ahead, _PIECE):
            piece = peaks[start : start + _PIECE].astype(np.float64)
            silence = np.zeros(min(start + _PIECE, len(peaks) + ahead) - start - len(piece))
            edges = np.concatenate([edges, curve.push(gain * np.concatenate([piece, silence]))])
            cells = min(len(edges) - 1, len(energies) - done)
            if cells > 0:
                steps.push(energies[done : done + cells] * (power_of(edges[: cells + 1]) * gain**2))
                edges, done = edges[cells:], done + cells
        return steps.finish()


class _Growing:
    """Numbers that arrive piece by piece, in a place that was set aside for all of them."""

    def __init__(self, most: int) -> None:
        self._place: Cells = np.empty(most, np.float32)
        self._count = 0

    def push(self, piece: Floats) -> None:
        self._place[self._count : self._count + len(piece)] = piece
        self._count += len(piece)

    @property
    def so_far(self) -> Cells:
        return self._place[: self._count]


def _root(miss: Callable[[float], float], start: float) -> float:
    """Return where `miss` crosses zero, by secants: it falls, and ever more gently the harder the limiter works."""
    last, last_miss = start, miss(start)
    here = last + last_miss
    for _ in range(_ROUNDS):
        now = miss(here)
        if abs(now) < _NEAR_LU or abs(now - last_miss) < 1e-9:
            break
        step = -now * (here - last) / (now - last_miss)
        last, last_miss = here, now
        here = min(here + max(-_STRIDE_DB, min(_STRIDE_DB, step)), start + _MOST_DRIVE_DB)
    return here
