"""How hard each note is played, asked once all notes are known: a small network over metre, contour and what it
played where the song was like this before.

Performers repeat themselves: where notes return, so do nine velocities out of ten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.nn.exact import tanh
from dusktape.nn.layers import Linear
from dusktape.nn.line import LONGEST_STEPS, STEPS_PER_BAR, VELOCITY_BINS, Ints, Line

NO_VELOCITY = VELOCITY_BINS
"""Stands for a velocity where there is none."""

FARTHEST_NOTES = 2048
"""The search for an earlier place like this one goes no further back."""

_BINS = VELOCITY_BINS + 1
_LEAP, _REACH = 12, 18
_RUN_EDGES = (1, 2, 3, 4, 6, 8, 12, 16)
_RUN_BINS = len(_RUN_EDGES) + 1
_AGREED_NOTES = 8
_LEVELS = 6
_MEANS = 4 * VELOCITY_BINS + 1
_LAST = 4
_LAGS = (16, 32, 64, 128)

_STATIC_SIZES = (
    STEPS_PER_BAR,
    LONGEST_STEPS + 1,
    LONGEST_STEPS + 1,
    LONGEST_STEPS + 1,
    2 * _LEAP + 2,
    2 * _LEAP + 2,
    2 * _REACH + 1,
)
_MATCH_SIZES = (_BINS, _RUN_BINS, _LEVELS)
SIZES = (*_STATIC_SIZES, *((_BINS,) * _LAST), _MEANS, _MEANS, *((_BINS,) * len(_LAGS)), *(_MATCH_SIZES * 3))
"""Values of each column of `features`.

Step in the bar, sixteenths since the note before, length, sixteenths to the next note, interval from the last
note, to the next note, pitch against the song's middle; the last four velocities, the mean of eight, of all;
the velocity at the same place 1, 2, 4 and 8 bars ago; and for three matches (same pitches at the same places in
the bar; same intervals and rhythm; same rhythm) the velocity there, the length of the match, how well the last
eight velocities agreed.
"""

FIRST_MATCH = len(SIZES) - 3 * len(_MATCH_SIZES)
CROSS_SIZE = _BINS * _RUN_BINS * _LEVELS
"""Each match's three columns as one number."""


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """What a line's notes alone tell: `known` (N, 7); `places` (N, 7) of notes to remember, -1 for none; `runs` (N, 3).

    The places are those one, two, four and eight bars ago, and those of the three matches.
    """

    known: Ints
    places: Ints
    runs: Ints


def read(line: Line) -> Score:
    """Look at the notes of a line, before and after each one."""
    start, size = line.start, len(line)
    leap = np.clip(np.diff(line.pitch), -_LEAP, _LEAP) + _LEAP
    step = np.minimum(line.step, LONGEST_STEPS)
    middle = int(np.median(line.pitch)) if size else 0
    none = [2 * _LEAP + 1]
    known = np.stack(
        [
            start % STEPS_PER_BAR,
            step,
            np.minimum(line.duration, LONGEST_STEPS),
            np.append(step[1:], LONGEST_STEPS)[:size],
            np.concatenate([none, leap])[:size],
            np.concatenate([leap, none])[:size],
            np.clip(line.pitch - middle, -_REACH, _REACH) + _REACH,
        ],
        axis=1,
    )
    places = []
    for lag in _LAGS:
        at = np.searchsorted(start, start - lag)
        places.append(np.where(start[np.minimum(at, size - 1)] == start - lag, at, -1) if size else at)
    interval = np.diff(line.pitch, prepend=line.pitch[:1])
    runs = []
    for event in (line.pitch * 64 + known[:, 0], interval * 64 + step, step * 16 + known[:, 0]):
        place, length = _like_this(event)
        places.append(place)
        runs.append(np.searchsorted(_RUN_EDGES, length, side="right"))
    return Score(known, np.stack(places, axis=1), np.stack(runs, axis=1))


