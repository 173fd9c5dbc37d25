"""Where one track gives way to the next, and how: equal power, on a bar line, never over the ceiling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, SAMPLE_RATE, Block, Floats

SHORTEST, AIM, LONGEST = (round(s * SAMPLE_RATE) for s in (4.0, 6.0, 9.0))
"""A crossfade takes whole bars of what ends, between the first and the last of these, as near to the second."""

QUIETER_DB = 4.5
"""An ending that is so far below its song on the average has gone by itself: nothing is faded."""

RINGS_FROM = round(1.5 * SAMPLE_RATE)
SKIP = round(0.4 * SAMPLE_RATE)
"""Length of the join when somebody skips."""

_EDGE = round(0.05 * SAMPLE_RATE)
_NO_BARS = round(2.5 * SAMPLE_RATE)
_LINES = 24

CEILING = 10.0 ** (-1.0 / 20.0)
"""Full scale is 1; nothing that is played rises over this."""

_HALF = 13
REACH = (2 * _HALF + 2) * CONTROL_FRAMES
"""The limiter's gain at a frame depends on the frames so far before and after it."""


@dataclass(frozen=True, slots=True)
class Seam:
    """How one track gives way to another. All in frames of the one that ends.

    Parameters
    ----------
    start
        Where the other begins.
    join
        How long it takes to rise.
    end
        Where this one is over.
    out
        How long it takes to fall, up to `end`.
    """

    start: int
    join: int
    end: int
    out: int


def ending(timeline: Mapping[str, Any], frames: int) -> Seam:
    """Return how a track gives way at its end.

    One that rings out or fades by itself is left alone, and the next one begins on the bar line where it has become
    quiet, 9 s before the end at most. Any other is faded over its last whole bars, 4 to 9 s of them.

    Parameters
    ----------
    timeline
        Of the track; what is missing in it is done without.
    frames
        Its length.
    """
    bars = bar_lines(timeline, frames)
    late = [b for b in bars if RINGS_FROM <= frames - b <= LONGEST]
    levels = _Levels(timeline)
    for bar in late:
        if levels.quiet_from(bar):
            join = min(_bar_length(bars), frames - bar)
            return Seam(bar, join, frames, min(_EDGE, frames - bar))
    return fading(bars, frames)


def fading(bars: Sequence[int], end: int) -> Seam:
    """Return the last crossfade of whole bars until `end`, or a line before it: 4 to 9 s, as near to 6 as can be."""
    lines = (*bars, end)[-_LINES:]
    some = [(a, b) for i, a in enumerate(lines) for b in lines[i + 1 :] if SHORTEST <= b - a <= LONGEST]
    if not some:
        length = min(AIM, end)
        return Seam(end - length, length, end, length)
    last = max(stop for _, stop in some)
    start, stop = min((one for one in some if one[1] == last), key=lambda one: abs(one[1] - one[0] - AIM))
    return Seam(start, stop - start, stop, stop - start)


def bar_lines(timeline: Mapping[str, Any], frames: int) -> list[int]:
    """Return the bar lines of a track, in frames; every 2.5 s where it has none."""
    told = [int(b) for b in timeline.get("bars", ()) if 0 <= b < frames]
    return told or list(range(0, frames, _NO_BARS))


def next_line(timeline: Mapping[str, Any], frames: int, after: int) -> int | None:
    """Return the first line between sections at or after a frame, of those that leave time for a join; None if none."""
    starts = (int(s["start"]) for s in timeline.get("sections", ()))
    return next((s for s in sorted(starts) if max(after, 1) <= s <= frames - SHORTEST), None)


def at(timeline: Mapping[str, Any], frames: int, start: int) -> Seam:
    """Return a crossfade that begins at a frame and takes whole bars, about 6 s, or what is left of the track."""
    bars = bar_lines(timeline, frames)
    bar = _bar_length(bars)
    count = max(1, round(AIM / bar))
    length = min(count * bar, frames - start)
    return Seam(start, length, start + length, length)


def _bar_length(bars: Sequence[int]) -> int:
    return int(np.median(np.diff(bars))) if len(bars) > 1 else _NO_BARS


class _Levels:
    """How loud a track is, from its timeline."""

    def __init__(self, timeline: Mapping[str, Any]) -> None:
        level = timeline.get("level") or {}
        self._hop = int(level.get("hop", 2205))
        self._power = 10.0 ** (np.asarray(level.get("db", ()), np.float64) / 10.0)
        self._body = float(np.median(self._power)) if self._power.size else 0.0

    def quiet_from(self, frame: int) -> bool:
        rest = self._power[frame // self._hop :]
        return bool(rest.size) and float(rest.mean()) < self._body * 10.0 ** (-QUIETER_DB / 10.0)


def rising(length: int, first: int, frames: int) -> NDArray[np.float32]:
    """Return the gains of an equal-power rise of `length` frames, from its frame `first` on; 1 after it."""
    place = np.clip((np.arange(first, first + frames) + 0.5) / max(length, 1), 0.0, 1.0)
    return np.sin(0.5 * np.pi * place).astype(np.float32)


def falling(length: int, first: int, frames: int) -> NDArray[np.float32]:
    """Return the gains of an equal-power fall of `length` frames; 1 before it, 0 after."""
    place = np.clip((np.arange(first, first + frames) + 0.5) / max(length, 1), 0.0, 1.0)
    return np.cos(0.5 * np.pi * place).astype(np.float32)


def limited(sound: Block, first: int, frames: int) -> Block:
    """Return `frames` frames from frame `first` of a sum on, brought under `CEILING`.

    The gain is a smooth curve that begins to fall 36 ms before a peak and is back 36 ms after it. It
    depends on nothing but the sound within `REACH`: whoever begins anywhere comes to the same.

    Parameters
    ----------
    sound
        Shape (2, REACH + frames + REACH), from frame `first - REACH` on.
    first
        On the station's clock.
    frames
        How many are wanted.
    """
    here = sound[:, REACH : REACH + frames]
    peaks = np.max(np.abs(sound), axis=0)
    if float(peaks.max(initial=0.0)) <= CEILING:
        return here
    cell = CONTROL_FRAMES
    begin = first - REACH
    lost = -begin % cell
    cells = (sound.shape[1] - lost) // cell
    tops = peaks[lost : lost + cells * cell].reshape(cells, cell).max(axis=1).astype(np.float64)
    need = np.minimum(1.0, CEILING / np.maximum(tops, 1e-9))
    lowest = _lowest(need, _HALF)
    window = np.hanning(2 * (_HALF - 1) + 3)[1:-1]
    gains = np.convolve(lowest, window / window.sum(), mode="valid")
    centres = begin + lost + cell * (np.arange(gains.size) + _HALF + _HALF - 1) + 0.5 * (cell - 1)
    curve = np.interp(np.arange(first, first + frames), centres, gains)
    return np.asarray(here * curve.astype(np.float32), np.float32)


def _lowest(values: Floats, half: int) -> Floats:
    """Return the smallest value within `half` places either side, where there are as many."""
    windows = np.lib.stride_tricks.sliding_window_view(values, 2 * half + 1)
    return np.asarray(windows.min(axis=1))
