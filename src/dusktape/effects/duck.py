"""Making way for the kick."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.dynamics import edges_of, ramp
from dusktape.dsp.silence import silent

_TAIL = 7.0


@dataclass(frozen=True, slots=True)
class Duck:
    """The sound dips under every kick and swells back: a little makes room, a lot pumps.

    Follows the kicks written in the score, not a detector, so it never misses and needs no look-ahead.
    """

    depth_db: float = param(
        3.0,
        low=0.0,
        high=24.0,
        unit="dB",
        text="Dip under a kick of full velocity: 2 makes room, 6 breathes, 10 pumps.",
    )
    attack_ms: float = param(6.0, low=1.0, high=50.0, unit="ms", text="Time to the bottom of the dip.")
    hold_ms: float = param(40.0, low=0.0, high=500.0, unit="ms", text="Time at the bottom.")
    release_ms: float = param(
        110.0, low=10.0, high=1000.0, unit="ms", text="Time in which the dip falls to 37 %: 70 is tight, 160 lazy."
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> DuckProcessor:
        """Return a processor at frame 0."""
        return DuckProcessor(self, sample_rate, channels, cues)


class DuckProcessor:
    """Running state of a `Duck`: the position."""

    latency_frames = 0
    tail_frames = 0

    def __init__(self, effect: Duck, sample_rate: int, channels: int, cues: Cues) -> None:
        self.channels = channels
        self._depth_db = effect.depth_db
        frames = sample_rate * 1e-3
        self._attack, self._hold, self._release = (
            effect.attack_ms * frames,
            effect.hold_ms * frames,
            effect.release_ms * frames,
        )
        self._kicks = sorted(cues.kicks)
        self._reach = self._attack + self._hold + _TAIL * self._release
        self._position = 0

    def process(self, block: Block) -> Block:
        """Return the ducked block. Shape (channels, frames) in and out."""
        frames, start = block.shape[1], self._position
        self._position += frames
        if silent(block):
            return block
        dips = self._dips(edges_of(start, frames))
        return block * ramp(10.0 ** (-dips / 20.0), start % CONTROL_FRAMES, frames) if dips.any() else block

    def _dips(self, edges: NDArray[np.int64]) -> Floats:
        """Return the dip at each edge in dB: of kicks that overlap, the deepest."""
        dips = np.zeros(edges.size)
        first, last = int(edges[0]), int(edges[-1])
        kick = bisect_left(self._kicks, (first * CONTROL_FRAMES - self._reach, 0.0))
        while kick < len(self._kicks) and self._kicks[kick][0] < last * CONTROL_FRAMES:
            start, velocity = self._kicks[kick]
            low = max(0, start // CONTROL_FRAMES - first)
            high = int((start + self._reach) // CONTROL_FRAMES) + 2 - first
            shape = self._depth_db * velocity * self._shape(edges[low:high] * CONTROL_FRAMES - start)
            np.maximum(dips[low:high], shape, out=dips[low:high])
            kick += 1
        return dips

    def _shape(self, after: NDArray[np.int64]) -> Floats:
        """Return one dip, 0 to 1, at frames after the kick."""
        down = 0.5 - 0.5 * np.cos(np.pi * np.clip(after / self._attack, 0.0, 1.0))
        back = (np.maximum(after, 0) - self._attack - self._hold) / self._release
        return np.where(back > _TAIL, 0.0, down * np.exp(-np.clip(back, 0.0, _TAIL)))
