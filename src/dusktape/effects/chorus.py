"""Several of the same, slightly apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.delay import LIGHT, DelayLine
from dusktape.dsp.silence import silent


@dataclass(frozen=True, slots=True)
class Chorus:
    """One player becomes a few who almost agree: wide, watery, slightly out of tune. Mono becomes stereo.

    Each voice is a delay that swings; left and right swing a quarter turn apart. Dry and wet are mixed at equal power.
    The voices are darker than the player above 8 kHz, as those of a bucket brigade are.
    """

    rate_hz: float = param(0.7, low=0.05, high=2.5, unit="Hz", text="Swings a second: 0.3 drifts, 1.5 shimmers.")
    depth_ms: float = param(1.8, low=0.0, high=4.0, unit="ms", text="How far each delay swings to either side.")
    delay_ms: float = param(14.0, low=5.0, high=40.0, unit="ms", text="Mean delay: 7 is close, 25 a second player.")
    mix: float = param(0.4, low=0.0, high=1.0, text="0 is dry, 1 the voices alone (vibrato).")
    voices: int = param(2, low=1, high=3, text="Moving voices a side.")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> ChorusProcessor:
        """Return a processor at frame 0."""
        return ChorusProcessor(self, sample_rate, channels)


class ChorusProcessor:
    """Running state of a `Chorus`: the last milliseconds of sound."""

    channels = 2
    latency_frames = 0

    def __init__(self, effect: Chorus, sample_rate: int, channels: int) -> None:
        ms = sample_rate * 1e-3
        self._turn = 2.0 * math.pi * effect.rate_hz * CONTROL_FRAMES / sample_rate
        self._delay, self._depth = effect.delay_ms * ms, effect.depth_ms * ms
        self.tail_frames = math.ceil(self._delay + self._depth) + CONTROL_FRAMES
        self._phases = [2.0 * math.pi * voice / effect.voices for voice in range(effect.voices)]
        self._lines = [DelayLine(1, self._delay + self._depth, LIGHT) for _ in range(channels)]
        self._forgets = self.tail_frames + LIGHT[0] + CONTROL_FRAMES
        self._silent_frames = self._forgets
        self._dry = np.float32(math.cos(effect.mix * math.pi / 2.0))
        self._wet = np.float32(math.sin(effect.mix * math.pi / 2.0) / math.sqrt(effect.voices))

    def process(self, block: Block) -> Block:
        """Return the thickened block. Shape (1 or 2, frames) in, (2, frames) out."""
        for line, samples in zip(self._lines, block, strict=True):
            line.write(samples[None])
        rests = silent(block)
        if rests and self._silent_frames >= self._forgets:
            return np.zeros((2, block.shape[1]), np.float32)
        self._silent_frames = self._silent_frames + block.shape[1] if rests else 0
        out = np.empty((2, block.shape[1]), np.float32)
        for side in range(2):
            line = self._lines[side % len(block)]
            np.multiply(block[side % len(block)], self._dry, out=out[side])
            for phase in self._phases:
                out[side] += self._wet * self._voice(line, phase + side * math.pi / 2.0, block.shape[1])
        return out

    def _voice(self, line: DelayLine, phase: float, frames: int) -> NDArray[np.float32]:
        def delay(edges: NDArray[np.int64]) -> Floats:
            return np.asarray(self._delay + self._depth * np.sin(self._turn * edges + phase))

        voice: NDArray[np.float32] = line.read(delay, frames)[0]
        return voice
