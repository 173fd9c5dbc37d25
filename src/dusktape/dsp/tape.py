"""A tape deck: what the recording head bends, the transport sways and the replay head colours, with hiss behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Floats
from dusktape.core.seed import Seed
from dusktape.dsp.delay import Wobble
from dusktape.dsp.dynamics import SoftCurve, edges_of, from_db, ramp
from dusktape.dsp.filters import StateSpaceFilter
from dusktape.dsp.machine import Follower, Swing, Transport, breathing
from dusktape.dsp.noise import NoiseBed, band, noise_table

_TABLE_FRAMES, _READ_FRAMES = 1 << 17, 1 << 16
_RISE_MS, _FALL_MS = 25.0, 250.0
_ALIKE = 0.7
"""Correlation of hiss left and right: its side lies 7.5 dB below its middle."""


def wander(
    seed: Seed, cents: float, *, wow_hz: float, flutter_hz: float, flutter: float, sample_rate: int
) -> tuple[Wobble, Wobble]:
    """Return wow and flutter that stray by `cents`, as a standard deviation; `flutter` is flutter's share of the power.

    A `Wobble` that reaches p cents has a standard deviation of about 0.57 p.
    """
    slow, quick = cents * math.sqrt(1.0 - flutter) / 0.57, cents * math.sqrt(flutter) / 0.57
    return (
        Wobble(seed.at("wow"), rate_hz=wow_hz, cents=slow, sample_rate=sample_rate),
        Wobble(seed.at("flutter"), rate_hz=flutter_hz, cents=quick, sample_rate=sample_rate),
    )


class Dropouts:
    """Moments in which the tape leaves the head: dips of the gain, drawn second by second from the seed.

    Parameters
    ----------
    per_s
        How many a second, on average.
    depth_db
        The deepest; most are about half as deep.
    """

    def __init__(self, seed: Seed, *, per_s: float, depth_db: float, sample_rate: int) -> None:
        self._seed, self._per_s, self._depth_db = seed, per_s, depth_db
        self._second = sample_rate / CONTROL_FRAMES
        self._position = 0

    def process(self, frames: int) -> NDArray[np.float32]:
        """Return the gain at the next frames, shape (frames,)."""
        edges = edges_of(self._position, frames)
        dips = np.zeros(edges.size)
        for second in range(max(0, int(edges[0] / self._second) - 1), int(edges[-1] / self._second) + 1):
            for start, length, depth in self._of(second):
                t = (edges - start) / length
                dips += np.where((t > 0.0) & (t < 1.0), depth * np.sin(np.pi * np.clip(t, 0.0, 1.0)) ** 2, 0.0)
        curve = ramp(10.0 ** (-dips / 20.0), self._position % CONTROL_FRAMES, frames)
        self._position += frames
        return curve

    def _of(self, second: int) -> list[tuple[float, float, float]]:
        """Return (start and length in edges, depth in dB) of the drop-outs that begin in a second."""
        here = self._seed.at(second)
        count = int(self._per_s + here.unit())
        made = []
        for k in range(count):
            dip = here.at(k)
            length = 0.02 * 12.0 ** dip.at("length").unit()
            start = (second + dip.at("start").unit()) * self._second
            made.append((start, length * self._second, self._depth_db * dip.at("depth").between(0.2, 1.0)))
        return made


class Emphasis:
    """Lifts the top by one zero, so that what saturates next meets it first; `undo` is the section that takes it back.

    Parameters
    ----------
    corner_hz
        Above this the lift grows by 6 dB an octave.
    """

    def __init__(self, corner_hz: float, sample_rate: int, channels: int) -> None:
        pole = math.exp(-2.0 * math.pi * corner_hz / sample_rate)
        self._gain = np.float32(1.0 / (1.0 - pole))
        self._back = np.float32(-pole / (1.0 - pole))
        self._last: Block = np.zeros((channels, 1), np.float32)
        self.undo: Floats = np.array([[1.0 - pole, 0.0, 0.0, 1.0, -pole, 0.0]])

    def process(self, block: Block) -> Block:
        """Return the block with its top lifted. Shape (channels, frames) in and out."""
        if block.shape[1] == 0:
            return block
        out = self._gain * block
        out[:, :1] += self._back * self._last
        out[:, 1:] += self._back * block[:, :-1]
        self._last = block[:, -1:].copy()
        return out


class TapeDeck:
    """A running tape deck: emphasis, saturation, transport, the sound of the heads, drop-outs and hiss, in this order.

    Left and right move together. The hiss follows the programme, see `machine.breathing`, so silence stays silent.

    Parameters
    ----------
    drive_db
        Gain before the saturation; quiet passages keep their level.
    emphasis_hz
        Above this the top saturates first.
    swings
        What moves the tape.
    tone
        Second-order sections of the replay: head bump, losses.
    hiss_db, breath, top_hz
        Level behind a loud programme, how far it sinks behind a soft one, upper end of its spectrum.
    dropouts
        None for a tape without.
    """

    def __init__(
        self,
        *,
        drive_db: float,
        emphasis_hz: float,
        swings: Sequence[Swing],
        tone: Floats,
        hiss_db: float,
        breath: float,
        top_hz: float,
        dropouts: Dropouts | None,
        sample_rate: int,
        channels: int,
        seed: Seed,
    ) -> None:
        self.channels = channels
        self._drive = from_db(drive_db)
        self._emphasis = Emphasis(emphasis_hz, sample_rate, channels)
        self._curve = SoftCurve(channels)
        self._transport = Transport(channels, swings, sample_rate)
        self._tone = StateSpaceFilter(np.concatenate([self._emphasis.undo, tone]), channels)
        self._dropouts = dropouts
        frames = _TABLE_FRAMES * max(1, round(sample_rate / 44_100))
        colour = band(500.0, top_hz, low_order=1, slope_db=1.0)
        rng = seed.at("hiss").rng()
        table = noise_table(frames, channels, colour, sample_rate=sample_rate, rng=rng, shared=_ALIKE)
        self._hiss = NoiseBed(table, seed.at("hiss"), cell_frames=_READ_FRAMES)
        self._level = Follower(
            breathing(hiss_db, breath), rise_ms=_RISE_MS, fall_ms=_FALL_MS, sample_rate=sample_rate, channels=channels
        )
        self.latency_frames = self._transport.latency_frames
        self.tail_frames = self._transport.tail_frames + self._tone.tail_frames + self._level.tail_frames
        self._position = 0

    def process(self, block: Block) -> Block:
        """Return the block as it comes from tape. Shape (channels, frames) in and out."""
        frames = block.shape[1]
        recorded = self._curve.process(self._emphasis.process(block), self._drive, 1.0 / self._drive)
        out = self._tone.process(self._transport.process(recorded))
        level = self._level.process(out)
        if self._dropouts:
            out *= self._dropouts.process(frames)
        hiss = self._hiss.read(self._position, frames)
        hiss *= level
        out += hiss
        self._position += frames
        return out
