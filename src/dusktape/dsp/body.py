"""The box that strings and tines stand on: its hills, its knock, and what else on it answers."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.dsp.oscillator import Mono, modes

Modes = tuple[Floats, Floats, Floats, Floats]
"""Frequencies in Hz, times to 1/e in s, heights, phases: shape (K,) each."""


def hills(hz: Floats, centres_hz: Floats, gains: Floats, *, q: float, amount: float) -> Floats:
    """Return what a body does to partials, shape (K,): 1, and more near its modes.

    Source
    ------
    Fletcher and Rossing, The Physics of Musical Instruments, chapter 4: a sum of resonances.
    """
    detune = hz[:, None] / centres_hz - centres_hz / hz[:, None]
    return np.asarray(1.0 + amount * (gains / (1.0 + (q * detune) ** 2)).sum(axis=1))


def knock(
    centres_hz: Floats, heights: Floats, rng: np.random.Generator, sample_rate: int, *, cycles: float = 7.0
) -> Mono:
    """Return the body struck once: each mode dies within `cycles` of its own periods and a bit. Half a second long."""
    phase = rng.uniform(-0.6, 0.6, centres_hz.size)
    return modes(centres_hz, cycles / centres_hz + 0.01, heights, phase, int(0.6 * sample_rate), sample_rate)


def answering(
    partials_hz: Floats, heights: Floats, strings_hz: Floats, rng: np.random.Generator, *, gain: float, decay_s: float
) -> Modes:
    """Return what other strings that ring freely add to a note: only partials that nearly meet one of its own.

    They build up over a tenth of a second and hang on. May be empty.

    Parameters
    ----------
    partials_hz, heights
        The note's own, shape (K,).
    strings_hz
        Fundamentals of what may answer.
    rng
        Phases.
    gain
        Level of a perfect answer over the partial that calls it.
    decay_s
        Time to 1/e of an answer at 200 Hz.
    """
    candidates = (strings_hz[:, None] * np.arange(1, 6)).reshape(-1)
    nearest = np.abs(np.log2(candidates[:, None] / partials_hz)).argmin(axis=1)
    cents = 1200.0 * np.log2(candidates / partials_hz[nearest])
    meets = np.abs(cents) < 30.0
    hz, size = candidates[meets], heights[nearest[meets]] * np.exp(-((cents[meets] / 18.0) ** 2)) * gain
    phase, slow = rng.uniform(-np.pi, np.pi, hz.size), decay_s * (200.0 / hz) ** 0.4
    return (
        np.concatenate([hz, hz]),
        np.concatenate([slow, np.full(hz.size, 0.09)]),
        np.concatenate([size, -size]),
        np.concatenate([phase, phase]),
    )


def joined(groups: list[Modes]) -> Modes:
    """Return several groups of modes as one."""
    hz, decay, height, phase = (np.concatenate([group[i] for group in groups]) for i in range(4))
    return hz, decay, height, phase
