"""The eight bars that say what a song is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dusktape.core.errors import InputError
from dusktape.core.score import TICKS_PER_BEAT, Note, Score
from dusktape.models.latent.tokens import Window, windows
from dusktape.nn.line import Line

_LEADS = ("lead", "melody", "MELODY")


def heard(score: Score) -> list[Window]:
    """Return the windows of a song: of its A where it has sections in which the melody plays, else of all of it.

    Raises
    ------
    InputError
        If it has neither melody nor chords, or is not in four.
    """
    if score.beats_per_bar != 4:
        raise InputError(f"a song has to be in four, this one has {score.beats_per_bar} beats in a bar; give another")
    line = line_of(score)
    if not len(line) and not score.chords:
        raise InputError("this song has no lead and no chords; give one that has")
    for letter in ("A", "B"):
        starts = [s.start // score.ticks_per_bar for s in score.sections if s.name.startswith(letter)]
        found = [w for w in windows(line, score.bpm, starts=starts) if w.notes]
        if found:
            return found
    everywhere = list(windows(line, score.bpm))
    return [w for w in everywhere if w.notes] or everywhere


def line_of(score: Score) -> Line:
    """Return a score's lead and chords as a line; without notes where it has no lead."""
    name = next((n for n in _LEADS if score.parts.get(n)), "")
    columns = _columns(score.parts[name] if name else ())
    beats = columns[:2] / TICKS_PER_BEAT
    return Line.of_notes("", score.key, score.chords, beats[0], beats[1], columns[2], columns[3])


def _columns(notes: Sequence[Note]) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    rows = [(n.start, n.length, n.pitch, n.velocity) for n in notes]
    return np.array(rows, np.int64).reshape(-1, 4).T
