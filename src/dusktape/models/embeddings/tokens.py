"""A line as words: notes, chords and rests in order of time, and the vocabularies that hold them.

A word is four numbers, `COLUMNS`: what sounds (nothing, a rest or a pitch), the shape of the chord under it, how
long, how loud. Which of them share a vocabulary is what the three models differ in.

A rest is one word, as long as from the end of the note before (or the first bar line) to the next note, so that
every sequence of `Line.classes` is one sequence of words and the other way round: rests follow no rests, and a note
with the rest after it counts two bars at most.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.score import TICKS_PER_BEAT, Chord
from dusktape.nn.line import LONGEST_STEPS, STEPS_PER_BEAT, VELOCITY_BINS, Line
from dusktape.theory.chord import FAMILIES, family

Ints = NDArray[np.int64]

COLUMNS = ("note", "shape", "duration", "velocity")
"""Of a word. Duration in sixteenths, 1 to 32; velocity 1 + its bin, 0 for a rest."""

NOTHING, REST, FIRST_PITCH = 0, 1, 8
"""Values of the note's column: before the first word there is nothing; a pitch is `FIRST_PITCH` + its MIDI number.
What lies between leaves room for lines that are moved below 0, by six semitones at most."""

SHAPES = 2**11
"""Chords of three and more notes: bit i is set if a note lies i + 1 semitones below the top one, octaves aside."""

PITCHES = 128

SETS = {
    "embeddings1": (("note", "shape", "duration", "velocity"),),
    "embeddings2": (("note", "shape", "duration"), ("velocity",)),
    "embeddings3": (("note", "shape"), ("duration",), ("velocity",)),
}
"""Model to the columns of each of its vocabularies. The first one names the note."""

NO_CHORD = 0
CHORDS = 1 + 12 * len(FAMILIES)
"""Numbers of chords: none, then 1 + root * families + family."""

_SIZES = (SHAPES, LONGEST_STEPS + 1, VELOCITY_BINS + 1, 1)
_RADIX = np.cumprod(_SIZES[::-1])[::-1]


def words(line: Line, shapes: Ints | None = None) -> tuple[Ints, Ints]:
    """Return the words of a line, (T, 4), and where each starts, (T,), in sixteenths.

    Parameters
    ----------
    line
        Notes.
    shapes
        (N,) of the chord under each; single notes if not given.
    """
    pitch, step, duration, velocity = line.classes.T
    gap = step - np.concatenate([[0], duration[:-1]])[: len(step)]
    start = line.start
    ends = np.concatenate([[0], start[:-1] + line.duration[:-1]])[: len(start)]
    none = np.zeros_like(pitch)
    rests = np.stack([none + REST, none, gap, none, ends], axis=1)
    notes = np.stack([pitch + FIRST_PITCH, none if shapes is None else shapes, duration, velocity + 1, start], axis=1)
    both = np.stack([rests, notes], axis=1).reshape(-1, 5)
    both = both[both[:, 2] > 0]
    return both[:, :4], both[:, 4]


def shapes(top: Line, start: Ints, pitch: Ints) -> Ints:
    """Return the shape under each note of the top line, (N,); 0 where fewer than three notes start together.

    Parameters
    ----------
    top
        The highest of the notes that start together.
    start, pitch
        All the notes: sixteenths from the bar line that `top` counts from, MIDI numbers.
    """
    together: dict[int, set[int]] = {}
    for at, p in zip(start.tolist(), pitch.tolist(), strict=True):
        together.setdefault(at, set()).add(p)
    out = []
    for at, p in zip(top.start.tolist(), top.pitch.tolist(), strict=True):
        below = {(p - q) % 12 for q in together[at]} - {0} if len(together[at]) >= 3 else set()
        out.append(sum(1 << (semitones - 1) for semitones in below))
    return np.array(out, np.int64)


def moved(row: Ints, semitones: int) -> Ints:
    """Return words (..., 4) so many semitones higher."""
    out = row.copy()
    out[..., 0] += np.where(row[..., 0] >= FIRST_PITCH, semitones, 0).astype(row.dtype)
    return out


def moved_chords(numbers: Ints, semitones: int) -> Ints:
    """Return numbers of chords, any shape, so many semitones higher."""
    root, kind = np.divmod(numbers - 1, len(FAMILIES))
    there = (1 + (root + semitones) % 12 * len(FAMILIES) + kind).astype(numbers.dtype)
    return np.where(numbers == NO_CHORD, numbers, there)


class Harmony:
    """The chords under a line, asked for by place in sixteenths."""

    def __init__(self, chords: Sequence[Chord]) -> None:
        per_step = TICKS_PER_BEAT // STEPS_PER_BEAT
        self._starts = [c.start / per_step for c in chords]
        self._ends = [(c.start + c.length) / per_step for c in chords]
        self._numbers = [1 + c.root % 12 * len(FAMILIES) + FAMILIES.index(family(c.quality)) for c in chords]

    def at(self, place: int) -> tuple[int, int]:
        """Return the numbers of the chord that stands here and of the next one."""
        i = bisect_right(self._starts, place)
        here = self._numbers[i - 1] if i and self._ends[i - 1] > place else NO_CHORD
        return here, self._numbers[i] if i < len(self._numbers) else NO_CHORD

    def along(self, places: Ints) -> Ints:
        """Return `at` for many places, (T, 2)."""
        return np.array([self.at(p) for p in places.tolist()], np.int64).reshape(-1, 2)


@dataclass(frozen=True)
class Vocabulary:
    """Words, or parts of words, that a training met.

    Parameters
    ----------
    columns
        Which of `COLUMNS` a word here has.
    codes
        (V,) the words as one number each, in rising order.
    escape
        Share of the probability that is kept for words that are not here.
    """

    columns: tuple[str, ...]
    codes: Ints
    escape: float

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def name(self) -> str:
        """`note_duration`."""
        return "_".join(c for c in self.columns if c != "shape")

    @cached_property
    def weights(self) -> Ints:
        """(4,): what a word's columns are multiplied with to make its code; 0 for those that are not used."""
        return np.where([c in self.columns for c in COLUMNS], _RADIX, 0)

    @property
    def names_notes(self) -> bool:
        """Whether words here are notes, chords and rests; else they are only how long or how loud."""
        return "note" in self.columns

    @property
    def only_velocity(self) -> bool:
        """Whether rests have no word here."""
        return self.columns == ("velocity",)

    @property
    def size(self) -> int:
        """How many words the grid could hold, chords aside: what an unknown word is one of."""
        each = {"note": PITCHES, "shape": 1, "duration": LONGEST_STEPS, "velocity": VELOCITY_BINS}
        rests = (LONGEST_STEPS if "duration" in self.columns else 1) if self.names_notes else 0
        return int(np.prod([each[c] for c in self.columns])) + rests

    @cached_property
    def words(self) -> Ints:
        """(V, 4): the words, 0 in columns that are not used."""
        out, rest = np.empty((len(self), 4), np.int64), self.codes
        for i, radix in enumerate(_RADIX.tolist()):
            out[:, i], rest = np.divmod(rest, radix)
        return out

    @cached_property
    def rests(self) -> NDArray[np.bool_]:
        """(V,): which words are rests."""
        return np.asarray(self.words[:, 0] == REST)

    def code(self, row: Ints) -> Ints:
        """Return words (..., 4) as one number each, (...)."""
        return np.asarray(row.astype(np.int64) @ self.weights)

    def ids(self, row: Ints) -> Ints:
        """Return rows of the embedding for words (..., 4): 1 + their place here, 0 for nothing and the unknown."""
        code = self.code(row)
        found = np.minimum(np.searchsorted(self.codes, code), len(self) - 1)
        return np.where(self.codes[found] == code, found + 1, 0)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {"columns": list(self.columns), "codes": self.codes.tolist(), "escape": self.escape}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Vocabulary:
        """Read a vocabulary that was stored with weights.

        Raises
        ------
        ValueError
            If it is none.
        """
        columns, codes, escape = tuple(data["columns"]), np.array(data["codes"], np.int64), float(data["escape"])
        if not columns or set(columns) - set(COLUMNS) or codes.ndim != 1 or not len(codes) or not 0 < escape < 1:
            raise ValueError("their vocabulary is damaged")
        if codes[0] < 1 or (np.diff(codes) <= 0).any():
            raise ValueError("their vocabulary is out of order")
        return Vocabulary(columns, codes, escape)


def learn(columns: tuple[str, ...], songs: Sequence[Ints], *, all_keys: bool) -> Vocabulary:
    """Return the vocabulary of some songs, (T, 4) each.

    The escape is the share of words that no other song has: what a new song must be expected to bring.

    Parameters
    ----------
    columns
        That share the vocabulary.
    songs
        To learn from.
    all_keys
        Also put in what the songs would hold in the other eleven keys.
    """
    empty = Vocabulary(columns, np.zeros(0, np.int64), 0.5)
    keys = range(-6, 6) if all_keys and empty.names_notes else range(1)
    in_songs: Counter[int] = Counter()
    for song in songs:
        in_songs.update({code for k in keys for code in empty.code(moved(song, k)).tolist()} - {0})
    own = [code for song in songs for code in empty.code(song).tolist() if code]
    alone = sum(in_songs[code] == 1 for code in own)
    escape = min(0.5, (alone + 0.5) / (len(own) + 1.0))
    return Vocabulary(columns, np.array(sorted(in_songs), np.int64), escape)
