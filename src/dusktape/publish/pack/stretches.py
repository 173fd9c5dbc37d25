"""Whether any stretch of a sound is one of what a model learned from: log-mel spectrograms, slid along each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.publish.pack import features

HOP_S = 0.05
"""What was learned is looked at so often; what is compared is shifted by `_SHIFTS` of it: a copy lies on no grid."""

LONG = 32
"""Hops in a stretch: 1.6 s, as much as of a one-shot is looked at."""

LONG_S = LONG * HOP_S
"""What lasts no longer has no stretch beside the one that one-shots are compared by."""

SHORT = 8
"""Hops in the stretches that are compared where what was learned is shorter than `LONG`."""

_WINDOW_S = 0.09
_SHIFTS = (0.0, 0.25, 0.5, 0.75)
_LEAST_DB, _STEPS_PER_DB = -85.0, 3.0
_HEARD_DB = -30.0
_AT_ONCE = 8192
_FLAT = 1e-6

Cells = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Every stretch of some sounds, to find one in.

    Parameters
    ----------
    cells
        Spectrograms of all, one after the other, in steps of a third of a decibel below the loudest of each, shape
        (hops, `features.BANDS`).
    owners
        Which sound a stretch is of that begins with this hop, shape (hops,); -1 where none does.
    hops
        In a stretch.
    """

    cells: Cells = field(repr=False)
    owners: NDArray[np.int32] = field(repr=False)
    hops: int

    def nearest(self, sound: Block, sample_rate: int) -> tuple[int, float]:
        """Return the sound that has the stretch most like one of this sound, and how far that lies, in dB.

        A stretch begins each half of its length, and one ends with the sound. Levels do not matter; stretches in which
        nothing is heard are passed over. If there are none, the answer is -1 and infinity.
        """
        asked = np.concatenate([*_asked(sound, sample_rate, self.hops), np.zeros((0, self.hops, features.BANDS))])
        if not len(asked) or not (self.owners >= 0).any():
            return -1, float("inf")
        size = self.hops * features.BANDS
        asked = np.asarray(asked - asked.mean(axis=(1, 2), keepdims=True), np.float32)
        own = np.square(asked).sum(axis=(1, 2))  # (M,)
        best, found = float("inf"), -1
        for first in range(0, len(self.cells), _AT_ONCE):
            chunk = self.cells[first : first + _AT_ONCE + self.hops - 1].astype(np.float32) / -_STEPS_PER_DB
            begins = len(chunk) - self.hops + 1
            if begins < 1:
                break
            along = sum(chunk[k : k + begins] @ asked[:, k].T for k in range(self.hops))  # (begins, M)
            power = _moving(np.square(chunk, dtype=np.float64).sum(axis=1), self.hops)
            spread = power - np.square(_moving(chunk.sum(axis=1, dtype=np.float64), self.hops)) / size
            squares = spread[:, None] + own - 2.0 * along
            squares[self.owners[first : first + begins] < 0] = np.inf
            place = int(squares.min(axis=1).argmin())
            if (least := float(squares[place].min())) < best:
                best, found = least, int(self.owners[first + place])
        return found, float(np.sqrt(max(0.0, best) / size))


def of_spectrograms(spectrograms: Sequence[Cells]) -> Stretches:
    """Return the stretches of sounds, each as `cells` gives it."""
    lengths = sorted(len(one) for one in spectrograms)
    usual = lengths[len(lengths) // 4] if lengths else LONG
    hops = min(LONG, max(SHORT, usual))
    owners = np.full(sum(lengths), -1, np.int32)
    first = 0
    for number, one in enumerate(spectrograms):
        owners[first : first + max(0, len(one) - hops + 1)] = number
        first += len(one)
    joined = np.concatenate([*spectrograms, np.zeros((0, features.BANDS), np.uint8)])
    return Stretches(joined, owners, hops)


def cells(sound: Block, sample_rate: int) -> Cells:
    """Return a sound's spectrogram as `Stretches` has it."""
    return np.round(-_STEPS_PER_DB * spectrogram(sound, sample_rate)).astype(np.uint8)


def spectrogram(sound: Block, sample_rate: int) -> Floats:
    """Return the power of each mel band in dB below the loudest, shape (hops, `features.BANDS`).

    What is softer by 60 dB than the loudest in the 1.6 s around it counts as so soft: an excerpt of a quiet place looks
    as that place does.
    """
    power = features.mel_power(sound, sample_rate, window_s=_WINDOW_S, hop_s=HOP_S).T
    least = 10.0 ** (_LEAST_DB / 10.0)
    decibels = 10.0 * np.log10(np.maximum(power / max(float(power.max(initial=0.0)), 1e-30), least))
    peaks = np.pad(decibels.max(axis=1), LONG // 2, constant_values=_LEAST_DB)
    around = np.lib.stride_tricks.sliding_window_view(peaks, LONG + 1).max(axis=1)
    return np.asarray(np.maximum(decibels, around[:, None] + features.FLOOR_DB))


def _asked(sound: Block, sample_rate: int, hops: int) -> Iterator[Floats]:
    """Yield the stretches of a sound that are looked for, (N, hops, BANDS), for each shift."""
    for shift in _SHIFTS:
        picture = spectrogram(sound[:, round(shift * HOP_S * sample_rate) :], sample_rate)
        last = len(picture) - hops
        begins = sorted({*range(0, last + 1, max(1, hops // 2)), last} if last >= 0 else ())
        found = [picture[begin : begin + hops] for begin in begins]
        heard = [one for one in found if one.max() > _HEARD_DB and one.var() > _FLAT]
        if heard:
            yield np.array(heard)


def _moving(values: Floats, hops: int) -> Floats:
    """Return the sum of each so many values in a row."""
    summed = np.concatenate([[0.0], np.cumsum(values)])
    return np.asarray(summed[hops:] - summed[:-hops])
