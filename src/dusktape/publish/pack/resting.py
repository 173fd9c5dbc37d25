"""Where a part of a finished track rests: what rings there is no loop, however loud one makes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError

_HEARD_DB = -30.0
"""A beat this far below the loudest one of its stem is rest, or what rings into it."""

_LEAST_SHARE = 0.25
"""A part plays where it is heard in more of the beats than this."""

_BEATS_A_BAR = 4


def beat_powers(path: Path, bpm: float) -> Floats:
    """Return the mean power of each beat of a stem, shape (beats,); what is left at its end counts as one.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        sound, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"{str(path)!r} cannot be read: {error}; make the track again") from error
    if not len(sound):
        return np.zeros(0)
    power = np.square(sound, dtype=np.float64).mean(axis=1)
    beats = int(np.ceil(len(power) * bpm / 60.0 / rate))
    edges = np.minimum(np.round(np.arange(beats) * 60.0 / bpm * rate).astype(int), len(power) - 1)
    lengths = np.diff(np.append(edges, len(power)))
    return np.asarray(np.add.reduceat(power, edges) / np.maximum(lengths, 1))


def rests(powers: Floats, bar: int, bars: int) -> bool:
    """Return whether a part is heard in no more than a quarter of the beats of some bars.

    Parameters
    ----------
    powers
        Of all its beats, as `beat_powers` has them.
    bar, bars
        The first bar, from 0, and how many.
    """
    here = powers[_BEATS_A_BAR * bar : _BEATS_A_BAR * (bar + bars)]
    heard = here > max(float(powers.max(initial=0.0)) * 10.0 ** (_HEARD_DB / 10.0), 1e-12)
    return int(heard.sum()) <= _LEAST_SHARE * _BEATS_A_BAR * bars
