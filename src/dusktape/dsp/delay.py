"""Delays that stand still and delays that move: what tape wow, chorus and echo are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Floats
from dusktape.core.seed import Seed
from dusktape.dsp.filters import small_products

Curve = Callable[[NDArray[np.int64]], Floats]
"""Edge numbers of the control grid to delays in frames, a pure function of position."""

FINE, STEADY, LIGHT = (12, 6), (8, 4), (6, 3)
"""Samples an interpolation reads and order of its polynomials: at any speed, for a mix whose delay
moves by no more than 3 %, and for voices behind a filter."""

SHORTEST = FINE[0] // 2 + 1
"""The shortest delay, in frames, that a moving tap can read."""

_ROW = 16
_AT_ONCE = 1024
_PRODUCT = 64
"""Rows in one matrix product: few enough that the BLAS does not wake its other threads for it."""


class Lag:
    """Delays a stream by a fixed number of frames."""

    def __init__(self, channels: int, frames: int) -> None:
        self._held: Block = np.zeros((channels, frames), np.float32)

    def process(self, block: Block) -> Block:
        """Return the stream as it was, `frames` earlier. Shape (channels, frames) in and out."""
        stream = np.concatenate([self._held, block], axis=1)
        self._held = stream[:, block.shape[1] :].copy()
        return stream[:, : block.shape[1]]


@cache
def _interpolator(taps: int, order: int) -> NDArray[np.float32]:
    """Return polynomials (taps, order + 1): column m times d^m, summed, reads d frames before the middle of the taps.

    Farrow's structure, fitted by least squares to exp(-iωd) for |d| <= 1, low frequencies weighing more. |d| may exceed
    one half, so a whole row of frames can share its samples while the delay moves. `FINE` is fitted up to 0.38 of the
    sample rate: the error is below -75 dB up to 3 kHz, -55 dB up to 10 kHz. `STEADY`, fitted up to 0.25 and for
    |d| <= 0.75, is below -85 dB up to 3 kHz, -60 dB up to 10 kHz, and worse above. `LIGHT`, fitted up to 0.2, costs
    least: below -70 dB up to 3 kHz, -48 dB up to 6 kHz.

    Source: Farrow, ISCAS 1988; Laakso, Välimäki, Karjalainen, Laine, "Splitting the unit delay", 1996.
    """
    highest, reach = {FINE: (0.38, 1.0), STEADY: (0.25, 0.75), LIGHT: (0.2, 1.0)}[taps, order]
    place = np.arange(taps) - (taps - 1) / 2.0
    omega = np.linspace(0.0, highest * 2.0 * np.pi, 96)
    d = reach * np.cos(np.linspace(0.0, np.pi, 41))
    weight = (0.15 + omega) ** -2.0
    # What is fitted is a product of one function of the frequency for each tap and one of the place for each power, so
    # the least squares of all pairs come apart into two small ones.
    waves = weight[:, None] * np.exp(-1j * np.outer(omega, place))
    target = weight[:, None] * np.exp(-1j * np.outer(omega, d))
    both = np.concatenate([waves.real, waves.imag]), np.concatenate([target.real, target.imag])
    fitted = np.linalg.pinv(both[0]) @ both[1] @ np.linalg.pinv(d[:, None] ** np.arange(order + 1)).T
    return np.ascontiguousarray(fitted[::-1], dtype=np.float32)  # reversed: samples run forward in time


@cache
def _bank(taps: int, order: int) -> NDArray[np.float32]:
    """Return the polynomials for a whole row of frames, shape (order + 1, row + taps - 1, row).

    The samples that a row can reach, times number m, are the coefficients of d^m at its frames: one matrix product in
    place of a weight for every tap of every frame.
    """
    bank = np.zeros((order + 1, _ROW + taps - 1, _ROW), np.float32)
    for frame in range(_ROW):
        bank[:, frame : frame + taps, frame] = _interpolator(taps, order).T
    return bank


@cache
def _cubic() -> NDArray[np.float32]:
    """Return how much the steps to the edges before, after and beyond move a cell: Catmull-Rom, (3, CONTROL_FRAMES)."""
    t = np.arange(CONTROL_FRAMES) / CONTROL_FRAMES
    return np.array(
        [-t / 2 + t**2 - t**3 / 2, t / 2 + 2 * t**2 - 3 * t**3 / 2, (t**3 - t**2) / 2],
        dtype=np.float32,
    )


class DelayLine:
    """A stream that can be read at moving delays, as a tape is by a head that will not stay put.

    The delay follows a curve on the control grid, joined by cubics, so pitch moves without steps. Rows of 16 frames
    share one window of samples: some 14 ns per stereo frame, 10 with `STEADY`, 8 with `LIGHT`.

    Parameters
    ----------
    channels
        Of the stream.
    longest
        The longest delay that will be read, in frames. Delays move by at most 6 % (frames per frame).
    quality
        `FINE`, `STEADY` or `LIGHT`.
    """

    def __init__(self, channels: int, longest: float, quality: tuple[int, int] = FINE) -> None:
        self._quality = quality
        self._past = math.ceil(longest) + quality[0] + CONTROL_FRAMES
        # Behind what was written lies a cell of silence: the last cell of what is read may reach beyond its end.
        self._stream: Block = np.zeros((channels, self._past + CONTROL_FRAMES), np.float32)
        self._written = 0

    def write(self, block: Block) -> None:
        """Add a block to the stream."""
        kept, frames = self._stream[:, -self._past - CONTROL_FRAMES : -CONTROL_FRAMES], block.shape[1]
        self._stream = np.empty((len(kept), self._past + frames + CONTROL_FRAMES), np.float32)
        self._stream[:, : self._past] = kept
        self._stream[:, self._past : -CONTROL_FRAMES] = block
        self._stream[:, -CONTROL_FRAMES:] = 0.0
        self._written += frames

    def read(self, curve: Curve, frames: int, *, start: int | None = None) -> Block:
        """Return frames, each as late as the curve says.

        Parameters
        ----------
        curve
            Delays at edges, at least `SHORTEST` frames (or, when reading ahead, so that nothing unwritten is needed).
        frames
            How many.
        start
            Absolute frame of the first one; by default, the frames written last.
        """
        start = self._written - frames if start is None else start
        out = np.empty((len(self._stream), frames), np.float32)
        first, end = start // CONTROL_FRAMES, -(-(start + frames) // CONTROL_FRAMES)
        delays = curve(np.arange(first - 1, end + 2))
        windows = sliding_window_view(self._stream, _ROW + self._quality[0] - 1, axis=1)
        origin = self._written + CONTROL_FRAMES - self._stream.shape[1]
        for cell in range(first, end, _AT_ONCE):
            until = min(cell + _AT_ONCE, end)
            offset = cell * CONTROL_FRAMES - origin
            piece = _read_cells(windows, offset, delays[cell - first : until - first + 3], self._quality)
            low, high = max(start, cell * CONTROL_FRAMES), min(start + frames, until * CONTROL_FRAMES)
            shift = cell * CONTROL_FRAMES
            out[:, low - start : high - start] = piece[:, low - shift : high - shift]
        return out


def _read_cells(windows: Block, offset: int, delays: Floats, quality: tuple[int, int]) -> Block:
    """Return whole cells, the first at sample `offset` of the stream, at delays given from one edge before it on.

    Shape (channels, samples, row + taps - 1), (cells + 3,) to (channels, frames).
    """
    here = delays[1:-2]
    # The moves within a cell are small: as float32 they keep more digits than the delay itself would.
    steps = np.stack([delays[:-3] - here, delays[2:-1] - here, delays[3:] - here], axis=1).astype(np.float32)
    rows = (steps @ _cubic()).reshape(here.size, -1, _ROW)
    whole = np.floor(here[:, None] + rows[:, :, _ROW // 2])
    rows += (here[:, None] - whole - 0.5).astype(np.float32)[:, :, None]
    d = rows.reshape(-1, _ROW)
    at = offset - quality[0] // 2 + _ROW * np.arange(whole.size) - whole.reshape(-1).astype(np.int64)
    out = np.empty((len(windows), at.size, _ROW), np.float32)
    split = at.size - at.size % _PRODUCT
    for channel, samples in enumerate(windows):
        heard = samples[at]
        for piece in (slice(0, split), slice(split, at.size)):
            if piece.start < piece.stop:
                out[channel, piece] = _interpolate(heard[piece], d[piece], quality)
    return out.reshape(len(windows), -1)


def _interpolate(heard: Block, d: Block, quality: tuple[int, int]) -> Block:
    """Return rows of frames from the samples each row can reach. Shape (n, row + taps - 1), (n, row) to (n, row)."""
    some = min(len(heard), _PRODUCT)
    pieces, d = heard.reshape(-1, some, heard.shape[1]), d.reshape(-1, some, _ROW)
    *lower, highest = _bank(*quality)
    total: Block = np.matmul(pieces, highest)
    coefficient = np.empty_like(total)
    for bank in reversed(lower):
        total *= d
        total += np.matmul(pieces, bank, out=coefficient)
    return total.reshape(-1, _ROW)


def read_at(stream: Block, places: Floats) -> Block:
    """Return a stream at any places between its frames, for what moves too freely for a `DelayLine`.

    Twelve points a frame, as `FINE`; some 100 ns each. Speeds above 1 fold the top down.

    Parameters
    ----------
    stream
        Shape (channels, frames); silence is added on either side.
    places
        In frames from the start of the stream, shape (T,).

    Returns
    -------
    Shape (channels, T).
    """
    taps = FINE[0]
    out = np.empty((len(stream), places.size), np.float32)
    padded = np.pad(stream, ((0, 0), (2 * taps, 2 * taps)))
    for start in range(0, places.size, 8192):
        some = places[start : start + 8192]
        before = np.clip(np.floor(some).astype(np.int64), -taps, stream.shape[1] + taps - 1)
        # The polynomials count backwards from the middle of the taps.
        d = np.clip(0.5 - (some - before), -1.0, 1.0).astype(np.float32)
        powers = np.ones((d.size, FINE[1] + 1), np.float32)
        for term in range(FINE[1]):
            np.multiply(powers[:, term], d, out=powers[:, term + 1])
        weights = small_products(powers, np.ascontiguousarray(_interpolator(*FINE).T))
        first = before + 2 * taps - (taps // 2 - 1)
        for channel, samples in enumerate(padded):
            heard = sliding_window_view(samples, taps)[first]
            np.einsum("nt,nt->n", heard, weights, out=out[channel, start : start + some.size])
    return out


class Wander:
    """Smooth noise in [-1, 1]: knots drawn from the seed by their number, joined by quintic steps.

    Parameters
    ----------
    seed
        Where the knots are drawn.
    spacing
        Edges of the control grid between knots.
    """

    _PAGE = 64

    def __init__(self, seed: Seed, spacing: float) -> None:
        self._seed = seed
        self._spacing = spacing
        self._pages: dict[int, Floats] = {}

    def at(self, edges: NDArray[np.int64]) -> Floats:
        """Return the values at these edges."""
        place = edges / self._spacing
        knot = np.floor(place)
        t = place - knot
        step = t * t * t * (10.0 + t * (6.0 * t - 15.0))
        number = knot.astype(np.int64)
        first = int(number.min()) // self._PAGE
        pages = [self._page(p) for p in range(first, (int(number.max()) + 1) // self._PAGE + 1)]
        knots = np.concatenate(pages)
        number -= first * self._PAGE
        return np.asarray(knots[number] + np.diff(knots)[number] * step)

    def _page(self, page: int) -> Floats:
        if page not in self._pages:
            if len(self._pages) > 8:
                self._pages.clear()
            self._pages[page] = self._seed.at(page).rng().uniform(-1.0, 1.0, self._PAGE)
        return self._pages[page]


class Wobble:
    """A swinging delay: a sine whose strength and pace wander a little, as capstans and belts do.

    Parameters
    ----------
    seed
        Where the wandering is drawn.
    rate_hz
        Its pace.
    cents
        The largest deviation of pitch it makes; reached now and then, within a tenth.
    """

    def __init__(self, seed: Seed, *, rate_hz: float, cents: float, sample_rate: int) -> None:
        # A delay D(t) plays at speed 1 - D'(t): a sine of this height has a largest slope of 2^(cents/1200) - 1.
        self.height_frames = (2.0 ** (cents / 1200.0) - 1.0) * sample_rate / (2.0 * math.pi * rate_hz)
        self._turn = 2.0 * math.pi * rate_hz * CONTROL_FRAMES / sample_rate
        period = sample_rate / rate_hz / CONTROL_FRAMES
        self._strength = Wander(seed.at("strength"), 3.0 * period)
        self._pace = Wander(seed.at("pace"), 3.0 * period)
        self._start = 2.0 * math.pi * seed.at("start").unit()

    def at(self, edges: NDArray[np.int64]) -> Floats:
        """Return the delay at these edges, in frames, within plus and minus `height_frames`."""
        strength = 0.8 + 0.2 * self._strength.at(edges)
        angle = self._start + self._turn * edges + 0.5 * self._pace.at(edges)
        return np.asarray(self.height_frames * strength * np.sin(angle))
