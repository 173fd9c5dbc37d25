"""The network in numpy, one step at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dusktape.core.audio import Floats
from dusktape.models.embeddings.tokens import CHORDS, Ints, Vocabulary
from dusktape.nn.exact import on_grid, sigmoid, tanh

State = tuple[Floats, Floats]
"""Hidden and cell state, each (B, H)."""


class Network:
    """`net.Net`, run forwards.

    Inputs only ever pick rows of one table, so the table is put through the LSTM once. A step costs a sum of a few
    rows and one product with the hidden state.

    Parameters
    ----------
    weights
        As `net.export` gives them, on the weight grid.
    vocabularies
        What the rows of the table and the outputs stand for.

    Raises
    ------
    ValueError
        If the weights are of other vocabularies.
    """

    def __init__(self, weights: Mapping[str, Floats], vocabularies: Sequence[Vocabulary]) -> None:
        self.vocabularies = tuple(vocabularies)
        sizes = [len(v) for v in self.vocabularies]
        rows = [size + 1 for size in sizes]
        spare = len(weights["embed.weight"]) - sum(rows)
        if spare not in (0, 2 * CHORDS) or len(weights["head.weight"]) != sum(sizes):
            raise ValueError("they belong to other vocabularies")
        self.chords = spare > 0
        # Products of multiples of 2^-12 are multiples of 2^-24: these sums, too, come out exact in any order.
        self._table = weights["embed.weight"] @ weights["lstm.weight_ih_l0"].T
        self._table[: rows[0]] += weights["lstm.bias_ih_l0"] + weights["lstm.bias_hh_l0"]  # each step picks one of them
        self._offsets = np.cumsum([0, *rows, CHORDS])[: len(rows) + 2 * self.chords]
        self._hidden = np.ascontiguousarray(weights["lstm.weight_hh_l0"].T)
        self._out = np.ascontiguousarray(weights["head.weight"].T)
        self._bias = weights["head.bias"]
        self._cuts = np.cumsum(sizes)[:-1]

    def ids(self, word: Ints) -> Ints:
        """Return the rows of each vocabulary (..., sets) for words (..., 4)."""
        return np.stack([v.ids(word) for v in self.vocabularies], axis=-1)

    def inputs(self, ids: Ints, chords: Ints) -> Ints:
        """Return rows of the table (..., columns): ids of the word before, chords here and next (..., 2) if heard."""
        heard = [ids, chords] if self.chords else [ids]
        return np.asarray(np.concatenate(heard, axis=-1) + self._offsets)

    def start(self, batch: int = 1) -> State:
        """Return the state before the first step."""
        zero = np.zeros((batch, self._hidden.shape[0]))
        return zero, zero

    def listen(self, rows: Ints, state: State) -> State:
        """Take one step over rows of the table (B, columns)."""
        h, c = state
        n = h.shape[1]
        z = self._table[rows].sum(axis=1) + h @ self._hidden
        gates = sigmoid(z)  # the third quarter is not used
        c = on_grid(gates[:, n : 2 * n] * c + gates[:, :n] * tanh(z[:, 2 * n : 3 * n]))
        return on_grid(gates[:, 3 * n :] * tanh(c)), c

    def logits(self, state: State) -> list[Floats]:
        """Return the logits of the next word, (B, V) for each vocabulary."""
        return np.split(state[0] @ self._out + self._bias, self._cuts, axis=1)
