"""Textures: the weather, vinyl and rooms of songs, or what a model draws, closed so that nobody finds the seam."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.roles import SoundWriter
from dusktape.core.score import Score, Section
from dusktape.core.seed import Seed
from dusktape.dsp.closing import Homing, Seam
from dusktape.publish.pack.loops import closed
from dusktape.publish.pack.oneshots import drawn
from dusktape.publish.pack.songs import Song, Songs, only
from dusktape.publish.pack.take import Missing, Take
from dusktape.studio.rig import Seat, cues_of, open_strip, seats

SECONDS = 16
_FADE_S, _SETTLED_S = 4.0, 5.0
_BLOCK = 65_536
_OF_EACH = 2


def of_songs(songs: Songs) -> Iterator[Take]:
    """Yield what sounds throughout in one song after the other: rain, vinyl, a room.

    A song gives the two of its textures that were heard least so far, so that not every other one is a room.
    """
    heard = Counter[str]()
    for song in songs:
        parts = {name: part for name, part in song.recipe.parts.items() if part.texture and part.on}
        if not parts:
            continue
        seconds = _SETTLED_S + SECONDS + 1.0
        ticks = math.ceil(seconds * song.recipe.tempo.bpm / 60.0 * 960)
        score = Score(bpm=song.recipe.tempo.bpm, key=song.key, sections=(Section("A", 0, ticks),))
        rarest = sorted(seats(only(song.recipe, parts), score), key=lambda seat: heard[seat.part.instrument])
        for seat in rarest[:_OF_EACH]:
            heard[seat.part.instrument] += 1
            sound = _rendered(song, seat, score)
            address = {**song.address, "part": seat.name, "seconds": SECONDS}
            yield Take("textures", seat.part.instrument, sound, SAMPLE_RATE, address)


def _rendered(song: Song, seat: Seat, score: Score) -> Block:
    """Return the loop: the fade leads from its end into what preceded its start."""
    strip = open_strip(seat, [], cues=cues_of(score), seed=song.seed)
    fade = round(_FADE_S * SAMPLE_RATE)
    seam = Seam(round(_SETTLED_S * SAMPLE_RATE), SECONDS * SAMPLE_RATE, fade, 0, Homing(fade))
    blocks = []
    while not seam.done:
        blocks.append(seam.process(strip.render(_BLOCK)))
    return np.concatenate(blocks, axis=1)


def of_writer(writer: SoundWriter, seed: Seed, missing: Missing, steps: int = 0) -> Iterator[Take]:
    """Yield what a model draws at its own length, its end led into its beginning over a quarter of it, 2 s at most."""
    for take in drawn(writer, "textures", "", seed, missing=missing, steps=steps):
        fade = min(take.sound.shape[1] // 4, 2 * writer.sample_rate)
        yield replace(take, sound=closed(take.sound, fade))
