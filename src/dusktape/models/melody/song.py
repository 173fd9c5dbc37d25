"""A melody told step by step: its tokens, and what the network hears beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.models.melody.memory import past
from dusktape.models.melody.tokens import (
    FIRST_PITCH,
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    Ints,
    chord_number,
    density_bin,
    encode,
    notes_per_bar,
    plan,
    reference,
)
from dusktape.models.melody.touch import NO_VELOCITY, features
from dusktape.nn.line import Line
from dusktape.nn.training import Example

LONGEST_MEMORY_STEPS = 8192
"""What lies further back than 512 bars is forgotten: the search for what was like this is quadratic."""

_TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT


@dataclass(frozen=True, slots=True, eq=False)
class Melody:
    """One melody as its source has it, times in beats.

    Parameters
    ----------
    song, source
        The song's name and one of `tokens.SOURCES`.
    keys
        (start, tonic, mode).
    chords
        (start, length, root, quality).
    start, length, pitch
        Its notes.
    velocity
        1 to 127; None where nobody played it.
    """

    song: str
    source: str
    keys: Sequence[tuple[float, int, str]]
    chords: Sequence[tuple[float, float, int, str]]
    start: Floats
    length: Floats
    pitch: Ints
    velocity: Ints | None = None

    def slower(self) -> Melody:
        """Return the same melody in half time: a bar becomes two, and sixteenths eighths."""
        return Melody(
            self.song,
            self.source,
            [(2 * start, *rest) for start, *rest in self.keys],  # type: ignore[misc]
            [(2 * start, 2 * length, root, quality) for start, length, root, quality in self.chords],
            2 * self.start,
            2 * self.length,
            self.pitch,
            self.velocity,
        )

    def line(self) -> Line:
        """Return it on the grid of sixteenths, in its first key."""
        _, tonic, mode = self.keys[0]
        chords = [
            Chord(round(start * TICKS_PER_BEAT), round(length * TICKS_PER_BEAT), root, quality)
            for start, length, root, quality in self.chords
        ]
        velocity = np.zeros(len(self.pitch), np.int64) if self.velocity is None else self.velocity
        return Line.of_notes(self.song, Key(tonic, mode), chords, self.start, self.length, self.pitch, velocity)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """A line as the network reads it, from the bar before its first note to the end of the bar after its last.

    Parameters
    ----------
    first
        Step of the line at which this starts: a bar line.
    tokens
        (T,).
    x
        (T, columns): the plan and the past.
    reference
        MIDI pitch of the reference at each step, (T,).
    """

    first: int
    tokens: Ints
    x: NDArray[np.int16]
    reference: Ints


def cut(line: Line) -> int:
    """Return the bar line, in steps, one bar before the bar of the line's first note; 0 of an empty line."""
    return max(0, int(line.step[0]) // STEPS_PER_BAR - 1) * STEPS_PER_BAR if len(line) else 0


def harmony(chords: Sequence[Chord], tonics: Ints, first: int) -> list[tuple[int, int, int]]:
    """Return (first step, end step, `chord_number`) of the chords, counted from step `first`.

    `tonics` (T,) holds the tonic at each step from there on; chords that end before or begin after are left out.
    """
    out = []
    for c in chords:
        a, b = round(c.start / _TICKS_PER_STEP) - first, round((c.start + c.length) / _TICKS_PER_STEP) - first
        if b > 0 and a < len(tonics):
            out.append((a, b, chord_number(c.root - int(tonics[max(a, 0)]), c.quality)))
    return out


def tell(line: Line, source: str, keys: Sequence[tuple[float, int, str]] = ()) -> Told:
    """Return the tokens and inputs of a line of one note or more.

    Parameters
    ----------
    line
        What is sung.
    source
        One of `tokens.SOURCES`.
    keys
        (start in beats, tonic, mode) where there are more than the line's own.
    """
    first, onsets = cut(line), line.start
    steps = max((int(onsets[-1]) // STEPS_PER_BAR + 2) * STEPS_PER_BAR, int(onsets[-1] + line.duration[-1]) + 1) - first
    tonics, mode = np.full(steps, line.key.tonic), line.key.mode
    for beat, tonic, other in keys:
        at = round(beat * STEPS_PER_BEAT) - first
        tonics[max(0, at) :] = tonic
        if at <= 0:
            mode = other
    middle = float(np.median(line.pitch))
    references = np.array([reference(tonic, middle) for tonic in range(12)])[tonics]
    notes = zip((onsets - first).tolist(), line.duration.tolist(), line.pitch.tolist(), strict=True)
    tokens = encode([(at, at + length, pitch) for at, length, pitch in notes], references)
    known = plan(
        harmony(line.chords, tonics, first), steps, mode=mode, source=source, density=density_bin(notes_per_bar(tokens))
    )
    return Told(first, tokens, np.concatenate([known, _past(tokens, known[:, 0].astype(np.int64))], axis=1), references)


def _past(tokens: Ints, chord: Ints) -> NDArray[np.int16]:
    """Return the memory's inputs; songs of unheard-of length start afresh every so often."""
    pieces = [slice(at, at + LONGEST_MEMORY_STEPS) for at in range(0, len(tokens), LONGEST_MEMORY_STEPS)]
    return np.concatenate([past(tokens[piece], chord[piece]) for piece in pieces])


def example(melody: Melody, number: int) -> Example:
    """Return the arrays of one melody: `token` (T,), `x` (T, columns), `velocity` (T,), `touch` (T, features), `song`.

    `velocity` is a bin where a note starts whose velocity is known, `NO_VELOCITY` elsewhere.
    """
    line = melody.line()
    told = tell(line, melody.source, melody.keys)
    size, at = len(told.tokens), line.start - told.first
    velocity, touch = np.full(size, NO_VELOCITY, np.uint8), np.zeros((size, 0), np.uint8)
    heard = features(line)
    touch = np.zeros((size, heard.shape[1]), np.uint8)
    touch[at] = heard
    if melody.velocity is not None:
        velocity[at] = line.velocity
    return {
        "token": told.tokens.astype(np.int16),
        "x": told.x,
        "velocity": velocity,
        "touch": touch,
        "song": np.full(size, number, np.int32),
    }


def count_notes(example: Example) -> int:
    """Return how many notes an example holds."""
    return int((example["token"] >= FIRST_PITCH).sum())
