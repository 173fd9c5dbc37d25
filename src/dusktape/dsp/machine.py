"""What tape decks, record players and radios have in common: a transport, and noise that breathes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Floats
from dusktape.core.seed import Seed
from dusktape.dsp.delay import SHORTEST, STEADY, DelayLine
from dusktape.dsp.dynamics import cell_levels, decaying_maximum, per_cell, ramp
from dusktape.dsp.filters import Smoother

_SETTLES_S = 1.5
_QUIETEST_DB = -100.0


class Swing(Protocol):
    """Something that moves the head: see `dusktape.dsp.delay.Wobble`."""

    height_frames: float

    def at(self, edges: NDArray[np.int64]) -> Floats:
        """Return the delay at these edges, in frames, within plus and minus `height_frames`."""
        ...


class Eccentric:
    """A record whose hole is not in its middle: one steady sine a turn, and the warp, two.

    Parameters
    ----------
    seed
        Where the turn begins, and how much of it is warp.
    rate_hz
        Turns a second: 33 1/3 a minute are 0.5556.
    cents
        The largest deviation of pitch.
    """

    def __init__(self, seed: Seed, *, rate_hz: float, cents: float, sample_rate: int) -> None:
        # As in Wobble; an overtone of half the height at twice the rate bends pitch as much as the turn itself.
        warp = seed.at("warp").between(0.1, 0.3)
        slope = 2.0 ** (cents / 1200.0) - 1.0
        self._height = slope / (1.0 + 2.0 * warp) * sample_rate / (2.0 * math.pi * rate_hz)
        self._warp = warp * self._height
        self.height_frames = self._height + self._warp
        self._turn = 2.0 * math.pi * rate_hz * CONTROL_FRAMES / sample_rate
        self._start = 2.0 * math.pi * seed.at("start").unit()
        self._warp_start = 2.0 * math.pi * seed.at("warp start").unit()

    def at(self, edges: NDArray[np.int64]) -> Floats:
        """Return the delay at these edges, in frames, within plus and minus `height_frames`."""
        angle = self._turn * edges
        return np.asarray(
            self._height * np.sin(angle + self._start) + self._warp * np.sin(2.0 * angle + self._warp_start)
        )


class Transport:
    """A tape or record that does not run quite true: several swings move one head, all channels together.

    It starts on the spot and takes a moment to sway, so nothing of the first beat is cut off. Eight points a frame.

    Parameters
    ----------
    swings
        Together at most 3 % of speed, 50 cents.

    Attributes
    ----------
    latency_frames
        The mean delay.
    """

    def __init__(self, channels: int, swings: Sequence[Swing], sample_rate: int) -> None:
        self._swings = swings
        swing = sum(each.height_frames for each in swings)
        self.latency_frames = math.ceil(swing) + SHORTEST
        self.tail_frames = self.latency_frames
        self._line = DelayLine(channels, self.latency_frames + swing, STEADY)
        self._settled = _SETTLES_S * sample_rate / CONTROL_FRAMES

    def process(self, block: Block) -> Block:
        """Return the block as it is played. Shape (channels, frames) in and out."""
        self._line.write(block)
        return self._line.read(self._delay, block.shape[1])

    def _delay(self, edges: NDArray[np.int64]) -> Floats:
        t = np.clip(edges / self._settled, 0.0, 1.0)
        sway = t * t * (3.0 - 2.0 * t)
        return np.asarray(self.latency_frames + sway * sum(each.at(edges) for each in self._swings))


class Follower:
    """A curve that follows the level of a stream, a cell late: how loud the noise behind it is, how far it fades.

    Levels rise in a few milliseconds, hold and fall evenly in dB; what they mean is up to `gain`.

    Parameters
    ----------
    gain
        Levels in dB below a full-scale sine, at least -100, to gains, shape kept.
    rise_ms
        Time constant upwards.
    fall_ms
        Time in which the level falls by 8.7 dB.
    """

    def __init__(
        self, gain: Callable[[Floats], Floats], *, rise_ms: float, fall_ms: float, sample_rate: int, channels: int
    ) -> None:
        self._gain = gain
        self._ratio = per_cell(fall_ms, sample_rate)
        self._smooth = Smoother(rise_ms * 1e-3, sample_rate / CONTROL_FRAMES, _QUIETEST_DB)
        self._held = 0.0
        self._started: Block = np.zeros((channels, 0), np.float32)
        resting = gain(np.full(2, _QUIETEST_DB))
        self._edges: Floats = np.asarray(resting, np.float64)
        self._offset = 0
        self.tail_frames = math.ceil(-_QUIETEST_DB / 8.69 * fall_ms * 1e-3 * sample_rate)

    def process(self, block: Block) -> NDArray[np.float32]:
        """Return the gain at each frame of the block, shape (frames,)."""
        frames = block.shape[1]
        stream = np.concatenate([self._started, block], axis=1) if self._started.size else block
        whole = stream.shape[1] // CONTROL_FRAMES * CONTROL_FRAMES
        self._started = stream[:, whole:].copy()
        if whole:
            self._edges = np.concatenate([self._edges, self._follow(stream[:, :whole])])
        curve = ramp(self._edges, self._offset, frames)
        passed, self._offset = divmod(self._offset + frames, CONTROL_FRAMES)
        self._edges = self._edges[passed:]
        return curve

    def _follow(self, cells: Block) -> Floats:
        level = decaying_maximum(np.sqrt(2.0 * cell_levels(cells, "rms")), self._ratio, self._held)
        self._held = float(level[-1])
        floor = 10.0 ** (_QUIETEST_DB / 20.0)
        return self._gain(self._smooth.process(20.0 * np.log10(np.maximum(level, floor))))


def breathing(level_db: float, breath: float) -> Callable[[Floats], Floats]:
    """Return how loud noise is behind a programme: `level_db` if that is loud, less if soft, none if there is none.

    As through a noise reduction that does not track: below -20 dB of programme the noise sinks by `breath` / 2 dB for
    each dB, and between -65 and -80 dB it closes for good.
    """

    def gain(programme_db: Floats) -> Floats:
        sunk = 0.5 * breath * np.minimum(programme_db + 20.0, 0.0)
        opened = np.clip((programme_db + 80.0) / 15.0, 0.0, 1.0)
        return np.asarray(10.0 ** ((level_db + sunk) / 20.0) * opened)

    return gain
