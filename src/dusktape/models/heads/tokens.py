"""What the three heads read and are asked: notes before, chords if wanted, and the options that say so."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.core.score import TICKS_PER_BEAT, Chord
from dusktape.nn.line import LONGEST_STEPS, STEPS_PER_BEAT, VELOCITY_BINS, Ints, Line
from dusktape.theory.chord import FAMILIES, family

WINDOW_NOTES = 30
"""Training sees so many notes at a time."""

PITCHES = 128
STEPS = np.arange(LONGEST_STEPS + 1)
DURATIONS = np.arange(1, LONGEST_STEPS + 1)

START = (0, 0, 0)
"""What is read before the first note."""

NO_VELOCITY = VELOCITY_BINS

_NO_ROOT, _NO_FAMILY = 12, len(FAMILIES)
_CHORD_COLUMNS = 12 + len(FAMILIES)
_TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT

_CHOICES = {"time": ("squared", "bins", "mixture"), "keys": ("home", "augment")}


@dataclass(frozen=True, slots=True)
class Options:
    """What a network is built with.

    Parameters
    ----------
    time
        Output for step and duration: `squared` (one number each, as published), `bins` (a probability for each
        sixteenth) or `mixture` (discretised logistics).
    keys
        `home` moves every song to C major or A minor; `augment` leaves it and hears it in another key each epoch.
    chords
        Whether the chord at the last note, and the one after it, are read too.
    window
        Whether playing runs the last `WINDOW_NOTES` notes through the network anew for each note, as published;
        otherwise its state is carried on.
    hidden
        Width of each of the two layers.
    """

    time: str = "bins"
    keys: str = "home"
    chords: bool = False
    window: bool = False
    hidden: int = 128

    def __post_init__(self) -> None:
        for name, values in _CHOICES.items():
            if getattr(self, name) not in values:
                raise InputError(f"heads: {name} is one of {', '.join(values)}, got {getattr(self, name)!r}")
        for name in ("chords", "window"):
            if not isinstance(getattr(self, name), bool):
                raise InputError(f"heads: {name} is true or false, got {getattr(self, name)!r}")
        if not isinstance(self.hidden, int) or not 1 <= self.hidden <= 4096:
            raise InputError(f"heads: hidden is a whole number from 1 to 4096, got {self.hidden!r}")

    @staticmethod
    def of(values: Mapping[str, Any]) -> Options:
        """Read them from a configuration.

        Raises
        ------
        InputError
            If one is unknown or not what it should be.
        """
        known = Options.__dataclass_fields__
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise InputError(f"heads: there is no option {unknown[0]!r}; there are {', '.join(known)}")
        return Options(**values)

    @property
    def columns(self) -> int:
        """Width of the input."""
        return 3 + 2 * _CHORD_COLUMNS * self.chords


def home(line: Line) -> Line:
    """Return the line in C major or A minor, its few notes outside MIDI moved by an octave."""
    moved = line.in_c()
    return replace(moved, pitch=moved.pitch - 12 * (moved.pitch >= PITCHES) + 12 * (moved.pitch < 0))


def past(classes: Ints) -> Ints:
    """Return what is read before each note, (N, 3): pitch, step and duration of the note before. From (N, 4)."""
    return np.concatenate([np.array([START], np.int64), classes[:-1, :3]])[: len(classes)]


class Harmony:
    """Looks chords up by their place in sixteenths."""

    def __init__(self, chords: Sequence[Chord]) -> None:
        self._starts = [round(c.start / _TICKS_PER_STEP) for c in chords]
        self._ends = [round((c.start + c.length) / _TICKS_PER_STEP) for c in chords]
        self._words = [(c.root % 12, FAMILIES.index(family(c.quality))) for c in chords]

    def at(self, place: int) -> tuple[int, int, int, int]:
        """Return root and family of the chord that stands here, and of the next one."""
        i = bisect_right(self._starts, place) - 1
        now = self._words[i] if i >= 0 and place < self._ends[i] else (_NO_ROOT, _NO_FAMILY)
        following = self._words[i + 1] if i + 1 < len(self._words) else (_NO_ROOT, _NO_FAMILY)
        return (*now, *following)

    def before(self, line: Line) -> Ints:
        """Return, for each note of a line, the chords at the note before it; (N, 4)."""
        places = [0, *line.start[:-1].tolist()]
        return np.array([self.at(p) for p in places[: len(line)]], np.int64).reshape(-1, 4)


def features(past: Ints, chords: Ints | None = None) -> Floats:
    """Return the network's input, (N, columns): pitch / 128, step and duration in beats, chords as indicators.

    Parameters
    ----------
    past
        (N, 3), as `past` gives it.
    chords
        (N, 4), as `Harmony` gives them; None for a network that reads none.
    """
    if chords is None:
        return np.asarray(past * _SCALE)
    c = chords.T
    return np.concatenate([past * _SCALE, _ROOTS[c[0]], _FAMILIES[c[1]], _ROOTS[c[2]], _FAMILIES[c[3]]], axis=1)


_SCALE = np.array([1.0 / PITCHES, 1.0 / STEPS_PER_BEAT, 1.0 / STEPS_PER_BEAT])
_ROOTS, _FAMILIES = np.eye(13)[:, :12], np.eye(len(FAMILIES) + 1)[:, : len(FAMILIES)]


def velocities_before(velocity: Ints) -> Ints:
    """Return the bins of the last note and of the one before it, (N, 2); `NO_VELOCITY` where there is none."""
    padded = np.concatenate([np.full(2, NO_VELOCITY, np.int64), velocity])
    return np.stack([padded[1:-1], padded[:-2]], axis=1)
