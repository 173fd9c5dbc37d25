"""The dilated net, sample by sample: nothing that was summed is summed again.

All dilations are multiples of 32. So, of what a gated layer hears, only the present sample is not known when a block
of 32 samples begins; the others are summed for the whole block at once, one matrix product a layer. For the present
sample the sums between gates (residual, then the next layer) are multiplied out beforehand: what reaches a layer now
is one product with the gates below it.

Sources: van den Oord et al., WaveNet, arXiv:1609.03499; Le Paine et al., Fast WaveNet, arXiv:1611.09482, for keeping
what is computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.dsp import mulaw
from dusktape.models.wavenet.shape import FEATURES, FRONT, KERNEL, MISSED_STEPS

Array = NDArray[np.float32]

BLOCK = FRONT

DECODED = mulaw.decode(np.arange(mulaw.BINS)).astype(np.float32)
_COMPRESSED = mulaw.compress(DECODED).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The net's weights, float32, as torch lays them out, but for the taps.

    Parameters
    ----------
    linear
        (32,), newest first.
    missed
        Usual size of what linear prediction leaves.
    front, front_bias
        (32 FEATURES, R), the oldest sample first; (R,).
    dilations
        Of the gated layers.
    now, then, bias
        Of each: (R, 2 G) for the present sample, (3 R, 2 G) for those before it, the oldest first; (2 G,).
    told
        Of each, (SIZE, 2 G).
    residual, skip
        Of each, (G, R) and (G, S).
    skip_bias, out, out_bias
        (S,), (S, 3 K), (3 K,).
    """

    linear: Array
    missed: float
    front: Array
    front_bias: Array
    dilations: tuple[int, ...]
    now: tuple[Array, ...]
    then: tuple[Array, ...]
    bias: tuple[Array, ...]
    told: tuple[Array, ...]
    residual: tuple[Array, ...]
    skip: tuple[Array, ...]
    skip_bias: Array
    out: Array
    out_bias: Array

    @property
    def gates(self) -> int:
        """Width of a layer's gates."""
        return len(self.residual[0])


