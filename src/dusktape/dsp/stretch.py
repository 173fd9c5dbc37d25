"""Time without pitch: the same notes, later."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block

_SIZE, _HOP = 4096, 1024
_PEAK = 2
_ATTACK = 2.5
"""A spectrum whose rises are so many times its last energy begins anew, with the phases it has."""

Spectrum = NDArray[np.complex128]


class Stretch:
    """Plays a stream faster or slower and leaves its pitch where it is: a phase vocoder whose peaks keep their phases.

    The output's frame n is the stream's at n times the speed. Attacks set the phases anew, so drums stay hard (within
    9 ms of their place); chords of many voices grow a little roomy. Left and right turn together. About 1/80 of real
    time in stereo.

    Parameters
    ----------
    channels
        Of the stream.
    speed
        Frames read for each frame that comes out, 0.25 to 4.

    Source
    ------
    Laroche and Dolson, "Improved phase vocoder time-scale modification of audio", IEEE Transactions on Speech and
    Audio Processing 7(3), 1999: identity phase locking. The reset at attacks after Röbel, DAFx-03, simplified.
    """

    def __init__(self, channels: int, speed: float) -> None:
        self._channels, self._speed = channels, speed
        self._window = np.sqrt(np.hanning(_SIZE + 1)[:-1])
        self._held = np.zeros((channels, _SIZE // 2), np.float32)
        self._first = -(_SIZE // 2)
        self._count = self._came = self._went = 0
        self._sum = np.zeros((channels, _SIZE))
        self._before: Spectrum | None = None
        self._phase = np.zeros(_SIZE // 2 + 1)
        self._place = 0
        self._omega = 2.0 * np.pi * np.arange(_SIZE // 2 + 1) / _SIZE
        # Square-root windows at a quarter's hop add up to 2 everywhere.
        self._scale = 0.5

    def push(self, block: Block) -> Block:
        """Take the next frames, (channels, any), and return those that are ready."""
        self._came += block.shape[1]
        return self._ready(block)

    def finish(self) -> Block:
        """Return the rest: in all as many frames as the stream has, divided by the speed, rounded up."""
        silence = math.ceil((_SIZE + 2 * _HOP) * max(1.0, self._speed)) + _SIZE
        left = math.ceil(self._came / self._speed) - self._went
        return self._ready(np.zeros((self._channels, silence), np.float32))[:, :left]

    def _ready(self, block: Block) -> Block:
        self._held = np.concatenate([self._held, block], axis=1)
        out = [np.zeros((self._channels, 0), np.float32)]
        while True:
            centre = round(self._count * _HOP * self._speed)
            start = centre - _SIZE // 2 - self._first
            if start + _SIZE > self._held.shape[1]:
                break
            out.append(self._next(self._held[:, start : start + _SIZE], centre))
            self._count += 1
        keep = max(0, min(start, self._held.shape[1]))
        self._held = self._held[:, keep:]
        self._first += keep
        ready = np.concatenate(out, axis=1)
        self._went += ready.shape[1]
        return ready

    def _next(self, piece: Block, centre: int) -> Block:
        """Add one window to what sounds and return the hop that is complete; nothing before frame 0."""
        spectra = np.fft.rfft(piece * self._window, axis=1)
        turned = spectra * self._turn(spectra.sum(axis=0), centre)
        self._sum += np.fft.irfft(turned, _SIZE, axis=1) * self._window * self._scale
        done = self._sum[:, :_HOP].astype(np.float32)
        self._sum = np.concatenate([self._sum[:, _HOP:], np.zeros((self._channels, _HOP))], axis=1)
        return done if self._count >= _SIZE // 2 // _HOP else done[:, :0]

    def _turn(self, middle: Spectrum, centre: int) -> Spectrum:
        """Return by what every bin is turned so that its peak goes on from where it was."""
        size, angle = np.abs(middle), np.angle(middle)
        last, self._before = self._before, middle
        moved = centre - self._place
        self._place = centre
        if last is None or moved < 1 or self._attack(size, np.abs(last)):
            self._phase = angle
            return np.ones(len(middle), np.complex128)
        peaks = _peaks(size)
        if not len(peaks):
            self._phase = angle
            return np.ones(len(middle), np.complex128)
        expected = self._omega[peaks] * moved
        stray = np.angle(np.exp(1j * (angle[peaks] - np.angle(last[peaks]) - expected)))
        turn = self._phase[peaks] + (expected + stray) * (_HOP / moved) - angle[peaks]
        borders = (peaks[1:] + peaks[:-1] + 1) // 2
        each = turn[np.searchsorted(borders, np.arange(len(middle)), side="right")]
        self._phase = angle + each
        return np.asarray(np.exp(1j * each))

    @staticmethod
    def _attack(now: NDArray[np.float64], before: NDArray[np.float64]) -> bool:
        high = slice(len(now) // 16, None)  # where drums begin and basses do not
        rise = np.maximum(0.0, now[high] - before[high]).sum()
        return bool(rise > _ATTACK * before[high].sum() + 1e-6)


def _peaks(size: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the bins that are louder than two neighbours on either side."""
    inner = size[_PEAK:-_PEAK]
    is_peak = inner > 1e-9
    for k in (-2, -1, 1, 2):
        is_peak &= inner >= size[_PEAK + k : len(size) - _PEAK + k]
    return np.flatnonzero(is_peak) + _PEAK
