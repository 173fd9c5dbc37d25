"""How much of what was just played is played again, along the song."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from dusktape.core.audio import Floats
from dusktape.nn.line import Ints, Line

WINDOW = 10
"""Notes that are looked at, and notes before them that they are held against."""


@dataclass(frozen=True, slots=True, eq=False)
class Repetition:
    """Curves along the song, averaged over the songs that are long enough.

    Parameters
    ----------
    place
        How many notes were played, 20 and more; (X,).
    positional
        Share of the last ten notes that are the same as those ten notes earlier, one by one; (X,).
    bag
        Share of the last ten that also stand among the ten before them, in any order, each as often as it stands
        there; (X,).
    songs
        How many songs reach this place; (X,).
    """

    place: Ints
    positional: Floats
    bag: Floats
    songs: Ints

    def figures(self) -> dict[str, float]:
        """Return the means over all places of all songs: `positional` and `bag`; NaN where no song is long enough."""
        if not len(self.place):
            return {"positional": float("nan"), "bag": float("nan")}
        each = {"positional": self.positional, "bag": self.bag}
        return {name: float(np.average(curve, weights=self.songs)) for name, curve in each.items()}


def repetition(lines: Sequence[Line], *, rhythm: bool = True) -> Repetition:
    """Follow the repetition along some songs, at each place x the notes (x - 10 : x) beside (x - 20 : x - 10).

    Parameters
    ----------
    lines
        Songs; those below 20 notes say nothing.
    rhythm
        Whether notes of one pitch but another duration (in sixteenths) are two notes.
    """
    found = [curves(line, rhythm=rhythm) for line in lines]
    width = max((curve.shape[1] for curve in found), default=0)
    total, songs = np.zeros((2, width)), np.zeros(width, np.int64)
    for curve in found:
        total[:, : curve.shape[1]] += curve
        songs[: curve.shape[1]] += 1
    positional, bag = total / np.maximum(songs, 1)
    return Repetition(np.arange(width) + 2 * WINDOW, positional, bag, songs)


def curves(line: Line, *, rhythm: bool = True) -> Floats:
    """Return the positional and the bag's share at each place of one song; (2, max(0, N - 19))."""
    notes = line.pitch * 1024 + (line.classes[:, 2] if rhythm else 0)
    places = len(notes) - 2 * WINDOW + 1
    if places < 1:
        return np.zeros((2, 0))
    windows = sliding_window_view(notes, WINDOW)  # (N - 9, 10)
    before, last = windows[:places], windows[WINDOW:]
    positional = (before == last).mean(axis=1)
    again = (_numbered(last)[:, :, None] == _numbered(before)[:, None, :]).any(axis=2)
    return np.stack([positional, again.mean(axis=1)])


def _numbered(windows: Ints) -> Ints:
    """Return the windows with the k-th of equal notes told from the others, so that sets of them count each once."""
    earlier = np.tril(windows[:, :, None] == windows[:, None, :], k=-1).sum(axis=2)
    return np.asarray(windows * WINDOW + earlier)
