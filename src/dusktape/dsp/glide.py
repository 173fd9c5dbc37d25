"""Pitch that moves: a note slid into, a tone read at an uneven speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.dsp.oscillator import Mono

STEP = 64
"""Frames between the knots of a moving pitch."""

TABLE = 1 << 15
"""Points of a wave table: read without interpolation, the tenth harmonic's error lies 65 dB below it."""


def slid(tone: Mono, below_cents: float, time_constant_s: float, sample_rate: int) -> Mono:
    """Return the tone with its pitch starting `below_cents` lower and settling exponentially.

    The whole detour is a whole number of frames, so only the first few hundred milliseconds are interpolated.
    """
    detour = below_cents * np.log(2.0) / 1200.0 * time_constant_s * sample_rate
    whole = round(detour)
    if whole == 0:
        return tone
    frames = min(tone.size, int(9.0 * time_constant_s * sample_rate))
    n, reach = np.arange(frames), np.arange(min(tone.size, frames + abs(whole) + 1))
    start = np.interp(n - whole * (1.0 - np.exp(-n / (time_constant_s * sample_rate))), reach, tone[: reach.size])
    rest = tone[max(0, frames - whole) : tone.size - max(0, whole)]
    out = np.concatenate([start.astype(np.float32), rest])
    return np.pad(out, (0, max(0, tone.size - out.size)))[: tone.size]


def knots(frames: int, sample_rate: int) -> Floats:
    """Return the times in s at which a moving pitch or level is given, shape (frames / 64 + 1,)."""
    return np.asarray(np.arange(-(-frames // STEP) + 1) * (STEP / sample_rate), dtype=np.float64)


def lines(values: Floats, frames: int) -> Mono:
    """Return straight lines through values at `knots`, shape (frames,)."""
    place = (np.arange(STEP) / STEP).astype(np.float32)
    left = values[:-1, None].astype(np.float32)
    return (left + np.diff(values)[:, None].astype(np.float32) * place).reshape(-1)[:frames]


def phases(hertz: Floats, frames: int, sample_rate: int) -> NDArray[np.int32]:
    """Return the place in a wave table at each frame, shape (frames,), for a frequency given at `knots`."""
    turns = np.concatenate([[0.0], np.cumsum(hertz[:-1])]) * (STEP / sample_rate)
    start = (turns[:-1] % 1.0).astype(np.float32)[:, None] * np.float32(TABLE)
    speed = (hertz[:-1] * (TABLE / sample_rate)).astype(np.float32)[:, None]
    place = start + speed * np.arange(STEP, dtype=np.float32)
    return place.astype(np.int32).reshape(-1)[:frames] & np.int32(TABLE - 1)


def wave_table(heights: Floats, angles: Floats) -> Mono:
    """Return one cycle of a sum of harmonics, shape (TABLE,), for `phases` to read."""
    spectrum = np.zeros(TABLE // 2 + 1, dtype=np.complex64)
    spectrum[1 : heights.size + 1] = 0.5 * TABLE * heights * np.exp(1j * angles)
    return np.asarray(np.fft.irfft(spectrum, TABLE), dtype=np.float32)


def unevenly(loop: Mono, drift_frames: Floats, frames: int) -> Mono:
    """Return an endless loop read with a delay that moves, shape (frames,).

    Parameters
    ----------
    loop
        Shape (size,), a power of two, without a seam.
    drift_frames
        How far ahead the reading head is at each of `knots`; a delay's slope is a change of pitch.
    frames
        Length to be read.
    """
    whole = np.floor(drift_frames[:-1])
    start = (drift_frames[:-1] - whole).astype(np.float32)[:, None]
    slope = (np.diff(drift_frames) / STEP).astype(np.float32)[:, None]
    part = start + slope * np.arange(STEP, dtype=np.float32)
    step = np.floor(part)
    part -= step
    place = step.astype(np.int32)
    place += (np.arange(whole.size) * STEP + whole).astype(np.int64).astype(np.int32)[:, None]
    place += np.arange(STEP, dtype=np.int32)
    place &= np.int32(loop.size - 1)
    near = loop[place]
    place += 1
    place &= np.int32(loop.size - 1)
    near += (loop[place] - near) * part
    return near.reshape(-1)[:frames]