def _like_this(event: Ints) -> tuple[Ints, Ints]:
    """Return for each note the earlier one amid the longest row of like events, the latest of these; and the length.

    The row reaches to both sides of the note. -1 and 0 where there is none.
    """
    size = len(event)
    best, length = np.full(size, -1), np.zeros(size, np.int64)
    index = np.arange(size)
    for lag in range(1, min(size, FARTHEST_NOTES + 1)):
        same = event[lag:] == event[:-lag]
        if not same.any():
            continue
        here = index[: size - lag]
        before = np.maximum.accumulate(np.where(same, -1, here))
        after = np.minimum.accumulate(np.where(same, size, here)[::-1])[::-1]
        row = np.where(same, np.minimum(after, size - lag) - before - 1, 0)
        better = np.flatnonzero(row > length[lag:])
        length[lag + better], best[lag + better] = row[better], better
    return best, length


def features(line: Line, at: Ints | None = None, score: Score | None = None) -> NDArray[np.uint8]:
    """Return the inputs of some notes, or of all, shape (N, columns); those of a note know only velocities before it.

    Parameters
    ----------
    line
        Its notes, all of them, and their velocities as far as they are known.
    at
        Which notes; all if not given.
    score
        What `read` said of the line, if it was asked already.
    """
    score = read(line) if score is None else score
    at = np.arange(len(line)) if at is None else at
    velocity = np.append(line.velocity, NO_VELOCITY)  # index -1 is "none"
    back = [velocity[np.where(at >= k, at - k, -1)] for k in range(1, _LAST + 1)]
    total = np.concatenate([[0], np.cumsum(line.velocity)])
    means = [_mean(total[at] - total[np.maximum(at - n, 0)], np.minimum(at, n)) for n in (8, len(line))]
    places = score.places[at]
    columns = [*score.known[at].T, *back, *means, *velocity[places[:, : len(_LAGS)]].T]
    for place, run in zip(places[:, len(_LAGS) :].T, score.runs[at].T, strict=True):
        columns += [velocity[place], run, _agreement(velocity, at, place)]
    return np.stack(columns, axis=1).astype(np.uint8)


def _mean(total: Ints, count: Ints) -> Ints:
    """Return the mean bin in quarters; the last value where nothing was counted."""
    return np.where(count, (4 * total + count // 2) // np.maximum(count, 1), _MEANS - 1)


def _agreement(velocity: Ints, at: Ints, place: Ints) -> Ints:
    """Return 0 where there is no match or nothing before it; else 1 to 5 by how far the last velocities agreed."""
    differ, count = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    for k in range(1, _AGREED_NOTES + 1):
        both = place >= k
        differ += np.where(
            both, np.minimum(2, np.abs(velocity[np.maximum(at - k, 0)] - velocity[np.maximum(place - k, 0)])), 0
        )
        count += both
    return np.where(count, 1 + np.minimum(_LEVELS - 2, (4 * differ) // np.maximum(count, 1)), 0)


class Touch:
    """`net.Touch`, run forwards: logits of the eight velocity bins."""

    def __init__(self, weights: Mapping[str, Floats], name: str = "touch") -> None:
        self._table = weights[f"{name}.table.weight"]
        self._cross = weights[f"{name}.cross.weight"]
        self._bias = weights[f"{name}.bias"]
        self._hidden, self._out = Linear.of(weights, f"{name}.hidden"), Linear.of(weights, f"{name}.out")

    def __call__(self, x: NDArray[np.uint8]) -> Floats:
        """Return logits (N, 8) from `features` (N, columns)."""
        rows = x.astype(np.int64)
        h = tanh(self._table[rows + OFFSETS].sum(axis=1) + self._bias)
        direct = self._cross[crossed(rows)].sum(axis=1)
        return np.asarray(self._out(tanh(self._hidden(h))) + direct)


OFFSETS = np.concatenate([[0], np.cumsum(SIZES)[:-1]])


def crossed(rows: Ints) -> Ints:
    """Return each match's three columns as one number, into a table of its own; (N, columns) to (N, 3)."""
    velocity, run, agreed = (rows[..., FIRST_MATCH + k :: 3] for k in range(3))
    return np.asarray((velocity * _RUN_BINS + run) * _LEVELS + agreed + CROSS_SIZE * np.arange(3))
