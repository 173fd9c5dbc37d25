"""Bars of comping as patterns: which sixteenths are struck. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEPS = 16
"""Sixteenths in a bar."""

MAX_STRIKES = 5
"""Bars with more are busier than lo-fi: they are not learned."""

NONE = -1
"""Stands for a bar that was not played or not learned."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar as the chain sees it: index of its pattern (or `NONE`) and kind of change."""

    pattern: int
    change: int


def mask(steps: Iterable[int]) -> int:
    """Return struck sixteenths as bits, step 0 lowest."""
    return sum(1 << s for s in set(steps))


def steps(pattern: int) -> tuple[int, ...]:
    """Return the struck sixteenths of a mask."""
    return tuple(s for s in range(STEPS) if pattern >> s & 1)


def change_kind(places: Iterable[int]) -> int:
    """Return the kind of harmonic rhythm from the sixteenths of a bar at which chords begin.

    0 none, 1 on one, 2 on one and later, 3 on three only, 4 other.
    """
    at = {p // 4 for p in places}
    if not at:
        return 0
    if at == {0}:
        return 1
    return 2 if 0 in at else 3 if at == {2} else 4


def nearest(patterns: Sequence[int], wanted: int) -> int:
    """Return the index of the pattern that differs from `wanted` in the fewest sixteenths; of equals the first."""
    return min(range(len(patterns)), key=lambda k: (patterns[k] ^ wanted).bit_count())


def contexts(history: Sequence[int], change: int) -> tuple[tuple[int, ...], ...]:
    """Return what a pattern is counted after, from nothing to much.

    Parameters
    ----------
    history
        Patterns of the bars before, last one last.
    change
        Kind of harmonic rhythm of the bar itself.
    """
    one, two = (history[-k] if len(history) >= k else NONE for k in (1, 2))
    return ((), (one,), (one, change), (one, change, two))


ORDERS = 4
"""How many contexts a pattern has."""

DOUBT = 8.0
"""How much more than Witten and Bell we trust the shorter context: pianists vary more than texts do."""

REPEATS = (1, 2, 4)
"""How many bars back a bar may be copied from."""


class Followers(Mapping[tuple[int, ...], tuple[NDArray[np.int64], NDArray[np.float64]]]):
    """Context to (pattern indices, counts), looked up in the rows as they are stored: opening costs a sort.

    Parameters
    ----------
    rows
        (R, context + 2) whole numbers: a context, a pattern, how often it followed.
    """

    def __init__(self, rows: NDArray[np.int64]) -> None:
        columns = rows.shape[1] - 2
        low = rows[:, :columns].min(axis=0, initial=0)
        self._low = [int(n) for n in low]
        self._sizes = [int(n) for n in rows[:, :columns].max(axis=0, initial=0) - low + 1]
        codes = np.zeros(len(rows), np.int64)
        for k in range(columns):
            codes = codes * self._sizes[k] + rows[:, k] - self._low[k]
        order = np.argsort(codes, kind="stable")
        self._rows, self._codes = rows[order], codes[order]
        self._counts = self._rows[:, -1].astype(np.float64)

    def __getitem__(self, context: tuple[int, ...]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        first, last = self._span(context)
        if first == last:
            raise KeyError(context)
        return self._rows[first:last, -2], self._counts[first:last]

    def _span(self, context: tuple[int, ...]) -> tuple[int, int]:
        if len(context) != len(self._sizes):
            return 0, 0
        code = 0
        for value, low, size in zip(context, self._low, self._sizes, strict=True):
            if not 0 <= value - low < size:
                return 0, 0
            code = code * size + value - low
        return int(np.searchsorted(self._codes, code, "left")), int(np.searchsorted(self._codes, code, "right"))

    def __contains__(self, context: object) -> bool:
        first, last = self._span(context) if isinstance(context, tuple) else (0, 0)
        return first < last

    def __iter__(self) -> Iterator[tuple[int, ...]]:
        for first in np.flatnonzero(np.diff(self._codes, prepend=-1)):
            yield tuple(self._rows[first, :-2].tolist())

    def __len__(self) -> int:
        return int(np.count_nonzero(np.diff(self._codes, prepend=-1)))


@dataclass(frozen=True, eq=False)
class Chain:
    """Probabilities of the next bar's pattern: interpolated counts, mixed with copies of earlier bars.

    Parameters
    ----------
    patterns
        (K,) masks, most frequent first.
    followers
        For each order, context to (pattern indices, counts).
    weights
        Shares of the counts and of a copy from each of `REPEATS` bars back; they sum to one.
    gaps
        (16, 16) how often a strike was held for column + 1 sixteenths when row + 1 were left to the next one.

    Source
    ------
    Witten and Bell 1991 for the interpolation; the copies are a cache in the sense of Kuhn and De Mori 1990.
    """

    patterns: tuple[int, ...]
    followers: tuple[Mapping[tuple[int, ...], tuple[NDArray[np.int64], NDArray[np.float64]]], ...]
    weights: tuple[float, ...]
    gaps: NDArray[np.float64]

    def counted(self, history: Sequence[int], change: int) -> NDArray[np.float64]:
        """Return the distribution from counts alone. Shape (K,)."""
        p = np.full(len(self.patterns), 1.0 / len(self.patterns))
        for table, context in zip(self.followers, contexts(history, change), strict=False):
            if context not in table:
                break
            which, counts = table[context]
            total, kinds = float(counts.sum()), DOUBT * len(counts)
            p *= kinds / (total + kinds)
            p[which] += counts / (total + kinds)
        return p

    def probabilities(self, history: Sequence[int], change: int) -> NDArray[np.float64]:
        """Return the distribution of the next bar's pattern. Shape (K,)."""
        shares = self.shares(history)
        p = shares[0] * self.counted(history, change)
        for back, share in zip(REPEATS, shares[1:], strict=True):
            if share:
                p[history[-back]] += share
        return p

    def shares(self, history: Sequence[int]) -> list[float]:
        """Return the weights; a copy of a bar that is not there gives its share to the others."""
        there = [True] + [len(history) >= back and history[-back] != NONE for back in REPEATS]
        shares = [w if ok else 0.0 for w, ok in zip(self.weights, there, strict=True)]
        return [s / sum(shares) for s in shares]
