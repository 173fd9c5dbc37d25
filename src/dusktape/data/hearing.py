"""What is heard in a recording, a few numbers a second: where things begin, how low, how loud, which notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dusktape.core.audio import Block, Floats
from dusktape.dsp.varispeed import Varispeed, nearest_ratio

RATE, HOP = 22_050, 128
"""Frames a second that are listened to, and between two numbers."""

_SIZE, _BANDS, _LOW_HZ = 512, 28, 150.0
_CHROMA_SIZE, _CHROMA_HOP = 4096, 1024
_CHROMA_HZ = (60.0, 1200.0)
_LAG = 2
_COMPRESS = 100.0
_AT_ONCE = 2048


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as a listener's foot and ear have it.

    Parameters
    ----------
    onsets
        How much begins, summed over bands of equal width to the ear, (frames,) at `rate_hz`.
    lows
        How much begins below 150 Hz, in amplitude, (frames,).
    energies
        Mean power of each hop, (frames,).
    chroma
        Loudness of the twelve pitch classes, (slower frames, 12) at `chroma_hz`.
    rate_hz, chroma_hz
        Numbers a second.
    seconds
        Length of the recording.
    """

    onsets: Floats
    lows: Floats
    energies: Floats
    chroma: Floats
    rate_hz: float
    chroma_hz: float
    seconds: float

    def frame(self, second: float) -> int:
        """Return the number of the place at a time."""
        return round(second * self.rate_hz)


def hear(blocks: Iterable[Block], sample_rate: int) -> Heard:
    """Listen to a recording once. Memory: about 4 kB a second.

    Onsets are rises of the logarithm of magnitude over 12 ms, in 28 bands from 30 Hz to 11 kHz; the figure at frame t
    says what begins t / `rate_hz` seconds from the start, to about 3 ms.

    Parameters
    ----------
    blocks
        Shape (channels, frames), in order.
    sample_rate
        Theirs.

    Source
    ------
    Dixon, "Onset detection revisited", DAFx-06 (spectral flux); Müller, "Fundamentals of Music Processing", 2015,
    sections 3.1 and 6.1 (chroma, logarithmic compression).
    """
    ratio = nearest_ratio(sample_rate / RATE)
    rate = sample_rate / float(ratio)
    resample, ear, came = Varispeed(1, ratio), _Ear(rate), 0
    for block in blocks:
        came += block.shape[1]
        ear.push(resample.push(block.mean(axis=0, keepdims=True))[0])
    ear.push(resample.finish()[0])
    return ear.heard(came / sample_rate)


class _Ear:
    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._window = np.hanning(_SIZE + 1)[:-1].astype(np.float32)
        self._wide = np.hanning(_CHROMA_SIZE + 1)[:-1].astype(np.float32)
        self._bands, self._low_bins = _band_edges(rate)
        self._pitches = _pitch_classes(rate)
        # Silence before: frame 0 is centred on the first sample.
        self._near = np.zeros(_SIZE // 2, np.float32)
        self._far = np.zeros(_CHROMA_SIZE // 2, np.float32)
        self._before = np.zeros((_LAG, _BANDS))
        self._low_before = np.zeros(_LAG)
        self._onsets: list[Floats] = []
        self._lows: list[Floats] = []
        self._energies: list[Floats] = []
        self._chroma: list[Floats] = []

    def push(self, sound: Block) -> None:
        self._near = self._rolled(np.concatenate([self._near, sound]), _SIZE, HOP, self._flux)
        self._far = self._rolled(np.concatenate([self._far, sound]), _CHROMA_SIZE, _CHROMA_HOP, self._tones)

    def heard(self, seconds: float) -> Heard:
        self.push(np.zeros(_CHROMA_SIZE, np.float32))
        count = int(seconds * self._rate / HOP) + 1

        def joined(pieces: list[Floats]) -> Floats:
            return np.concatenate(pieces)[:count]

        chroma = np.concatenate(self._chroma)[: count * HOP // _CHROMA_HOP + 1]
        rates = self._rate / HOP, self._rate / _CHROMA_HOP
        return Heard(joined(self._onsets), joined(self._lows), joined(self._energies), chroma, *rates, seconds)

    @staticmethod
    def _rolled(stream: Block, size: int, hop: int, use: object) -> Block:
        assert callable(use)
        count = max(0, (len(stream) - size) // hop + 1)
        if count:
            windows = sliding_window_view(stream, size)[::hop]
            for first in range(0, count, _AT_ONCE):
                use(windows[first : min(count, first + _AT_ONCE)])
        return stream[count * hop :].copy()

    def _flux(self, windows: Block) -> None:
        spectrum = np.abs(np.fft.rfft(windows * self._window, axis=1)) * (4.0 / _SIZE)
        bands = np.add.reduceat(spectrum, self._bands, axis=1)[:, :_BANDS]
        loud = np.log1p(_COMPRESS * bands)
        rising = np.concatenate([self._before, loud])
        self._onsets.append(np.maximum(0.0, rising[_LAG:] - rising[:-_LAG]).sum(axis=1))
        self._before = rising[-_LAG:]
        low = np.concatenate([self._low_before, spectrum[:, self._low_bins].sum(axis=1)])
        self._lows.append(np.maximum(0.0, low[_LAG:] - low[:-_LAG]))
        self._low_before = low[-_LAG:]
        middle = windows[:, (_SIZE - HOP) // 2 : (_SIZE + HOP) // 2].astype(np.float64)
        self._energies.append((middle**2).mean(axis=1))

    def _tones(self, windows: Block) -> None:
        spectrum = np.abs(np.fft.rfft(windows * self._wide, axis=1)) * (4.0 / _CHROMA_SIZE)
        self._chroma.append(np.log1p(_COMPRESS * spectrum) @ self._pitches)


def _band_edges(rate: float) -> tuple[np.ndarray, slice]:
    """Return the first bin of each band (the last edge ends them), and the bins below 150 Hz."""
    hz = rate / _SIZE
    mel = np.linspace(_mel(30.0), _mel(0.49 * rate), _BANDS + 1)
    edges = np.round(700.0 * (10.0 ** (mel / 2595.0) - 1.0) / hz).astype(int)
    for k in range(1, len(edges)):
        edges[k] = max(edges[k], edges[k - 1] + 1)
    return np.minimum(edges, _SIZE // 2), slice(1, max(2, int(_LOW_HZ / hz) + 1))


def _mel(hz: float) -> float:
    return float(2595.0 * np.log10(1.0 + hz / 700.0))


def _pitch_classes(rate: float) -> Floats:
    """Return which pitch class each bin of the wide spectrum belongs to, (bins, 12)."""
    hz = np.arange(_CHROMA_SIZE // 2 + 1) * rate / _CHROMA_SIZE
    table = np.zeros((len(hz), 12))
    for k in np.flatnonzero((hz >= _CHROMA_HZ[0]) & (hz <= _CHROMA_HZ[1])):
        table[k, round(69 + 12 * np.log2(hz[k] / 440.0)) % 12] = 1.0
    return table
