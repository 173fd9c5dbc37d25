"""Loudness, loudness range and true peak: what broadcast standards measure, at any sample rate, block by block."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.dsp.filters import StateSpaceFilter, small_products

_STEPS_PER_SECOND = 10
_ABSOLUTE_GATE_LUFS = -70.0
TRUE_PEAK_CONTEXT = 12
"""Frames on either side that an inter-sample peak depends on."""


def k_weighting(sample_rate: float) -> Floats:
    """Return the K-weighting of BS.1770 as two sections: a head's shelf, and a high-pass.

    Source
    ------
    ITU-R BS.1770-4 tabulates coefficients for 48 kHz. The analogue figures that give that table back to its last
    digits, and so extend it to other rates, are those of De Man, "Evaluation of implementations of the EBU R128
    loudness measurement", AES 145 (2018).
    """
    shelf_warped = math.tan(math.pi * 1681.974450955533 / sample_rate)
    shelf_q, high = 0.7071752369554196, 10.0 ** (3.999843853973347 / 20.0)
    band = high**0.4996667741545416
    a0 = 1.0 + shelf_warped / shelf_q + shelf_warped**2
    head = [
        (high + band * shelf_warped / shelf_q + shelf_warped**2) / a0,
        2.0 * (shelf_warped**2 - high) / a0,
        (high - band * shelf_warped / shelf_q + shelf_warped**2) / a0,
        1.0,
        2.0 * (shelf_warped**2 - 1.0) / a0,
        (1.0 - shelf_warped / shelf_q + shelf_warped**2) / a0,
    ]
    cut_warped, cut_q = math.tan(math.pi * 38.13547087602444 / sample_rate), 0.5003270373238773
    a0 = 1.0 + cut_warped / cut_q + cut_warped**2
    # The standard's high-pass has the numerator 1 -2 1, unnormalised.
    cut = [1.0, -2.0, 1.0, 1.0, 2.0 * (cut_warped**2 - 1.0) / a0, (1.0 - cut_warped / cut_q + cut_warped**2) / a0]
    return np.array([head, cut])


class LoudnessMeter:
    """Listens to blocks of any size and answers in LUFS, LU and dBTP at any time.

    It keeps one energy per 100 ms: 36,000 numbers an hour. Costs about 1/2000 of real time in stereo.

    Parameters
    ----------
    sample_rate
        In Hz.
    channels
        1 or 2, each with weight 1. One channel alone reads 3 dB below the same sound in both.
    with_true_peak
        Also oversample for `true_peak_db`; about as much work again.

    Source
    ------
    ITU-R BS.1770-4 (gating), EBU Tech 3342 (range).
    """

    def __init__(self, sample_rate: int, channels: int, *, with_true_peak: bool = True) -> None:
        self._rate = sample_rate
        self._filter = StateSpaceFilter(k_weighting(sample_rate), channels)
        self._peak = TruePeakMeter(channels) if with_true_peak else None
        self._frames = 0
        self._open = 0.0
        self._steps: list[float] = []

    def process(self, block: Block) -> None:
        """Hear the next block. Shape (channels, frames)."""
        if self._peak is not None:
            self._peak.process(block)
        piece = 65_536
        for start in range(0, block.shape[1], piece):
            self._hear(block[:, start : start + piece])

    def _hear(self, block: Block) -> None:
        frames = block.shape[1]
        weighted = self._filter.process(block)
        energy = np.einsum("cf,cf->f", weighted, weighted)
        first, last = len(self._steps), (self._frames + frames) * _STEPS_PER_SECOND // self._rate
        # Step k begins at the first frame at or after k / 10 s, whatever the rate.
        edges = np.array([-(-k * self._rate // _STEPS_PER_SECOND) for k in range(first + 1, last + 1)], np.int64)
        cuts = np.concatenate([[0], edges - self._frames])
        self._frames += frames
        if cuts[-1] == frames:
            sums = np.add.reduceat(energy, cuts[:-1], dtype=np.float64) if len(cuts) > 1 else np.zeros(0)
            sums = np.append(sums, 0.0)
        else:
            sums = np.add.reduceat(energy, cuts, dtype=np.float64)
        sums[0] += self._open
        self._open = float(sums[-1])
        self._steps += (sums[:-1] * (_STEPS_PER_SECOND / self._rate)).tolist()

    @property
    def energies(self) -> Floats:
        """Mean K-weighted energy of every 100 ms so far, channels summed. Shape (steps,)."""
        return np.array(self._steps)

    @property
    def integrated_lufs(self) -> float:
        """Loudness of the whole so far, both gates applied; -inf before 400 ms, or where nothing passes the gate."""
        return integrated(self.energies)

    @property
    def range_lu(self) -> float:
        """Loudness range: between the 10th and the 95th percentile of the short-term loudness, gated; 0 before 3 s."""
        blocks = _means(self.energies, 3.0)
        loud = blocks[_lufs(blocks) >= _ABSOLUTE_GATE_LUFS]
        if not len(loud):
            return 0.0
        levels = _lufs(loud)
        low, high = np.percentile(levels[levels >= _lufs(np.mean(loud, keepdims=True)) - 20.0], [10.0, 95.0])
        return float(high - low)

    @property
    def true_peak_db(self) -> float:
        """Highest peak between samples so far, in dBTP; -inf for silence, nan if it was not asked for."""
        return math.nan if self._peak is None else self._peak.true_peak_db


def integrated(energies: Floats) -> float:
    """Return the integrated loudness of a signal known only by its K-weighted energies, one per 100 ms.

    What a meter heard can so be weighed again under another gain, without the sound.
    """
    blocks = _means(energies, 0.4)
    loud = blocks[_lufs(blocks) > _ABSOLUTE_GATE_LUFS]
    if not len(loud):
        return -math.inf
    loud = loud[_lufs(loud) > _lufs(np.mean(loud, keepdims=True)) - 10.0]
    return float(_lufs(np.mean(loud, keepdims=True))[0])


def _means(energies: Floats, seconds: float) -> Floats:
    """Return the mean energy of every window of `seconds`, 100 ms apart. Shape (windows,)."""
    length = round(seconds * _STEPS_PER_SECOND)
    total = np.concatenate([[0.0], np.cumsum(energies)])
    return np.asarray(np.maximum(total[length:] - total[:-length], 0.0) / length)


def lufs(block: Block, sample_rate: int) -> float:
    """Return the integrated loudness of a whole block, in LUFS; -inf if nothing passes the gates."""
    meter = LoudnessMeter(sample_rate, block.shape[0], with_true_peak=False)
    meter.process(block)
    return meter.integrated_lufs


def true_peak_db(block: Block) -> float:
    """Return the true peak of a whole block, in dBTP. Shape (channels, frames)."""
    meter = TruePeakMeter(block.shape[0])
    meter.process(block)
    return meter.true_peak_db


def _lufs(energy: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(-0.691 + 10.0 * np.log10(energy))


def _quarter_taps() -> Floats:
    """Return the three filters that read ¼, ½ and ¾ of a frame ahead. Shape (3, 24).

    A Kaiser-windowed sinc of 96 taps, of which every fourth falls on a frame and is a plain 1: flat within 0.1 dB up to
    0.42 of the sample rate. The 48 taps of BS.1770-4, annex 2, end at about 0.4.
    """
    place = np.arange(1 - TRUE_PEAK_CONTEXT, TRUE_PEAK_CONTEXT + 1)[None, :] - np.array([[0.25], [0.5], [0.75]])
    window = np.i0(5.0 * np.sqrt(1.0 - (place / (TRUE_PEAK_CONTEXT + 0.25)) ** 2)) / np.i0(5.0)
    taps = np.sinc(place) * window
    return np.asarray(taps / taps.sum(axis=1, keepdims=True))


_CELL = 64
_CHUNK = 32


def _toeplitz() -> Block:
    """Return the matrix from a chunk with its context, (24 + 32) frames, to its 3 · 32 quarter frames."""
    taps = _quarter_taps()
    matrix = np.zeros((2 * TRUE_PEAK_CONTEXT + _CHUNK, 3, _CHUNK), np.float32)
    for frame in range(_CHUNK):
        matrix[frame + 1 : frame + 1 + 2 * TRUE_PEAK_CONTEXT, :, frame] = taps.T
    return matrix.reshape(len(matrix), -1)


_QUARTERS = _toeplitz()

MOST_BETWEEN = 1.0001 * float(np.abs(_QUARTERS).sum(axis=0).max())
"""How far a true peak can rise above all samples around it, as a factor; with a hair for rounding."""


def _bending() -> float:
    """Return how far a true peak can rise above the two frames beside it, per largest second difference around.

    The taps of a quarter frame sum to 1, so what they read is a point on the line between those two frames plus their
    sum over the distances from that line; and these are sums of second differences.
    """
    before, after = np.arange(1 - TRUE_PEAK_CONTEXT, 1), np.arange(1, TRUE_PEAK_CONTEXT)
    place = np.arange(1 - TRUE_PEAK_CONTEXT, TRUE_PEAK_CONTEXT + 1)
    reach = np.concatenate(
        [np.maximum(before[:, None] - place[None, :], 0), np.maximum(place[None, :] - after[:, None], 0)]
    )
    return float(np.abs(_quarter_taps() @ reach.T).sum(axis=1).max())


_BENDING = 1.0001 * _bending()


def true_peak_cells(block: Block) -> Block:
    """Return the highest magnitude in each cell of 64 frames, at the frames and at the three points after each.

    Four-fold oversampling, as matrix products: about 170 multiplications a sample.

    Parameters
    ----------
    block
        Shape (channels, 12 + 64 · cells + 12): `TRUE_PEAK_CONTEXT` frames before the first cell and after the last.

    Returns
    -------
    Shape (channels, cells), linear.
    """
    channels, frames = block.shape
    cells = (frames - 2 * TRUE_PEAK_CONTEXT) // _CELL
    views = np.lib.stride_tricks.sliding_window_view(block, len(_QUARTERS), axis=1)[:, ::_CHUNK]
    rows = np.ascontiguousarray(views[:, : cells * _CELL // _CHUNK]).reshape(-1, len(_QUARTERS))
    between = np.abs(small_products(rows, _QUARTERS)).reshape(channels, cells, -1)
    inner = np.abs(block[:, TRUE_PEAK_CONTEXT : TRUE_PEAK_CONTEXT + cells * _CELL]).reshape(channels, cells, _CELL)
    return np.asarray(np.maximum(between.max(axis=2, initial=0.0), inner.max(axis=2, initial=0.0)))


def cell_peaks(block: Block) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the highest magnitude in each cell of 64 frames, and that with the context around it; all channels count.

    Parameters
    ----------
    block
        As for `true_peak_cells`.

    Returns
    -------
    Two of shape (cells,).
    """
    return _highest(np.abs(block).max(axis=0))


