"""Recursive filters: their coefficients, their response, and a processor without a loop over samples.

A cascade is an array of second-order sections, shape (sections, 6): b0 b1 b2 a0 a1 a2 with a0 = 1.
Cutoffs above 0.49 of the sample rate are taken down to it: the bilinear transform ends at a half.
"""

from __future__ import annotations

import math
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.dsp.silence import silent

T = TypeVar("T", np.float32, np.float64)

_CHUNK = 64
_CHUNKS_AT_ONCE = 128
_LIGHT_CHUNKS_AT_ONCE = 1024
_BUTTERWORTH_Q = {1: (), 2: (math.sqrt(0.5),), 3: (1.0,), 4: (0.541196100146197, 1.306562964876377)}
_SILENCE = 1e-30
_FORGOTTEN = 1e-20
"""The share of a state, in a later one, that a float64 does not show any more."""


def _warped(hz: float, sample_rate: float) -> float:
    return math.tan(math.pi * min(hz, 0.49 * sample_rate) / sample_rate)


def _first_order(zero: tuple[float, float], pole: float) -> list[float]:
    """Return the section for (zero[0] + zero[1] s) / (pole + s), s the bilinear (z - 1) / (z + 1)."""
    scale = 1.0 / (1.0 + pole)
    return [(zero[0] + zero[1]) * scale, (zero[0] - zero[1]) * scale, 0.0, 1.0, (pole - 1.0) * scale, 0.0]


def _section(b: tuple[float, float, float], a: tuple[float, float, float]) -> list[float]:
    return [x / a[0] for x in (*b, *a)]


def lowpass(hz: float, sample_rate: float, *, order: int = 2, q: float | None = None) -> Floats:
    """Return a Butterworth low-pass of order 1 to 4; `q` gives order 2 a resonance of its own.

    Source
    ------
    Bristow-Johnson, Audio EQ Cookbook; the section Qs of a Butterworth cascade are 1 / (2 cos θ).
    """
    warped = _warped(hz, sample_rate)
    rows = [_first_order((warped, 0.0), warped)] if order % 2 else []
    cos = (1.0 - warped**2) / (1.0 + warped**2)
    sin = 2.0 * warped / (1.0 + warped**2)
    for each in (q,) if q is not None and order == 2 else _BUTTERWORTH_Q[order]:
        alpha = sin / (2.0 * each)
        rows.append(
            _section(((1 - cos) / 2, 1 - cos, (1 - cos) / 2), (1 + alpha, -2 * cos, 1 - alpha)),
        )
    return np.array(rows)


def highpass(hz: float, sample_rate: float, *, order: int = 2, q: float | None = None) -> Floats:
    """Return a Butterworth high-pass of order 1 to 4; `q` gives order 2 a resonance of its own.

    Source
    ------
    As for `lowpass`.
    """
    warped = _warped(hz, sample_rate)
    rows = [_first_order((0.0, 1.0), warped)] if order % 2 else []
    cos = (1.0 - warped**2) / (1.0 + warped**2)
    sin = 2.0 * warped / (1.0 + warped**2)
    for each in (q,) if q is not None and order == 2 else _BUTTERWORTH_Q[order]:
        alpha = sin / (2.0 * each)
        rows.append(
            _section(((1 + cos) / 2, -1 - cos, (1 + cos) / 2), (1 + alpha, -2 * cos, 1 - alpha)),
        )
    return np.array(rows)


def bell(hz: float, sample_rate: float, *, gain_db: float, q: float) -> Floats:
    """Return a peak or dip of `gain_db` at `hz`.

    Source
    ------
    Bristow-Johnson, Audio EQ Cookbook, peakingEQ.
    """
    omega = 2.0 * math.atan(_warped(hz, sample_rate))
    cos, alpha, root = math.cos(omega), math.sin(omega) / (2.0 * q), 10.0 ** (gain_db / 40.0)
    b = (1 + alpha * root, -2 * cos, 1 - alpha * root)
    return np.array([_section(b, (1 + alpha / root, -2 * cos, 1 - alpha / root))])


