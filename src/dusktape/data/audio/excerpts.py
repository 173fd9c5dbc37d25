"""Parts of short sounds: half of a stroke, the tail of a chord, found in the whole by sliding along its log-mel frames.

Source
------
Müller, "Fundamentals of Music Processing", 2015, section 7.2 (diagonal matching: a short sequence along a long one).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dusktape.core.audio import Block

Track = NDArray[np.uint8]
"""What slides: (frames, bands) of sound, a hundred frames a second, in steps of `STEP_DB` above `FLOOR_DB`."""

STEP_DB, FLOOR_DB = 0.5, -100.0

LONGEST_S = 10.0
"""Longer files have no track: what stands out in them is compared as `neighbours` does."""

SHARE = 0.25
"""A part lasts at least so much of the whole: one stroke of a long loop is none."""

LEVEL, MOVING = 0.97, 0.92
"""Cosine of the frames, and of what moves in them (without the mean of each band), from which on it is the same sound.

Measured on 150 one-shots of `oneshots_cc0`: of first halves .99 are found in the whole, of middle ones .98, of last
ones .91, of thirds .95; of middle halves as MP3 .80, softer at 24,000 Hz .96. Nine of the 150 themselves are tied to
another, all to the same drum struck again.
"""

_SHORTEST, _EDGE = 12, 2
_RANGE_DB, _PROBE_DB = 50.0, 40.0
_EVERY, _PROBES = 2, 8
_WORTH, _FILES, _PLACES = 0.9, 24, 6
_LONGER = 1.1


def as_track(mel: Block) -> Track:
    """Return mel frames, (frames, bands) in dB, as they are kept."""
    steps: Track = np.clip(np.rint((mel.astype(np.float32) - FLOOR_DB) / STEP_DB), 0, 255).astype(np.uint8)
    return steps


def excerpts(tracks: Sequence[Track], short: Sequence[bool]) -> dict[tuple[int, int], float]:
    """Return which are parts of which: pairs of places, the lower one first, and how alike they are, 0 to 1.

    Parameters
    ----------
    tracks
        Of each file; empty where it is too long.
    short
        Whether a file may be a part: those in which too little stands out to be known by that.
    """
    order = sorted((place for place, track in enumerate(tracks) if len(track)), key=lambda k: (len(tracks[k]), k))
    if len(order) < 2:
        return {}
    index = _Index([tracks[place] for place in order])
    found: dict[tuple[int, int], float] = {}
    for at, place in enumerate(order):
        if short[place] and len(tracks[place]) >= _SHORTEST:
            for other, likeness in index.wholes(at):
                a, b = sorted((place, order[other]))
                found[a, b] = max(likeness, found.get((a, b), 0.0))
    return found


class _Index:
    """Tracks by length, and every second of their frames on end."""

    def __init__(self, tracks: Sequence[Track]) -> None:
        self._tracks = tracks
        self._lengths = np.array([len(track) for track in tracks])
        self._frames = np.concatenate([_directions(track[::_EVERY]) for track in tracks])
        self._ends = np.cumsum([-(-len(track) // _EVERY) for track in tracks])

    def wholes(self, at: int) -> list[tuple[int, float]]:
        """Return the tracks that the one at a place is a part of, and how alike it is to that part."""
        part = self._tracks[at][_EDGE:-_EDGE]
        low, high = np.searchsorted(self._lengths, [len(self._tracks[at]) * _LONGER, len(self._tracks[at]) / SHARE])
        if low >= high:
            return []
        out = []
        for other, places in self._worth(part, int(low), int(high)):
            whole = self._tracks[other]
            likeness = max(_likeness(part, whole[max(0, p - 3) : p + 3 + len(part)]) for p in places)
            if likeness > 0.0:
                out.append((other, likeness))
        return out

    def _worth(self, part: Track, low: int, high: int) -> list[tuple[int, list[int]]]:
        """Return the tracks worth a closer look, best first, each with the frames where the part may begin."""
        first = int(self._ends[low - 1]) if low else 0
        offsets = np.linspace(0, (len(part) - 1) // _EVERY, _PROBES).astype(int)
        probes = _directions(part[offsets * _EVERY])
        heard = self._frames[first : self._ends[high - 1]] @ probes.T
        count = len(heard) - int(offsets[-1])
        score = np.zeros(len(heard), np.float32)
        for k, offset in enumerate(offsets.tolist()):
            score[:count] += heard[offset : offset + count, k]
        score /= _PROBES
        ends = self._ends[low:high] - first
        for end in ends.tolist():
            score[max(0, end - int(offsets[-1])) : end] = 0.0  # there the part would reach into the next file
        starts = np.concatenate([[0], ends[:-1]])
        best = np.maximum.reduceat(score, starts)
        out = []
        for k in np.argsort(-best, kind="stable").tolist()[:_FILES]:
            if best[k] < _WORTH:
                break
            own = score[starts[k] : ends[k]]
            places = np.argsort(-own, kind="stable")[:_PLACES]
            out.append((low + k, [int(p) * _EVERY for p in places if own[p] >= _WORTH]))
        return out


def _directions(track: Track) -> Block:
    """Return frames without their level, each of unit length around 0."""
    decibels = track.astype(np.float32) * np.float32(STEP_DB)
    decibels = np.maximum(decibels, decibels.max(axis=1, keepdims=True) - np.float32(_PROBE_DB))
    decibels -= decibels.mean(axis=1, keepdims=True)
    return np.asarray(decibels / np.maximum(np.linalg.norm(decibels, axis=1, keepdims=True), 1e-6), np.float32)


def _likeness(part: Track, stretch: Track) -> float:
    """Return how alike a part is to the best place in a stretch of frames; 0 if it is another sound."""
    if len(stretch) < len(part):
        return 0.0
    one = _floored(part.astype(np.float32)[None] * np.float32(STEP_DB))
    windows = sliding_window_view(stretch, len(part), axis=0).swapaxes(1, 2)
    others = _floored(windows.astype(np.float32) * np.float32(STEP_DB))
    level = _cosines(others, one, (1, 2))
    moving = _cosines(others, one, (1,))
    same = (level >= LEVEL) & (moving >= MOVING)
    return float(np.minimum(level, 1.0)[same].max(initial=0.0))


def _floored(decibels: Block) -> Block:
    """Return windows, (N, frames, bands), without what is too far below the loudest of each."""
    return np.asarray(np.maximum(decibels, decibels.max(axis=(1, 2), keepdims=True) - np.float32(_RANGE_DB)))


def _cosines(windows: Block, one: Block, without: tuple[int, ...]) -> Block:
    """Return the cosine of each window, (N, frames, bands), and one other, without their means over some axes."""
    a = windows - windows.mean(axis=without, keepdims=True)
    b = one - one.mean(axis=without, keepdims=True)
    size = np.sqrt((a * a).sum(axis=(1, 2)) * (b * b).sum())
    return np.asarray((a * b).sum(axis=(1, 2)) / np.maximum(size, 1e-6), np.float32)
