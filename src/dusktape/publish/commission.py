"""What is asked for, from a recipe alone to parts done again, turned into what can be produced."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dusktape.compose.again import Again
from dusktape.compose.between import like, mixed
from dusktape.compose.byhand import ByHand, by_hand
from dusktape.compose.control import Control
from dusktape.compose.loop import Loop, wrapped
from dusktape.compose.networks import runs_of
from dusktape.compose.onward import SHORTEST_BARS, Onward
from dusktape.compose.starts import Plain, Start
from dusktape.compose.take import HANDS, HARMONY, ROLES, SUNG
from dusktape.compose.under import Under
from dusktape.core.errors import InputError, suggestion
from dusktape.core.level import Level
from dusktape.core.recipe import Recipe
from dusktape.core.roles import PARTS
from dusktape.core.score import BAR, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.publish.asked import ALIASES, Asked, role
from dusktape.publish.deliver import DEFAULT_LICENCE, OF_THE_SOURCE, terms_of, title_of
from dusktape.publish.provenance import Origin, read
from dusktape.studio import presets, theirs, yours
from dusktape.studio.batch import ALL, recipe_names, spread
from dusktape.studio.cast import cast, check_cast
from dusktape.studio.levels import levelled
from dusktape.studio.wish import Wish, checked_seed
from dusktape.studio.words import hear

_ALIASES = {**ALIASES, "chords": HARMONY}
_MIDWAY = 0.5
_AS_IT_WAS = (
    "--from makes one track as it was; leave out the recipe, --seed, --count and what changes it, "
    "or say what to do again: --again, or to change: --set"
)
_AGAIN = (
    "--from with --keep, --again or --notes leaves the recipe as it was; "
    "leave out the recipe, --composer and what changes it"
)


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
    recipes: Sequence[str] = (),
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
    recipes
        Recipes that take turns, spread over what they can do, in place of the wish's; `all` names every one.

    Raises
    ------
    DusktapeError
        If options contradict each other, or a file is not what it should be.
    """
    asked.check()
    if recipes:
        return _batch(wish, seed, asked, recipes, count, title, licence, recipe_named=recipe_named)
    changed = _changed(wish, recipe_named=recipe_named)
    if asked.origin is not None:
        return _from_a_track(asked.origin, wish, seed, asked, count, title, licence, recipe_named=recipe_named)
    if asked.like is not None:
        if changed:
            raise InputError("--like takes recipe and settings from its two songs; leave out what changes them")
        songs = [_read(one) for one in asked.like]
        takes = [o.control.take(o.recipe, o.seed).written for o in songs]
        mix = _MIDWAY if asked.mix is None else asked.mix
        return [_between(songs, takes, mix, wish.composers, s, title, licence) for s in _seeds(seed, count)]
    return [_begun(wish, asked, s, title, licence) for s in _seeds(seed, count)]


def _from_a_track(
    origin: Path | Origin,
    wish: Wish,
    seed: int | None,
    asked: Asked,
    count: int,
    title: str | None,
    licence: str | None,
    *,
    recipe_named: bool,
) -> list[Commission]:
    if not asked.edits:
        otherwise = _changed(replace(wish, settings=()), recipe_named=recipe_named)
        if otherwise or wish.composers or seed is not None or count != 1:
            raise InputError(_AS_IT_WAS)
        if asked.loop is not None:
            return [_loop_of(_read(origin), wish, asked, title, licence)]
        return [_as_it_was(_set_otherwise(_read(origin), wish.settings), asked, title, licence)]
    if _changed(wish, recipe_named=recipe_named) or wish.composers:
        raise InputError(_AGAIN)
    known = _read(origin)
    if asked.notes is not None:
        if seed is not None or count != 1:
            raise InputError("--notes are as they are written; leave out --seed and --count")
        control = known.control.and_then(_different(asked.notes, known))
        return [_as_it_was(replace(known, control=control), asked, title, licence)]
    return [_edited(known, asked, s, title, licence) for s in _seeds(seed, count)]


def _loop_of(known: Origin, wish: Wish, asked: Asked, title: str | None, licence: str | None) -> Commission:
    """Return a loop of a track's first material. What was done in some of its bars, or by hand, has no place there."""
    if not isinstance(known.control.start, (Plain, Loop)) or asked.loop is None or wish.settings:
        raise InputError("--loop with --from is of a song as a recipe and a seed began it; leave out --from, or --loop")
    fitting = tuple(e for e in known.control.edits if isinstance(e, Again) and e.bars is None)
    control = Control(Loop(asked.loop), fitting, known.control.levels)
    job = _as_it_was(replace(known, control=control), asked, title, licence)
    if len(fitting) == len(known.control.edits):
        return job
    return replace(job, said=("what was done by hand, or in some bars only, is not in the loop",))


