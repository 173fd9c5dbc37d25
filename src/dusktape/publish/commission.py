"""What is asked for, from a recipe alone to parts done again, turned into what can be produced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dusktape.compose.again import Again
from dusktape.compose.between import like, mixed
from dusktape.compose.control import Control
from dusktape.compose.networks import runs_of
from dusktape.compose.onward import SHORTEST_BARS, Onward
from dusktape.compose.take import HANDS, HARMONY, ROLES
from dusktape.compose.under import Under
from dusktape.core.errors import InputError, suggestion
from dusktape.core.recipe import Recipe
from dusktape.core.roles import PARTS
from dusktape.core.score import BAR, Key, Score
from dusktape.core.seed import Seed
from dusktape.publish import provenance
from dusktape.publish.deliver import DEFAULT_LICENCE, title_of
from dusktape.studio import theirs
from dusktape.studio.cast import cast, check_cast
from dusktape.studio.wish import Wish, checked_seed

_ALIASES = {"melody": "lead", "chords": HARMONY, "comping": "keys", "drum": "drums"}
_MIDWAY = 0.5
_AS_IT_WAS = (
    "--from makes one track as it was; leave out the recipe, --seed, --count and what changes it, "
    "or say what to do again: --again"
)
_AGAIN = (
    "--from with --keep or --again leaves the recipe as it was; leave out the recipe, --composer and what changes it"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What to make a track of, beside recipe and seed; None for what is not asked.

    Parameters
    ----------
    origin
        A `track.json`.
    keep, again
        Parts of it to keep, or to do again: some of `take.ROLES`, or `melody` and `chords`.
    bars
        First and last, counted from 1; where to do so.
    onward, under
        A MIDI file to go on from; one to play under.
    like, mix
        Two `track.json`, and how near to the second.
    """

    origin: Path | None = None
    keep: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    bars: tuple[int, int] | None = None
    onward: Path | None = None
    under: Path | None = None
    like: tuple[Path, Path] | None = None
    mix: float | None = None

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises
        ------
        InputError
            Naming two options that do not go together, or one that is missing.
        """
        given = {"--from": self.origin, "--continue": self.onward, "--under": self.under, "--like": self.like}
        several = [name for name, value in given.items() if value is not None]
        if len(several) > 1:
            raise InputError(f"a track begins from one thing, not from {' and '.join(several)}; leave one out")
        if self.keep and self.again:
            raise InputError("--keep says what stays, --again what is done again; give one of them")
        if self.bars is not None and not (self.keep or self.again):
            raise InputError("--bars says where; say what with it: --again melody, or --keep drums")
        for name, value in (("--keep", self.keep), ("--again", self.again)):
            if value and self.origin is None:
                raise InputError(f"{name} is about a track there is; name its track.json with --from")
        if self.mix is not None and self.like is None:
            raise InputError("--mix lies between two songs; name them: --like A.json B.json")
        if self.mix is not None and not 0.0 <= self.mix <= 1.0:
            raise InputError(f"--mix goes from 0, the first song, to 1, the second, got {self.mix:g}; choose between")


@dataclass(frozen=True, slots=True)
class Commission:
    """One track to produce.

    Parameters
    ----------
    recipe, seed, control
        As `studio.production.Production` takes them.
    title, licence
        As the track's files will say.
    name
        For its files.
    said
        What a user may want to know first.
    """

    recipe: Recipe
    seed: Seed
    title: str
    licence: str
    name: str
    control: Control = field(default_factory=Control)
    said: tuple[str, ...] = ()


def commissions(
    wish: Wish,
    seed: int | None,
    asked: Asked,
    *,
    recipe_named: bool = True,
    count: int = 1,
    title: str | None = None,
    licence: str | None = None,
) -> list[Commission]:
    """Return what to produce: one track, or `count` of them with the seeds that follow.

    Parameters
    ----------
    wish
        The recipe and what to change in it.
    seed
        The song's, or that of what is done again; None draws one.
    asked
        What else.
    recipe_named
        Whether somebody chose the recipe.
    count, title, licence
        As for `dusktape make`.

    Raises
    ------
    DusktapeError
        If options contradict each other, or a file is not what it should be.
    """
    asked.check()
    changes = _changes(wish, recipe_named=recipe_named)
    if asked.origin is not None:
        again = bool(asked.keep or asked.again)
        if changes or wish.composers or (not again and (seed is not None or count != 1)):
            raise InputError(_AGAIN if again else _AS_IT_WAS)
        known = provenance.read(asked.origin)
        return (
            [_edited(known, asked, s, title, licence) for s in _seeds(seed, count)]
            if again
            else [_as_it_was(known, title, licence)]
        )
    terms = licence or DEFAULT_LICENCE
    if asked.like is not None:
        if changes:
            raise InputError("--like takes recipe and settings from its two songs; leave out what changes them")
        songs = provenance.read(asked.like[0]), provenance.read(asked.like[1])
        takes = [o.control.take(o.recipe, o.seed).written for o in songs]
        mix = _MIDWAY if asked.mix is None else asked.mix
        return [_between(songs, takes, mix, wish.composers, s, title, terms) for s in _seeds(seed, count)]
    made = []
    for s in _seeds(seed, count):
        resolved, control, said = _begun(wish, asked, s)
        name = f"{resolved.name}-{s.value}"
        made.append(Commission(resolved, s, title_of(resolved, s, title), terms, name, control, said))
    return made


def _seeds(seed: int | None, count: int) -> list[Seed]:
    first = checked_seed(seed)
    return [Seed(first.value + k) for k in range(count)]


def _changes(wish: Wish, *, recipe_named: bool) -> bool:
    told = (wish.minutes, wish.bpm, wish.key, wish.mood, wish.loudness_lufs)
    return recipe_named or bool(wish.settings) or any(value is not None for value in told)


def _as_it_was(known: provenance.Origin, title: str | None, licence: str | None) -> Commission:
    return Commission(
        known.recipe,
        known.seed,
        title or known.title,
        licence or known.licence,
        _name(known.recipe, known.seed, known.control),
        known.control,
    )


def _name(recipe: Recipe, seed: Seed, control: Control) -> str:
    return "-".join([recipe.name, str(seed.value), *(str(e.seed) for e in control.edits)])


def roles(words: Sequence[str], recipe: Recipe, option: str) -> tuple[str, ...]:
    """Return the roles that words name, of those that a song has.

    Raises
    ------
    InputError
        If one names nothing, or a part that does not play.
    """
    playing = [HARMONY, *(p for p in PARTS if p in recipe.parts and recipe.parts[p].on)]
    found = []
    for word in words:
        role = _ALIASES.get(word, word)
        if role not in ROLES:
            raise InputError(f"{option}: there is no part {word!r}{suggestion(word, (*playing, *_ALIASES))}")
        if role not in playing:
            raise InputError(f"{option}: no {word} plays in this song; it has {', '.join(playing)}")
        found.append(role)
    return tuple(found)


def _edited(known: provenance.Origin, asked: Asked, seed: Seed, title: str | None, licence: str | None) -> Commission:
    recipe = known.recipe
    if asked.again:
        what = set(roles(asked.again, recipe, "--again"))
    else:
        kept = set(roles(asked.keep, recipe, "--keep"))
        kept |= {HARMONY} if kept & set(HANDS) else set()  # they are the chords, and stay with them
        what = {r for r in (HARMONY, *PARTS) if r == HARMONY or (r in recipe.parts and recipe.parts[r].on)} - kept
        if not what:
            raise InputError("--keep keeps every part; leave out what is to be done again")
    if "lead" in what and asked.bars is None and isinstance(known.control.start, Under):
        raise InputError("the melody of this track was given; say in which --bars to write another, or keep it")
    edit = Again(tuple(what), seed.value, asked.bars)
    control = replace(known.control, edits=(*known.control.edits, edit))
    base = known.title.partition(" (take ")[0]
    return Commission(
        recipe,
        known.seed,
        title or f"{base} (take {seed.value})",
        licence or known.licence,
        _name(recipe, known.seed, control),
        control,
    )


def _between(
    songs: Sequence[provenance.Origin],
    written: Sequence[Score],
    mix: float,
    composers: Sequence[str],
    seed: Seed,
    title: str | None,
    licence: str,
) -> Commission:
    recipe = mixed(songs[0].recipe, songs[1].recipe, mix, seed)
    if composers:
        recipe = recipe.model_copy(update=cast(composers))
        check_cast(recipe)
    run = runs_of(recipe).get("song")
    control = Control(like(written[0], written[1], mix, run.open() if run else None))
    said = (f"between “{songs[0].title}” and “{songs[1].title}”, {mix:g}",)
    name = f"{recipe.name}-{seed.value}"
    return Commission(recipe, seed, title_of(recipe, seed, title), licence, name, control, said)


def _begun(wish: Wish, asked: Asked, seed: Seed) -> tuple[Recipe, Control, tuple[str, ...]]:
    """Return recipe and control of a song that begins from a recipe, or from somebody's MIDI file."""
    path = asked.under or asked.onward
    if path is None:
        return wish.resolve(seed), Control(), ()
    if asked.under and wish.minutes is not None:
        raise InputError("a track under a melody is as long as its melody; leave out --minutes")
    key = None if wish.key is None else Key.parse(wish.key)
    read = theirs.read_melody if asked.under else theirs.read_song
    found = read(path, bpm=wish.bpm, key=key)
    settings = [f"tempo.swing={found.swing}"] if found.swing is not None else []
    settings += ["melody.first_a=true"] if asked.onward else []
    told = replace(wish, bpm=found.score.bpm, key=found.score.key.name, settings=(*settings, *wish.settings))
    recipe = told.resolve(seed)
    score = theirs.seated(found, recipe, path)
    score = replace(score, bpm=recipe.tempo.bpm, key=Key.parse(recipe.key))
    if asked.under:
        return recipe, Control(Under(score)), found.said
    begins_s = score.seconds(-(-score.length // BAR) * BAR)
    if wish.minutes is not None and 60.0 * wish.minutes < begins_s + SHORTEST_BARS * 240.0 / score.bpm:
        raise InputError(
            f"{path} lasts {begins_s / 60.0:.1f} minutes already; choose more --minutes, or leave them out"
        )
    return recipe, Control(Onward(score)), found.said


def parse_parts(text: str | Sequence[str] | None, option: str) -> tuple[str, ...]:
    """Read `drums,harmony`, or a list of such words.

    Raises
    ------
    InputError
        If it names nothing.
    """
    if text is None:
        return ()
    words = text.split(",") if isinstance(text, str) else list(text)
    if not words or not all(isinstance(w, str) and w.strip() for w in words):
        raise InputError(f"{option} wants parts, got {text!r}; name some, as in drums,harmony")
    return tuple(dict.fromkeys(w.strip().lower() for w in words))


def parse_bars(value: Any) -> tuple[int, int] | None:
    """Read `9-12`, `9`, 9 or (9, 12): bars as they are heard, counted from 1.

    Raises
    ------
    InputError
        If it is something else.
    """
    if value is None:
        return None
    try:
        pair = value.split("-") if isinstance(value, str) else [value] if isinstance(value, int) else list(value)
        first, last = int(pair[0]), int(pair[-1])
        if len(pair) > 2 or not 1 <= first <= last:
            raise ValueError
    except (TypeError, ValueError, IndexError):
        raise InputError(f"{value!r} are no bars; write first and last, counted from 1, as in 9-12") from None
    return first, last
