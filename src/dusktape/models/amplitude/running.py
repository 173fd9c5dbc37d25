"""A stack of causal convolutions, sample by sample: nothing that was summed is summed again.

A sample's sum over a kernel of 256 is cut in three. What lies before the current block of 64 samples is summed for the
whole block at once, by FFT; what lies in the block before the current eight, for these eight at once, by one matrix
product; only the last eight are summed sample by sample. The kernel's 256 taps cost as much as about thirty.

Source: Gardner, Efficient convolution without input-output delay, JAES 43, 1995, for cutting a convolution so that it
has no delay; here its input is not known beforehand, and what is cut is the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

BLOCK, STEP = 64, 8
_FFT_MULTIPLE = 64


@dataclass(frozen=True, slots=True, eq=False)
class Kernel:
    """A convolution, prepared once.

    Parameters
    ----------
    bias
        (out,).
    size
        Of the FFT.
    spectrum
        (bins, in, out), of the whole kernel.
    near
        (BLOCK in, out), the lags BLOCK - 1 to 0.
    """

    bias: Array
    size: int
    spectrum: NDArray[np.complex64]
    near: Array

    @staticmethod
    def of(weight: Array, bias: Array) -> Kernel:
        """Prepare a weight (out, in, kernel), the present sample first, and a bias (out,)."""
        outs, ins, kernel = weight.shape
        size = -(-(BLOCK + kernel - 1) // _FFT_MULTIPLE) * _FFT_MULTIPLE
        spectrum = np.fft.rfft(weight.astype(np.float32), size, axis=2).transpose(2, 1, 0)
        near = np.zeros((BLOCK, ins, outs), np.float32)
        near[BLOCK - min(kernel, BLOCK) :] = weight[:, :, :BLOCK].transpose(2, 1, 0)[::-1]
        flat = near.reshape(BLOCK * ins, outs)
        return Kernel(bias.astype(np.float32), size, np.ascontiguousarray(spectrum, np.complex64), flat)

    @property
    def channels(self) -> tuple[int, int]:
        """How many go in, and how many come out."""
        return self.spectrum.shape[1], self.spectrum.shape[2]


class Stack:
    """Causal convolutions with ReLU between them, at rest: silence before the first sample.

    Parameters
    ----------
    kernels
        Of the layers; the first has one channel in, the last one out.
    streams
        How many sounds are run side by side.
    """

    def __init__(self, kernels: Sequence[Kernel], streams: int = 1) -> None:
        self.streams = streams
        self._layers = [_Layer(kernel, streams) for kernel in kernels]
        self._pairs = list(pairwise(self._layers))
        self._place = 0

    def push(self, samples: Any) -> Array:
        """Take the next sample of each stream, (streams,); return what the last layer says now, (streams,)."""
        place, layers = self._place, self._layers
        if place == 0:
            for layer in layers:
                layer.start_block()
        elif place % STEP == 0:
            for layer in layers:
                layer.start_step(place)
        layers[0].inputs[place].T[...] = samples
        for layer, after in self._pairs:
            np.maximum(layer.sum(place), 0.0, out=after.inputs[place])
        out = layers[-1].sum(place)
        self._place = (place + 1) % BLOCK
        return out.reshape(self.streams).copy()

    def feed(self, samples: Array) -> Array:
        """Take some samples of each stream, (streams, T); return what the last layer says at each, (streams, T)."""
        out = np.empty_like(samples, dtype=np.float32)
        for t, column in enumerate(samples.T):
            out[:, t] = self.push(column)
        return out


class _Layer:
    """One convolution. Its buffers stay where they are, so that every view of them is made once."""

    def __init__(self, kernel: Kernel, streams: int) -> None:
        self._kernel = kernel
        self._ins, outs = kernel.channels
        self._past = np.zeros((streams, kernel.size, self._ins), np.float32)  # ends with a block of zeros
        self._block = np.zeros((streams, (STEP - 1 + BLOCK) * self._ins), np.float32)  # begins with STEP - 1 zeros
        self._told = np.zeros((streams, BLOCK, outs), np.float32)
        self._out = self._view(np.zeros((streams, outs), np.float32))
        self._make_views()

    def _view(self, array: Array) -> Array:
        """Drop the axis of the streams if there is one stream: products of vectors are quicker."""
        return array[0] if len(array) == 1 else array

    def _make_views(self) -> None:
        self.inputs: list[Array] = []
        self._recent: list[tuple[Array, Array, Array]] = []
        ins = self._ins
        for place in range(BLOCK):
            since = place % STEP
            start, end = (STEP - 1 + place - since) * ins, (STEP + place) * ins
            self.inputs.append(self._view(self._block[:, end - ins : end]))
            rows = self._kernel.near[(BLOCK - 1 - since) * ins :]
            self._recent.append((self._view(self._block[:, start:end]), rows, self._view(self._told[:, place])))

    def start_block(self) -> None:
        """Sum all that lies before a block, for each of its samples."""
        size, past = self._kernel.size, self._past
        past[:, : size - 2 * BLOCK] = past[:, BLOCK : size - BLOCK]
        past[:, size - 2 * BLOCK : size - BLOCK] = self._block.reshape(self.streams, -1, self._ins)[:, STEP - 1 :]
        self._block[:] = 0.0
        heard = np.fft.rfft(past, axis=1).transpose(1, 0, 2)  # (bins, streams, in)
        summed = np.fft.irfft(heard @ self._kernel.spectrum, size, axis=0)[-BLOCK:]
        self._told[:] = summed.transpose(1, 0, 2)
        self._told += self._kernel.bias

    @property
    def streams(self) -> int:
        """How many sounds run side by side."""
        return len(self._past)

    def start_step(self, place: int) -> None:
        """Sum all that lies in the block before `place`, for the next `STEP` samples."""
        ins, (rows, one) = self._ins, self._block.strides
        reach = place + STEP
        # Each sample's own past, the newest last; of what is not there yet the block holds zeros.
        windows = np.lib.stride_tricks.as_strided(
            self._block, (self.streams, STEP, reach * ins), (rows, ins * one, one), writeable=False
        )
        self._told[:, place : place + STEP] += windows @ self._kernel.near[(BLOCK - reach) * ins :]

    def sum(self, place: int) -> Array:
        """Return the sums at a sample whose input is there, (streams, out), or (out,) of a single stream."""
        recent, weights, told = self._recent[place]
        out = np.dot(recent, weights, out=self._out)
        out += told
        return out
