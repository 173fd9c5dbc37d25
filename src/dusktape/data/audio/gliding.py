"""How much of a recording glides in pitch, as voices do and keys, strings of a guitar and drums hardly do.

A plain estimate of singing or speech, no more: a slide guitar, a siren or a synthesiser's glide count, a monotone
choir does not. Partials between 300 Hz and 3 kHz are followed from frame to frame by their instantaneous frequency; one
that moves steadily by 300 to 4,000 cents a second for 40 ms is gliding. A vibrato of half a semitone moves by up to
1,700; wow and flutter of a cassette by less than 200.

Measured: the first minutes of eight instrumental lo-fi tracks have .00 to .05 of their energy gliding, the same with a
synthetic singer 6 dB below them .07 to .19, as loud as them .16 to .28. Half of `_FULL` is what marks a file.

Source
------
Flanagan and Golden, "Phase vocoder", Bell System Technical Journal 45, 1966 (frequency from the advance of phase).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dusktape.core.audio import Block, Floats

LOW_HZ, HIGH_HZ = 300.0, 3_000.0

_SLOWEST, _FASTEST = 3.0, 40.0  # cents in 10 ms
_EVEN = 0.5
_SLACK_CENTS = 2.0
_STEPS = 4
_BELOW_DB = 35.0
_FULL = 0.15
_NOWHERE = 1e6
_LEAST_S = 1.5


class Gliding:
    """Follows partials through the frames of a spectrum.

    Parameters
    ----------
    hz
        (bins,) of the spectra.
    """

    def __init__(self, hz: Floats) -> None:
        low, high = np.searchsorted(hz, [LOW_HZ, min(HIGH_HZ, 0.9 * hz[-1])]).tolist()
        self._bins = slice(max(1, low), high)
        self._hz = hz[self._bins]
        self._seconds = 0.0
        self._gliding = 0.0
        self._all = 0.0

    def push(self, spectrum: Any, hops_s: Floats) -> None:
        """Hear some frames in a row, complex, (frames, bins), and (frames - 1,) how far each is from the next."""
        some = spectrum[:, self._bins]
        if len(some) <= _STEPS + 1 or some.shape[1] < 3:
            return
        power = np.square(some.real) + np.square(some.imag)
        self._seconds += float(hops_s.sum())
        self._all += float(power[1:].sum(dtype=np.float64))
        here = power[1:]
        peak = np.zeros(here.shape, bool)
        peak[:, 1:-1] = (here[:, 1:-1] >= here[:, :-2]) & (here[:, 1:-1] > here[:, 2:])
        peak &= here > here.max(axis=1, keepdims=True) * np.float32(10.0 ** (-_BELOW_DB / 10.0))
        rows, bins = _steadily(self._cents(some, peak, hops_s), peak)
        # A partial is as wide as the window makes it: its neighbours belong to it.
        wide = np.zeros(here.shape, bool)
        for shift in (-1, 0, 1):
            wide[rows, bins + shift] = True
        self._gliding += float(here[wide].sum(dtype=np.float64))

    def estimate(self) -> float:
        """Return 0 (nothing glides) to 1 (as much glides as where somebody sings); 0 for less than 1.5 s."""
        if self._all <= 0.0 or self._seconds < _LEAST_S:
            return 0.0
        return round(min(1.0, self.share() / _FULL), 3)

    def share(self) -> float:
        """Return how much of the energy between 300 Hz and 3 kHz glides."""
        return self._gliding / self._all if self._all else 0.0

    def _cents(self, some: Any, peak: Any, hops_s: Floats) -> Block:
        """Return the frequency of each peak in cents, by the advance of its phase; far away where there is none."""
        rows, bins = np.nonzero(peak)
        advance = np.angle(some[rows + 1, bins] * np.conj(some[rows, bins]))
        hop_s = hops_s[rows]
        off = advance - 2.0 * np.pi * self._hz[bins] * hop_s
        off -= 2.0 * np.pi * np.rint(off / (2.0 * np.pi))
        hz = self._hz[bins] + off / (2.0 * np.pi * hop_s)
        cents = np.full(peak.shape, _NOWHERE, np.float32)
        cents[rows, bins] = 1200.0 * np.log2(np.maximum(hz, 20.0))
        return cents


def _steadily(cents: Block, peak: Any) -> tuple[Any, Any]:
    """Return frames and bins of the peaks from which a partial moves one way for some frames."""
    rows, bins = np.nonzero(peak[:-_STEPS])
    at, now = bins, cents[rows, bins]
    way, least, most = np.zeros(len(rows)), np.full(len(rows), np.inf), np.zeros(len(rows))
    for step in range(1, _STEPS + 1):
        near = np.stack([cents[rows + step, at + shift] - now for shift in (-1, 0, 1)])
        nearest = np.abs(near).argmin(axis=0)
        move = near[nearest, np.arange(len(rows))]
        way += np.sign(move)
        least, most = np.minimum(least, np.abs(move)), np.maximum(most, np.abs(move))
        # Peaks never lie on the first or last bin, so there is always one on either side.
        going = (most <= _FASTEST) & (np.abs(way) == step) & (least >= _SLOWEST)
        rows, bins, at, now = rows[going], bins[going], (at + nearest - 1)[going], (now + move)[going]
        way, least, most = way[going], least[going], most[going]
    even = most - least <= _EVEN * most + _SLACK_CENTS
    return rows[even], bins[even]
