"""The plain way to do it, one sample at a time, as a textbook writes it. For comparison only."""

from __future__ import annotations

import math

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block

LOOP_S = 0.2
"""Seconds of sound that the sample-by-sample loops are given; their real-time factor does not depend on it."""


def plain_tanh(x: Block) -> Block:
    """Bend every sample by itself: aliases."""
    return np.asarray(np.tanh(2.0 * x) / 2.0, np.float32)


def plain_crush(x: Block) -> Block:
    """Hold every second sample, round to 12 bits."""
    held = np.repeat(x[:, ::2], 2, axis=1)[:, : x.shape[1]]
    return np.asarray(np.round(held * 2048.0) / 2048.0, np.float32)


def plain_tremolo(x: Block) -> Block:
    """Multiply by a sine."""
    phase = 2.0 * np.pi * 4.5 * np.arange(x.shape[1], dtype=np.float32) / np.float32(SAMPLE_RATE)
    return np.asarray(x * (1.0 - 0.3 * (0.5 + 0.5 * np.sin(phase))), np.float32)


def plain_width(x: Block) -> Block:
    """Mid and side, side scaled."""
    mid, side = (x[0] + x[1]) / 2.0, 0.6 * (x[0] - x[1])
    return np.stack([mid + side, mid - side])


def moving_delay(x: Block) -> Block:
    """Read a swaying distance behind, straight line between neighbours."""
    out = np.zeros_like(x)
    for c in range(x.shape[0]):
        line = x[c].tolist()
        for n in range(len(line)):
            at = n - 40.0 - 30.0 * math.sin(2.0 * math.pi * 0.7 * n / SAMPLE_RATE)
            if at >= 0.0:
                whole = int(at)
                share = at - whole
                out[c, n] = (1.0 - share) * line[whole] + share * line[whole + 1]
    return out


def feedback_echo(x: Block) -> Block:
    """A delay line that feeds itself, its return dulled by one pole."""
    out = np.zeros_like(x)
    for c in range(x.shape[0]):
        line, place, dull = [0.0] * 4000, 0, 0.0
        for n, sample in enumerate(x[c].tolist()):
            late = line[place]
            dull += 0.3 * (late - dull)
            line[place] = sample + 0.4 * dull
            place = (place + 1) % 4000
            out[c, n] = sample + 0.3 * late
    return out


def swept_filter(x: Block) -> Block:
    """A state-variable filter whose cutoff moves with every sample."""
    out = np.zeros_like(x)
    for c in range(x.shape[0]):
        low = band = 0.0
        for n, sample in enumerate(x[c].tolist()):
            f = 2.0 * math.sin(math.pi * (500.0 + 0.1 * n) / SAMPLE_RATE)
            low += f * band
            band += f * (sample - low - 1.4 * band)
            out[c, n] = low
    return out


def envelope_gain(x: Block) -> Block:
    """A follower with attack and release, and a gain computed for every sample."""
    level = 0.0
    gains = np.ones(x.shape[1], np.float32)
    for n, peak in enumerate(np.abs(x).max(axis=0).tolist()):
        level += (0.01 if peak > level else 0.0002) * (peak - level)
        if level > 0.1:
            gains[n] = (0.1 / level) ** 0.6
    return x * gains
