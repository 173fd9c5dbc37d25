"""How drums and hands keep time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dusktape.core.score import BAR, SIXTEENTH, SNARES, TICKS_PER_BEAT, Note, Score

_GHOST = 50
_BACKBEATS = (TICKS_PER_BEAT, 3 * TICKS_PER_BEAT)


def measure(score: Score) -> dict[str, float]:
    """Return the measures of one song; NaN where there is nothing to measure.

    `backbeat`
        Share of the bars with drums whose snare, rim or clap marks beats 2 and 4, within a thirty-second.
    `groove_consistency`
        How alike the onsets of all parts are from one bar to the next, on sixteenths; 1 is always the same (Dong et
        al., MusPy, 2020, after Wu and Yang 2020).
    `drum_timing_ms`
        Standard deviation of the hits from the sixteenths that the song itself swings to: each of the bar's
        positions has its own middle, so swing and lay-back do not count.
    `drum_velocity`
        Standard deviation of the hits' velocities.
    `velocity`
        The same of all other parts.
    """
    drums = score.parts.get("drums", ())
    others = [n for part, notes in score.parts.items() if part != "drums" for n in notes]
    return {
        "backbeat": _backbeat(drums),
        "groove_consistency": groove_consistency([n.start for notes in score.parts.values() for n in notes]),
        "drum_timing_ms": _timing_ms(drums, score),
        "drum_velocity": float(np.std([n.velocity for n in drums])) if drums else math.nan,
        "velocity": float(np.std([n.velocity for n in others])) if others else math.nan,
    }


def _backbeat(drums: Sequence[Note]) -> float:
    bars = {round(n.start / SIXTEENTH) * SIXTEENTH // BAR for n in drums}
    loud = [n.start for n in drums if n.pitch in SNARES and n.velocity >= _GHOST]
    if not bars:
        return math.nan
    near = [{s // BAR for s in loud if abs(s % BAR - beat) <= SIXTEENTH // 2} for beat in _BACKBEATS]
    return len(bars & near[0] & near[1]) / len(bars)


def groove_consistency(starts: Sequence[int]) -> float:
    """Return 1 minus the mean share of a bar's sixteenths whose onsets differ from those of the bar after it."""
    steps = np.rint(np.asarray(starts, np.float64) / SIXTEENTH).astype(np.int64)
    if not len(steps) or steps.max() < 16:
        return math.nan
    grid = np.zeros((int(steps.max()) // 16 + 1, 16), bool)
    grid[steps // 16, steps % 16] = True
    return float(1.0 - np.mean(grid[1:] != grid[:-1]))


def _timing_ms(drums: Sequence[Note], score: Score) -> float:
    if len(drums) < 2:
        return math.nan
    start = np.array([n.start for n in drums], np.int64)
    place: NDArray[np.int64] = np.rint(start / SIXTEENTH).astype(np.int64)
    late = (start - place * SIXTEENTH).astype(np.float64)
    for position in range(16):
        here = place % 16 == position
        if here.any():
            late[here] -= late[here].mean()
    return float(late.std() * 60_000.0 / (score.bpm * TICKS_PER_BEAT))
