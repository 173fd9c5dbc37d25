"""The melody network in numpy: the same sums as `net.Net`, exact on every machine."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dusktape.core.audio import Floats
from dusktape.models.melody.memory import COPY_COLUMNS, LAST_PITCH_COLUMN, PAST_SIZES
from dusktape.models.melody.tokens import FIRST_PITCH, NO_CHORD, NONE, PLAN_SIZES, REACH, VOCABULARY, Ints
from dusktape.nn.layers import GRU

State = Floats

_FIRST_PAST = len(PLAN_SIZES)
_OFFSETS = np.concatenate([[0], np.cumsum((*PLAN_SIZES, *PAST_SIZES))[:-1]])
_LAST_PITCH = _FIRST_PAST + LAST_PITCH_COLUMN
_COPIES = np.array([_FIRST_PAST + c for c in COPY_COLUMNS])
_INTERVALS = 4 * REACH + 1
_ABOVE = VOCABULARY
_LEAP = _ABOVE + 12
_COPY = _LEAP + _INTERVALS
_NOTHING = _COPY + len(_COPIES)
"""Columns of the output: tokens, pitches above the chord's root, intervals, what is copied; then zeros."""

_PITCHES = np.arange(VOCABULARY - FIRST_PITCH)
_OVER = np.where(
    np.arange(NO_CHORD + 1)[:, None] == NO_CHORD,
    _NOTHING,
    _ABOVE + (_PITCHES - REACH - np.arange(NO_CHORD + 1)[:, None]) % 12,
)
"""Which column of the output each pitch has over each chord, (chords, pitches)."""

_MOVED = np.where(
    np.arange(NONE + 1)[:, None] == NONE,
    _NOTHING,
    _LEAP + np.clip(_PITCHES + FIRST_PITCH - np.arange(NONE + 1)[:, None] + 2 * REACH, 0, _INTERVALS - 1),
)
"""Which one it has after each last pitch, (tokens, pitches)."""


class Network:
    """`net.Net`, run forwards. Inputs only ever pick rows of one table, so the table is put through the GRU once.

    A step costs a sum of 39 rows and one product with the hidden state, about 0.1 ms on one thread.
    """

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        # Products of multiples of 2^-12 are multiples of 2^-24: these sums, too, come out exact in any order.
        self._body = GRU.of(weights, "body")
        self._table = weights["embed.weight"] @ self._body.input_weight
        self._table[: PLAN_SIZES[0]] += self._body.input_bias  # every step picks one row of the first feature
        self._out = np.pad(weights["out.weight"].T, ((0, 0), (0, 1)))
        self._bias = np.append(weights["out.bias"], 0.0)

    def start(self, batch: int = 1) -> State:
        """Return the state before the first step."""
        return self._body.start(batch)

    def listen(self, x: Ints, state: State) -> State:
        """Take one step over inputs (B, columns)."""
        return self._body.turn(np.add.reduce(self._table.take(x + _OFFSETS, axis=0), axis=1), state)

    def logits(self, x: Ints, state: State) -> Floats:
        """Return logits (B, V) for the step whose inputs (B, columns) the state has just taken."""
        raw, batch = state @ self._out, np.arange(len(x))[:, None]
        raw += self._bias
        spread = batch * (VOCABULARY + 1) + x[:, _COPIES]
        copied = np.bincount(spread.ravel(), raw[:, _COPY:_NOTHING].ravel(), len(x) * (VOCABULARY + 1))
        token = raw[:, :VOCABULARY] + copied.reshape(len(x), -1)[:, :VOCABULARY]
        token[:, FIRST_PITCH:] += raw[batch, _OVER[x[:, 0]]] + raw[batch, _MOVED[x[:, _LAST_PITCH]]]
        return token

    def __call__(self, x: Ints) -> Floats:
        """Return logits (B, T, V) of whole melodies (B, T, columns)."""
        state = self.start(len(x))
        out = np.empty((*x.shape[:2], VOCABULARY))
        for t in range(x.shape[1]):
            state = self.listen(x[:, t], state)
            out[:, t] = self.logits(x[:, t], state)
        return out
