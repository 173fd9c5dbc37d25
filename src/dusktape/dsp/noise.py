"""Noise of any colour and any length: shaped once in the frequency domain, then read for ever."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.core.seed import Seed

Gain = Callable[[Floats], Floats]
"""Frequencies in Hz to magnitudes: the colour of a noise."""

_PAGE = 256


def band(low_hz: float, high_hz: float, *, order: int = 1, low_order: int = 2, slope_db: float = 0.0) -> Gain:
    """Return the colour of a Butterworth-shaped band, tilted by `slope_db` per octave around 1 kHz.

    Parameters
    ----------
    low_hz, high_hz
        Where the flanks are 3 dB down.
    order, low_order
        Steepness of the upper and the lower flank, in 6 dB per octave. The lower one is steep, because what
        lies below is not heard and costs headroom.
    slope_db
        -3 between the flanks is pink, -6 is brown.
    """

    def gain(hz: Floats) -> Floats:
        f = np.maximum(hz, 1.0)
        flanks = (1.0 + (low_hz / f) ** (2 * low_order)) * (1.0 + (f / high_hz) ** (2 * order))
        return np.asarray((f / 1000.0) ** (slope_db / 6.0206) / np.sqrt(flanks), dtype=np.float64)

    return gain


def noise_table(
    frames: int, channels: int, gain: Gain, *, sample_rate: int, rng: np.random.Generator, shared: float = 0.0
) -> Block:
    """Return cyclic noise of a given colour, RMS 1 in each channel, without DC. Shape (channels, frames).

    Each bin is drawn evenly, which sums to a Gaussian in time; the last frame leads smoothly into the first. About
    25 ms for 12 seconds of stereo.

    Parameters
    ----------
    frames, channels, sample_rate
        How much, how wide, how fast.
    gain
        Colour: magnitude at each frequency.
    rng
        Where it is drawn from.
    shared
        Correlation between channels, 0 (wide) to 1 (mono).
    """
    hz = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    colour = gain(np.asarray(hz, dtype=np.float64)).astype(np.float32)
    colour[0] = colour[-1] = 0.0
    own = _spectra(channels, hz.size, rng)
    if shared > 0.0:
        common = _spectra(1, hz.size, rng)
        own = np.float32(np.sqrt(1.0 - shared)) * own + np.float32(np.sqrt(shared)) * common
    sound = np.fft.irfft(own * colour, n=frames, axis=1)
    rms = np.sqrt(np.mean(np.square(sound, dtype=np.float64), axis=1, keepdims=True))
    return np.asarray(sound / np.maximum(rms, 1e-20), dtype=np.float32)


def _spectra(channels: int, bins: int, rng: np.random.Generator) -> NDArray[np.complex64]:
    return (rng.random((channels, 2 * bins), dtype=np.float32) - np.float32(0.5)).view(np.complex64)


class NoiseBed:
    """Endless noise out of one table: cells read at random places, joined by equal-power crossfades.

    Stateless: what sounds at an absolute frame depends on the table and the seed alone.

    Parameters
    ----------
    table
        From `noise_table`, longer than a cell and its fade.
    cell_frames
        Length of a stretch read in one go.
    fade_frames
        Length of the crossfade into the next cell; shorter than a cell.
    """

    def __init__(self, table: Block, seed: Seed, *, cell_frames: int = 1 << 17, fade_frames: int = 1 << 13) -> None:
        self._table, self._seed = table, seed
        self._cell, self._fade = cell_frames, fade_frames
        self._room = table.shape[1] - cell_frames - fade_frames
        if self._room <= 0 or fade_frames > cell_frames:
            raise ValueError(f"a table of {table.shape[1]} frames is too short for cells of {cell_frames}")
        angle = (np.arange(fade_frames) + 0.5) * (0.5 * np.pi / fade_frames)
        self._rise, self._fall = np.sin(angle).astype(np.float32), np.cos(angle).astype(np.float32)

    def read(self, start: int, frames: int) -> Block:
        """Return the noise from absolute frame `start`. Shape (channels, frames)."""
        out = np.empty((self._table.shape[0], frames), dtype=np.float32)
        at = 0
        while at < frames:
            cell, inside = divmod(start + at, self._cell)
            count = min(frames - at, self._cell - inside)
            out[:, at : at + count] = self._piece(cell, inside, count)
            if inside < self._fade:
                n = min(count, self._fade - inside)
                out[:, at : at + n] *= self._rise[inside : inside + n]
                out[:, at : at + n] += self._piece(cell - 1, self._cell + inside, n) * self._fall[inside : inside + n]
            at += count
        return out

    def _piece(self, cell: int, inside: int, count: int) -> Block:
        offset = int(self._seed.at("cell", cell).unit() * self._room) + inside
        return self._table[:, offset : offset + count]


class SlowCurve:
    """A random curve that never jumps: Gaussian knots, a cosine between them. For breath, gusts, drift.

    Parameters
    ----------
    period_frames
        Distance of the knots.
    """

    def __init__(self, seed: Seed, *, period_frames: int) -> None:
        self._seed, self._period = seed, period_frames
        self._pages: dict[int, Floats] = {}

    def at(self, frames: Floats) -> Floats:
        """Return the curve at absolute frames, about standard normal. Shape as given."""
        place = np.asarray(frames, dtype=np.float64) / self._period
        whole = np.floor(place).astype(np.int64)
        first = int(whole.min())
        knots = self._knots(first, int(whole.max()) + 2)
        blend = 0.5 - 0.5 * np.cos(np.pi * (place - whole))
        index = whole - first
        return np.asarray(knots[index] * (1.0 - blend) + knots[index + 1] * blend, dtype=np.float64)

    def _knots(self, first: int, end: int) -> Floats:
        pages = range(first // _PAGE, (end - 1) // _PAGE + 1)
        for page in pages:
            if page not in self._pages:
                draws = self._seed.at("knots", page).rng().standard_normal(_PAGE)
                self._pages[page] = np.clip(draws, -2.5, 2.5)
        for old in [page for page in self._pages if page < pages[0]]:
            del self._pages[old]
        joined = np.concatenate([self._pages[page] for page in pages])
        return joined[first - pages[0] * _PAGE : end - pages[0] * _PAGE]


def ramps(knots: Floats, step_frames: int) -> Block:
    """Return straight lines through knots `step_frames` apart; the last knot only ends its line. Float32, (frames,)."""
    place = (np.arange(step_frames) / step_frames).astype(np.float32)
    left = knots[:-1, None].astype(np.float32)
    return (left + np.diff(knots)[:, None].astype(np.float32) * place).reshape(-1)
