"""Long fixed responses: a running convolution by FFT, and many responses made one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dusktape.core.audio import Block, Floats
from dusktape.dsp.filters import kept_taps

_LONGEST_HOP = 16_384
_SHORTEST_HOP = 4_096


def fast_size(least: int) -> int:
    """Return the smallest length of at least `least` that FFTs like: 2, 3, 5 or 9 times a power of two."""
    return min(odd << max(0, (-(-least // odd) - 1).bit_length()) for odd in (1, 3, 5, 9))


class Convolver:
    """A running convolution, one hop late: overlap-save in equal partitions on a grid anchored to frame 0.

    Every hop takes one FFT per input channel, one inverse per output channel and one complex product per
    partition, in float32: noise lies 130 dB below the loudest sound. A mono input feeds both outputs
    of a two-row response from the same FFT. A part that rests costs nothing once its tail is over. Hops of 16384 are
    about the cheapest; a short hop answers sooner.

    Parameters
    ----------
    response
        Shape (channels out, taps), or (1, taps) for the same on every channel.
    channels
        Channels that come in: 1, or as many as go out.
    hop
        Frames between FFTs, and the latency. None picks it from the taps, at most 16384.

    Source
    ------
    Gardner, "Efficient convolution without input-output delay", JAES 43 (1995): the uniform partition.
    """

    def __init__(self, response: Floats, channels: int, hop: int | None = None) -> None:
        rows, taps = response.shape
        if hop is None:
            hop = min(max(fast_size(taps), _SHORTEST_HOP), _LONGEST_HOP)
        parts = -(-taps // hop)
        padded = np.zeros((rows, parts * hop), np.float32)
        padded[:, :taps] = response
        # float32 in, complex64 out: numpy keeps the precision, and halves the time.
        spectra = np.fft.rfft(padded.reshape(rows, parts, hop), 2 * hop, axis=2)
        self.channels = max(rows, channels)
        self.latency_frames = hop
        self.tail_frames = taps - 1
        self._hop = hop
        self._response = np.ascontiguousarray(spectra.transpose(1, 0, 2))
        self._window = np.zeros((channels, 2 * hop), np.float32)
        self._past = np.zeros((parts, channels, hop + 1), np.complex64)
        self._ready = np.zeros((self.channels, hop), np.float32)
        self._newest = 0
        self._filled = 0
        self._silent_hops = parts

    def process(self, block: Block) -> Block:
        """Return the convolved block, a hop late. Shape (channels in, frames) to (channels, frames)."""
        frames = block.shape[1]
        out = np.empty((self.channels, frames), np.float32)
        done = 0
        while done < frames:
            here = self._filled
            take = min(self._hop - here, frames - done)
            out[:, done : done + take] = self._ready[:, here : here + take]
            self._window[:, self._hop + here : self._hop + here + take] = block[:, done : done + take]
            self._filled, done = here + take, done + take
            if self._filled == self._hop:
                self._turn()
        return out

    def _turn(self) -> None:
        """Convolve the hop that has just filled, and make room for the next."""
        parts = len(self._past)
        self._newest = (self._newest - 1) % parts
        if self._window.any():
            self._past[self._newest] = np.fft.rfft(self._window, axis=1)
            self._silent_hops = 0
        else:
            self._past[self._newest] = 0.0
            self._silent_hops = min(self._silent_hops + 1, parts)
        if self._silent_hops == parts:
            self._ready = np.zeros((self.channels, self._hop), np.float32)
        else:
            total = self._past[self._newest] * self._response[0]
            for part in range(1, parts):
                total += self._past[(self._newest + part) % parts] * self._response[part]
            self._ready = np.fft.irfft(total, 2 * self._hop, axis=1)[:, self._hop :]
        self._window[:, : self._hop] = self._window[:, self._hop :]
        self._filled = 0


def fuse(responses: Sequence[Floats], *, floor_db: float = -110.0) -> Floats:
    """Return the one response of several in a row, cut where the rest sums to less than `floor_db` of the largest tap.

    Parameters
    ----------
    responses
        Each of shape (1, taps) or (channels out, taps), in the order the sound meets them. With none, the identity.
    floor_db
        No output moves by more than this share of the input's peak, times the largest tap.

    Returns
    -------
    Shape (channels out, taps), float64; taps at most the sum of all.
    """
    if not responses:
        return np.ones((1, 1))
    taps = sum(each.shape[1] for each in responses) - len(responses) + 1
    size = fast_size(taps)
    spectrum = np.fft.rfft(responses[0], size, axis=1)
    for each in responses[1:]:
        spectrum = spectrum * np.fft.rfft(each, size, axis=1)
    fused = np.fft.irfft(spectrum, size, axis=1)[:, :taps]
    return np.array(fused[:, : kept_taps(fused, floor_db)])
