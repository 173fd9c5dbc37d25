"""What is measured on: a composed song, and a sound with some life in it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Cues, SectionCue
from dusktape.core.seed import Seed
from dusktape.studio.production import Production
from dusktape.studio.wish import DEFAULT_RECIPE, Wish

SONG_SEED = 1


@lru_cache(maxsize=2)
def song(minutes: float) -> Production:
    """Return a composed song of the default recipe, not yet rendered."""
    seed = Seed(SONG_SEED)
    return Production(Wish(DEFAULT_RECIPE, minutes=minutes).resolve(seed), seed)


@lru_cache(maxsize=2)
def sound(seconds: float) -> Block:
    """Return stereo noise that swells and falls twice a second, shape (2, frames), peak below 1."""
    frames = round(seconds * SAMPLE_RATE)
    noise = np.random.default_rng(5).standard_normal((2, frames)).astype(np.float32)
    swell = 0.5 - 0.45 * np.cos(2.0 * np.pi * 2.0 * np.arange(frames) / SAMPLE_RATE)
    return np.asarray(np.clip(0.2 * noise * swell.astype(np.float32), -0.99, 0.99), np.float32)


def cues(seconds: float) -> Cues:
    """Return 80 bpm, a kick on every beat and two sections."""
    frames = round(seconds * SAMPLE_RATE)
    half = frames // 2
    kicks = tuple((f, 0.9) for f in range(0, frames, round(0.75 * SAMPLE_RATE)))
    sections = (SectionCue("A", 0, half, 0.2, 0.9), SectionCue("B", half, frames - half, 1.0, 1.0))
    return Cues(frames=frames, bpm=80.0, kicks=kicks, sections=sections)
