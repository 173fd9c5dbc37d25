"""Single voices out of many: the top one, the bottom one."""

from __future__ import annotations

import numpy as np

from dusktape.core.score import TICKS_PER_BEAT
from dusktape.data.dataset import Array, Notes

TOGETHER = TICKS_PER_BEAT // 24
"""Notes that start this close to each other start together, in ticks: 30 ms at 80 beats a minute."""


def of(notes: Notes, which: Array) -> Notes:
    """Return some of the notes: `which` is (N,) of bool, or places."""
    return Notes(notes.start[which], notes.length[which], notes.pitch[which], notes.velocity[which])


def joined(several: list[Notes]) -> tuple[Notes, Array]:
    """Return all notes by start and pitch, and (N,) where each came from."""
    if not several:
        empty = np.zeros(0, np.int64)
        return Notes(empty, empty, empty, empty), empty
    columns = [np.concatenate([getattr(n, c) for n in several]) for c in ("start", "length", "pitch", "velocity")]
    origin = np.repeat(np.arange(len(several)), [len(n) for n in several])
    order = np.lexsort((origin, columns[2], columns[0]))
    return Notes(*(c[order] for c in columns)), origin[order]


def groups(notes: Notes) -> Array:
    """Return (N,) the number of the group of notes that start together; 0, 1, 2 in order of time."""
    gaps = np.diff(notes.start, prepend=notes.start[:1])
    return np.cumsum(gaps > TOGETHER)


def top(notes: Notes) -> Array:
    """Return (N,) of bool: the highest of the notes that start together, unless a higher one still sounds.

    The skyline of Uitdenbogerd and Zobel, Manipulation of music for melody matching, ACM Multimedia (1998).
    """
    return _outer(notes, notes.pitch)


def bottom(notes: Notes) -> Array:
    """Return (N,) of bool: the lowest of the notes that start together, unless a lower one still sounds."""
    return _outer(notes, -notes.pitch)


def _outer(notes: Notes, heights: Array) -> Array:
    chosen = np.zeros(len(notes), bool)
    if not len(notes):
        return chosen
    group = groups(notes)
    order = np.lexsort((-heights, group))
    first = order[np.append(True, np.diff(group[order]) > 0)]
    start, end, tall = notes.start[first], (notes.start + notes.length)[first], heights[first]
    kept = np.ones(len(first), bool)
    sounding: list[tuple[int, int]] = []  # (height, end)
    for i, (s, e, h) in enumerate(zip(start.tolist(), end.tolist(), tall.tolist(), strict=True)):
        sounding = [note for note in sounding if note[1] > s + TOGETHER]
        kept[i] = all(height <= h for height, _ in sounding)
        sounding = [note for note in sounding if note[0] > h or note[1] > e]
        sounding.append((h, e))
    chosen[first[kept]] = True
    return chosen
