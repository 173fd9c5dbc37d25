"""A few seconds of what a wish makes, for whoever has not decided yet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dusktape.compose.control import Control
from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.level import Level
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.studio import yours
from dusktape.studio.production import Production
from dusktape.studio.wish import Wish

SECONDS = 8.0
LUFS = -18.0
"""How loud an excerpt is: softer than a track, for one part alone would be too near."""

_MINUTES = 0.5
_EDGE_S = 0.05
_ALL_PLAY = ("form.fullness=1.0", f"master.loudness_lufs={LUFS}")


def excerpt(arguments: Sequence[str], seed: Seed, *, solo: str = "", seconds: float = SECONDS) -> Block:
    """Return the fullest seconds of a short track that is made so, shape (2, frames), with soft edges.

    Parameters
    ----------
    arguments
        A recipe's name, and `--set` and `--effect` as for `dusktape make`; others change nothing.
    seed
        The song's.
    solo
        A part that is heard alone, if it plays in this song; nothing for all of them.
    seconds
        How long it is.

    Raises
    ------
    DusktapeError
        If it cannot be made.
    """
    settings = [value for name, value in pairwise(arguments) if name == "--set"]
    effects = [value for name, value in pairwise(arguments) if name == "--effect"]
    told = (*yours.laid_over(effects), *settings, *_ALL_PLAY)
    recipe = Wish(arguments[0], minutes=_MINUTES, settings=told).resolve(seed)
    song = Production(recipe, seed)
    if solo and _plays(solo, recipe, song.score):
        others = {name: Level(mute=True) for name, part in recipe.parts.items() if name != solo and part.on}
        song = Production(recipe, seed, given=song.score, control=Control(levels=others))
    whole = np.concatenate(list(song.master()), axis=1)
    start = _fullest(whole, round(seconds * SAMPLE_RATE))
    cut = whole[:, start : start + round(seconds * SAMPLE_RATE)].copy()
    edge = min(round(_EDGE_S * SAMPLE_RATE), cut.shape[1] // 2)
    ramp = np.linspace(0.0, 1.0, edge, dtype=np.float32)
    cut[:, :edge] *= ramp
    cut[:, cut.shape[1] - edge :] *= ramp[::-1]
    return cut


def _plays(part: str, recipe: Recipe, score: Score) -> bool:
    there = recipe.parts.get(part)
    return there is not None and there.on and (there.texture or bool(score.parts.get(part)))


def _fullest(sound: Block, frames: int) -> int:
    """Return where the loudest stretch of so many frames begins, on a grid of half seconds."""
    step = SAMPLE_RATE // 2
    power = np.square(sound).mean(axis=0, dtype=np.float64)
    running = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, max(1, sound.shape[1] - frames + 1), step)
    sums = running[np.minimum(starts + frames, len(power))] - running[starts]
    return int(starts[int(sums.argmax())])
