"""Which pitch classes sound when: what keys, metres and chords are told by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import TICKS_PER_BEAT
from dusktape.data.dataset import Array, Notes

_BRIEF = 0.12
"""A note that sounds for less than this share of a segment is not its bass."""


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """Segments of equal length, one after the other from tick 0.

    Parameters
    ----------
    all
        (N, 12) how long each pitch class sounds, in segments; two notes of one class count twice.
    bass
        (N, 12) the same for the lowest note of each segment alone.
    """

    all: Floats
    bass: Floats


def profile(notes: Notes, *, segment: int = TICKS_PER_BEAT, weight: Floats | None = None) -> Profile:
    """Return what sounds in each segment of so many ticks. Nothing starts before tick 0.

    `weight`, (notes,), is how much each note counts in `Profile.all`; all count 1 if None.
    """
    if not len(notes):
        return Profile(np.zeros((0, 12)), np.zeros((0, 12)))
    end = notes.start + notes.length
    count = int((end.max() - 1) // segment) + 1
    first, last = notes.start // segment, (end - 1) // segment
    spans = last - first + 1
    note = np.repeat(np.arange(len(notes)), spans)
    place = np.arange(len(note)) - np.repeat(np.cumsum(spans) - spans, spans) + first[note]
    inside = np.minimum(end[note], (place + 1) * segment) - np.maximum(notes.start[note], place * segment)
    share, pitch = inside / segment, notes.pitch[note]
    lowest = np.full(count, 128)
    long_enough = share >= _BRIEF
    np.minimum.at(lowest, place[long_enough], pitch[long_enough])
    bass = pitch <= lowest[place]
    return Profile(
        _table(place * 12 + pitch % 12, share if weight is None else share * weight[note], count),
        _table(place[bass] * 12 + pitch[bass] % 12, share[bass], count),
    )


def pitch_classes(notes: Notes) -> Floats:
    """Return how long each pitch class sounds in all, in beats; shape (12,)."""
    return np.asarray(np.bincount(notes.pitch % 12, notes.length / TICKS_PER_BEAT, 12), np.float64)


def _table(cell: Array, share: Floats, rows: int) -> Floats:
    return np.asarray(np.bincount(cell, share, rows * 12), np.float64).reshape(rows, 12)