def _different(notes: Mapping[str, tuple[Note, ...]], known: Origin) -> ByHand:
    """Return the parts whose notes are other ones than the track has: an edited MIDI file holds all of them."""
    take = known.control.take(known.recipe, known.seed)
    heard = (wrapped(take.played) if isinstance(known.control.start, Loop) else take.played).parts
    edit = ByHand({part: given for part, given in ByHand(notes).parts.items() if given != heard.get(part, ())})
    if not edit.parts:
        raise InputError("--notes are those that the track has already; change some, or leave them out")
    by_hand(take, known.recipe, edit)  # refuses what cannot be in this song
    return edit


def _set_otherwise(known: Origin, settings: Sequence[str]) -> Origin:
    """Return what a track is made from, with some of its recipe set otherwise; every other choice stays closed."""
    if not settings:
        return known
    table = known.recipe.model_dump(mode="json")
    options = presets.places(table, settings)
    recipe = presets.resolve(presets.override(table, settings), known.seed, where=known.recipe.name, options=options)
    terms = known.licence
    if terms == DEFAULT_LICENCE and yours.plays(recipe) and not yours.plays(known.recipe):
        terms = OF_THE_SOURCE
    return replace(known, recipe=recipe, licence=terms)


def _mixed(control: Control, recipe: Recipe, asked: Asked) -> Control:
    if asked.levels is None and not asked.solo:
        return control
    levels, alone = dict(asked.levels or {}), {role(word) for word in asked.solo}
    levelled(recipe, {**levels, **dict.fromkeys(alone, Level())})  # refuses parts that do not play
    for name, part in recipe.parts.items():
        if alone and part.on and name not in alone:
            levels[name] = replace(levels.get(name, Level()), mute=True)
    return replace(control, levels=levels)


def _batch(
    wish: Wish,
    seed: int | None,
    asked: Asked,
    recipes: Sequence[str],
    count: int,
    title: str | None,
    licence: str | None,
    *,
    recipe_named: bool,
) -> list[Commission]:
    if replace(asked, loop=None) != Asked():
        raise InputError("--recipes makes fresh tracks; leave out what they should begin from")
    if recipe_named:
        raise InputError(f"--recipes or the recipe {wish.recipe!r}: give one of them")
    control = Control(_start(wish, asked))
    said = tuple(presets.recipe_remarks()) if ALL in recipes else ()
    songs = spread(wish, recipe_names(recipes), count, checked_seed(seed))
    width = len(str(count))
    return [
        Commission(
            recipe,
            own,
            title_of(recipe, own, title),
            terms_of(recipe, licence),
            f"{place:0{width}d}-{_name(recipe, own, control)}",
            control,
            said if place == 1 else (),
        )
        for place, (recipe, own) in enumerate(songs, start=1)
    ]


def _read(origin: Path | Origin) -> Origin:
    return origin if isinstance(origin, Origin) else read(origin)


def _seeds(seed: int | None, count: int) -> list[Seed]:
    first = checked_seed(seed)
    return [Seed(first.value + k) for k in range(count)]


def _changed(wish: Wish, *, recipe_named: bool) -> bool:
    told = (wish.minutes, wish.bpm, wish.key, wish.mood, wish.loudness_lufs)
    return recipe_named or bool(wish.settings) or any(value is not None for value in told)


def _as_it_was(known: Origin, asked: Asked, title: str | None, licence: str | None) -> Commission:
    control = _mixed(known.control, known.recipe, asked)
    return Commission(
        known.recipe,
        known.seed,
        title_of(known.recipe, known.seed, title or known.title),
        licence or known.licence,
        _name(known.recipe, known.seed, control),
        control,
    )


def _name(recipe: Recipe, seed: Seed, control: Control) -> str:
    bars = [f"loop{control.start.bars}"] if isinstance(control.start, Loop) else []
    return "-".join([recipe.name, str(seed.value), *bars, *control.marks])


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


