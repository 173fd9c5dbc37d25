"""How far left and right lie apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters


@dataclass(frozen=True, slots=True)
class Width:
    """Pulls left and right together or apart, and keeps the bass in the middle, where records want it.

    The middle passes untouched, so the sum in mono never changes; mono passes whole. The side's high-pass turns
    its phase near the cutoff. No latency; about 1/6000 of real time.
    """

    width: float = param(1.0, low=0.0, high=2.0, text="0 is mono, 1 leaves it, 1.5 is wide, 2 doubles the side")
    mono_below_hz: float = param(
        120.0, low=0.0, high=1000.0, unit="Hz", text="the side fades out below this; 0 keeps it all"
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return WidthProcessor(self.width, self.mono_below_hz, sample_rate, channels)


class WidthProcessor:
    """Running state of a `Width`: the high-pass of the side."""

    latency_frames = 0

    def __init__(self, width: float, mono_below_hz: float, sample_rate: int, channels: int) -> None:
        self.channels = channels
        self._half = np.float32(0.5 * width)
        self._filter: filters.StateSpaceFilter | None = None
        if mono_below_hz > 0.0 and channels == 2:
            self._filter = filters.StateSpaceFilter(filters.highpass(mono_below_hz, sample_rate, order=2), 1)
        self.tail_frames = self._filter.tail_frames if self._filter is not None else 0

    def process(self, block: Block) -> Block:
        """Return the block with another side. Shape (channels, frames) in and out."""
        if self.channels == 1:
            return block.copy()
        middle = np.float32(0.5) * (block[:1] + block[1:])
        side = self._half * (block[:1] - block[1:])
        if self._filter is not None:
            side = self._filter.process(side)
        return np.concatenate([middle + side, middle - side])
