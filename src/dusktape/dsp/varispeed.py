"""A machine that runs at another speed: slower and lower, or faster and higher, without aliasing."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dusktape.core.audio import Block

ZEROS = 32
"""Zero crossings of the sinc on either side."""

_BETA = 9.0
_ROLL_OFF = 0.91
_FINEST = 2000
_TOGETHER = 64
_ROWS = 512


def nearest_ratio(ratio: float) -> Fraction:
    """Return the speed that is run for the one asked for: at most half a cent away, and of few enough phases.

    Parameters
    ----------
    ratio
        Frames read for each frame that comes out. Above 0.
    """
    return max(Fraction(1, _FINEST), Fraction(ratio).limit_denominator(_FINEST))


class Varispeed:
    """Reads a stream at another speed, by a windowed sinc.

    Frame n that comes out is the stream at n times the ratio. Up to 0.82 of the lower Nyquist frequency nothing is lost
    (0.1 dB), aliases and images lie below -85 dB. Because the speed is a fraction p/q, the weights come round
    after q frames, and 64 of them at a time are one matrix product. About 1/500 of real time in stereo.

    Parameters
    ----------
    channels
        Of the stream.
    ratio
        Frames read for each frame that comes out: 1/2 is half speed, an octave down.

    Source
    ------
    Smith, "Digital Audio Resampling Home Page", CCRMA 2002 (band-limited interpolation); Kaiser's window.
    """

    def __init__(self, channels: int, ratio: Fraction) -> None:
        self._channels, self._ratio = channels, ratio
        cut = min(1.0, 1.0 / float(ratio))
        self._half = math.ceil(ZEROS / cut)
        self._step, self._phases = ratio.numerator, ratio.denominator
        self._reach = (self._phases - 1) * self._step // self._phases + 2 * self._half + 1
        self._kernels = [self._responses(cut, first) for first in range(0, self._phases, _TOGETHER)]
        self._held = np.zeros((channels, self._half), np.float32)
        self._came = self._went = 0

    def push(self, block: Block) -> Block:
        """Take the next frames, (channels, any), and return those that are ready."""
        self._came += block.shape[1]
        return self._ready(np.concatenate([self._held, block], axis=1))

    def finish(self) -> Block:
        """Return the rest: in all as many frames as the stream has, divided by the ratio, rounded up."""
        silence = np.zeros((self._channels, self._reach + self._step), np.float32)
        whole = math.ceil(self._came / self._ratio)
        left = whole - self._went
        return self._ready(np.concatenate([self._held, silence], axis=1))[:, :left]

    def _ready(self, stream: Block) -> Block:
        rows = max(0, (stream.shape[1] - self._reach) // self._step + 1)
        self._held = stream[:, rows * self._step :].copy()
        out = np.empty((self._channels, rows, self._phases), np.float32)
        for number, (offset, kernel) in enumerate(self._kernels if rows else ()):
            windows = sliding_window_view(stream[:, offset:], len(kernel), axis=1)[:, :: self._step]
            place = slice(number * _TOGETHER, number * _TOGETHER + kernel.shape[1])
            for first in range(0, rows, _ROWS):
                some = slice(first, min(rows, first + _ROWS))
                out[:, some, place] = np.ascontiguousarray(windows[:, some]) @ kernel
        self._went += rows * self._phases
        return out.reshape(self._channels, -1)

    def _responses(self, cut: float, first: int) -> tuple[int, NDArray[np.float32]]:
        """Return for some outputs of a row where their inputs begin, and what each weighs, (inputs, outputs)."""
        numbers = np.arange(first, min(self._phases, first + _TOGETHER))
        places = numbers * float(self._ratio)
        offset = int(places[0])
        inputs = int(places[-1]) - offset + 2 * self._half + 1
        distance = np.arange(inputs)[:, None] + offset - self._half - places[None, :]
        inside = np.abs(distance) <= self._half
        shape = np.sqrt(np.maximum(0.0, 1.0 - (distance / self._half) ** 2))
        window = np.where(inside, np.i0(_BETA * shape) / np.i0(_BETA), 0.0)
        wide = cut * _ROLL_OFF
        kernel = wide * np.sinc(wide * distance) * window
        return offset, np.ascontiguousarray(kernel / kernel.sum(axis=0), np.float32)
