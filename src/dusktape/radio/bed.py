"""What a station begins with, and falls back to: a needle is let down, the groove crackles, weather outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Cues
from dusktape.core.seed import Seed
from dusktape.instruments.rain import Rain
from dusktape.instruments.vinyl import Vinyl
from dusktape.instruments.wind import Wind
from dusktape.radio.programme import Stream

FRAMES = 600 * SAMPLE_RATE
"""How long it can go on: long enough for a song to be composed even on a busy machine."""

_BLOCK = SAMPLE_RATE // 2
_GROOVE_GAIN = np.float32(10.0 ** (9.0 / 20.0))


def bed(spec: Mapping[str, Any]) -> Stream:
    """Return the sound of an entry that waits for music. Its first block takes a tenth of a second to make.

    Parameters
    ----------
    spec
        `seed`, and `bed`: the weather.
    """
    seed = Seed(int(spec["seed"]))
    weather = str(spec.get("bed", "clear"))
    return Stream(lambda: blocks(seed, weather))


def blocks(seed: Seed, weather: str) -> Iterator[Block]:
    """Yield the sound, half a second at a time."""
    cues = Cues(frames=FRAMES)
    record = Vinyl(crackle_per_s=9.0, hiss_db=-54.0, rumble_db=-47.0)
    groove = record.open(SAMPLE_RATE, (), cues=cues, seed=seed.at("groove"))
    outside = _outside(weather).open(SAMPLE_RATE, (), cues=cues, seed=seed.at("outside"))
    needle = needle_drop(seed.at("needle"))
    for first in range(0, FRAMES, _BLOCK):
        block = groove.render(_BLOCK) * _GROOVE_GAIN
        block = block + outside.render(_BLOCK)
        down = needle[:, first : first + _BLOCK]
        block[:, : down.shape[1]] += down
        yield block


def _outside(weather: str) -> Rain | Wind:
    if weather == "snow":
        return Wind(level_db=-36.0)
    if weather == "rain":
        return Rain(level_db=-33.0, intensity=0.5)
    return Rain(level_db=-38.0, weight="drizzle")


def needle_drop(seed: Seed) -> Block:
    """Return a needle that comes down into a groove: a thump below 100 Hz, a scrape, two ticks. Peak about 0.2."""
    rng = seed.rng()
    frames = round(0.7 * SAMPLE_RATE)
    t = np.arange(frames) / SAMPLE_RATE
    late = np.maximum(t - 0.06, 0.0)
    thump = 0.16 * np.sin(2.0 * np.pi * (48.0 + 30.0 * np.exp(-late / 0.03)) * late) * np.exp(-late / 0.07)
    thump *= np.minimum(1.0, late / 0.002)
    noise = np.convolve(rng.standard_normal(frames + 8), np.ones(9) / 9.0, mode="valid")
    scrape = 0.05 * noise * np.exp(-(((t - 0.05) / 0.03) ** 2))
    ticks = np.zeros(frames)
    for when in (0.05, 0.16 + 0.1 * rng.random()):
        ticks += 0.1 * np.exp(-np.maximum(t - when, 0.0) / 0.0006) * (t >= when) * np.sin(2.0 * np.pi * 2600.0 * t)
    sides = 1.0 + 0.15 * rng.uniform(-1.0, 1.0, 2)
    return np.asarray((thump + scrape + ticks) * sides[:, None], np.float32)