def shelf(hz: float, sample_rate: float, *, gain_db: float, kind: str, q: float = math.sqrt(0.5)) -> Floats:
    """Return a shelf, `kind` "low" or "high", half of its `gain_db` reached at `hz`.

    Source
    ------
    Bristow-Johnson, Audio EQ Cookbook, lowShelf and highShelf. `q` as there; √½ is the steepest without a bump.
    """
    omega = 2.0 * math.atan(_warped(hz, sample_rate))
    root = 10.0 ** (gain_db / 40.0)
    # The high shelf is the low one mirrored at a quarter of the sample rate: z becomes -z.
    mirror = 1.0 if kind == "low" else -1.0
    cos, slope = mirror * math.cos(omega), math.sqrt(root) * math.sin(omega) / q
    b = (
        root * (root + 1 - (root - 1) * cos + slope),
        mirror * 2 * root * (root - 1 - (root + 1) * cos),
        root * (root + 1 - (root - 1) * cos - slope),
    )
    a = (
        root + 1 + (root - 1) * cos + slope,
        mirror * -2 * (root - 1 + (root + 1) * cos),
        root + 1 + (root - 1) * cos - slope,
    )
    return np.array([_section(b, a)])


def tilt(pivot_hz: float, sample_rate: float, *, db_per_octave: float) -> Floats:
    """Return a straight slope that passes 0 dB at the pivot, for slopes up to ±6 dB.

    First-order shelves stand two octaves apart, from 5 Hz past 100 kHz; each rises by two octaves' worth. Poles and
    zeros go to e^(-ω / rate), which, unlike the bilinear transform, lets corners lie above half the rate. The error is
    at most a tenth of the slope from 20 Hz to 8 kHz, a fifth up to 12; above, the curve bends towards flat.
    """
    half = 2.0 ** (2.0 * db_per_octave / (40.0 * math.log10(2.0)))
    rows = []
    for octave in range(1, 17, 2):
        corner = 2.0 * math.pi * 5.0 * 2.0**octave / sample_rate
        zero, pole = math.exp(-corner / half), math.exp(-corner * half)
        gain = (1.0 - pole) / (1.0 - zero)
        rows.append([gain, -zero * gain, 0.0, 1.0, -pole, 0.0])
    sos = np.array(rows)
    sos[0, :3] /= np.abs(response(sos, np.array([pivot_hz]), sample_rate))[0]
    return sos


def one_pole(seconds: float, rate: float) -> Floats:
    """Return y += (x - y) k, which covers 1 - 1/e of a step in `seconds` at `rate` values a second."""
    keep = math.exp(-1.0 / (seconds * rate)) if seconds > 0.0 else 0.0
    return np.array([[1.0 - keep, 0.0, 0.0, 1.0, -keep, 0.0]])


def response(sos: Floats, hz: Floats, sample_rate: float) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    """Return the complex response of a cascade at each frequency. Shape (sections, 6), (F,) to (F,)."""
    delay = np.exp(-2j * np.pi * np.asarray(hz, np.float64) / sample_rate)
    powers = np.stack([np.ones_like(delay), delay, delay * delay])
    return np.asarray(np.prod((sos[:, :3] @ powers) / (sos[:, 3:] @ powers), axis=0))


def decay_frames(sos: Floats, floor_db: float = -110.0) -> int:
    """Return the frames until the slowest pole of a cascade has decayed to `floor_db`."""
    radius = max((float(np.max(np.abs(np.roots(row[3:])), initial=0.0)) for row in sos), default=0.0)
    return 8 + math.ceil(floor_db / 20.0 * math.log(10.0) / math.log(min(max(radius, 1e-6), 1.0 - 1e-9)))


def impulse_response(sos: Floats, *, floor_db: float = -110.0) -> Floats:
    """Return the impulse response of a cascade, cut where all that follows adds up to less than `floor_db`.

    The bound is on the sum of the magnitudes against the largest: dropping it changes no output by more than that
    share of the input's peak. Shape (taps,).
    """
    frames = decay_frames(sos, floor_db - 120.0)
    impulse = np.zeros((1, frames))
    impulse[0, 0] = 1.0
    taps = StateSpaceFilter(sos, 1).run(impulse)[0]
    return np.array(taps[: kept_taps(taps[None], floor_db)])


def kept_taps(taps: Floats, floor_db: float = -110.0) -> int:
    """Return how many taps to keep: the magnitudes of the dropped ones sum to less than `floor_db` of the largest."""
    size = np.abs(taps)
    rest = np.cumsum(size[:, ::-1], axis=1)[:, ::-1]
    needed = np.any(rest > 10.0 ** (floor_db / 20.0) * size.max(initial=0.0), axis=0)
    return max(1, int(np.count_nonzero(needed)))


