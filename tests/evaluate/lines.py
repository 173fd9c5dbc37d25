"""Lines small enough to measure by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dusktape.core.score import BAR, Chord, Key
from dusktape.core.seed import Seed
from dusktape.nn.line import Line

C = Key(0, "major")


def line_of(
    pitch: Sequence[int],
    step: Sequence[int] | None = None,
    duration: Sequence[int] | None = None,
    *,
    name: str = "song",
    key: Key = C,
    chords: Sequence[Chord] = (),
) -> Line:
    """Eighths where nothing else is said."""
    steps = [0, *[2] * (len(pitch) - 1)][: len(pitch)] if step is None else step
    durations = [1] * len(pitch) if duration is None else duration
    arrays = (np.array(values, np.int64) for values in (pitch, steps, durations, [4] * len(pitch)))
    return Line(name, key, tuple(chords), *arrays)


def walk(name: str, notes: int, seed: int = 1) -> Line:
    """A line with the habits of melodies: small steps, few rhythms."""
    rng = Seed(seed).at(name).rng()
    pitch = 60 + np.cumsum(rng.choice([-3, -2, -1, 0, 1, 2, 3], notes))
    return line_of(pitch.tolist(), rng.choice([1, 2, 2, 3, 4, 6], notes).tolist(), name=name)


def chords_of(*bars: tuple[int, str]) -> tuple[Chord, ...]:
    """One chord a bar."""
    return tuple(Chord(i * BAR, BAR, root, quality) for i, (root, quality) in enumerate(bars))
