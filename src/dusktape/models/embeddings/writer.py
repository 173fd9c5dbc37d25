"""New words after those that were played."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from dusktape.core.seed import Seed
from dusktape.models.embeddings.network import Network
from dusktape.models.embeddings.tokens import FIRST_PITCH, PITCHES, REST, Harmony, Ints, moved, words
from dusktape.nn.line import STEPS_PER_BAR, Line, PitchRule
from dusktape.nn.sampling import Sampling, choose

_PATIENCE_STEPS = 16 * STEPS_PER_BAR


def words_after(
    network: Network,
    given: Line,
    up: int,
    seed: Seed,
    sampling: Sampling,
    allowed: PitchRule | None,
    steps: int | None,
) -> Iterator[tuple[int, Ints]]:
    """Yield where each new note starts, in sixteenths, and its word (4,): one after the other, without end.

    Where the rule lets nothing start, the line rests; where it lets nothing start that has a word, a word is drawn
    without it and moved to the nearest pitch that may.

    Parameters
    ----------
    network
        What learned.
    given
        What was played, and the chords, in the network's key.
    up
        How many semitones that lies above the key of the rule, and of what is yielded.
    seed, sampling
        Of the draws: one address for each place.
    allowed
        What may start where.
    steps
        End before this place; if None, end when the rule has let nothing start for 16 bars.
    """
    pen = Pen(network, given)
    place = int(given.start[-1] + given.duration[-1]) if len(given) else 0
    last = place
    while place < steps if steps is not None else place - last < _PATIENCE_STEPS:
        may = np.ones(PITCHES, bool) if allowed is None else np.asarray(allowed(place), bool)
        word = pen.next_word(place, may, up, sampling, seed.at("place", place))
        if word is None:
            place += 1
            continue
        if word[0] >= FIRST_PITCH:
            yield place, moved(word, -up)
            last = place
        place += int(word[2])


class Pen:
    """Running state of one line: what the network heard, and what may come next."""

    def __init__(self, network: Network, given: Line) -> None:
        self._network, self._harmony = network, Harmony(given.chords)
        self._notes, *self._others = network.vocabularies
        self._state = network.start()
        self._ids = np.zeros(len(network.vocabularies), np.int64)
        self._resting = False
        self._history: list[int] = []
        for word, place in zip(*words(given), strict=True):
            self._listen(int(place))
            self._write(word, network.ids(word))

    def next_word(self, place: int, may: NDArray[np.bool_], up: int, sampling: Sampling, seed: Seed) -> Ints | None:
        """Return the next word (4,), or None if nothing may start here and it is silent already.

        `may` (128,) are the pitches that may start here, `up` semitones below the network's.
        """
        notes, rests = self._notes.words[:, 0], self._notes.rests
        fits = np.zeros(FIRST_PITCH + PITCHES + 8, bool)
        fits[FIRST_PITCH + up :][:PITCHES] = may
        possible = fits[notes]
        foreign = bool(may.any() and not possible.any())
        if foreign:
            possible = ~rests
        if not self._resting:
            possible = possible | rests
        if not possible.any():
            return None
        self._listen(place)
        logits = self._network.logits(self._state)
        chosen = choose(logits[0][0], sampling, history=self._history, seed=seed.at("note"), allowed=possible)
        word: Ints = self._notes.words[chosen].copy()
        ids = [chosen + 1]
        for vocabulary, x in zip(self._others, logits[1:], strict=True):
            if vocabulary.only_velocity and word[0] == REST:
                ids.append(0)
            else:
                part = choose(x[0], sampling, history=(), seed=seed.at(vocabulary.name))
                word += vocabulary.words[part]
                ids.append(part + 1)
        if foreign and word[0] >= FIRST_PITCH:
            near = np.flatnonzero(fits)
            word[0] = near[np.argmin(np.abs(near - word[0]))]
            ids[0] = int(self._notes.ids(word))
        self._write(word, np.array(ids))
        return word

    def _listen(self, place: int) -> None:
        """Hear the word before, and the chords at the place that is asked about."""
        rows = self._network.inputs(self._ids, np.array(self._harmony.at(place)))
        self._state = self._network.listen(rows[None], self._state)

    def _write(self, word: Ints, ids: Ints) -> None:
        """Take a word (4,) and its rows down as the last one."""
        self._ids, self._resting = ids, bool(word[0] == REST)
        if ids[0]:
            self._history.append(int(ids[0]) - 1)
