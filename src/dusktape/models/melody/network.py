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
_COPIES = np.array([_FIRST_PAST + c for c in COPY_COLUMNS])
_INTERVALS = 4 * REACH + 1
_PITCHES = np.arange(VOCABULARY - FIRST_PITCH)


class Network:
    """`net.Net`, run forwards. Inputs only ever pick rows of one table, so the table is put through the GRU once.

    A step costs a sum of 39 rows and one product with the hidden state, about 0.1 ms on one thread.
    """

    def __init__(self, weights: Mapping[str, Floats]) -> None:
        # Products of multiples of 2^-12 are multiples of 2^-24: these sums, too, come out exact in any order.
        self._body = GRU.of(weights, "body")
        self._table = weights["embed.weight"] @ self._body.input_weight
        self._table[: PLAN_SIZES[0]] += self._body.input_bias  # every step picks one row of the first feature
        self._out = np.ascontiguousarray(weights["out.weight"].T)
        self._bias = weights["out.bias"]

    def start(self, batch: int = 1) -> State:
        """Return the state before the first step."""
        return self._body.start(batch)

    def listen(self, x: Ints, state: State) -> State:
        """Take one step over inputs (B, columns)."""
        return self._body.turn(self._table[x + _OFFSETS].sum(axis=1), state)

    def logits(self, x: Ints, state: State) -> Floats:
        """Return logits (B, V) for the step whose inputs (B, columns) the state has just taken."""
        raw = state @ self._out + self._bias
        token = raw[:, :VOCABULARY].copy()
        above, leap = raw[:, VOCABULARY:][:, :12], raw[:, VOCABULARY + 12 :][:, :_INTERVALS]
        copy = raw[:, VOCABULARY + 12 + _INTERVALS :]
        chord, last = x[:, :1], x[:, _FIRST_PAST + LAST_PITCH_COLUMN, None]
        over = np.take_along_axis(above, (_PITCHES - REACH - chord) % 12, axis=1)
        moved = np.take_along_axis(leap, np.clip(_PITCHES + FIRST_PITCH - last + 2 * REACH, 0, _INTERVALS - 1), axis=1)
        token[:, FIRST_PITCH:] += over * (chord != NO_CHORD) + moved * (last != NONE)
        spread = np.zeros((len(x), VOCABULARY + 1))
        np.add.at(spread, (np.arange(len(x))[:, None], x[:, _COPIES]), copy)
        return np.asarray(token + spread[:, :VOCABULARY])

    def __call__(self, x: Ints) -> Floats:
        """Return logits (B, T, V) of whole melodies (B, T, columns)."""
        state = self.start(len(x))
        out = np.empty((*x.shape[:2], VOCABULARY))
        for t in range(x.shape[1]):
            state = self.listen(x[:, t], state)
            out[:, t] = self.logits(x[:, t], state)
        return out
