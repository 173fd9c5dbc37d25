"""A wish in words: `slow rainy night, felt piano, no drums`, read by a fixed vocabulary and laid over a recipe.

Nothing is guessed or learned: every word and what it does stands in `presets/words.toml`, and what is not there is
passed over and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from dusktape.core.errors import RecipeError
from dusktape.core.roles import PARTS
from dusktape.studio import presets
from dusktape.studio.building import Build, playable
from dusktape.studio.named import own_words, with_presets
from dusktape.studio.phrase import Reading, Wanted, read, terms
from dusktape.studio.vocabulary import Vocabulary, vocabulary

FALLBACK = "dusk"
LONGEST_PHRASE = 500
PAGE = "docs/guides/words.md"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a phrase was understood as.

    Parameters
    ----------
    phrase
        As typed, in one line.
    recipe
        Name of the recipe it is based on.
    understood
        What was read and how, in the words of the phrase.
    passed_over
        What means nothing here.
    missing
        What there is no part for.
    notes
        Wishes that gave way to later ones, and words that were read as others.
    settings
        Recipe key to value or choice: what was laid over the recipe.
    loop
        Bars of a loop that was asked for in place of a track; None for a track.
    tempo
        The words that say how fast it is.
    table
        The recipe with all this in it, its choices open.
    """

    phrase: str
    recipe: str
    understood: tuple[str, ...]
    passed_over: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    settings: Mapping[str, Any]
    table: Mapping[str, Any] = field(repr=False)
    loop: int | None = None
    tempo: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """Return what to tell the user: one line, or two."""
        first = f"understood: {', '.join(self.understood)}; from the recipe {self.recipe}"
        rest = [f"passed over: {', '.join(self.passed_over)}"] if self.passed_over else []
        rest += [f"no such part here: {', '.join(self.missing)}"] if self.missing else []
        rest += self.notes
        return (first, "; ".join(rest)) if rest else (first,)

    def facts(self) -> dict[str, Any]:
        """Return the same as plain data."""
        return {
            "phrase": self.phrase,
            "recipe": self.recipe,
            "understood": list(self.understood),
            "passed_over": list(self.passed_over),
            "missing": list(self.missing),
            "notes": list(self.notes),
            "settings": dict(self.settings),
            **({"loop": self.loop} if self.loop else {}),
        }


def hear(text: str) -> Heard | None:
    """Return what a phrase says; None for the name of a recipe or file, or a word that must be meant as one.

    Several words are a phrase. One word is, if the vocabulary has it exactly as it is typed.

    Raises
    ------
    RecipeError
        If nothing in it is understood, it asks for what cannot be, or it is too long.
    InputError
        If it asks for a loop of a number of bars that no loop has.
    """
    told = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if text in presets.recipe_files() or PurePath(text).suffix == ".toml" or not told:
        return None
    if len(told) > LONGEST_PHRASE:
        raise RecipeError(f"the phrase has {len(told)} characters; {LONGEST_PHRASE} are enough, leave some out")
    words, scenes = vocabulary(), presets.recipe_files()
    own = own_words(told, words, scenes)
    cut, spelled = terms(told, words, scenes, own)
    if len(told.split()) == 1 and (spelled or not any(t.entry or t.figure or t.scene for t in cut)):
        return None
    cut, remarks = with_presets(cut)
    read_as = [f"{typed!r} was read as {word}" for typed, word in spelled.items()]
    return _heard(told, read(cut), (*remarks, *read_as), words)


def _heard(phrase: str, told: Reading, remarks: Iterable[str], words: Vocabulary) -> Heard:
    base, chooser = _base(told.wanted)
    build = Build(presets.load(base), chooser)
    understood = [one for one in _seated(told.wanted, build) if build.can(one)]
    if not understood:
        missing = f" (no such part here: {', '.join(build.missing)})" if build.missing else ""
        known = ", ".join(sorted(presets.recipe_files()))
        raise RecipeError(
            f"nothing in {phrase!r} says how it should sound{missing}; the words are in {PAGE}, the recipes are {known}"
        )
    loop = build.loop(understood)
    build.lay(understood, words.groups)
    if told.only:
        build.silence(told.wanted)
    table = build.overlay.laid()
    table["description"] = phrase
    return Heard(
        phrase,
        base,
        tuple(one.text for one in understood) + (("no other players",) if told.only else ()),
        tuple(told.unknown),
        tuple(dict.fromkeys(build.missing)),
        (*dict.fromkeys(build.notes), *remarks),
        build.overlay.settings(),
        table,
        loop,
        build.said_of("tempo.bpm"),
    )


def _base(wanted: Iterable[Wanted]) -> tuple[str, Wanted | None]:
    """Return the recipe that fits best, and the word that chose it: a scene before anything else, the first of each."""
    known, second = presets.recipe_files(), None
    for one in wanted:
        entry = one.term.entry
        if one.term.scene and not one.negated:
            return one.term.scene, one
        if entry is None:
            continue
        if not one.negated and entry.recipe in known:
            return entry.recipe, one
        other = entry.not_recipe if one.negated else entry.else_recipe
        if second is None and other in known:
            second = other, one
    return second or (FALLBACK, None)


def _seated(wanted: Sequence[Wanted], build: Build) -> list[Wanted]:
    """Return what is wanted with a role for every instrument that plays: each takes its first one that is free."""
    taken: dict[str, Wanted] = {}
    refused = {f"parts.{role}.on" for role in PARTS} & {
        path for one in wanted if one.negated and one.term.entry for path in one.term.entry.negated or ()
    }
    seated = []
    for one in wanted:
        entry = one.term.entry
        if entry and entry.instruments and not one.negated and playable(entry):
            free = [role for role in entry.roles if role not in taken]
            free = [role for role in free if f"parts.{role}.on" not in refused] or free
            role = one.role or (free or entry.roles)[0]
            if role in taken and taken[role].term.entry is not entry:
                build.yields(taken[role], one)
            one = replace(one, role=role)
            taken[role] = one
        seated.append(one)
    return seated
