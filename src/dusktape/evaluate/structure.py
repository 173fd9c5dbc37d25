"""What returns in a song, and how it breathes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from dusktape.core.score import BAR, SIXTEENTH, TICKS_PER_BEAT, Note, Score

LAGS_BARS = (4, 8, 16)

_PHRASE_REST = TICKS_PER_BEAT

Bar = tuple[tuple[int, int], ...]
"""What a melody plays in one bar: (sixteenth, pitch) of each onset."""


def measure(score: Score) -> dict[str, float]:
    """Return the measures of one song; NaN where there is nothing to measure.

    `repeated_bars`
        Share of the melody's bars that an earlier bar played exactly so, compared on the grid of sixteenths. Bars
        without a note do not count.
    `novel_bars`
        Share of them that occur once in the song.
    `empty_bars`
        Share of the song's bars in which the melody starts no note.
    `phrase_beats`
        Mean length of what lies between rests of a beat or more.
    `structure_4`, `structure_8`, `structure_16`
        How much more alike bars so far apart are than bars any distance apart: share of onsets in common.
    """
    melody = score.parts.get("lead", ())
    bars = melody_bars(melody)
    filled = [bar for bar in bars if bar]
    counts = Counter(filled)
    total = math.ceil(score.length / BAR)
    return {
        "repeated_bars": (len(filled) - len(counts)) / len(filled) if filled else math.nan,
        "novel_bars": sum(c == 1 for c in counts.values()) / len(filled) if filled else math.nan,
        "empty_bars": 1.0 - len(filled) / total if total and melody else math.nan,
        "phrase_beats": _phrase_beats(melody),
        **{f"structure_{lag}": value for lag, value in zip(LAGS_BARS, _structure(bars), strict=True)},
    }


def melody_bars(melody: Sequence[Note]) -> list[Bar]:
    """Return the bars of a melody from bar 0 to its last onset."""
    places = sorted((round(n.start / SIXTEENTH), n.pitch) for n in melody)
    out: list[list[tuple[int, int]]] = [[] for _ in range(places[-1][0] // 16 + 1)] if places else []
    for step, pitch in places:
        out[step // 16].append((step % 16, pitch))
    return [tuple(bar) for bar in out]


def _phrase_beats(melody: Sequence[Note]) -> float:
    lengths, start, end = [], None, 0
    for note in sorted(melody):
        if start is None or note.start - end >= _PHRASE_REST:
            if start is not None:
                lengths.append(end - start)
            start = note.start
        end = max(end, note.start + note.length)
    if start is None:
        return math.nan
    return float(np.mean([*lengths, end - start]) / TICKS_PER_BEAT)


def _structure(bars: Sequence[Bar]) -> list[float]:
    heard = [set(bar) for bar in bars]
    n = len(heard)
    alike = np.full((n, n), np.nan)
    for i in range(n):
        for j in range(i):
            if heard[i] or heard[j]:
                alike[i, j] = len(heard[i] & heard[j]) / len(heard[i] | heard[j])
    found = alike[np.isfinite(alike)]
    if not len(found):
        return [math.nan] * len(LAGS_BARS)
    anywhere = float(found.mean())
    out = []
    for lag in LAGS_BARS:
        here = np.diagonal(alike, -lag) if lag < n else np.array([])
        here = here[np.isfinite(here)]
        out.append(float(here.mean()) - anywhere if len(here) else math.nan)
    return out
