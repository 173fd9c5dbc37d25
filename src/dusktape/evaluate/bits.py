"""Held-out bits per note: how much of a melody that nobody showed it a model foresees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed
from dusktape.nn.line import Line

KINDS = ("all", "new", "repeated")
"""Which notes are counted."""

RESAMPLES = 1000
_TAILS = (2.5, 97.5)
_PHRASE = 3

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value and its 95 % confidence interval, by bootstrap over songs. NaN where there is nothing to measure."""

    value: float
    low: float
    high: float


def new_notes(line: Line) -> Mask:
    """Return which notes are new: the last three up to it, as intervals and rhythm, stand nowhere earlier; (N,).

    The first two notes of a song are new. A phrase that comes back transposed is not; one in half time is.
    """
    moves, steps = np.diff(line.pitch).tolist(), line.step.tolist()
    new = np.ones(len(line), np.bool_)
    seen: set[tuple[int, ...]] = set()
    for i in range(_PHRASE - 1, len(line)):
        phrase = (*moves[i - 2 : i], *steps[i - 1 : i + 1])
        new[i] = phrase not in seen
        seen.add(phrase)
    return new


def masks(lines: Sequence[Line]) -> dict[str, list[Mask]]:
    """Return by kind which notes of each line count; (N,) each."""
    new = [new_notes(line) for line in lines]
    return {"all": [np.ones(len(line), np.bool_) for line in lines], "new": new, "repeated": [~m for m in new]}


def table(
    models: Mapping[str, Sequence[Floats]], lines: Sequence[Line], chords: Floats, *, seed: Seed
) -> dict[str, dict[str, Figure]]:
    """Return by model and figure the bits per note on some songs.

    Figures are `all`, `new`, `repeated` for pitch, step and duration; `all_velocity` ... with velocity as well; and
    `all_chords`, `all_velocity_chords`: all notes with the code length of the chords under them counted beside it,
    spread over the notes. Models that are given the chords pay for them there.

    Parameters
    ----------
    models
        Name to `nn.line.LineModel.bits` of the lines, or `yardsticks.yardsticks`; each (N, 2).
    lines
        Songs that no model learned from.
    chords
        Bits of each line's chords, from `yardsticks.chord_bits`; (lines,).
    seed
        Of the bootstrap. The same songs are drawn for all models.
    """
    kinds = masks(lines)
    out: dict[str, dict[str, Figure]] = {}
    for name, costs in models.items():
        row = {}
        for column, suffix in enumerate(("", "_velocity")):
            for kind, counted in kinds.items():
                bits, notes = sums(costs, counted, column)
                row[f"{kind}{suffix}"] = ratio(bits, notes, seed)
            bits, notes = sums(costs, kinds["all"], column)
            row[f"all{suffix}_chords"] = ratio(bits + chords, notes, seed)
        out[name] = row
    return out


def saving(
    ours: Sequence[Floats], theirs: Sequence[Floats], lines: Sequence[Line], *, kind: str, velocity: bool, seed: Seed
) -> Figure:
    """Return by which share our code is shorter than theirs on the same notes: 0.4 is 40 % below.

    Parameters
    ----------
    ours, theirs
        As in `table`.
    lines
        The songs.
    kind
        One of `KINDS`.
    velocity
        Whether velocities are coded too.
    seed
        Of the bootstrap, which draws pairs.
    """
    counted = masks(lines)[kind]
    ours_bits, _ = sums(ours, counted, int(velocity))
    theirs_bits, _ = sums(theirs, counted, int(velocity))
    left = ratio(ours_bits, theirs_bits, seed)
    return Figure(1.0 - left.value, 1.0 - left.high, 1.0 - left.low)


def sums(costs: Sequence[Floats], counted: Sequence[Mask], column: int) -> tuple[Floats, Floats]:
    """Return each song's bits and notes over what is counted; (songs,) each."""
    bits = np.array([cost[mask, column].sum() for cost, mask in zip(costs, counted, strict=True)])
    return bits, np.array([float(mask.sum()) for mask in counted])


def ratio(above: Floats, below: Floats, seed: Seed) -> Figure:
    """Return sum(above) / sum(below) with its confidence interval; arrays of one value a song.

    Source
    ------
    Efron and Tibshirani 1993, chapter 13: the percentile interval, songs drawn with replacement.
    """
    if not below.sum() > 0.0:
        return Figure(float("nan"), float("nan"), float("nan"))
    drawn = (seed.at("bootstrap").rng().random((RESAMPLES, len(below))) * len(below)).astype(np.int64)
    totals = below[drawn].sum(axis=1)
    filled = totals > 0.0
    low, high = np.percentile(above[drawn].sum(axis=1)[filled] / totals[filled], _TAILS)
    return Figure(float(above.sum() / below.sum()), float(low), float(high))