class Running:
    """The net at rest: silence before the first sample.

    Parameters
    ----------
    weights
        Of the net.
    told
        (N, SIZE), what each of N streams is told.
    """

    def __init__(self, weights: Weights, told: Array) -> None:
        self._w, self.streams = weights, len(told)
        count, gates = len(weights.dilations), weights.gates
        self._multiply_out(weights, told)
        wide = len(weights.front_bias)
        # What entered each gated layer, in blocks: a ring as long as it reaches back.
        self._entered = [
            np.zeros(((KERNEL - 1) * d // BLOCK + 1, self.streams, BLOCK, wide), np.float32) for d in weights.dilations
        ]
        self._gates = np.zeros((BLOCK, self.streams, count * gates), np.float32)
        self._heard = np.zeros((self.streams, 2 * BLOCK * FEATURES), np.float32)
        self._sound = np.zeros((self.streams, 2 * BLOCK), np.float32)
        self._line = np.zeros(self.streams, np.float32)
        self._sums = np.zeros((BLOCK, self.streams, count * 2 * gates), np.float32)
        self._make_views()
        self._block, self._place = 0, 0

    def _multiply_out(self, w: Weights, told: Array) -> None:
        """Take the sums of the present sample together. Halves make tanh of sigmoid: s(x) = (1 + tanh(x / 2)) / 2."""
        gates, layers = w.gates, range(len(w.dilations))
        halved = np.concatenate([np.ones(gates), np.full(gates, 0.5)]).astype(np.float32)
        self._from_front = np.concatenate([w.front @ (w.now[n] * halved) for n in layers], axis=1)
        self._from_gates = [
            np.concatenate([0.5 * w.residual[m] @ (w.now[n] * halved) for m in range(n)])
            if n
            else np.zeros((0, 2 * gates), np.float32)
            for n in layers
        ]
        self._then = [w.then[n] * halved for n in layers]
        self._steady = [(w.bias[n] + told @ w.told[n] + w.front_bias @ w.now[n]) * halved for n in layers]
        self._residual = [0.5 * matrix for matrix in w.residual]
        self._skip = 0.5 * np.concatenate(w.skip)
        self._linear = w.linear[::-1].copy()
        self._per_step = np.float32(1.0 / (w.missed * MISSED_STEPS))

    def _make_views(self) -> None:
        gates, count = self._w.gates, len(self._w.dilations)

        def first(array: Array) -> Array:
            # A single stream has no axis: products of vectors are quicker.
            return array[0] if self.streams == 1 else array

        wide = count * 2 * gates
        self._all = first(np.zeros((self.streams, wide), np.float32))
        self._add = first(np.zeros((self.streams, 2 * gates), np.float32))
        self._skipped = first(np.zeros((self.streams, len(self._w.skip_bias)), np.float32))
        self._numbers = first(np.zeros((self.streams, len(self._w.out_bias)), np.float32))
        ends = [(n * gates, (n + 1) * gates) for n in range(count)]
        z = [self._all[..., 2 * a : 2 * b] for a, b in ends]
        self._halves = [(one, one[..., :gates], one[..., gates:]) for one in z]
        self._rows = []
        for place in range(BLOCK):
            now = first(self._gates[place])
            below = [(now[..., :a], now[..., a:b]) for a, b in ends]
            heard = first(self._heard[:, (place + 1) * FEATURES : (place + 1 + BLOCK) * FEATURES])
            sound = first(self._sound[:, place + 1 : place + 1 + BLOCK])
            self._rows.append((now, below, heard, first(self._sums[place]), sound))

    def push(self, bins: NDArray[np.int64]) -> tuple[Array, Array]:
        """Take the bin of the next sample of each stream, (N,).

        Returns
        -------
        The mixture's numbers (N, 3 K) and what linear prediction foresees (N,), of the sample after it.
        """
        place, w = self._place, self._w
        if place == 0:
            self._start_block()
        self._hear(bins, place)
        now, below, heard, told, recent = self._rows[place]
        every = np.dot(heard, self._from_front, out=self._all)
        every += told
        for n, (z, a, b) in enumerate(self._halves):
            lower, gated = below[n]
            if n:
                z += np.dot(lower, self._from_gates[n], out=self._add)
            np.tanh(z, out=z)
            b += 1.0
            np.multiply(a, b, out=gated)
        skipped = np.dot(now, self._skip, out=self._skipped)
        skipped += w.skip_bias
        np.maximum(skipped, 0.0, out=skipped)
        numbers = np.dot(skipped, w.out, out=self._numbers)
        numbers += w.out_bias
        self._line[:] = np.dot(recent, self._linear)
        self._place = place + 1
        if self._place == BLOCK:
            self._end_block()
        return numbers.reshape(self.streams, -1), self._line

    def _hear(self, bins: NDArray[np.int64], place: int) -> None:
        """Write a sample's features behind those of the last 32."""
        sound, at = DECODED[bins], (BLOCK + place) * FEATURES
        missed = (sound - self._line) * self._per_step
        self._heard[:, at] = _COMPRESSED[bins]
        self._heard[:, at + 1] = np.minimum(np.maximum(missed, -1.0), 1.0)
        self._sound[:, BLOCK + place] = sound

    def _start_block(self) -> None:
        """Sum what each layer hears of the blocks before this one."""
        gates, streams = self._w.gates, self.streams
        for n, (ring, dilation) in enumerate(zip(self._entered, self._w.dilations, strict=True)):
            back = [ring[(self._block - k * dilation // BLOCK) % len(ring)] for k in range(KERNEL - 1, 0, -1)]
            summed = np.concatenate(back, axis=2).reshape(streams * BLOCK, -1) @ self._then[n]
            told = summed.reshape(streams, BLOCK, -1) + self._steady[n][:, None]
            self._sums[:, :, 2 * n * gates : 2 * (n + 1) * gates] = told.transpose(1, 0, 2)

    def _end_block(self) -> None:
        """Keep what entered each layer in this block."""
        gates, streams, w = self._w.gates, self.streams, self._w
        one = FEATURES * self._heard.itemsize
        windows = np.lib.stride_tricks.as_strided(
            self._heard[:, FEATURES:],
            (streams, BLOCK, BLOCK * FEATURES),
            (self._heard.strides[0], one, self._heard.itemsize),
            writeable=False,
        )
        x = windows.reshape(streams * BLOCK, -1) @ w.front
        x += w.front_bias
        for n, ring in enumerate(self._entered):
            ring[self._block % len(ring)] = x.reshape(streams, BLOCK, -1)
            gated = self._gates[:, :, n * gates : (n + 1) * gates].transpose(1, 0, 2)
            x = x + gated.reshape(streams * BLOCK, gates) @ self._residual[n]
        self._heard[:, : BLOCK * FEATURES] = self._heard[:, BLOCK * FEATURES :]
        self._sound[:, :BLOCK] = self._sound[:, BLOCK:]
        self._block, self._place = self._block + 1, 0
