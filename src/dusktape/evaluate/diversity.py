"""How near songs come to each other: whether one composer writes many songs or one song many times."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.score import BAR
from dusktape.nn.line import Line
from dusktape.theory.chord import QUALITIES

LOOP_BARS = 8
_HALF = BAR // 2
_PERCENT = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Diversity:
    """Distances of all pairs among some songs, 0 (the same) to 1 (nothing in common).

    Parameters
    ----------
    melody
        (pairs,) in the order of `np.triu_indices(songs, 1)`.
    chords, plain_chords
        Of loops with their colours, and as bare triads; (pairs,) of the songs that have chords.
    """

    melody: Floats
    chords: Floats
    plain_chords: Floats

    def figures(self) -> dict[str, float]:
        """Return the 5th percentile of each by its name; NaN below two songs."""
        every = {"melody": self.melody, "chords": self.chords, "plain_chords": self.plain_chords}
        return {name: float(np.percentile(d, _PERCENT)) if len(d) else math.nan for name, d in every.items()}


def diversity(lines: Sequence[Line]) -> Diversity:
    """Compare every song with every other: their melodies, and the loops of chords under them.

    The distance is Levenshtein's over the length of the longer sequence. Melodies are compared as intervals with the
    ratios of inter-onset times, so a transposition is no difference; loops as chords above the tonic, a symbol for
    every half bar. People's pop charts hold few colours, ours many: as bare triads both are measured alike.

    Source
    ------
    Levenshtein 1966, by the dynamic programme of Wagner and Fischer 1974, one row at a time for all songs at once.
    """
    with_chords = [line for line in lines if line.chords]
    return Diversity(
        melody=distances([melody_symbols(line) for line in lines]),
        chords=distances([loop_symbols(line, colours=True) for line in with_chords]),
        plain_chords=distances([loop_symbols(line, colours=False) for line in with_chords]),
    )


def melody_symbols(line: Line) -> list[Hashable]:
    """Return each note but the first as its interval and the reduced ratio of its inter-onset time to the last."""
    steps = line.step[1:].tolist()
    ratios = [(0, 0), *(_reduced(a, b) for b, a in pairwise(steps))]
    return list(zip(np.diff(line.pitch).tolist(), ratios, strict=False))


def loop_symbols(line: Line, *, colours: bool) -> list[Hashable]:
    """Return the eight bars of chords that stand most often, the first of equals, half bar by half bar.

    A symbol is the root above the tonic with the chord's quality or, without `colours`, with its third.

    Parameters
    ----------
    line
        A song that has chords. Of two in one half bar the first counts.
    colours
        Whether a major seventh is another chord than a triad.
    """
    first = line.chords[0].start // BAR * BAR
    end = line.chords[-1].start + line.chords[-1].length
    grid: list[Hashable] = [None] * max(1, -(-(end - first) // _HALF))
    for chord in line.chords:
        kind = chord.quality if colours else 3 in QUALITIES[chord.quality]
        for place in range((chord.start - first) // _HALF, -(-(chord.start + chord.length - first) // _HALF)):
            if grid[place] is None:
                grid[place] = ((chord.root - line.key.tonic) % 12, kind)
    size = 2 * LOOP_BARS
    blocks = [tuple(grid[a : a + size]) for a in range(0, max(1, len(grid) - size + 1), size)]
    return list(Counter(blocks).most_common(1)[0][0])


def distances(sequences: Sequence[Sequence[Hashable]]) -> Floats:
    """Return the edit distance over the longer length of all pairs, in the order of `np.triu_indices`; (pairs,)."""
    numbers: dict[Hashable, int] = {}
    coded = [np.array([numbers.setdefault(s, len(numbers)) for s in sequence], np.int32) for sequence in sequences]
    rows = [_from_one(one, coded[i + 1 :]) for i, one in enumerate(coded[:-1])]
    return np.concatenate([np.zeros(0), *rows])


def _from_one(one: NDArray[np.int32], others: Sequence[NDArray[np.int32]]) -> Floats:
    """Return the normalised edit distance of one sequence to each of the others; (others,)."""
    lengths = np.array([len(o) for o in others])
    width = int(lengths.max())
    table = np.full((len(others), width), -1, np.int32)  # past their ends, where nothing is looked up
    for row, other in zip(table, others, strict=True):
        row[: len(other)] = other
    columns = np.arange(width + 1)
    last = np.tile(columns, (len(others), 1))
    for i, symbol in enumerate(one.tolist()):
        now = np.empty_like(last)
        now[:, 0] = i + 1
        now[:, 1:] = np.minimum(last[:, 1:] + 1, last[:, :-1] + (table != symbol))
        # Insertions run along the row: the least of what came before and the way from there.
        last = np.minimum.accumulate(now - columns, axis=1) + columns
    apart = last[np.arange(len(others)), lengths]
    return np.asarray(apart / np.maximum(np.maximum(lengths, len(one)), 1))


def _reduced(a: int, b: int) -> tuple[int, int]:
    common = max(1, int(np.gcd(a, b)))
    return a // common, b // common
