"""Level and gain on the control grid: peaks per cell, envelopes without loops, and the limiter's gain curve.

A cell is `CONTROL_FRAMES` frames, counted from absolute frame 0; an edge lies between two cells, edge e at
frame e * CONTROL_FRAMES. Levels belong to cells, gains to edges; between edges a gain is a straight line.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Floats
from dusktape.dsp.filters import StateSpaceFilter
from dusktape.dsp.loudness import TRUE_PEAK_CONTEXT, cell_peaks, hiding_cells, k_weighting, true_peak_cells
from dusktape.dsp.silence import silent

_STEPS: NDArray[np.float32] = np.arange(CONTROL_FRAMES, dtype=np.float32)
_GUARD_DB = 0.12


def from_db(level_db: float) -> float:
    """Return dB as a gain."""
    return float(10.0 ** (level_db / 20.0))


def ramp(edges: Floats, offset: int, frames: int) -> NDArray[np.float32]:
    """Return straight lines between edges, one value per frame.

    Parameters
    ----------
    edges
        Values at successive cell edges, at least `1 + ceil((offset + frames) / CONTROL_FRAMES)` of them.
    offset
        Frames to leave out after the first edge, below `CONTROL_FRAMES`.
    frames
        How many values to return.
    """
    cells = -(-(offset + frames) // CONTROL_FRAMES)
    first = edges[:cells].astype(np.float32)
    slope = (np.diff(edges[: cells + 1]) / CONTROL_FRAMES).astype(np.float32)
    lines: NDArray[np.float32] = first[:, None] + slope[:, None] * _STEPS
    return lines.reshape(-1)[offset : offset + frames]


def edges_of(start: int, frames: int) -> NDArray[np.int64]:
    """Return the numbers of the edges that frames [start, start + frames) lie between, the last one included."""
    return np.arange(start // CONTROL_FRAMES, -(-(start + frames) // CONTROL_FRAMES) + 1)


def decaying_maximum(x: Floats, ratio: float, last: float) -> Floats:
    """Return y[j] = max(x[j], ratio * y[j-1]), with y[-1] = `last`; x is not negative.

    Dividing by ratio^j turns the recursion into a running maximum; in logarithms neither side overflows.
    """
    slope = math.log(ratio)
    slide = slope * np.arange(1, x.size + 1)
    climbing = np.log(np.maximum(x, 1e-30)) - slide
    peak = np.maximum.accumulate(np.maximum(climbing, math.log(max(last, 1e-30))))
    # Not exp(log(x)) where x itself is the maximum: a limiter must not round a gain up.
    return np.asarray(np.maximum(np.exp(peak + slide), x))


def per_cell(time_ms: float, sample_rate: int) -> float:
    """Return the factor by which a decay with this time constant falls in one cell."""
    return math.exp(-CONTROL_FRAMES / (time_ms * 1e-3 * sample_rate))


def soft_knee(level_db: Floats, threshold_db: float, ratio: float, knee_db: float) -> Floats:
    """Return the reduction in dB, 0 or more, that a compressor wants at each level.

    Source: Giannoulis, Massberg, Reiss, "Digital dynamic range compressor design", JAES 60(6), 2012, eq. 4.
    """
    over = level_db - threshold_db
    slope = 1.0 - 1.0 / ratio
    bend = np.clip(over + knee_db / 2.0, 0.0, knee_db) ** 2 / (2.0 * max(knee_db, 1e-9))
    return np.asarray(slope * (bend + np.maximum(over - knee_db / 2.0, 0.0)))


def cell_levels(block: Block, kind: str) -> Floats:
    """Return the mean power (`"rms"`) or largest magnitude (`"peak"`) of whole cells, the louder channel counting."""
    cells = block.reshape(len(block), -1, CONTROL_FRAMES)
    if kind == "peak":
        return np.asarray(np.abs(cells).max(axis=0).max(axis=1).astype(np.float64))
    return np.asarray(np.einsum("cjf,cjf->cj", cells, cells).max(axis=0).astype(np.float64) / CONTROL_FRAMES)


class SoftCurve:
    """x / sqrt(1 + x²), running, with antiderivative anti-aliasing: the memory is one frame per channel.

    It delays by half a frame and loses 3 dB at a quarter of the sample rate. float32, about 3 ns a frame.

    Parameters
    ----------
    channels
        Of the stream.
    bias
        A constant added before the curve. What the curve makes of it alone is taken away again.

    Source
    ------
    Parker, Zavalishin, Le Bivic, "Reducing the aliasing of nonlinear waveshaping using continuous-time
    convolution", DAFx-16: first-order form.
    """

    def __init__(self, channels: int, bias: float = 0.0) -> None:
        self._bias = np.float32(bias)
        self._rest = np.float32(bias / math.sqrt(1.0 + bias**2))
        self._last = np.full((channels, 1), bias, np.float32)

    def process(self, block: Block, drive: float, level: float) -> Block:
        """Return `level` times the curve of `drive` times the block. Shape (channels, frames) in and out."""
        # The mean of f over the line from u0 to u1 is (F(u1) - F(u0)) / (u1 - u0). With F(u) = sqrt(1 + u²),
        # multiplying above and below by F(u1) + F(u0) gives (u1² - u0²) / ((u1 - u0) (F(u1) + F(u0))), which is
        # (u1 + u0) / (F(u1) + F(u0)): nothing subtracts, so equal neighbours are no special case.
        if silent(block) and np.all(self._last == self._bias):
            return np.zeros(block.shape, np.float32)
        driven = np.empty((len(block), block.shape[1] + 1), np.float32)
        driven[:, :1] = self._last
        np.multiply(block, np.float32(drive), out=driven[:, 1:])
        if self._bias:
            driven[:, 1:] += self._bias
        self._last = driven[:, -1:].copy()
        integral = driven * driven
        integral += np.float32(1.0)
        np.sqrt(integral, out=integral)
        out: Block = driven[:, 1:] + driven[:, :-1]
        out /= integral[:, 1:] + integral[:, :-1]
        if self._bias:
            out -= self._rest
        out *= np.float32(level)
        return out


class GainRider:
    """Delays a stream by whole cells and multiplies it by a gain whose edges arrive meanwhile.

    Parameters
    ----------
    channels
        Of the stream.
    latency_cells
        How many cells late the stream comes out: the edge after a cell must have been pushed when the first frame
        of that cell comes out.
    resting
        Gain before edge 0.
    """

    def __init__(self, channels: int, latency_cells: int, resting: float = 1.0) -> None:
        self._held: Block = np.zeros((channels, latency_cells * CONTROL_FRAMES), np.float32)
        self._edges: Floats = np.full(latency_cells, resting)
        self._offset = 0

    def push(self, edges: Floats) -> None:
        """Add the gains of the next edges; the first ever pushed is that of edge 0."""
        self._edges = np.concatenate([self._edges, edges])

    def process(self, block: Block) -> Block:
        """Return the stream as it was, `latency_cells` earlier, times its gain."""
        frames = block.shape[1]
        stream = np.concatenate([self._held, block], axis=1)
        curve = ramp(self._edges, self._offset, frames)
        self._held = stream[:, frames:].copy()
        passed, self._offset = divmod(self._offset + frames, CONTROL_FRAMES)
        self._edges = self._edges[passed:]
        return stream[:, :frames] * curve


class PeakMeter:
    """True peak of each cell of a stream, fourfold oversampled, the louder channel counting.

    A cell is known when `TRUE_PEAK_CONTEXT` frames after its end have arrived. Interpolates only where a peak could
    reach the floor: quiet passages cost one pass over the samples.

    Parameters
    ----------
    channels
        Of the stream.
    floor
        Cells that provably stay below this true peak report their sample peak instead. 0 measures all.
    """

    def __init__(self, channels: int, *, floor: float = 0.0) -> None:
        self._floor = floor
        self._stream: Block = np.zeros((channels, TRUE_PEAK_CONTEXT), np.float32)

    def push(self, block: Block) -> Floats:
        """Return the peaks of the cells that this block completed, shape (cells,)."""
        stream = self._stream = np.concatenate([self._stream, block], axis=1)
        cells = (stream.shape[1] - 2 * TRUE_PEAK_CONTEXT) // CONTROL_FRAMES
        if cells <= 0:
            return np.zeros(0)
        used = cells * CONTROL_FRAMES
        seen = stream[:, : used + 2 * TRUE_PEAK_CONTEXT]
        windows = sliding_window_view(seen, CONTROL_FRAMES + 2 * TRUE_PEAK_CONTEXT, axis=1)[:, ::CONTROL_FRAMES]
        peaks, nearby = cell_peaks(seen)
        loud = hiding_cells(seen, nearby, self._floor) if self._floor else np.arange(cells)
        for part in range(0, loud.size, 256):
            some = loud[part : part + 256]
            rows = windows[:, some].reshape(-1, windows.shape[2])
            peaks[some] = true_peak_cells(rows).reshape(len(stream), some.size).max(axis=0)
        self._stream = stream[:, used:].copy()
        return peaks.astype(np.float64)


class EnergyMeter:
    """K-weighted energy of each cell of a stream, channels summed: what a gain per cell can be weighed with.

    Parameters
    ----------
    sample_rate, channels
        Of the stream.
    """

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._filter = StateSpaceFilter(k_weighting(sample_rate), channels)
        self._started: Floats = np.zeros(0)

    def push(self, block: Block) -> Floats:
        """Return the mean energies of the cells that this block completed, shape (cells,)."""
        weighted = self._filter.process(block)
        energy = np.concatenate([self._started, np.einsum("cf,cf->f", weighted, weighted)])
        whole = energy.size // CONTROL_FRAMES * CONTROL_FRAMES
        self._started = energy[whole:].copy()
        return np.asarray(energy[:whole].reshape(-1, CONTROL_FRAMES).mean(axis=1))


class Steps:
    """Gathers mean energies of cells, piece by piece, into those of 100 ms, as `loudness.integrated` takes them.

    A cell that lies across a border is shared out evenly. A last step that lacks less than a cell counts as whole.

    Parameters
    ----------
    sample_rate
        Of the sound, in Hz.
    """

    def __init__(self, sample_rate: int) -> None:
        self._step = sample_rate / 10.0 / CONTROL_FRAMES
        self._cells = 0
        self._total = 0.0
        self._borders: list[Floats] = [np.zeros(1)]

    def push(self, energies: Floats | NDArray[np.float32]) -> None:
        """Take in the next cells, shape (cells,)."""
        if energies.size == 0:
            return
        total = np.empty(energies.size + 1)
        total[0] = self._total
        np.cumsum(energies, dtype=np.float64, out=total[1:])
        total[1:] += self._total
        first = int(self._cells / self._step) + 1
        last = int((self._cells + energies.size) / self._step)
        at = np.arange(first, last + 1) * self._step - self._cells
        cell = np.minimum(at.astype(np.int64), energies.size - 1)
        self._borders.append(total[cell] + (at - cell) * energies[cell])
        self._cells += energies.size
        self._total = float(total[-1])

    def finish(self) -> Floats:
        """Return the mean energies, shape (steps,)."""
        borders = np.concatenate(self._borders)
        if int((self._cells + 1) / self._step) + 1 > borders.size and self._cells:
            borders = np.append(borders, self._total)
        return np.asarray(np.diff(borders) / self._step)


def per_100_ms(energies: Floats | NDArray[np.float32], sample_rate: int) -> Floats:
    """Return what `Steps` gathers from one piece."""
    steps = Steps(sample_rate)
    steps.push(energies)
    return steps.finish()


def limiter_ceiling(ceiling_dbtp: float) -> float:
    """Return the true peak, full scale 1, that the limiter aims at: a hair below, for meters with another filter."""
    return from_db(ceiling_dbtp - _GUARD_DB)


class LimiterCurve:
    """Turns peaks per cell into a gain per edge that keeps every peak below the ceiling.

    With r the reduction in dB that each cell needs: the largest r of the cells from just before an edge to
    `lookahead_cells` after it, then an exponential release, then a smooth average over as many edges. The average
    never falls below r, because every edge it runs over has already seen that cell.

    Needing no sound, it also foretells the limiter: the energy of cell j comes out of it multiplied by nearly
    `power_of(gains)[j]`. That the energy inside a cell is taken as even costs, with drums over chords, 0.002 LU at 4 dB
    of reduction and 0.05 LU at 16 dB; energies per 100 ms would be wrong by 0.2 LU and more, because the gain falls
    where the energy is.

    Parameters
    ----------
    ceiling_dbtp
        The true peak to stay below.
    release_ms
        Time in which the reduction in dB falls to 37 %.
    lookahead_cells
        Length of the attack, in cells.
    """

    def __init__(self, *, ceiling_dbtp: float, release_ms: float, lookahead_cells: int, sample_rate: int) -> None:
        self._ceiling = limiter_ceiling(ceiling_dbtp)
        self._ratio = per_cell(release_ms, sample_rate)
        self._needed: Floats = np.zeros(lookahead_cells)
        self._released: Floats = np.zeros(lookahead_cells - 1)
        self._last = 0.0
        hann = np.sin(np.pi * np.arange(1, lookahead_cells + 1) / (lookahead_cells + 1)) ** 2
        self._average = hann / hann.sum()
        self._early = lookahead_cells - 1

    def push(self, peaks: Floats) -> Floats:
        """Return the next gains. After n cells in all, the gains of edges 0 to n - lookahead_cells are out."""
        ahead = self._average.size
        needed = np.concatenate([self._needed, 20.0 * np.log10(np.maximum(peaks / self._ceiling, 1.0))])
        if peaks.size == 0:
            return np.zeros(0)
        largest = sliding_window_view(needed, ahead + 1).max(axis=1)
        released = decaying_maximum(largest, self._ratio, self._last)
        self._needed, self._last = needed[-ahead:], float(released[-1])
        run = np.concatenate([self._released, released])
        self._released = run[run.size - (ahead - 1) :]
        reduction = sliding_window_view(run, ahead) @ self._average[::-1]
        skip = min(self._early, reduction.size)
        self._early -= skip
        return np.asarray(10.0 ** (-reduction[skip:] / 20.0))


def lookahead_cells(lookahead_ms: float, sample_rate: int) -> int:
    """Return a look-ahead in cells, at least 2."""
    return max(2, round(lookahead_ms * 1e-3 * sample_rate / CONTROL_FRAMES))


def power_of(gains: Floats) -> Floats:
    """Return the mean square of a gain in every cell, from its edges. Shape (cells + 1,) to (cells,)."""
    a, b = gains[:-1], gains[1:]
    return np.asarray((a * a + a * b + b * b) / 3.0)
