"""A few notes of one part, played alone through its own effects: what drum hits and chord stabs are made by."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.errors import InputError
from dusktape.core.score import Note, Score, Section
from dusktape.publish.pack.songs import Song, only
from dusktape.studio.rig import cues_of, open_strip, played, seats

LEAD_S = 0.02
"""Silence before the first note, in which effects that look ahead may begin."""

_BLOCK = 16_384
_SILENT = 1e-5


def play(song: Song, part: str, notes: Sequence[Note], *, seconds: float) -> Block:
    """Return what a part of a song sounds like when it plays these notes alone, shape (2, frames).

    Parameters
    ----------
    song
        Its recipe has the part.
    part
        As the recipe names it.
    notes
        In ticks; they are heard `LEAD_S` later.
    seconds
        The longest it may sound.

    Raises
    ------
    InputError
        If the recipe has no such part.
    """
    if part not in song.recipe.parts:
        raise InputError(f"recipe {song.recipe.name!r} has no {part}; choose another recipe")
    recipe = only(song.recipe, {part: song.recipe.parts[part]})
    bpm = recipe.tempo.bpm
    lead = round(LEAD_S * bpm / 60.0 * 960)
    later = tuple(Note(n.start + lead, n.length, n.pitch, n.velocity) for n in notes)
    ticks = math.ceil(seconds * bpm / 60.0 * 960)
    score = Score(bpm=bpm, key=song.key, sections=(Section("A", 0, ticks),), parts={part: later})
    (seat,) = seats(recipe, score)
    strip = open_strip(seat, played(later, score), cues=cues_of(score), seed=song.seed)
    blocks: list[Block] = []
    sounding = round((LEAD_S + score.seconds(max(n.start + n.length for n in later))) * SAMPLE_RATE)
    for start in range(0, round(seconds * SAMPLE_RATE), _BLOCK):
        blocks.append(strip.render(_BLOCK))
        if start > sounding and float(np.abs(blocks[-1]).max()) < _SILENT:
            break
    return np.concatenate(blocks, axis=1)
