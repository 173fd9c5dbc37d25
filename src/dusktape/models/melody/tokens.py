"""A melody as one token a sixteenth, and what the network knows beforehand: harmony, metre, mode, density.

Pitches are counted from the song's reference: the tonic nearest to the middle of its own register. All keys
become one, and so do high and low voices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.theory.chord import FAMILIES, family

Ints = NDArray[np.int64]

HOLD = 0
"""What sounds goes on sounding; silence stays silence."""

REST = 1
"""The note ends here."""

FIRST_PITCH = 2
"""Token of the lowest pitch, `REACH` semitones below the reference."""

REACH = 18
"""Semitones above and below the reference; what lies beyond is folded in by octaves."""

VOCABULARY = FIRST_PITCH + 2 * REACH + 1
"""Hold, rest, and an onset at each of 37 pitches."""

NONE = VOCABULARY
"""Stands for a token where there is none, in inputs only."""

STEPS_PER_BEAT = 4
STEPS_PER_BAR = 16

SOURCES = ("melody", "bridge", "lead")
"""Whose hand: a pop song's voice, the line between its phrases, a lead sheet."""

DENSITY_EDGES = (2.6, 3.6, 4.6, 6.0)
"""Notes in a bar that has any: bounds of the five densities."""

_SHORTEST_REST = 2


def pitch_token(offset: int) -> int:
    """Return the onset token of a pitch, given in semitones above the reference."""
    while offset > REACH:
        offset -= 12
    while offset < -REACH:
        offset += 12
    return FIRST_PITCH + REACH + offset


def offset_of(token: int) -> int:
    """Return semitones above the reference of an onset token."""
    return token - FIRST_PITCH - REACH


def reference(tonic: int, middle: float) -> int:
    """Return the MIDI pitch of the tonic nearest to `middle`."""
    return int(tonic + 12 * np.rint((middle - tonic) / 12.0))


def grid(start_beats: Floats, length_beats: Floats, pitch: Ints) -> list[tuple[int, int, int]]:
    """Return (first step, end step, pitch) of the top line on the grid of sixteenths.

    A gap shorter than an eighth is closed: it is articulation, not rest.
    """
    first = np.rint(start_beats * STEPS_PER_BEAT).astype(int)
    end = np.maximum(np.rint((start_beats + length_beats) * STEPS_PER_BEAT).astype(int), first + 1)
    line: list[tuple[int, int, int]] = []
    for a, b, p in sorted(zip(first.tolist(), end.tolist(), pitch.tolist(), strict=True)):
        if line and line[-1][0] == a:
            line.pop()  # the later one is the higher
        if line and line[-1][1] > a - _SHORTEST_REST:
            line[-1] = (line[-1][0], a, line[-1][2])
        line.append((a, b, p))
    return line


def encode(line: Sequence[tuple[int, int, int]], references: Ints) -> Ints:
    """Return one token a step. `references` (T,) holds the reference pitch at each step."""
    tokens = np.full(len(references), HOLD)
    for first, end, pitch in line:
        if 0 <= first < len(tokens):
            tokens[first] = pitch_token(pitch - int(references[first]))
            if end < len(tokens) and tokens[end] == HOLD:
                tokens[end] = REST
    return tokens


def decode(tokens: Sequence[int], reference_pitch: int) -> list[tuple[int, int, int]]:
    """Return (first step, end step, pitch) of the notes that the tokens say."""
    line: list[tuple[int, int, int]] = []
    sounding: tuple[int, int] | None = None
    for step, token in enumerate([*tokens, REST]):
        if token == HOLD:
            continue
        if sounding is not None:
            line.append((sounding[0], step, sounding[1]))
        sounding = None if token == REST else (step, reference_pitch + offset_of(token))
    return line


def density_bin(notes_per_bar: float) -> int:
    """Return the density's number, 0 (sparse) to 4."""
    return int(np.searchsorted(DENSITY_EDGES, notes_per_bar, side="right"))


def notes_per_bar(tokens: Ints) -> float:
    """Return the notes in a bar that has any."""
    onsets = np.flatnonzero(tokens >= FIRST_PITCH)
    return len(onsets) / max(1, len(np.unique(onsets // STEPS_PER_BAR)))


NO_CHORD = 12 * len(FAMILIES)
"""Number of the chord where none is written."""

AGE_BARS = (4, 8, 12, 16, 24, 32, 48)
"""How far the song has come: bounds of the eight ages. Early on, little returns as it was; later, whole verses do."""

PLAN_SIZES = (
    NO_CHORD + 1,
    NO_CHORD + 1,
    34,
    STEPS_PER_BAR,
    2 * len(SOURCES),
    len(DENSITY_EDGES) + 1,
    len(AGE_BARS) + 1,
)
"""Values of each column of `plan`: chord, next one, steps until it, step in the bar, mode and source, density, age."""


def chord_number(degree: int, quality: str) -> int:
    """Return the number of a chord on a degree (semitones above the tonic): its family on its root."""
    return FAMILIES.index(family(quality)) * 12 + degree % 12


def plan(
    chords: Sequence[tuple[int, int, int]], steps: int, *, mode: str, source: str, density: int
) -> NDArray[np.int16]:
    """Return what is known of each step before a note is written, shape (T, 7); the columns are `PLAN_SIZES`.

    Parameters
    ----------
    chords
        (first step, end step, `chord_number`), in order.
    steps
        How many.
    mode, source, density
        `major` or `minor`; one of `SOURCES`; a `density_bin`.
    """
    out = np.zeros((steps, len(PLAN_SIZES)), np.int16)
    out[:, 0] = out[:, 1] = NO_CHORD
    out[:, 2] = PLAN_SIZES[2] - 1
    ahead: Any = [*chords, (steps, steps, NO_CHORD)][1:]
    for (first, end, number), (after, _, following) in zip(chords, ahead, strict=True):
        here = slice(max(0, first), max(0, min(end, steps)))
        out[here, 0] = number
        whole = slice(max(0, first), max(0, min(after, steps)))
        out[whole, 1] = following
        if following != NO_CHORD:
            out[whole, 2] = np.minimum(after - np.arange(whole.start, whole.stop), PLAN_SIZES[2] - 2)
    out[:, 3] = np.arange(steps) % STEPS_PER_BAR
    out[:, 4] = SOURCES.index(source) * 2 + (mode == "minor")
    out[:, 5] = density
    out[:, 6] = np.searchsorted(AGE_BARS, np.arange(steps) // STEPS_PER_BAR, side="right")
    return out
