"""How loud each part comes out of its own strip: measured on the stretch where it plays most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dusktape.core.audio import SAMPLE_RATE, Cues, PlayedNote
from dusktape.core.errors import InputError
from dusktape.core.level import Level
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.studio.rig import Seat, open_strip

STRETCH_S = 6.0
"""How much of a part is listened to."""

TEXTURE_STRETCH_S = 3.0
"""How much of a texture, which sounds the same throughout."""

LOUDEST_GAIN_DB = 48.0
"""No part is turned up by more, however quiet it plays."""

_QUIETEST_LUFS, _LOUDEST_LUFS = -80.0, -8.0
_BLOCK = 32_768


def gain_for(seat: Seat, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> float:
    """Return the linear gain that brings a part to its recipe's loudness.

    The part's busiest stretch is rendered through its own effects, alone, and measured with gating (BS.1770); so
    the balance holds for any instrument and chain, and a minute more of silence changes nothing.
    """
    stretch = round((TEXTURE_STRETCH_S if seat.part.texture else STRETCH_S) * SAMPLE_RATE)
    start = busiest(notes, stretch)
    here = [replace(n, start_frame=n.start_frame - start) for n in notes if 0 <= n.start_frame - start < stretch]
    here = [replace(n, length_frames=min(n.length_frames, stretch - n.start_frame)) for n in here]
    kicks = tuple((f - start, v) for f, v in cues.kicks if 0 <= f - start < stretch)
    strip = open_strip(seat, here, cues=Cues(frames=stretch, bpm=cues.bpm, kicks=kicks), seed=seed)
    meter = LoudnessMeter(SAMPLE_RATE, 2, with_true_peak=False)
    for _ in range(0, stretch, _BLOCK):
        meter.process(strip.render(_BLOCK))
    loudness = meter.integrated_lufs
    if not math.isfinite(loudness):
        return 1.0
    return float(10.0 ** (min(LOUDEST_GAIN_DB, seat.part.loudness_lufs - loudness) / 20.0))


def levelled(recipe: Recipe, levels: Mapping[str, Level]) -> Recipe:
    """Return the recipe with its balance changed by faders, as far as a recipe's loudness goes (-80 to -8 LUFS).

    Mutes are not in it: they change nobody's playing.

    Raises
    ------
    InputError
        If the song has no such part.
    """
    if unknown := [name for name in levels if name not in recipe.parts or not recipe.parts[name].on]:
        playing = ", ".join(name for name, part in recipe.parts.items() if part.on)
        raise InputError(f"no {unknown[0]} plays in this song; it has {playing}")
    parts = {
        name: part.model_copy(update={"loudness_lufs": _moved(part.loudness_lufs, levels[name].gain_db)})
        if name in levels and levels[name].gain_db
        else part
        for name, part in recipe.parts.items()
    }
    return recipe.model_copy(update={"parts": parts})


def _moved(loudness_lufs: float, gain_db: float) -> float:
    return min(_LOUDEST_LUFS, max(_QUIETEST_LUFS, loudness_lufs + gain_db))


def busiest(notes: Sequence[PlayedNote], stretch: int) -> int:
    """Return the first frame of the stretch in which most notes start; 0 without notes."""
    best, most, first = 0, 0, 0
    for last, note in enumerate(notes):
        while note.start_frame - notes[first].start_frame >= stretch:
            first += 1
        if last - first + 1 > most:
            best, most = notes[first].start_frame, last - first + 1
    return best
