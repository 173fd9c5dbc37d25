"""Peaks, clipping, DC, silence and what the two sides have in common, block after block."""

from __future__ import annotations

import hashlib
import math
from typing import Any

import numpy as np

from dusktape.core.audio import Block
from dusktape.data.audio.source import decibels, fold
from dusktape.dsp.loudness import LoudnessMeter

SILENT_DB = -60.0
"""A file or clip whose peak is lower holds silence, dBFS."""

_CEILING = 0.999
_LOWEST_CEILING = 0.3
_CORNER = 0.001
_HASH_STEPS = float(1 << 23)
_ONE_OF_TWO_DB = 10.0 * math.log10(2.0)


class Levels:
    """Hears a file once and tells its levels.

    Parameters
    ----------
    rate, channels, bits
        Of the file.
    """

    def __init__(self, rate: int, channels: int, bits: int) -> None:
        self._rate, self._channels = rate, channels
        self._clipping = _Clipping(channels, bits)
        self._loudness = LoudnessMeter(rate, min(2, channels))
        self._hash = hashlib.sha256(f"{rate} {channels}".encode())
        self._frames = 0
        self._peaks = np.zeros(channels)
        self._sums = np.zeros(channels)
        self._squares = np.zeros(channels)
        self._products = 0.0
        self._side = 0.0

    def push(self, block: Block) -> None:
        """Hear the next block, (channels, frames)."""
        self._frames += block.shape[1]
        self._hash.update(np.rint(block * np.float32(_HASH_STEPS)).astype("<i4").T.tobytes())
        self._peaks = np.maximum(self._peaks, np.abs(block).max(axis=1))
        self._sums += block.sum(axis=1, dtype=np.float64)
        self._squares += np.einsum("cf,cf->c", block, block, dtype=np.float64)
        self._clipping.push(block)
        two = fold(block, min(2, self._channels))
        self._loudness.process(two)
        if len(two) == 2:
            self._products += float(np.einsum("f,f->", two[0], two[1], dtype=np.float64))
            difference = two[0] - two[1]
            self._side += float(np.einsum("f,f->", difference, difference, dtype=np.float64))

    def facts(self) -> dict[str, Any]:
        """Return `frames`, `seconds`, `peak_db`, `true_peak_db`, `rms_db`, `lufs`, `dc`, `clipped_peaks`, ...

        `lufs` is as it sounds from two speakers, a single channel on both; sounds below 400 ms are judged as if silence
        followed. `dc` is the mean of the channel that has most, `sides` what is between the two: `one`, `same`,
        `opposed`, `one silent` or `two`.
        """
        frames = max(1, self._frames)
        if (short := round(0.5 * self._rate) - self._frames) > 0:
            self._loudness.process(np.zeros((min(2, self._channels), short), np.float32))
        lufs = self._loudness.integrated_lufs + (_ONE_OF_TWO_DB if self._channels == 1 else 0.0)
        means = self._sums / frames
        return {
            "frames": self._frames,
            "seconds": round(self._frames / self._rate, 3),
            "peak_db": decibels(float(self._peaks.max())),
            "true_peak_db": round(max(-120.0, self._loudness.true_peak_db), 2),
            "rms_db": decibels(math.sqrt(float(self._squares.sum()) / (frames * self._channels))),
            "lufs": round(max(-70.0, lufs), 2),
            "dc": round(float(means[np.abs(means).argmax()]), 5),
            "clipped_peaks": self._clipping.peaks,
            "clipped_samples": self._clipping.samples,
            "sides": self._sides(),
            "louder_side": "right" if self._squares[1::2].sum() > self._squares[0::2].sum() else "left",
            "audio_sha256": self._hash.hexdigest(),
        }

    def _sides(self) -> str:
        if self._channels == 1:
            return "one"
        left, right = (float(s) for s in (self._squares[0::2].sum(), self._squares[1::2].sum()))
        loud = max(left, right)
        if loud == 0.0 or self._side <= 1e-7 * loud:
            return "same"
        if min(left, right) <= 1e-6 * loud:
            return "one silent"
        apart = self._products / math.sqrt(left * right) if self._channels == 2 else 0.0
        return "opposed" if apart < -0.9 else "two"


class _Clipping:
    """Counts flat tops: three or more equal samples at the file's ceiling, entered or left at a corner.

    A round peak of a low tone is flat, too, once it is quantised, but its slope there is nearly none; a clipped one is
    cut off on its way.
    """

    def __init__(self, channels: int, bits: int) -> None:
        self._corner = max(_CORNER, 2.5 * 2.0 ** (1 - bits)) if bits else _CORNER
        self._before = np.zeros((channels, 4), np.float32)
        self._top = 0.0
        self.peaks = 0
        self.samples = 0

    def push(self, block: Block) -> None:
        sound = np.concatenate([self._before, block], axis=1)
        self._before = sound[:, -4:]
        top = float(np.abs(block).max(initial=0.0))
        if top * _CEILING > self._top:  # what was counted below was no ceiling
            self.peaks = self.samples = 0
        self._top = max(self._top, top)
        if top < max(_LOWEST_CEILING, _CEILING * self._top):
            return
        for channel in sound:
            self._count(channel)

    def _count(self, sound: Block) -> None:
        high = np.abs(sound) >= _CEILING * self._top
        places = np.flatnonzero(high)
        if len(places) < 3:
            return
        breaks = np.flatnonzero((np.diff(places) > 1) | (np.diff(np.signbit(sound[places]).astype(np.int8)) != 0))
        first = places[np.append(0, breaks + 1)]
        last = places[np.append(breaks, len(places) - 1)]
        whole = (first > 0) & (last < len(sound) - 1)
        first, last = first[whole], last[whole]
        length = last - first + 1
        corner = self._corner * self._top
        enters = np.abs(sound[first] - sound[first - 1]) > corner
        leaves = np.abs(sound[last] - sound[last + 1]) > corner
        flat = np.abs(sound[first] - sound[np.minimum(first + 2, last)]) <= 1e-6
        flat |= np.abs(sound[last] - sound[np.maximum(last - 2, first)]) <= 1e-6
        clipped = (length >= 3) & (enters | leaves) & flat
        self.peaks += int(clipped.sum())
        self.samples += int(length[clipped].sum())


def is_silent(sound: Block) -> bool:
    """Return whether a clip holds nothing to learn from."""
    return bool(np.abs(sound).max(initial=0.0) < 10.0 ** (SILENT_DB / 20.0))
