"""The chord LSTM in plain numpy: writes loops, and says what chords cost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.core.roles import LoopChord
from dusktape.core.score import Chord, Key
from dusktape.core.seed import Seed
from dusktape.models.chords.tokens import FIRST_WORD, MODES, SEQUENCE_CHORDS, UNKNOWN, Vocabulary, Word, windows
from dusktape.nn.layers import LSTM, Linear
from dusktape.nn.line import Ints
from dusktape.nn.sampling import Sampling, choose
from dusktape.nn.weights import load, metadata

_EVEN = (2, 4, 6, 8)


@dataclass(frozen=True, slots=True, eq=False)
class ChordLSTM:
    """Writes loops of chords. Implements `core.roles.ChordWriter`.

    Parameters
    ----------
    vocabulary
        What its tokens mean.
    embed
        (V, width).
    lstm, out
        The network.
    sampling
        How chords are drawn; the temperature comes with each request.
    """

    vocabulary: Vocabulary
    embed: Floats
    lstm: LSTM
    out: Linear
    sampling: Sampling = field(default_factory=Sampling)

    @staticmethod
    def of(weights: Mapping[str, Floats], vocabulary: Vocabulary) -> ChordLSTM:
        """Take the weights by their names.

        Raises
        ------
        ValueError
            If they know more or fewer tokens than the vocabulary.
        """
        embed = weights["embed.weight"]
        if len(embed) != len(vocabulary):
            raise ValueError(f"the vocabulary has {len(vocabulary)} tokens, the weights {len(embed)}")
        return ChordLSTM(vocabulary, embed, LSTM.of(weights, "lstm"), Linear.of(weights, "out"))

    @staticmethod
    def load(path: Path, expected_sha256: str | None = None) -> ChordLSTM:
        """Open weights that `dusktape train chords` wrote."""
        weights, told = load(path, expected_sha256), metadata(path)
        return ChordLSTM.of(weights, Vocabulary.from_json(json.loads(told["vocabulary"])))

    def hidden(self, tokens: Ints) -> Floats:
        """Return the LSTM's output (B, T, H) over some windows (B, T), each run from rest."""
        state, out = self.lstm.start(len(tokens)), []
        for column in tokens.T:
            h, state = self.lstm.step(self.embed[column], state)
            out.append(h)
        return np.stack(out, axis=1)

    def bits(self, songs: Sequence[tuple[Key, Sequence[Chord]]]) -> list[Floats]:
        """Return for each song (N,): what each chord costs in bits, with its length.

        A chord that the network has no word for costs what `UNKNOWN` does, and as many bits as it takes to name one
        of all such chords.
        """
        out = []
        for key, chords in songs:
            read, after, asked = windows(np.array(self.vocabulary.read(key, chords), np.int64))
            logits = self.out(self.hidden(read)[asked]) if len(read) else np.zeros((0, len(self.vocabulary)))
            top = logits.max(axis=1, keepdims=True)
            nats = np.log(np.exp(logits - top).sum(axis=1)) + top[:, 0] - logits[np.arange(len(read)), after[asked]]
            nats += np.where(after[asked] == UNKNOWN, np.log(max(1, self.vocabulary.unnamed)), 0.0)
            out.append(np.asarray(nats / np.log(2.0)))
        return out

    def write_loop(
        self, *, mode: str, mood: str, bars: int, seed: Seed, temperature: float, max_chords: int
    ) -> tuple[LoopChord, ...]:
        """See `core.roles.ChordWriter`; a mood is not heard. Chords change on the first and third beat.

        With the published rule (`argmax`) the first chord is any.

        Raises
        ------
        InputError
            If a word is unknown or the numbers do not go together.
        """
        if mode not in MODES:
            raise InputError(f"{mode!r} is no mode for chords; choose from {', '.join(MODES)}")
        if bars not in (2, 4, 8) or temperature <= 0 or max_chords < 2 or max_chords * 8 < bars * 4:
            raise InputError(
                f"cannot write {bars} bars with {max_chords} chords at temperature {temperature}; "
                "ask for 2, 4 or 8 bars, at least 2 chords (2 bars each at most) and a temperature above 0"
            )
        sampling, loop = replace(self.sampling, temperature=temperature), _Loop(self.vocabulary, bars * 4, max_chords)
        tokens: list[int] = []
        while loop.left:
            window = np.array([[MODES.index(mode), *tokens[-SEQUENCE_CHORDS:]]])
            logits, allowed = self.out(self.hidden(window)[:, -1])[0], loop.allowed()
            here = seed.at("chord", len(tokens))
            if sampling.rule == "argmax" and not tokens:
                token = int(here.pick(np.flatnonzero(allowed).tolist()))
            else:
                token = choose(logits, sampling, history=tokens, seed=here, allowed=allowed)
            tokens.append(token)
            loop.push(token)
        return tuple(LoopChord(w.degree, w.quality, w.beats) for w in loop.words)


class _Loop:
    """What may follow in a loop of so many beats and chords.

    Chords last two, four, six or eight beats; what is left can still be filled; no chord comes twice in a row, and
    the last one has another root than the first. Where the vocabulary has nothing of the kind the last rule goes
    first, and then a word is played for as long as there is room.
    """

    def __init__(self, vocabulary: Vocabulary, beats: int, max_chords: int) -> None:
        self.left, self.more = beats, max_chords
        self.words: list[Word] = []
        self._vocabulary = vocabulary
        self._lengths = tuple(sorted({w.beats for w in vocabulary.words if w.beats in _EVEN}))
        if not any(self._fits(n) for n in self._lengths):
            self._lengths = _EVEN

    def allowed(self) -> NDArray[np.bool_]:
        """Return which tokens may come now, (V,); at least one, and only words."""
        words = self._vocabulary.words
        fits = np.array([self._fits(w.beats) for w in words])
        moves = np.array([self._moves(w) for w in words])
        turns = np.array([self._turns(w) for w in words])
        out = np.zeros(len(self._vocabulary), np.bool_)
        out[FIRST_WORD:] = next((m for m in (fits & moves & turns, fits & moves, moves) if m.any()), True)
        return out

    def push(self, token: int) -> None:
        """Take a chord."""
        word = self._vocabulary.words[token - FIRST_WORD]
        if not self._fits(word.beats):
            word = replace(word, beats=max(n for n in self._lengths if self._fits(n)))
        self.words.append(word)
        self.left -= word.beats
        self.more -= 1

    def _fits(self, beats: int) -> bool:
        whole = beats == self.left and not self.words  # one chord is no loop
        return beats in self._lengths and not whole and _fills(self.left - beats, self.more - 1, self._lengths)

    def _moves(self, word: Word) -> bool:
        before = self.words[-1:]
        return all((word.degree, word.quality) != (w.degree, w.quality) for w in before)

    def _turns(self, word: Word) -> bool:
        return not self.words or word.beats < self.left or word.degree != self.words[0].degree


@cache
def _fills(beats: int, chords: int, lengths: tuple[int, ...]) -> bool:
    """Whether at most so many chords of these lengths fill the beats."""
    return beats == 0 or (chords > 0 and any(_fills(beats - n, chords - 1, lengths) for n in lengths if n <= beats))
