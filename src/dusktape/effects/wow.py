"""Tape that does not run quite true."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.delay import SHORTEST, STEADY, DelayLine, Wobble

_SETTLES_S = 1.5


@dataclass(frozen=True, slots=True)
class Wow:
    """The pitch wanders slowly and shivers a little, as from a worn cassette; left and right move together.

    Two sines whose strength and pace drift, drawn from the seed by position, move the head of a delay line that is
    read with eight-point interpolation (errors below -60 dB up to 10 kHz).
    """

    wow_cents: float = param(
        4.0, low=0.0, high=30.0, unit="cents", text="Largest slow deviation: 2 is felt, 5 heard, 15 seasick."
    )
    wow_hz: float = param(0.6, low=0.2, high=3.0, unit="Hz", text="Pace of it: a reel turns about once in two seconds.")
    flutter_cents: float = param(
        0.6, low=0.0, high=6.0, unit="cents", text="Largest quick deviation: 0.3 is texture, 2 a shiver."
    )
    flutter_hz: float = param(7.0, low=4.0, high=15.0, unit="Hz", text="Pace of it, that of a capstan.")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> WowProcessor:
        """Return a processor at frame 0."""
        return WowProcessor(self, sample_rate, channels, seed)


class WowProcessor:
    """Running state of a `Wow`: the tape between the heads. The latency is the mean delay."""

    def __init__(self, effect: Wow, sample_rate: int, channels: int, seed: Seed) -> None:
        self.channels = channels
        self._wobbles = (
            Wobble(seed.at("wow"), rate_hz=effect.wow_hz, cents=effect.wow_cents, sample_rate=sample_rate),
            Wobble(seed.at("flutter"), rate_hz=effect.flutter_hz, cents=effect.flutter_cents, sample_rate=sample_rate),
        )
        swing = sum(wobble.height_frames for wobble in self._wobbles)
        self.latency_frames = math.ceil(swing) + SHORTEST
        self.tail_frames = math.ceil(swing) + SHORTEST
        self._tape = DelayLine(channels, self.latency_frames + swing, STEADY)
        self._settled = _SETTLES_S * sample_rate / CONTROL_FRAMES

    def process(self, block: Block) -> Block:
        """Return the block as the tape plays it. Shape (channels, frames) in and out."""
        self._tape.write(block)
        return self._tape.read(self._delay, block.shape[1])

    def _delay(self, edges: NDArray[np.int64]) -> Floats:
        wow, flutter = self._wobbles
        # The tape starts on the spot and takes its time to sway: nothing of the first beat is cut off.
        t = np.clip(edges / self._settled, 0.0, 1.0)
        sway = t * t * (3.0 - 2.0 * t)
        return np.asarray(self.latency_frames + sway * (wow.at(edges) + flutter.at(edges)))
