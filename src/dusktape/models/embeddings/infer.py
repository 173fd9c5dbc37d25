"""The three LSTMs in numpy: what notes cost, and new lines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import Chord, Key
from dusktape.core.seed import Seed
from dusktape.models.embeddings.network import Network
from dusktape.models.embeddings.tokens import FIRST_PITCH, REST, Harmony, Ints, Vocabulary, words
from dusktape.models.embeddings.writer import words_after
from dusktape.nn.line import VELOCITY_BINS, Line, PitchRule
from dusktape.nn.sampling import Sampling
from dusktape.nn.weights import load, metadata

_BATCH = 32


class Costs:
    """What words cost under the logits of one vocabulary, in bits, without and with velocity.

    Every word has its share of the softmax, times 1 - escape, and the escape's, evenly over all the grid could hold:
    a known word's probability is the sum of both. After a rest there is no rest. Words that differ only in what is
    not asked for (the velocity, the shape of the chord under the note) are added up.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._asked = [np.array([1, 0, 1, 0]), np.array([1, 0, 1, 1])]
        if vocabulary.only_velocity:
            self._asked = self._asked[1:]
        self._codes = [vocabulary.code(vocabulary.words * asked) for asked in self._asked]

    def __call__(self, logits: Floats, before: Ints, word: Ints) -> Floats:
        """Return (B, 2) from logits (B, V), the words before and the words asked for, (B, 4) each."""
        v = self._vocabulary
        out = np.zeros((len(logits), 2))
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        if v.names_notes:
            e[np.ix_(before[:, 0] == REST, v.rests)] = 0.0
        p = e / e.sum(axis=1, keepdims=True)
        sounds = word[:, 0] >= FIRST_PITCH
        for column, (asked, codes) in enumerate(zip(self._asked, self._codes, strict=True), 2 - len(self._asked)):
            found = (p * (codes == v.code(word * asked)[:, None])).sum(axis=1)
            merged = np.where(sounds, VELOCITY_BINS, 1) if "velocity" in v.columns and not asked[3] else 1
            bits = -np.log2((1.0 - v.escape) * found + v.escape * merged / v.size)
            out[:, column] = np.where(sounds | (not v.only_velocity), bits, 0.0)
        return out


class Embeddings:
    """One of the three models, opened from weights. See `nn.line.LineModel`.

    Parameters
    ----------
    network
        What learned.
    home
        Whether lines are moved to C major or A minor, and back.
    """

    def __init__(self, network: Network, *, home: bool) -> None:
        self.network = network
        self._home = home
        self._costs = [Costs(v) for v in network.vocabularies]
        self._notes = network.vocabularies[0]

    @staticmethod
    def load(weights: Path, expected_sha256: str | None = None) -> Embeddings:
        """Open weights that `dusktape train` wrote."""
        arrays = load(weights, expected_sha256)
        return Embeddings.of(arrays, json.loads(metadata(weights)["vocabulary"]))

    @staticmethod
    def of(weights: dict[str, Floats], vocabulary: Any) -> Embeddings:
        """Put weights and what `net.load_splits` gave as vocabulary together.

        Raises
        ------
        ValueError, KeyError
            If they do not fit.
        """
        sets = [Vocabulary.from_json(each) for each in vocabulary["sets"]]
        if not sets or not sets[0].names_notes:
            raise ValueError("their vocabulary names no notes")
        return Embeddings(Network(weights, sets), home=vocabulary["keys"] == "home")

    def bits(self, lines: Sequence[Line]) -> list[Floats]:
        """See `nn.line.LineModel`. A note's bits are those of the rest before it and its own."""
        out: list[Floats] = []
        at_home = [line.in_c() if self._home else line for line in lines]
        songs = [(word, Harmony(line.chords).along(place)) for line in at_home for word, place in [words(line)]]
        for (word, _), bits in zip(songs, self.word_bits(songs), strict=True):
            note = word[:, 0] >= FIRST_PITCH
            each = np.zeros((int(note.sum()), 2))
            np.add.at(each, np.cumsum(note) - note, bits)
            out.append(each)
        return out

    def word_bits(self, songs: Sequence[tuple[Ints, Ints]]) -> list[Floats]:
        """Return (T, 2) for each song of words (T, 4) and chords (T, 2): bits without and with velocity."""
        out = [np.zeros((len(word), 2)) for word, _ in songs]
        order = sorted(range(len(songs)), key=lambda i: -len(songs[i][0]))
        for first in range(0, len(order), _BATCH):
            here = order[first : first + _BATCH]
            state = self.network.start(len(here))
            befores = [np.concatenate([np.zeros((1, 4), np.int64), songs[i][0][:-1]]) for i in here]
            rows = [
                self.network.inputs(self.network.ids(b[: len(songs[i][0])]), songs[i][1])
                for b, i in zip(befores, here, strict=True)
            ]
            for t in range(len(songs[here[0]][0])):
                alive = sum(len(songs[i][0]) > t for i in here)  # the longest come first
                state = self.network.listen(
                    np.stack([r[t] for r in rows[:alive]]), (state[0][:alive], state[1][:alive])
                )
                before = np.stack([b[t] for b in befores[:alive]])
                word = np.stack([songs[i][0][t] for i in here[:alive]])
                logits = self.network.logits(state)
                bits = sum(cost(x, before, word) for cost, x in zip(self._costs, logits, strict=True))
                for i, row in zip(here[:alive], np.asarray(bits), strict=True):
                    out[i][t] = row
        return out

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
        """See `nn.line.LineModel`, and `writer.words_after` for what happens where nothing is allowed."""
        if (notes is None) == (steps is None):
            raise ValueError("give notes or steps, one of them")
        none = np.zeros(0, np.int64)
        line = given or Line("", key, (), none, none, none, none)
        line = replace(line, key=key, chords=tuple(chords))
        home = 9 if key.mode == "minor" else 0
        up = (home - key.tonic + 6) % 12 - 6 if self._home else 0
        fresh = words_after(self.network, line.transposed(up), up, seed, sampling, allowed, steps)
        written = list(islice(fresh, None if notes is None else max(0, notes - len(line))))
        if not written:
            return line
        place, word = np.array([at for at, _ in written]), np.stack([word for _, word in written])
        start = np.concatenate([line.start, place])
        duration = np.concatenate([line.duration, word[:, 2]])
        if steps is not None:
            duration[-1] = min(duration[-1], steps - start[-1])
        return replace(
            line,
            pitch=np.concatenate([line.pitch, word[:, 0] - FIRST_PITCH]),
            step=np.diff(start, prepend=0),
            duration=duration,
            velocity=np.concatenate([line.velocity, word[:, 3] - 1]),
        )
