"""The Python face of the studio. `import dusktape` gives these names without loading anything until they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.compose.byhand import ByHand, notes_of
from dusktape.core.audio import Audio, Block
from dusktape.core.errors import DusktapeError, InputError
from dusktape.core.params import Param
from dusktape.core.score import Note, Score
from dusktape.core.seed import Seed
from dusktape.io.midi import from_midi as score_from_midi
from dusktape.io.midi import to_midi as score_to_midi
from dusktape.publish.asked import Asked, levels, parse_bars, parse_parts, read_notes, role
from dusktape.publish.commission import commissions
from dusktape.publish.deliver import terms_of, title_of
from dusktape.publish.provenance import Origin
from dusktape.publish.track import Track
from dusktape.studio import catalogue
from dusktape.studio.loop import produced
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
    recipe: str | None = None,
    *,
    seed: int | None = None,
    minutes: float | None = None,
    bpm: float | None = None,
    key: str | None = None,
    mood: str | None = None,
    loudness_lufs: float | None = None,
    settings: Sequence[str] = (),
    composer: str | Sequence[str] = (),
    score: Score | None = None,
    origin: str | Path | Track | None = None,
    keep: str | Sequence[str] | None = None,
    again: str | Sequence[str] | None = None,
    bars: str | int | tuple[int, int] | None = None,
    notes: str | Path | Mapping[str, Sequence[Note | Sequence[int]]] | None = None,
    gain: Mapping[str, float] | None = None,
    mute: str | Sequence[str] | None = None,
    solo: str | Sequence[str] | None = None,
    continuing: str | Path | None = None,
    under: str | Path | None = None,
    like: tuple[str | Path | Track, str | Path | Track] | None = None,
    mix: float | None = None,
    loop: int | None = None,
    title: str | None = None,
    licence: str | None = None,
) -> Track:
    """Compose, perform, mix and master a track.

    Parameters
    ----------
    recipe
        A name from `recipes()`, or the path of a TOML file; None is `dusk`.
    seed
        0 or more. None draws a new one: `track.seed`. Beside `keep` and `again` it is that of what is new.
    minutes, bpm, key, mood, loudness_lufs, settings
        As the options of `dusktape make`; None leaves them to the recipe and the seed.
    score
        Played instead of composing; its part names are those of the recipe (`keys`, `lead`, `bass`, `drums`, `pad`).
        It has its own length, tempo and key, so `minutes`, `bpm` and `key` are refused beside it.
    composer
        A registered composer, or folders of finished trainings: each takes over what it learned to write.
    origin
        A track, or its `track.json`: made again as it was, or with
    keep, again, bars
        these parts kept and the rest composed anew, or these parts anew and the rest kept: `"drums,harmony"` or a list;
        everywhere, or in `(9, 12)` only, bars counted from 1.
    notes
        Part to all of its notes as they are to sound in `origin` from now on, as in `score.parts`, or rows of start,
        length, pitch and velocity in ticks of 1/960 beat; or a MIDI or JSON file of them.
    gain, mute, solo
        Part to decibels, -60 to 12; parts that are left out of the mix; parts beside which all others are.
    continuing, under
        A MIDI file to go on from; one with a melody to play under.
    like, mix
        Two tracks, or their `track.json`, and how near to the second, 0 to 1.
    loop
        Bars of a loop that closes on itself, in place of a track: an even number, 2 to 64.
    title, licence
        For its tags. None, or a blank title, finds one; the licence is CC0-1.0, or that of `origin`;
        `LicenseRef-of-the-source` where sounds of your own play.

    Raises
    ------
    DusktapeError
        One line that names what is wrong and the way out.
    """
    for what, text in (("title", title), ("licence", licence)):
        if text is not None and not isinstance(text, str):
            raise InputError(f"{what} is text, got {text!r}; write it in quotes")
    if licence is not None and not licence.strip():
        raise InputError("the licence is empty; name one, as in CC0-1.0 or CC-BY-4.0")
    title = title if title and title.strip() else None
    wish = Wish(
        DEFAULT_RECIPE if recipe is None else recipe, minutes, bpm, key, mood, loudness_lufs, settings, _words(composer)
    )
    asked = Asked(
        origin=_origin(origin),
        keep=parse_parts(keep, "keep"),
        again=parse_parts(again, "again"),
        bars=parse_bars(bars),
        onward=_path(continuing, "continuing"),
        under=_path(under, "under"),
        like=None if like is None else _two(like),
        mix=mix,
        loop=loop,
        notes=_notes(notes),
        levels=levels(_gains(gain), parse_parts(mute, "mute")),
        solo=parse_parts(solo, "solo"),
    )
    if score is not None:
        if asked != Asked():
            raise InputError("a score is played as it is; leave out origin, continuing, under, like, loop and the mix")
        production = _production(wish, seed, score)
        name, terms = title_of(production.recipe, production.seed, title), terms_of(production.recipe, licence)
    else:
        (job,) = commissions(wish, seed, asked, recipe_named=recipe is not None, title=title, licence=licence)
        production = produced(job.recipe, job.seed, control=job.control)
        name, terms = job.title, job.licence
    samples = np.concatenate(list(production.master()), axis=1)
    return Track(Audio(samples), name, terms, _production=production)


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
    composer: str | Sequence[str] = (),
    score: Score | None = None,
) -> Iterator[Block]:
    """Yield a track as float32 blocks of shape (2, block_frames) at 44,100 Hz; the last may be shorter.

    Arguments as for `make`. Memory does not grow with the length. The first block comes when the whole song has been
    heard once, because its loudness needs that.
    """
    wish = Wish(recipe, minutes, bpm, key, mood, loudness_lufs, settings, _words(composer))
    return _production(wish, seed, score).stream(block_frames)


def _words(value: str | Sequence[str]) -> Sequence[str]:
    return (value,) if isinstance(value, str) else value


def _path(value: str | Path | None, name: str) -> Path | None:
    if value is not None and not isinstance(value, (str, Path)):
        raise InputError(f"{name} is the path of a MIDI file, got {type(value).__name__}; write it in quotes")
    return None if value is None else Path(value)


def _notes(value: str | Path | Mapping[str, Any] | None) -> Mapping[str, tuple[Note, ...]] | None:
    if value is None:
        return None
    if isinstance(value, (str, Path)):
        return read_notes(Path(value))
    if not isinstance(value, Mapping):
        raise InputError(
            f"notes go by part, got {type(value).__name__}; write {{'lead': [...]}}, or the path of a file"
        )
    return ByHand({role(str(part)): notes_of(rows, part=str(part)) for part, rows in value.items()}).parts


def _gains(value: Mapping[str, float] | None) -> Mapping[str, float]:
    told = {} if value is None else value
    numbers = isinstance(told, Mapping) and all(type(db) in (int, float) for db in told.values())
    if not numbers:
        raise InputError(f"gain is part to decibels, got {value!r}; write it as in {{'lead': -3}}")
    return {str(part): float(db) for part, db in told.items()}


def _origin(value: str | Path | Track | None) -> Path | Origin | None:
    if isinstance(value, Track):
        return value.origin
    if value is not None and not isinstance(value, (str, Path)):
        raise InputError(f"origin is a track or the path of its track.json, got {type(value).__name__}; give one")
    return None if value is None else Path(value)


def _two(value: Sequence[str | Path | Track]) -> tuple[Path | Origin, Path | Origin]:
    songs = [_origin(one) for one in value] if not isinstance(value, (str, Path, Track)) else []
    if len(songs) != 2 or songs[0] is None or songs[1] is None:
        raise InputError(f"like wants two tracks, got {value!r}; give them as (a, b)")
    return songs[0], songs[1]


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
