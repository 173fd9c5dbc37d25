"""A tape echo that keeps the song's time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.delay import LIGHT, SHORTEST, DelayLine, Wobble
from dusktape.dsp.dynamics import SoftCurve, from_db
from dusktape.dsp.filters import StateSpaceFilter, highpass, lowpass
from dusktape.dsp.silence import silent

_WOW_HZ = 0.8
_SILENCE = 1e-7
"""Peak from which a repeat counts: a file of 24 bits has no step for less."""


@dataclass(frozen=True, slots=True)
class Echo:
    """Repeats in time with the song, each darker, softer-edged and a little more out of tune than the last.

    A loop of tape: the head reads with a slight wow, what it reads is filtered and bent, heard, and recorded again.
    The ping-pong kind folds its input to mono, throws the first repeat left, the next right, and makes mono stereo.
    """

    time_beats: float = param(
        0.75, low=0.125, high=4.0, unit="beats", text="Distance of the repeats: 0.75 dances, 1 marches, 0.5 doubles."
    )
    feedback: float = param(0.35, low=0.0, high=0.85, text="Level of each repeat against the last: 0.7 goes on and on.")
    mix: float = param(0.25, low=0.0, high=1.0, text="Level of the repeats; the sound itself stays as it is.")
    lowpass_hz: float = param(2800.0, low=300.0, high=16_000.0, unit="Hz", text="Top of each repeat: 2000 is worn.")
    highpass_hz: float = param(
        160.0, low=20.0, high=2000.0, unit="Hz", text="Bottom of each repeat; keeps the low end free."
    )
    drive_db: float = param(3.0, low=-24.0, high=24.0, unit="dB", text="How hard the tape is driven: 12 is thick.")
    wow_cents: float = param(3.0, low=0.0, high=12.0, unit="cents", text="Largest deviation of pitch in one pass.")
    pingpong: bool = param(False, text="Repeats alternate between left and right.")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> EchoProcessor:
        """Return a processor with blank tape."""
        return EchoProcessor(self, sample_rate, channels, cues, seed)


class EchoProcessor:
    """Running state of an `Echo`: the tape, the filters and the wow."""

    latency_frames = 0

    def __init__(self, effect: Echo, sample_rate: int, channels: int, cues: Cues, seed: Seed) -> None:
        self.channels = 2 if effect.pingpong else channels
        self._pingpong = effect.pingpong
        self._feedback, self._mix = np.float32(effect.feedback), np.float32(effect.mix)
        self._wobble = Wobble(seed.at("wow"), rate_hz=_WOW_HZ, cents=effect.wow_cents, sample_rate=sample_rate)
        self._delay = effect.time_beats * 60.0 / cues.bpm * sample_rate
        swing = self._wobble.height_frames
        self._tape = DelayLine(self.channels, self._delay + swing, LIGHT)
        # As long as a pass is shorter than the delay, it reads nothing that it is about to write.
        self._pass = math.floor(self._delay - swing) - SHORTEST
        bands = np.concatenate(
            [highpass(effect.highpass_hz, sample_rate, order=1), lowpass(effect.lowpass_hz, sample_rate, order=2)]
        )
        self._tone = StateSpaceFilter(bands, self.channels)
        self._curve = SoftCurve(self.channels)
        self._drive = from_db(effect.drive_db)
        repeats = 1 + (math.ceil(math.log(1e-4) / math.log(effect.feedback)) if effect.feedback > 1e-4 else 0)
        self.tail_frames = math.ceil(repeats * (self._delay + swing)) + self._tone.tail_frames
        self._position = 0
        # Nothing is left of what was recorded so long ago, nor in the filters that heard it.
        self._forgets = math.ceil(self._delay + swing) + 2 * self._tone.tail_frames + SHORTEST + CONTROL_FRAMES
        self._loud_until = -self._forgets

    def process(self, block: Block) -> Block:
        """Return the block and its repeats. Shape (channels in, frames) to (channels, frames)."""
        out = np.empty((self.channels, block.shape[1]), np.float32)
        for start in range(0, block.shape[1], self._pass):
            dry, here = block[:, start : start + self._pass], out[:, start : start + self._pass]
            np.multiply(self._repeat(dry), self._mix, out=here)
            here += dry
        return out

    def _repeat(self, dry: Block) -> Block:
        frames = dry.shape[1]
        if self._position - self._loud_until >= self._forgets and silent(dry):
            blank = np.zeros((self.channels, frames), np.float32)
            self._tape.write(blank)
            self._position += frames
            return blank
        read = self._tape.read(self._curve_of_delay, frames, start=self._position)
        heard = self._curve.process(self._tone.process(read), self._drive, 1.0 / self._drive)
        recorded: Block = self._feedback * (heard[::-1] if self._pingpong else heard)
        if self._pingpong:
            recorded[0] += dry.mean(axis=0)
        else:
            recorded += dry
        self._tape.write(recorded)
        self._position += frames
        if max(recorded.max(), -recorded.min()) > _SILENCE:
            self._loud_until = self._position
        return heard

    def _curve_of_delay(self, edges: NDArray[np.int64]) -> Floats:
        return self._delay + self._wobble.at(edges)
