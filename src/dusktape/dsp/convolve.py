"""Long fixed responses: a running convolution by FFT, and many responses made one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dusktape.core.audio import Block, Floats
from dusktape.dsp.filters import kept_taps
from dusktape.dsp.fourier import spectrum

_HOP = 16_384
_TOGETHER = 4
"""Hops in one call of the FFT: numpy takes four rows at a time."""

_ODD = (1, 3, 5, 9)
_MORE_ODD = (*_ODD, 15, 27, 45)


def fast_size(least: int, odd: Sequence[int] = _ODD) -> int:
    """Return the smallest length of at least `least` that FFTs like: one of a few odd numbers times a power of two."""
    return min(times << max(0, (-(-least // times) - 1).bit_length()) for times in odd)


class Convolver:
    """A running convolution, one hop late: overlap-save in equal partitions on a grid anchored to frame 0.

    Every hop takes one FFT per input channel, one inverse per output channel and one complex product per
    partition, in float32: noise lies 130 dB below the loudest sound. A mono input feeds both outputs
    of a two-row response from the same FFT. A part that rests costs nothing once its tail is over. Hops that arrive
    together are transformed together, in half the time. A response shorter than a hop takes shorter FFTs.

    Parameters
    ----------
    response
        Shape (channels out, taps), or (1, taps) for the same on every channel.
    channels
        Channels that come in: 1, or as many as go out.
    hop
        Frames between FFTs, and the latency. 16384 are about the cheapest; a short hop answers sooner.

    Source
    ------
    Gardner, "Efficient convolution without input-output delay", JAES 43 (1995): the uniform partition.
    """

    def __init__(self, response: Floats, channels: int, hop: int = _HOP) -> None:
        rows, taps = response.shape
        parts = -(-taps // hop)
        size = fast_size(hop + min(taps, hop) - 1, _MORE_ODD)
        size += size % 2
        padded = np.zeros((rows, parts * hop), np.float32)
        padded[:, :taps] = response
        spectra = spectrum(padded.reshape(rows, parts, hop), size)
        self.channels = max(rows, channels)
        self.latency_frames = hop
        self.tail_frames = taps - 1
        self._hop, self._size, self._before = hop, size, size - hop
        # Times the size of an FFT, since both of a hop's divide by it.
        self._response = np.ascontiguousarray(spectra.transpose(1, 0, 2) * np.float32(size))
        self._stream = np.zeros((channels, self._before + _TOGETHER * hop), np.float32)
        self._heard = np.zeros((self.channels, (1 + _TOGETHER) * hop), np.float32)
        self._past = np.zeros((parts - 1 + _TOGETHER, channels, size // 2 + 1), np.complex64)
        self._filled = 0
        self._silent_hops = parts

    def process(self, block: Block) -> Block:
        """Return the convolved block, a hop late. Shape (channels in, frames) to (channels, frames)."""
        frames = block.shape[1]
        out = np.empty((self.channels, frames), np.float32)
        done = 0
        while done < frames:
            here, until = self._filled, min(_TOGETHER * self._hop, self._filled + frames - done)
            self._stream[:, self._before + here : self._before + until] = block[:, done : done + until - here]
            hops = until // self._hop
            if hops:
                self._turn(hops)
            out[:, done : done + until - here] = self._heard[:, here:until]
            self._filled, done = until - hops * self._hop, done + until - here
            if hops:
                self._pass(hops)
        return out

    def _turn(self, hops: int) -> None:
        """Convolve the hops that have just filled."""
        hop, size, parts = self._hop, self._size, len(self._response)
        heard = self._heard[:, hop : (1 + hops) * hop].reshape(-1, hops, hop)
        sounding = np.flatnonzero(self._new(hops).reshape(-1, hops, hop).any(axis=(0, 2)))
        if sounding.size == 0 and self._silent_hops >= parts:
            heard[:] = 0.0
            return
        self._silent_hops = hops - 1 - int(sounding[-1]) if sounding.size else self._silent_hops + hops
        for channel, stream in enumerate(self._stream):
            windows = sliding_window_view(stream, size)[: hops * hop : hop]
            # numpy transforms float32 as such only if the factor is one too, and not by way of float64.
            np.fft.rfft(windows, axis=1, norm="forward", out=self._past[parts - 1 : parts - 1 + hops, channel])
        total = np.empty((hops, self.channels, size // 2 + 1), np.complex64)
        product = np.empty_like(total[0])
        for k in range(hops):
            newest = parts - 1 + k
            np.multiply(self._past[newest], self._response[0], out=total[k])
            for part in range(1, parts):
                total[k] += np.multiply(self._past[newest - part], self._response[part], out=product)
        heard[:] = np.fft.irfft(total, size, axis=2)[:, :, self._before :].swapaxes(0, 1)

    def _new(self, hops: int) -> Block:
        return self._stream[:, self._before : self._before + hops * self._hop]

    def _pass(self, hops: int) -> None:
        """Move what is still needed to the front."""
        hop, kept, held = self._hop, len(self._response) - 1, self._before + self._filled
        self._stream[:, :held] = self._stream[:, hops * hop : hops * hop + held].copy()
        self._heard[:, :hop] = self._heard[:, hops * hop : (1 + hops) * hop]
        self._past[:kept] = self._past[hops : hops + kept].copy()


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
    whole = np.fft.rfft(responses[0], size, axis=1)
    for each in responses[1:]:
        whole = whole * np.fft.rfft(each, size, axis=1)
    fused = np.fft.irfft(whole, size, axis=1)[:, :taps]
    return np.array(fused[:, : kept_taps(fused, floor_db)])
