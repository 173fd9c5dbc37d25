"""Two takes of the same part, left and right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters


@dataclass(frozen=True, slots=True)
class Doubler:
    """Spreads a part as if it had been played twice: a late, band-limited copy is added left and taken away right.

    Left and right together are exactly the dry sound, so nothing is lost in mono, and the bass stays in the middle:
    at the defaults the side lies 34 dB below the middle at 70 Hz, 19 at 127, 9 at 200 and 4 from 400 to 1000.
    Mono becomes stereo. No latency; about 1/3600 of real time.
    """

    amount: float = param(
        0.6, low=0.0, high=1.0, text="side over middle: 0.25 leans apart, 0.6 is wide, 1 is all around"
    )
    delay_ms: float = param(13.0, low=1.0, high=35.0, unit="ms", text="9 is tight, 19 loose, above 30 it echoes")
    low_cut_hz: float = param(
        220.0, low=20.0, high=2000.0, unit="Hz", text="below this the copy is silent: the bass stays mono"
    )
    high_cut_hz: float = param(
        3000.0, low=500.0, high=20_000.0, unit="Hz", text="above this the copy is dull, so attacks stay in place"
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        delay = round(self.delay_ms * sample_rate / 1000.0)
        return DoublerProcessor(self._sections(sample_rate), delay, self.amount, channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response, left and right, cut below -110 dB. Shape (2, taps)."""
        copy = self.amount * filters.impulse_response(self._sections(sample_rate))
        late = np.pad(copy, (round(self.delay_ms * sample_rate / 1000.0), 0))
        response = np.stack([late, -late])
        response[:, 0] += 1.0
        return response

    def _sections(self, sample_rate: int) -> Floats:
        low = filters.highpass(self.low_cut_hz, sample_rate, order=3)
        return np.concatenate([low, filters.lowpass(self.high_cut_hz, sample_rate, order=1)])


class DoublerProcessor:
    """Running state of a `Doubler`: the filter of the copy, and what of it has not sounded yet."""

    channels = 2
    latency_frames = 0

    def __init__(self, sections: Floats, delay: int, amount: float, channels: int) -> None:
        self._filter = filters.StateSpaceFilter(sections, channels)
        self._gains = np.array([[amount], [-amount]], np.float32)
        self._late = np.zeros((channels, delay), np.float32)
        self.tail_frames = delay + self._filter.tail_frames

    def process(self, block: Block) -> Block:
        """Return the doubled block. Shape (1 or 2, frames) to (2, frames)."""
        waiting = np.concatenate([self._late, self._filter.process(block)], axis=1)
        self._late = waiting[:, block.shape[1] :]
        return np.asarray(block + self._gains * waiting[:, : block.shape[1]])
