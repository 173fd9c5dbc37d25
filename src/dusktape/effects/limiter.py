"""The last word on level."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.dynamics import GainRider, LimiterCurve, PeakMeter, from_db, limiter_ceiling, lookahead_cells


@dataclass(frozen=True, slots=True)
class Limiter:
    """Peaks stay below the ceiling, those between the samples too, and the way down is too smooth to hear.

    True peaks are read per cell of 64 frames at fourfold oversampling, where they come near the ceiling; the gain
    comes down ahead of them along a smooth curve and goes back exponentially, alike in all channels. Measured fourfold
    by another filter, the true peak stays within 0.1 dB of the ceiling.
    """

    ceiling_dbtp: float = param(-1.0, low=-24.0, high=0.0, unit="dBTP", text="The true peak never exceeded.")
    drive_db: float = param(0.0, low=-24.0, high=24.0, unit="dB", text="Gain before the limiter: how hard it works.")
    release_ms: float = param(
        120.0,
        low=10.0,
        high=1000.0,
        unit="ms",
        text="Time in which the reduction falls to 37 %: 60 is loud, 200 clean.",
    )
    lookahead_ms: float = param(
        4.0,
        low=2.0,
        high=10.0,
        unit="ms",
        text="Time it takes to come down before a peak; shorter is denser and rougher.",
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> LimiterProcessor:
        """Return a processor at rest."""
        return LimiterProcessor(self, sample_rate, channels)


class LimiterProcessor:
    """Running state of a `Limiter`: the peak meter's, the gain's, and the sound waiting for it."""

    tail_frames = 0

    def __init__(self, effect: Limiter, sample_rate: int, channels: int) -> None:
        self.channels = channels
        cells = lookahead_cells(effect.lookahead_ms, sample_rate)
        self._drive = np.float32(from_db(effect.drive_db))
        self._meter = PeakMeter(channels, floor=limiter_ceiling(effect.ceiling_dbtp))
        self._curve = LimiterCurve(
            ceiling_dbtp=effect.ceiling_dbtp,
            release_ms=effect.release_ms,
            lookahead_cells=cells,
            sample_rate=sample_rate,
        )
        # One cell because a gain needs both its edges, and one for the frames that the meter reads ahead.
        self._rider = GainRider(channels, cells + 2)
        self.latency_frames = (cells + 2) * CONTROL_FRAMES

    def process(self, block: Block) -> Block:
        """Return the limited block, `latency_frames` late. Shape (channels, frames) in and out."""
        driven = block * self._drive
        self._rider.push(self._curve.push(self._meter.push(driven)))
        return self._rider.process(driven)
