"""A melodic line as notes on the grid of sixteenths: the one event that every model of melodies is asked about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.score import Chord, Key
from dusktape.core.seed import Seed
from dusktape.nn.sampling import Sampling

Ints = NDArray[np.int64]

STEPS_PER_BEAT = 4
STEPS_PER_BAR = 16

LONGEST_STEPS = 32
"""What is longer than two bars counts as two bars, in steps and durations alike."""

VELOCITY_BINS = 8
"""MIDI velocities in bins of 16."""

_SHORTEST_REST = 2


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One voice, its notes in order; no two start together.

    Parameters
    ----------
    name
        Of the song, as `data.split.fold` knows it.
    key
        Of the song.
    chords
        Under the line, in ticks from the bar line that steps count from; may be empty.
    pitch
        (N,) MIDI numbers.
    step
        (N,) sixteenths since the start of the note before; of the first note, since a bar line. Not limited.
    duration
        (N,) sixteenths, 1 or more; never reaches past the next note's start.
    velocity
        (N,) bins, 0 to 7.
    """

    name: str
    key: Key
    chords: tuple[Chord, ...]
    pitch: Ints
    step: Ints
    duration: Ints
    velocity: Ints

    def __len__(self) -> int:
        return len(self.pitch)

    @property
    def start(self) -> Ints:
        """Where each note starts, in sixteenths; shape (N,)."""
        return np.cumsum(self.step)

    @property
    def classes(self) -> NDArray[np.int64]:
        """The common event, (N, 4): pitch, step 0 to 32, duration 1 to 32, velocity bin."""
        limited = np.minimum(self.step, LONGEST_STEPS), np.minimum(self.duration, LONGEST_STEPS)
        return np.stack([self.pitch, *limited, self.velocity], axis=1)

    def transposed(self, semitones: int) -> Line:
        """Return the line, its chords and its key, so many semitones higher."""
        return replace(
            self,
            key=Key((self.key.tonic + semitones) % 12, self.key.mode),
            chords=tuple(replace(c, root=(c.root + semitones) % 12) for c in self.chords),
            pitch=self.pitch + semitones,
        )

    def in_c(self) -> Line:
        """Return the line in C major or A minor, moved by at most six semitones."""
        home = 9 if self.key.mode == "minor" else 0
        return self.transposed((home - self.key.tonic + 6) % 12 - 6)

    @staticmethod
    def of_notes(
        name: str, key: Key, chords: Sequence[Chord], start: Floats, length: Floats, pitch: Ints, velocity: Ints
    ) -> Line:
        """Put the top voice of some notes on the grid. Times in beats from a bar line; arrays of equal length (N,).

        Of notes that start together the highest stays. A gap shorter than an eighth is closed: it is articulation,
        not rest.
        """
        first = np.rint(np.asarray(start) * STEPS_PER_BEAT).astype(np.int64)
        end = np.maximum(np.rint((np.asarray(start) + length) * STEPS_PER_BEAT).astype(np.int64), first + 1)
        order = np.lexsort((pitch, first))
        last = np.append(np.diff(first[order]) > 0, True)[: len(order)]
        kept = order[last]
        first, end = first[kept], end[kept]
        following = np.append(first[1:], np.iinfo(np.int64).max)
        end = np.where(end > following - _SHORTEST_REST, following, end)
        if len(end):
            end[-1] = max(first[-1] + 1, int(np.rint((start[kept[-1]] + length[kept[-1]]) * STEPS_PER_BEAT)))
        return Line(
            name=name,
            key=key,
            chords=tuple(chords),
            pitch=np.asarray(pitch)[kept].astype(np.int64),
            step=np.diff(first, prepend=0),
            duration=end - first,
            velocity=np.clip(np.asarray(velocity)[kept] // (128 // VELOCITY_BINS), 0, VELOCITY_BINS - 1).astype(
                np.int64
            ),
        )


PitchRule = Callable[[int], NDArray[np.bool_]]
"""From a place in sixteenths to the MIDI pitches that may start there, (128,)."""


class LineModel(Protocol):
    """What a trained model of melodic lines can be asked. Opened from weights, it runs in numpy."""

    def bits(self, lines: Sequence[Line]) -> list[Floats]:
        """Return for each line (N, 2): what each note costs in bits, without and with its velocity.

        The event is `Line.classes`: two models are compared on the same notes. What a model has no word for costs
        its escape; nothing is left out.
        """
        ...

    def generate(
        self,
        *,
        key: Key,
        seed: Seed,
        sampling: Sampling,
        notes: int | None = None,
        steps: int | None = None,
        given: Line | None = None,
        chords: Sequence[Chord] = (),
        allowed: PitchRule | None = None,
    ) -> Line:
        """Return a new line in this key that goes on from `given` (which it contains) until it is long enough.

        Parameters
        ----------
        key
            To write in.
        seed
            Where all draws come from.
        sampling
            How tokens are drawn.
        notes, steps
            One of them: stop at so many notes in all, or before this place in sixteenths.
        given
            What was played before.
        chords
            Under the line, for models that listen to them.
        allowed
            What may start where.
        """
        ...
