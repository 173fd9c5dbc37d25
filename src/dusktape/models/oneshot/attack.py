"""How fast a stroke rises: measured, and imposed on a sound by a gain over its first moments."""

from __future__ import annotations

from typing import Final

import numpy as np

from dusktape.core.audio import Floats
from dusktape.models.oneshot.vector import SAMPLE_RATE

FROM: Final = 0.1
TO: Final = (0.7, 0.9)
"""Shares of the highest level between which attacks are measured: to either of two."""

SHORTEST_S: Final = 0.0003
LONGEST_S: Final = 0.06

_WINDOW = 88
_HEARD = 6615
"""Frames among which the highest level is looked for: what rises later is left as it is."""

_STEP = 4
_GAINS = 2.0 ** np.linspace(-2.0, 2.0, 33)
_NEAR = 0.25
"""Octaves by which both attacks may miss what is wanted and be left so."""

_GOES = 2
_COST = 0.02
"""Octaves of attack that a doubling of gain has to win at least."""


def attacks_s(sound: Floats) -> Floats:
    """Return how long the level takes from a tenth of its peak to each share in `TO`, in seconds, shape (2,).

    The level is the RMS in Hann windows of 2 ms; its peak is that of the first 150 ms.
    """
    level = _level(sound[:_HEARD])[None]
    return np.maximum(SHORTEST_S, np.array([_rise(level, to)[0] for to in TO]) / SAMPLE_RATE)


def imposed(sound: Floats, wanted_s: Floats) -> Floats:
    """Return a stroke (frames,) whose attacks (2,) are as wanted, or as near as two gains of 12 dB bring them.

    A gain holds for one of the two attacks and is gone three times as late, or sooner where a stroke shall rise
    later. Of gains that are as good it is the smallest. The second mends what the first left, or moved.
    """
    wanted_s = np.clip(wanted_s, SHORTEST_S, LONGEST_S)
    for _ in range(_GOES):
        if np.abs(np.log2(attacks_s(sound) / wanted_s)).max() < _NEAR:
            break
        sound = _nearer(sound, wanted_s)
    return sound


def _nearer(sound: Floats, wanted_s: Floats) -> Floats:
    """Return a stroke with the one gain that brings its attacks nearest."""
    at = np.arange(min(_HEARD, sound.size)) / SAMPLE_RATE
    level = _level(sound[: at.size])[::_STEP]
    best, chosen = np.inf, np.ones(at.size)
    for held, gone in [stretch(float(s)) for s in wanted_s for stretch in (_sharpened, _delayed)]:
        fade = 0.5 + 0.5 * np.cos(np.pi * np.clip((at - held) / (gone - held), 0.0, 1.0))
        levels = level * _GAINS[:, None] ** fade[::_STEP]
        cost = _COST * np.abs(np.log2(_GAINS))
        for to, wanted in zip(TO, wanted_s, strict=True):
            rise = np.maximum(SHORTEST_S, _rise(levels, to) * (_STEP / SAMPLE_RATE))
            cost = cost + np.abs(np.log2(rise / wanted))
        least = int(np.argmin(cost))
        if cost[least] < best:
            best, chosen = float(cost[least]), _GAINS[least] ** fade
    out = sound.copy()
    out[: at.size] *= chosen
    return out


def _sharpened(attack_s: float) -> tuple[float, float]:
    return attack_s + 0.001, max(0.006, 3.0 * attack_s)


def _delayed(attack_s: float) -> tuple[float, float]:
    return 0.5 * attack_s, 1.2 * attack_s + 0.001


def _level(sound: Floats) -> Floats:
    shape = np.hanning(_WINDOW + 2)[1:-1]
    power = np.convolve(np.square(sound), shape / shape.sum())[_WINDOW // 2 :][: sound.size]
    return np.asarray(np.sqrt(np.maximum(power, 0.0)))


def _rise(levels: Floats, to: float) -> Floats:
    """Return for each row how many places lie between the two shares of its peak."""
    peak = levels.max(axis=1, keepdims=True)
    return np.asarray(np.argmax(levels >= to * peak, axis=1) - np.argmax(levels >= FROM * peak, axis=1))
