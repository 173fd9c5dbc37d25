"""Voice-leading: how chords lie under two hands that move as little as they can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise, product

import numpy as np
from numpy.typing import NDArray

from dusktape.core.errors import InputError
from dusktape.core.score import Chord
from dusktape.theory.chord import QUALITIES

Voicing = tuple[int, ...]
"""MIDI pitches, from low to high."""

KEPT = 48
"""How many candidates each chord takes into the search."""


def voice(
    chords: Sequence[Chord],
    low: int = 52,
    high: int = 76,
    voices: int = 4,
    *,
    rootless: bool = True,
    cyclic: bool = False,
    centre: int = 61,
) -> list[Voicing]:
    """Return one voicing for each chord, such that the whole progression moves least.

    Dynamic programming over everything the hand could play: common tones are held, the rest moves by step, nothing
    drifts out of its register. All costs are whole numbers, so the answer is the same on every machine.

    Parameters
    ----------
    chords
        In order. Only their roots and qualities count.
    low, high
        MIDI pitches that no voice passes; at least an octave and a half apart.
    voices
        Notes in each chord, 2 to 4.
    rootless
        Leave the root to the bass: thirds, sevenths and tensions first (3-5-7-9, 7-9-3-13). The root comes in where
        the chord has too few other tones. Without it the root is the lowest note.
    cyclic
        The last chord leads back into the first.
    centre
        Where the middle of the hand rests, as a MIDI pitch.

    Raises
    ------
    InputError
        If the register or the number of voices is impossible.

    Source
    ------
    Rootless left-hand voicings as taught since Bill Evans; the low interval limit of arranging books.
    """
    if not 2 <= voices <= 4 or high - low < 18:
        raise InputError(
            f"cannot voice {voices} notes between {low} and {high}; ask for 2 to 4 in at least 18 semitones"
        )
    if not chords:
        return []
    columns = [candidates(c.root % 12, c.quality, low, high, voices, rootless, centre) for c in chords]
    links = [_motion(a[0], b[0]) for a, b in zip(columns, columns[1:] + columns[:1], strict=True)]
    path = _cheapest([c[1] for c in columns], links, cyclic=cyclic)
    return [tuple(int(p) for p in column[0][k]) for column, k in zip(columns, path, strict=True)]


def tones(quality: str, voices: int, *, rootless: bool) -> tuple[int, ...]:
    """Return the steps above the root to play, the most telling first.

    Third (or what is suspended in its place), seventh or sixth, altered fifth, the highest tension; then the lower
    tensions, the fifth, the root. Where the chord has fewer tones than there are voices, all of it.
    """
    steps = QUALITIES[quality][1:]
    tensions = [s for s in steps if s > 12]
    plain = [s for s in steps if s < 12]
    telling = [plain[0]]
    telling += [s for s in plain[1:] if s >= 9]
    telling += [s for s in plain[1:] if s in (6, 8)]
    order = telling + tensions[-1:] + tensions[:-1][::-1] + [s for s in plain if s not in telling]
    if 20 in tensions:
        order.remove(7)  # a flat thirteenth beside the fifth is a blur
    return tuple(([0, *order] if not rootless else [*order, 0])[:voices])


@lru_cache(maxsize=512)
def candidates(
    root: int, quality: str, low: int, high: int, voices: int, rootless: bool, centre: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what the hand could play, best first: pitches (K, voices) and the cost of each (K,)."""
    chosen = tones(quality, voices, rootless=rootless)
    placed = {
        pitches
        for steps in _doubled(chosen, voices)
        for pitches in _placed([(root + s) % 12 for s in steps], low, high)
        if rootless or pitches[0] % 12 == root
    }
    # A flat ninth over its own root is never clear; then the least strained has to do.
    found = {p for p in placed if _clear(p)} or placed
    ranked = sorted((_strain(p, centre), p) for p in found)[:KEPT]
    pitches, costs = np.array([p for _, p in ranked]), np.array([cost for cost, _ in ranked])
    for array in (pitches, costs):
        array.setflags(write=False)  # every caller shares them
    return pitches, costs


def _doubled(steps: tuple[int, ...], voices: int) -> Iterator[tuple[int, ...]]:
    """Yield the steps with as many doubled as it takes; the third and the seventh are never doubled."""
    missing = voices - len(steps)
    if missing <= 0:
        yield steps
        return
    spare = [s for s in steps if s in (0, 7)]
    for extra in combinations(spare * 2, missing):
        yield steps + extra


def _placed(pitch_classes: Sequence[int], low: int, high: int) -> Iterator[Voicing]:
    """Yield every way to lay the pitch classes out between two pitches, each pitch once."""
    choices = [range(low + (pc - low) % 12, high + 1, 12) for pc in pitch_classes]
    for pitches in product(*choices):
        if len(set(pitches)) == len(pitches):
            yield tuple(sorted(pitches))


def _clear(pitches: Voicing) -> bool:
    """No minor ninths, no semitone at the bottom, no two semitones, no holes, nothing close together down low."""
    gaps = [b - a for a, b in pairwise(pitches)]
    ninths = any(b - a in (13, 25) for a, b in combinations(pitches, 2))
    mud = any(gap < 3 for a, gap in zip(pitches, gaps, strict=False) if a < 55)
    return not (ninths or mud or gaps[0] == 1 or gaps.count(1) > 1 or max(gaps) > 11)


def _strain(pitches: Voicing, centre: int) -> int:
    """How far a voicing is from lying well by itself."""
    gaps = [b - a for a, b in pairwise(pitches)]
    off = abs(sum(pitches) - centre * len(pitches))
    span = pitches[-1] - pitches[0]
    wide = max(0, span - 14) + 2 * max(0, 3 * (len(pitches) - 1) - span)
    return off + 2 * wide + 2 * gaps.count(1) + (3 if gaps[-1] == 1 else 0)


def _motion(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    """Cost of going from each of `a` (K, V) to each of `b` (L, V): shape (K, L)."""
    steps = np.abs(a[:, None, :] - b[None, :, :])
    leaps = np.maximum(steps - 4, 0)
    there = np.zeros((len(a), 128), np.int64)
    there[np.arange(len(a))[:, None], a] = 1
    same_pitch = there[:, b].sum(-1)
    classes = np.zeros((len(a), 12), np.int64)
    classes[np.arange(len(a))[:, None], a % 12] = 1
    let_go = classes[:, b % 12].sum(-1) - same_pitch
    cost = 4 * steps.sum(-1) + 4 * leaps.sum(-1) + 3 * steps[..., -1] + 6 * let_go
    return np.asarray(cost, np.int64)


def _cheapest(own: Sequence[NDArray[np.int64]], links: Sequence[NDArray[np.int64]], *, cyclic: bool) -> list[int]:
    """Return the index to take in each column (Viterbi); with `cyclic`, every start is followed round the loop."""
    starts = len(own[0])
    cost = np.full((starts, starts), 1 << 40, np.int64)
    np.fill_diagonal(cost, own[0])
    back = []
    for column, link in zip(own[1:], links[:-1], strict=True):
        through = cost[:, :, None] + link[None, :, :]
        best = through.argmin(axis=1)
        back.append(best)
        cost = np.take_along_axis(through, best[:, None, :], axis=1)[:, 0] + column
    if cyclic:
        cost = cost + links[-1].T if len(own) > 1 else cost
    start, k = divmod(int(cost.argmin()), cost.shape[1])
    path = [k]
    for best in reversed(back):
        path.append(int(best[start, path[-1]]))
    return path[::-1]
