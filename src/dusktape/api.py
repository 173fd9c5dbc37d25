"""The Python face of the studio. `import dusktape` gives these names without loading anything until they are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from dusktape.core.audio import Audio, Block
from dusktape.core.errors import DusktapeError, InputError
from dusktape.core.params import Param
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.io.midi import from_midi as score_from_midi
from dusktape.io.midi import to_midi as score_to_midi
from dusktape.publish.deliver import DEFAULT_LICENCE, title_of
from dusktape.publish.track import Track
from dusktape.studio import catalogue
from dusktape.studio.production import Production
from dusktape.studio.wish import DEFAULT_RECIPE, Wish, checked_seed

__all__ = [
    "DusktapeError",
    "Score",
    "Seed",
    "Track",
    "make",
    "parts",
    "recipes",
    "score_from_midi",
    "score_to_midi",
    "stream",
]


def make(
    recipe: str = DEFAULT_RECIPE,
    *,
    seed: int | None = None,
    minutes: float | None = None,
    bpm: float | None = None,
    key: str | None = None,
    mood: str | None = None,
    loudness_lufs: float | None = None,
    settings: Sequence[str] = (),
    score: Score | None = None,
    title: str | None = None,
    licence: str = DEFAULT_LICENCE,
) -> Track:
    """Compose, perform, mix and master a track.

    Parameters
    ----------
    recipe
        A name from `recipes()`, or the path of a TOML file.
    seed
        0 or more. None draws a new one: `track.seed`.
    minutes, bpm, key, mood, loudness_lufs, settings
        As the options of `dusktape make`; None leaves them to the recipe and the seed.
    score
        Played instead of composing; its part names are those of the recipe (`keys`, `lead`, `bass`, `drums`, `pad`).
        It has its own length, tempo and key, so `minutes`, `bpm` and `key` are refused beside it.
    title, licence
        For its tags. None, or a blank title, finds one.

    Raises
    ------
    DusktapeError
        One line that names what is wrong and the way out.
    """
    for what, text in (("title", title), ("licence", licence)):
        if not isinstance(text, str) and (text is not None or what == "licence"):
            raise InputError(f"{what} is text, got {text!r}; write it in quotes")
    if not licence.strip():
        raise InputError("the licence is empty; name one, as in CC0-1.0 or CC-BY-4.0")
    production = _production(Wish(recipe, minutes, bpm, key, mood, loudness_lufs, settings), seed, score)
    samples = np.concatenate(list(production.master()), axis=1)
    name = title_of(production.recipe, production.seed, title if title and title.strip() else None)
    return Track(Audio(samples), name, licence, _production=production)


def stream(
    recipe: str = DEFAULT_RECIPE,
    *,
    seed: int | None = None,
    block_frames: int = 4096,
    minutes: float | None = None,
    bpm: float | None = None,
    key: str | None = None,
    mood: str | None = None,
    loudness_lufs: float | None = None,
    settings: Sequence[str] = (),
    score: Score | None = None,
) -> Iterator[Block]:
    """Yield a track as float32 blocks of shape (2, block_frames) at 44,100 Hz; the last may be shorter.

    Arguments as for `make`. Memory does not grow with the length. The first block comes when the whole song has been
    heard once, because its loudness needs that.
    """
    return _production(Wish(recipe, minutes, bpm, key, mood, loudness_lufs, settings), seed, score).stream(block_frames)


def _production(wish: Wish, seed: int | None, score: Score | None) -> Production:
    if score is not None:
        if not isinstance(score, Score):
            raise InputError(f"score is a dusktape.Score, got {type(score).__name__}; read one with score_from_midi")
        if ignored := [name for name in ("minutes", "bpm", "key") if getattr(wish, name) is not None]:
            raise InputError(f"a score has its own length, tempo and key; leave out {', '.join(ignored)}")
    address = checked_seed(seed)
    return Production(wish.resolve(address), address, score)


def recipes() -> dict[str, str]:
    """Return recipe name to what it sounds like."""
    return catalogue.recipes()


def parts(group: str) -> dict[str, tuple[Param, ...]]:
    """Return the parts of a group (`instruments`, `effects`) with their parameters, ranges and units.

    Raises
    ------
    PluginError
        If there is no such group.
    """
    return {name: part.params for name, part in catalogue.parts(group).items()}


def __dir__() -> list[str]:
    return __all__
