"""Chords as tokens: degree, quality and length in one word, found in the training songs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.errors import InputError
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.nn.line import Ints
from dusktape.theory.chord import QUALITIES

SEQUENCE_CHORDS = 4
"""Training sees so many chords before the one it asks for."""

LENGTHS = (1, 2, 3, 4, 6, 8)
"""Classes of length, in beats."""

MODES = ("major", "minor")
UNKNOWN = len(MODES)
FIRST_WORD = UNKNOWN + 1
"""Tokens: the two modes, with which every sequence begins; a chord without a word; words."""

ALL_WORDS = 12 * len(QUALITIES) * len(LENGTHS)

_RARE = 2


@dataclass(frozen=True, slots=True, order=True)
class Word:
    """A chord in a key: semitones above the tonic, quality, beats."""

    degree: int
    quality: str
    beats: int

    @staticmethod
    def of(chord: Chord, key: Key) -> Word:
        """Read a chord; its length becomes the nearest of `LENGTHS`, the shorter one of two."""
        beats = chord.length / TICKS_PER_BEAT
        return Word((chord.root - key.tonic) % 12, chord.quality, min(LENGTHS, key=lambda n: (abs(n - beats), n)))


@dataclass(frozen=True)
class Vocabulary:
    """The words that a network knows, in the order of its tokens.

    Parameters
    ----------
    words
        Each once.
    """

    words: tuple[Word, ...]

    @staticmethod
    def found(songs: Iterable[Sequence[Word]]) -> Vocabulary:
        """Take all that came twice or more. What came once teaches how often something new comes."""
        count = Counter(word for song in songs for word in song)
        return Vocabulary(tuple(sorted(word for word, n in count.items() if n >= _RARE)))

    @cached_property
    def _tokens(self) -> dict[Word, int]:
        return {word: FIRST_WORD + i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return FIRST_WORD + len(self.words)

    @property
    def unnamed(self) -> int:
        """How many chords have no word; each of them is as likely as the others."""
        return ALL_WORDS - len(self.words)

    def token(self, word: Word) -> int:
        """Return its token, or `UNKNOWN`."""
        return self._tokens.get(word, UNKNOWN)

    def read(self, key: Key, chords: Sequence[Chord]) -> list[int]:
        """Return a song's tokens: its mode, then its chords."""
        return [MODES.index(key.mode), *(self.token(Word.of(c, key)) for c in chords)]

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` reads."""
        return {"words": [[w.degree, w.quality, w.beats] for w in self.words]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Vocabulary:
        """Read a vocabulary.

        Raises
        ------
        ValueError
            If a word is none.
        """
        words = tuple(Word(int(d), str(q), int(n)) for d, q, n in data["words"])
        if any(w.quality not in QUALITIES or w.beats not in LENGTHS or not 0 <= w.degree < 12 for w in words):
            raise ValueError("its vocabulary holds what is no chord")
        return Vocabulary(words)


def windows(tokens: Ints) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Return a song's windows, what comes after each of their places, and where its own chord is asked for.

    Parameters
    ----------
    tokens
        (1 + T,): the mode, then chords.

    Returns
    -------
    Three arrays (T, 5). The window of a chord is the mode and the four chords before it; the first four chords share
    the song's first window, each at its own place.
    """
    chords = len(tokens) - 1
    last = np.arange(chords)
    begin = np.maximum(0, last - SEQUENCE_CHORDS)
    columns = np.minimum(begin[:, None] + np.arange(SEQUENCE_CHORDS), chords - 1)
    read = np.concatenate([np.full((chords, 1), tokens[0]), tokens[1:][columns]], axis=1)
    after = tokens[1:][np.minimum(begin[:, None] + np.arange(SEQUENCE_CHORDS + 1), chords - 1)]
    asked = np.arange(SEQUENCE_CHORDS + 1) == (last - begin)[:, None]
    return read, after, asked


@dataclass(frozen=True, slots=True)
class Options:
    """What a network is built with: widths of its embedding and its LSTM, and dropout."""

    width: int = 64
    hidden: int = 512
    dropout: float = 0.3

    def __post_init__(self) -> None:
        for name in ("width", "hidden"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 4096:
                raise InputError(f"chords: {name} is a whole number from 1 to 4096, got {value!r}")
        if isinstance(self.dropout, bool) or not 0.0 <= self.dropout < 1.0:
            raise InputError(f"chords: dropout is at least 0 and less than 1, got {self.dropout!r}")

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
            raise InputError(f"chords: there is no option {unknown[0]!r}; there are {', '.join(known)}")
        return Options(**values)
