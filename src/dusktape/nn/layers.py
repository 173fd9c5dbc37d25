"""Layers, run in numpy with weights that torch trained. Weight layouts are torch's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.nn.exact import on_grid, sigmoid, tanh

LSTMState = tuple[tuple[Floats, Floats], ...]
"""Per layer: hidden and cell state, each (B, H)."""


@dataclass(frozen=True, slots=True, eq=False)
class Linear:
    """y = x W^T + b, exactly. `weight` (out, in), `bias` (out,)."""

    weight: Floats
    bias: Floats

    @staticmethod
    def of(weights: Mapping[str, Floats], name: str) -> Linear:
        """Take `name.weight` and `name.bias`."""
        return Linear(weights[f"{name}.weight"], weights[f"{name}.bias"])

    def __call__(self, x: Floats) -> Floats:
        """Shape (B, in) to (B, out). `x` must lie on the activation grid."""
        return x @ self.weight.T + self.bias


@dataclass(frozen=True, slots=True, eq=False)
class LSTM:
    """torch.nn.LSTM one step at a time (Hochreiter and Schmidhuber 1997; torch's gate order i f g o)."""

    input_weights: tuple[Floats, ...]
    hidden_weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    _joined: tuple[tuple[Floats, Floats], ...] = field(init=False, repr=False)
    """Per layer: one matrix for input and hidden state together, and its bias, columns in the order i f o g."""

    def __post_init__(self) -> None:
        def ordered(columns: Floats) -> Floats:
            i, f, g, o = np.split(columns, 4, axis=-1)
            return np.ascontiguousarray(np.concatenate([i, f, o, g], axis=-1))

        each = zip(self.input_weights, self.hidden_weights, self.biases, strict=True)
        joined = tuple((ordered(np.concatenate([w_in, w_hid])), ordered(bias)) for w_in, w_hid, bias in each)
        object.__setattr__(self, "_joined", joined)

    @staticmethod
    def of(weights: Mapping[str, Floats], name: str) -> LSTM:
        """Take `name.weight_ih_l0` and so on, as many layers as there are."""
        layers = 0
        while f"{name}.weight_ih_l{layers}" in weights:
            layers += 1
        each = range(layers)
        return LSTM(
            tuple(np.ascontiguousarray(weights[f"{name}.weight_ih_l{k}"].T) for k in each),
            tuple(np.ascontiguousarray(weights[f"{name}.weight_hh_l{k}"].T) for k in each),
            tuple(weights[f"{name}.bias_ih_l{k}"] + weights[f"{name}.bias_hh_l{k}"] for k in each),
        )

    @property
    def hidden(self) -> int:
        """Width of the hidden state."""
        return int(self.hidden_weights[0].shape[0])

    def start(self, batch: int = 1) -> LSTMState:
        """Return the state before the first step: zeros."""
        zero = np.zeros((batch, self.hidden))
        return tuple((zero, zero) for _ in self.hidden_weights)

    def step(self, x: Floats, state: LSTMState) -> tuple[Floats, LSTMState]:
        """Take one step. `x` (B, in), on the grid; returns the top layer's hidden state (B, H) and the new state."""
        after = []
        for (weight, bias), (h, c) in zip(self._joined, state, strict=True):
            z = np.concatenate([x, h], axis=1) @ weight
            z += bias
            n = h.shape[1]
            gates = sigmoid(z[:, : 3 * n])
            c = on_grid(gates[:, n : 2 * n] * c + gates[:, :n] * tanh(z[:, 3 * n :]))
            h = on_grid(gates[:, 2 * n :] * tanh(c))
            after.append((h, c))
            x = h
        return x, tuple(after)


@dataclass(frozen=True, slots=True, eq=False)
class GRU:
    """torch.nn.GRU of one layer, one step at a time (Cho et al. 2014; gates r z n, reset after the product).

    The reset gate times the product leaves the grid, but each value by itself: no sum whose order could matter.
    """

    input_weight: Floats
    hidden_weight: Floats
    input_bias: Floats
    hidden_bias: Floats

    @staticmethod
    def of(weights: Mapping[str, Floats], name: str) -> GRU:
        """Take `name.weight_ih_l0` and so on."""
        return GRU(
            np.ascontiguousarray(weights[f"{name}.weight_ih_l0"].T),
            np.ascontiguousarray(weights[f"{name}.weight_hh_l0"].T),
            weights[f"{name}.bias_ih_l0"],
            weights[f"{name}.bias_hh_l0"],
        )

    @property
    def hidden(self) -> int:
        """Width of the hidden state."""
        return int(self.hidden_weight.shape[0])

    def start(self, batch: int = 1) -> Floats:
        """Return the state before the first step: zeros, (B, H)."""
        return np.zeros((batch, self.hidden))

    def step(self, x: Floats, state: Floats) -> Floats:
        """Take one step. `x` (B, in), on the grid; returns the new hidden state (B, H), which is also the output."""
        return self.turn(x @ self.input_weight + self.input_bias, state)

    def turn(self, heard: Floats, state: Floats) -> Floats:
        """Take one step over what `input_weight` and `input_bias` made of the input, (B, 3 H)."""
        n = state.shape[1]
        asked = state @ self.hidden_weight + self.hidden_bias
        gates = sigmoid(heard[:, : 2 * n] + asked[:, : 2 * n])
        fresh = tanh(heard[:, 2 * n :] + gates[:, :n] * asked[:, 2 * n :])
        return on_grid(fresh + gates[:, n:] * (state - fresh))


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """Rows of several tables, joined and put through one matrix: multiplied once, and then only looked up.

    Products of weights are multiples of 2^-24, so that the sum of the rows is the product, bit for bit.
    """

    rows: Floats
    offsets: NDArray[np.intp]

    @staticmethod
    def of(tables: Sequence[Floats], weight: Floats) -> Lookup:
        """Put tables (n, width) through `weight`, (sum of widths, out)."""
        ends = np.cumsum([table.shape[1] for table in tables])
        parts = np.split(weight, ends[:-1])
        rows = np.concatenate([table @ part for table, part in zip(tables, parts, strict=True)])
        return Lookup(rows, np.cumsum([0, *(len(table) for table in tables[:-1])]))

    def __call__(self, indices: Sequence[int]) -> Floats:
        """Look one row up in each table: shape (out,)."""
        return np.asarray(np.add.reduce(self.rows.take(self.offsets + indices, axis=0)))
