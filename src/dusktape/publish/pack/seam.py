"""Where a loop goes round: how far the seam stands out from the loop's other bar lines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block

_AROUND_S = 0.03
_NEAR = 66
_QUIET = 1e-4
_PLACES = 8
_LEAST = 0.1

MOST_JOLT = 1.5
"""A seam whose bend exceeds what is around it by more is a click."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a seam measures.

    Parameters
    ----------
    step
        Largest step from one frame to the next within 30 ms of the seam, over that at the other bar lines; of a sound
        without bars, over that at seven other places; of one that rests there, over a tenth of the largest step there
        is. 1 is a bar line like the others.
    jolt
        Bend of the wave on the seam, over the largest in the millisecond and a half around it. A click is far above 1.
    """

    step: float
    jolt: float

    @property
    def clicks(self) -> bool:
        """Whether it would be heard."""
        return self.jolt > MOST_JOLT


def measured(sound: Block, sample_rate: int, bars: int) -> Measured:
    """Measure the seam of a loop, shape (channels, frames), of so many bars; 0 if it has none."""
    places = max(2, bars) if bars else _PLACES
    lines = [round(k * sound.shape[1] / places) for k in range(places)]
    around = round(_AROUND_S * sample_rate)
    steps = [float(np.abs(np.diff(_round(sound, at - around, at + around), axis=1)).max()) for at in lines]
    least = max(_QUIET, _LEAST * float(np.abs(np.diff(sound, axis=1)).max()))
    return Measured(steps[0] / max(*steps[1:], least), _jolt(sound))


def _jolt(sound: Block) -> float:
    bends = np.abs(np.diff(_round(sound, -_NEAR, _NEAR).astype(np.float64), n=3, axis=1)).max(axis=0)
    seam, others = bends[_NEAR - 3 : _NEAR], np.delete(bends, range(_NEAR - 4, _NEAR + 1))
    return float(seam.max() / max(float(others.max()), _QUIET))


def _round(sound: Block, start: int, end: int) -> Block:
    return np.take(sound, np.arange(start, end), axis=1, mode="wrap")