def _state_space(sos: Floats) -> tuple[Floats, Floats, Floats, float]:
    """Return A (n, n), B (n,), C (n,), D of a cascade of transposed direct forms II; order 1 takes one state."""
    a_all, b_all, c_all, d_all = np.zeros((0, 0)), np.zeros(0), np.zeros(0), 1.0
    for b0, b1, b2, _, a1, a2 in sos:
        states = 2 if b2 != 0.0 or a2 != 0.0 else 1
        a = np.array([[-a1, 1.0], [-a2, 0.0]])[:states, :states]
        b = np.array([b1 - a1 * b0, b2 - a2 * b0])[:states]
        c = np.array([1.0, 0.0])[:states]
        a_all = np.block([[a_all, np.zeros((len(b_all), states))], [np.outer(b, c_all), a]])
        b_all = np.concatenate([b_all, b * d_all])
        c_all = np.concatenate([c_all * b0, c])
        d_all *= b0
    return a_all, b_all, c_all, d_all


class StateSpaceFilter:
    """A running cascade, zero latency: 64 frames per row of one matrix product, states by a doubling scan.

    With x the state before a chunk and u its input, the chunk's output is T u + O x and the next state
    A^64 x + R u: T is the triangular Toeplitz matrix of the impulse response, O row i is C A^i, R column j is
    A^(63 - j) B. The states of all chunks follow from x_j += A^(64 d) x_(j - d) for d = 1, 2, 4 ...
    (Hillis and Steele, 1986), so Python runs once per 8192 frames of `run`, which is float64 throughout, or per 65536
    of `process`. That one does the long products in float32 and what recurs in float64, in twice the speed: with
    R = Q_R K and O = V Q_O, Q orthonormal, no rounding meets large numbers that cancel, however low and narrow the
    filter. It stays within 5e-7 of `run` for an input of full scale.

    Parameters
    ----------
    sos
        The cascade, shape (sections, 6).
    channels
        Filtered alike, each with its own state.
    """

    latency_frames = 0

    def __init__(self, sos: Floats, channels: int) -> None:
        a, b, c, d = _state_space(np.asarray(sos, np.float64))
        powers = [np.eye(len(b))]
        for _ in range(_CHUNK):
            powers.append(a @ powers[-1])
        stack = np.array(powers)
        heard = c @ stack[:-1]
        taps = np.concatenate([[d], heard[:-1] @ b])
        lag = np.arange(_CHUNK)[None, :] - np.arange(_CHUNK)[:, None]
        self.channels = channels
        self._sos = sos
        self._powers = _quiet(stack.transpose(0, 2, 1))
        self._direct = _quiet(np.where(lag >= 0, taps[np.maximum(lag, 0)], 0.0))
        self._heard = _quiet(np.ascontiguousarray(heard.T))
        self._kick = _quiet(np.ascontiguousarray(stack[_CHUNK - 1 :: -1] @ b))
        self._jumps = [self._powers[_CHUNK]]
        while 2 ** len(self._jumps) < _LIGHT_CHUNKS_AT_ONCE and np.abs(self._jumps[-1]).max(initial=0.0) > _FORGOTTEN:
            self._jumps.append(_quiet(self._jumps[-1] @ self._jumps[-1]))
        basis, self._kick_mix = np.linalg.qr(self._kick)
        self._light_front = _quiet(np.concatenate([self._direct, basis], axis=1)).astype(np.float32)
        basis, mix = np.linalg.qr(self._heard.T)
        self._heard_mix = mix.T
        self._light_heard = _quiet(np.ascontiguousarray(basis.T)).astype(np.float32)
        self._state = np.zeros((channels, len(b)))

    @property
    def tail_frames(self) -> int:
        """Frames until all that is still to come adds up to less than -110 dB."""
        return len(impulse_response(self._sos)) - 1

    @property
    def at_rest(self) -> bool:
        """Whether nothing is left of what was heard: silence stays silence."""
        return not self._state.any()

    def process(self, block: Block) -> Block:
        """Return the filtered block. Shape (channels, frames) in and out."""
        if self.at_rest and silent(block):
            return np.zeros(block.shape, np.float32)
        out = np.empty(block.shape, np.float32)
        whole = block.shape[1] // _CHUNK * _CHUNK
        step = _CHUNK * _LIGHT_CHUNKS_AT_ONCE
        for start in range(0, whole, step):
            stop = min(start + step, whole)
            out[:, start:stop] = self._light_chunks(block[:, start:stop])
        if whole < block.shape[1]:
            out[:, whole:] = self._rest(block[:, whole:])
        return out

    def run(self, block: Block | Floats) -> Floats:
        """Return the filtered block in float64. Shape (channels, frames) in and out."""
        out = np.empty(block.shape)
        whole = block.shape[1] // _CHUNK * _CHUNK
        step = _CHUNK * _CHUNKS_AT_ONCE
        for start in range(0, whole, step):
            stop = min(start + step, whole)
            out[:, start:stop] = self._chunks(block[:, start:stop])
        if whole < block.shape[1]:
            out[:, whole:] = self._rest(block[:, whole:])
        return out

    def settle(self, value: float) -> None:
        """Put the filter where a constant input of `value` would have brought it."""
        system = np.eye(self._state.shape[1]) - self._powers[1].T
        self._state[:] = np.linalg.solve(system, self._kick[-1] * value)

    def _chunks(self, block: Block | Floats) -> Floats:
        channels, frames = block.shape
        rows = np.array(block, np.float64, order="C").reshape(-1, _CHUNK)
        ends = (rows @ self._kick).reshape(channels, frames // _CHUNK, -1)
        starts = self._scan(ends)
        out = small_products(rows, self._direct)
        out += starts.reshape(len(rows), -1) @ self._heard
        return out.reshape(channels, frames)

    def _light_chunks(self, block: Block | Floats) -> Block:
        channels, frames = block.shape
        rows = np.array(block, np.float32, order="C").reshape(-1, _CHUNK)
        front = small_products(rows, self._light_front)
        ends = front[:, _CHUNK:].astype(np.float64) @ self._kick_mix
        starts = self._scan(ends.reshape(channels, frames // _CHUNK, -1))
        coordinates = (starts.reshape(len(rows), -1) @ self._heard_mix).astype(np.float32)
        out = small_products(coordinates, self._light_heard)
        out += front[:, :_CHUNK]
        return out.reshape(channels, frames)

    def _scan(self, ends: Floats) -> Floats:
        """Return the states before all chunks, and keep the last, from what each adds. (channels, chunks, states)."""
        ends[:, 0] += self._state @ self._jumps[0]
        for level, jump in enumerate(self._jumps):
            reach = 2**level
            if reach < ends.shape[1]:
                ends[:, reach:] += ends[:, :-reach] @ jump
        ends[np.abs(ends) < _SILENCE] = 0.0
        starts = np.concatenate([self._state[:, None], ends[:, :-1]], axis=1)
        self._state = ends[:, -1].copy()
        return starts

    def _rest(self, block: Block | Floats) -> Floats:
        frames = block.shape[1]
        row = block.astype(np.float64)
        out = row @ self._direct[:frames, :frames] + self._state @ self._heard[:, :frames]
        self._state = self._state @ self._powers[frames] + row @ self._kick[_CHUNK - frames :]
        self._state[np.abs(self._state) < _SILENCE] = 0.0
        return np.asarray(out)


def small_products(rows: NDArray[T], matrix: NDArray[T]) -> NDArray[T]:
    """Return rows @ matrix, in products too small for the BLAS to wake its other threads.

    OpenBLAS threads a product above 2^18 multiplications; on a busy machine its threads then wait for each other
    for longer than the product takes. With K · N up to 8192, 32 rows stay below.
    """
    whole = len(rows) - len(rows) % 32
    out = np.empty((len(rows), matrix.shape[1]), rows.dtype)
    np.matmul(rows[:whole].reshape(-1, 32, rows.shape[1]), matrix, out=out[:whole].reshape(-1, 32, matrix.shape[1]))
    np.matmul(rows[whole:], matrix, out=out[whole:])
    return out


def _quiet(matrix: Floats) -> Floats:
    # Subnormal numbers cost a hundred times as much as others, and nobody hears 600 dB below full scale.
    return np.where(np.abs(matrix) < _SILENCE, 0.0, matrix)


class Smoother:
    """A one-pole smoother for control-rate values, at rest on `value`.

    Parameters
    ----------
    seconds
        Time constant.
    rate
        Values a second.
    value
        Where it rests before the first value.
    """

    def __init__(self, seconds: float, rate: float, value: float = 0.0, rows: int = 1) -> None:
        self._filter = StateSpaceFilter(one_pole(seconds, rate), rows)
        self._filter.settle(value)

    def process(self, values: Floats) -> Floats:
        """Return the smoothed values. Shape (T,) or (rows, T) in and out."""
        return self._filter.run(np.atleast_2d(values)).reshape(values.shape)