def _edited(known: Origin, asked: Asked, seed: Seed, title: str | None, licence: str | None) -> Commission:
    recipe = known.recipe
    if asked.again:
        what = set(roles(asked.again, recipe, "--again"))
    else:
        kept = set(roles(asked.keep, recipe, "--keep"))
        kept |= {HARMONY} if kept & set(HANDS) else set()  # they are the chords, and stay with them
        kept |= set(SUNG) if kept & set(SUNG) else set()
        what = {r for r in (HARMONY, *PARTS) if r == HARMONY or (r in recipe.parts and recipe.parts[r].on)} - kept
        if not what:
            raise InputError("--keep keeps every part; leave out what is to be done again")
    if "lead" in what and asked.bars is None and isinstance(known.control.start, Under):
        raise InputError("the melody of this track was given; say in which --bars to write another, or keep it")
    edit = Again(tuple(what), seed.value, asked.bars)
    control = _mixed(known.control.and_then(edit), recipe, asked)
    base = known.title.partition(" (take ")[0]
    return Commission(
        recipe,
        known.seed,
        title_of(recipe, known.seed, title or f"{base} (take {seed.value})"),
        licence or known.licence,
        _name(recipe, known.seed, control),
        control,
    )


def _between(
    songs: Sequence[Origin],
    written: Sequence[Score],
    mix: float,
    composers: Sequence[str],
    seed: Seed,
    title: str | None,
    licence: str | None,
) -> Commission:
    recipe = mixed(songs[0].recipe, songs[1].recipe, mix, seed)
    if composers:
        recipe = recipe.model_copy(update=cast(composers))
        check_cast(recipe)
    run = runs_of(recipe).get("song")
    control = Control(like(written[0], written[1], mix, run.open() if run else None))
    said = (f"between “{songs[0].title}” and “{songs[1].title}”, {mix:g}",)
    name = f"{recipe.name}-{seed.value}"
    return Commission(recipe, seed, title_of(recipe, seed, title), terms_of(recipe, licence), name, control, said)


def _begun(wish: Wish, asked: Asked, seed: Seed, title: str | None, licence: str | None) -> Commission:
    """Return a song that begins from a recipe, or from somebody's MIDI file."""
    if path := asked.under or asked.onward:
        recipe, control, said = _from_midi(wish, path, seed, under=asked.under is not None)
    else:
        recipe, control, said = wish.resolve(seed), Control(_start(wish, asked)), ()
    control = _mixed(control, recipe, asked)
    terms, name = terms_of(recipe, licence), _name(recipe, seed, control)
    return Commission(recipe, seed, title_of(recipe, seed, title), terms, name, control, said)


def _start(wish: Wish, asked: Asked) -> Start:
    """Return where a fresh song starts; a loop may be asked for in words, too."""
    heard = hear(wish.recipe)
    said = heard.loop if heard else None
    bars = said if asked.loop is None else asked.loop
    if bars is None:
        return Plain()
    if wish.minutes is not None:
        given = "the loop in the wish" if bars == said else "--loop"
        raise InputError(f"a loop is as long as its bars; leave out --minutes, or {given}")
    return Loop(bars)


def _from_midi(wish: Wish, path: Path, seed: Seed, *, under: bool) -> tuple[Recipe, Control, tuple[str, ...]]:
    if under and wish.minutes is not None:
        raise InputError("a track under a melody is as long as its melody; leave out --minutes")
    key = None if wish.key is None else Key.parse(wish.key)
    understood = theirs.read_melody if under else theirs.read_song
    found = understood(path, bpm=wish.bpm, key=key)
    settings = [f"tempo.swing={found.swing}"] if found.swing is not None else []
    settings += [] if under else ["melody.first_a=true", f"melody.density={theirs.density(found.score)}"]
    told = replace(wish, bpm=found.score.bpm, key=found.score.key.name, settings=(*settings, *wish.settings))
    recipe = told.resolve(seed)
    score = replace(theirs.seated(found, recipe, path), bpm=recipe.tempo.bpm, key=Key.parse(recipe.key))
    if under:
        return recipe, Control(Under(score)), found.said
    onward = Onward(score)
    begins_s = score.seconds(onward.bars * BAR)
    shortest = (begins_s + SHORTEST_BARS * 240.0 / score.bpm) / 60.0
    if wish.minutes is not None and wish.minutes < shortest:
        raise InputError(
            f"{path} lasts {begins_s:.0f} s, and at least {SHORTEST_BARS} bars follow; "
            f"choose --minutes {math.ceil(10.0 * shortest) / 10.0:g} or more, or leave it out"
        )
    return recipe, Control(onward), found.said
