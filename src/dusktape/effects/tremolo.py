"""Stereo tremolo, as suitcase electric pianos have."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.dynamics import edges_of, ramp


@dataclass(frozen=True, slots=True)
class Tremolo:
    """Loudness that sways from one side to the other, as a suitcase electric piano does. Mono becomes stereo.

    The mean power stays the same at every depth. The swing depends on the frame alone: every block size gives the
    same sound.
    """

    rate_hz: float = param(4.5, low=0.1, high=12.0, unit="Hz", text="Swings a second: 4 is easy, 7 nervous.")
    depth: float = param(0.4, low=0.0, high=1.0, text="How far it dips: 0.3 breathes, 0.7 sways, 1 goes silent.")
    spread: float = param(1.0, low=0.0, high=1.0, text="0 swings both sides together, 1 from side to side.")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> TremoloProcessor:
        """Return a processor at frame 0."""
        return TremoloProcessor(self, sample_rate)


class TremoloProcessor:
    """Running state of a `Tremolo`: the position."""

    channels = 2
    latency_frames = 0
    tail_frames = 0

    def __init__(self, effect: Tremolo, sample_rate: int) -> None:
        self._turn = 2.0 * math.pi * effect.rate_hz * CONTROL_FRAMES / sample_rate
        self._depth = effect.depth
        self._phases = (0.0, math.pi * effect.spread)
        # The mean of (1 - d (1 + sin) / 2)² over a swing is 1 - d + 3 d² / 8.
        self._level = (1.0 - effect.depth + 0.375 * effect.depth**2) ** -0.5
        self._position = 0

    def process(self, block: Block) -> Block:
        """Return the swaying block. Shape (1 or 2, frames) in, (2, frames) out."""
        frames = block.shape[1]
        out = np.empty((2, frames), np.float32)
        angle = self._turn * edges_of(self._position, frames)
        for side, phase in enumerate(self._phases):
            edges = self._level * (1.0 - self._depth * 0.5 * (1.0 + np.sin(angle + phase)))
            np.multiply(block[side % len(block)], ramp(edges, self._position % CONTROL_FRAMES, frames), out=out[side])
        self._position += frames
        return out