def hiding_cells(block: Block, nearby: NDArray[np.float32], level: float) -> NDArray[np.int64]:
    """Return the numbers of the cells between whose frames the sound may pass a level; elsewhere it cannot.

    Parameters
    ----------
    block
        As for `true_peak_cells`.
    nearby
        What `cell_peaks` says of its cells with their context.
    level
        Linear.

    Returns
    -------
    Shape (found,).
    """
    if not np.any(MOST_BETWEEN * nearby > level):
        return np.zeros(0, np.int64)
    bends = np.zeros(block.shape, np.float32)
    np.subtract(np.diff(block[:, 1:]), np.diff(block[:, :-1]), out=bends[:, 1:-1])
    bound = np.minimum(MOST_BETWEEN * nearby, nearby + _BENDING * _highest(np.abs(bends).max(axis=0))[1])
    return np.flatnonzero(bound > level)


def _highest(size: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the highest value in each cell, and that with the context around it. Shape (12 + 64 cells + 12,)."""
    inside = size[TRUE_PEAK_CONTEXT:-TRUE_PEAK_CONTEXT]
    borders = np.array([0, TRUE_PEAK_CONTEXT, _CELL - TRUE_PEAK_CONTEXT])
    thirds = np.arange(0, inside.size, _CELL)[:, None] + borders
    start, middle, end = np.maximum.reduceat(inside, thirds.reshape(-1)).reshape(-1, 3).T
    inner = np.maximum(np.maximum(start, middle), end)
    before = np.append(size[:TRUE_PEAK_CONTEXT].max(), end[:-1])
    after = np.append(start[1:], size[-TRUE_PEAK_CONTEXT:].max())
    return inner, np.maximum(inner, np.maximum(before, after))


class TruePeakMeter:
    """The highest peak so far, four times oversampled, over blocks of any size."""

    def __init__(self, channels: int) -> None:
        self._pending: Block = np.zeros((channels, TRUE_PEAK_CONTEXT), np.float32)
        self._peak = 0.0

    def process(self, block: Block) -> None:
        """Hear the next block. Shape (channels, frames). Looks between frames only where a higher peak could hide."""
        piece = 65_536
        for start in range(0, block.shape[1], piece):
            heard = np.concatenate([self._pending, block[:, start : start + piece]], axis=1)
            cells = (heard.shape[1] - 2 * TRUE_PEAK_CONTEXT) // _CELL
            if cells > 0:
                self._search(heard[:, : cells * _CELL + 2 * TRUE_PEAK_CONTEXT])
                heard = heard[:, cells * _CELL :].copy()
            self._pending = heard

    def _search(self, heard: Block) -> None:
        inner, nearby = cell_peaks(heard)
        self._peak = max(self._peak, float(inner.max()))
        hiding = hiding_cells(heard, nearby, self._peak)
        if hiding.size:
            windows = np.lib.stride_tricks.sliding_window_view(heard, _CELL + 2 * TRUE_PEAK_CONTEXT, axis=1)[:, ::_CELL]
            rows = windows[:, hiding].reshape(-1, windows.shape[2])
            self._peak = max(self._peak, float(true_peak_cells(rows).max()))

    @property
    def true_peak_db(self) -> float:
        """In dBTP, everything heard taken into account, as if silence followed; -inf for silence."""
        rest = np.pad(self._pending, ((0, 0), (0, TRUE_PEAK_CONTEXT + _CELL)))
        peak = max(self._peak, float(true_peak_cells(rest).max(initial=0.0)))
        return 20.0 * math.log10(peak) if peak > 0.0 else -math.inf
