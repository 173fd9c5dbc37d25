"""What a track says about itself: how long its melody goes along with a song that its network learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.errors import WeightsError
from dusktape.core.plugins import find
from dusktape.core.recipe import Recipe
from dusktape.core.score import TICKS_PER_BEAT, Score
from dusktape.nn.line import Line
from dusktape.nn.phrases import FILE, MODES, Phrases
from dusktape.nn.run import ships

MELODY = "lead"
"""The part that is looked up."""

_PERCENT = 95.0


def certificate(score: Score, recipe: Recipe) -> dict[str, Any] | None:
    """Return the longest phrases that a song's melody shares with the training of the network that wrote it.

    Parameters
    ----------
    score
        As played: what is within half a sixteenth of the grid is taken for it.
    recipe
        Names the composer, and trainings of the user's own.

    Returns
    -------
    `rhythm` (intervals with rhythm) and `intervals`, each with `longest_notes`, the training `song` it stands in and
    `people_p95`, what 95 of 100 held-out songs by people stay within, None where none were held out; and `trained_on`,
    `songs` and `notes`. None if no network wrote the melody. Where there is no index, or it cannot be read, `unknown`
    says so: a finished track is not lost for it.
    """
    path = index_of(recipe)
    if path is None:
        return None
    if not path.exists():
        return {"unknown": f"not looked up: {path.parent} has no {FILE}, the index of what was learned from"}
    try:
        phrases = Phrases.load(path)
    except WeightsError as error:
        return {"unknown": str(error)}
    melody = melody_of(score)
    found: dict[str, Any] = {}
    for mode in MODES:
        match = phrases.longest(melody, mode)
        known = len(phrases.people.longest[mode]) > 0
        people = round(phrases.people.percentile(mode, _PERCENT), 2) if known else None
        found[mode] = {"longest_notes": match.length, "song": match.song, "people_p95": people}
    return {**found, "trained_on": {"songs": phrases.songs, "notes": phrases.notes}}


def index_of(recipe: Recipe) -> Path | None:
    """Return the index beside the weights that write this recipe's melody; None if no network does."""
    if "melody" not in getattr(find("composers", recipe.composer), "models", ()):
        return None
    own = recipe.models.get("song") or recipe.models.get("melody")
    # What ships learned from the same songs, save for three melodies below 16 notes that only `latent` has heard.
    folder: Path = Path(own) if own and not ships(own) else find("models", "melody").folder
    return folder / FILE


def melody_of(score: Score, name: str = "") -> Line:
    """Return a song's melody on the grid of sixteenths; without notes if it has none."""
    notes = score.parts.get(MELODY, ())
    columns = [[getattr(note, field) for note in notes] for field in ("start", "length", "pitch", "velocity")]
    start, length, pitch, velocity = (np.array(column, np.int64) for column in columns)
    beats = float(TICKS_PER_BEAT)
    return Line.of_notes(name, score.key, score.chords, start / beats, length / beats, pitch, velocity)
