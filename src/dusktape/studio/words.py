"""A wish in words: `slow rainy night, felt piano, no drums`, read by a fixed vocabulary and laid over a recipe.

Nothing is guessed or learned: every word and what it does stands in `presets/words.toml`, and what is not there is
passed over and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath
from typing import Any

from dusktape.core.errors import RecipeError
from dusktape.core.plugins import names
from dusktape.core.roles import MOODS
from dusktape.studio import presets
from dusktape.studio.figures import LENGTH, LOOP
from dusktape.studio.named import own_words, with_presets
from dusktape.studio.overlay import Overlay
from dusktape.studio.phrase import Reading, Wanted, read, terms
from dusktape.studio.vocabulary import Entry, Vocabulary, vocabulary

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
    build = _Build(presets.load(base), chooser)
    understood = [one for one in _seated(told.wanted, build) if build.can(one)]
    if not understood:
        missing = f" (no such part here: {', '.join(build.missing)})" if build.missing else ""
        known = ", ".join(sorted(presets.recipe_files()))
        raise RecipeError(
            f"nothing in {phrase!r} says how it should sound{missing}; the words are in {PAGE}, the recipes are {known}"
        )
    ranks = {group: rank for rank, group in enumerate(words.groups)}
    loop = build.loop(understood)
    for one in sorted(understood, key=lambda w: ranks[w.term.entry.group] if w.term.entry else len(ranks)):
        build.add(one)
    for place, one in enumerate(understood):
        build.treat(one, understood[place + 1 : place + 2])
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


def _seated(wanted: Iterable[Wanted], build: _Build) -> list[Wanted]:
    """Return what is wanted with a role for every instrument that plays: each takes its first one that is free."""
    taken: dict[str, Wanted] = {}
    seated = []
    for one in wanted:
        entry = one.term.entry
        if entry and entry.instruments and not one.negated and _there(entry):
            free = [role for role in entry.roles if role not in taken]
            role = one.role or (free or entry.roles)[0]
            if role in taken and taken[role].term.entry is not entry:
                build.notes.append(f"{taken[role].text} gives way to {one.text}")
            one = replace(one, role=role)
            taken[role] = one
        seated.append(one)
    return seated


def _there(entry: Entry) -> list[str]:
    return [name for name in entry.instruments if name in names("instruments")]


class _Build:
    """Settings as they come together, and who set them."""

    def __init__(self, table: Mapping[str, Any], chooser: Wanted | None) -> None:
        self.overlay = Overlay(table)
        self.notes: list[str] = []
        self.missing: list[str] = []
        self._chooser = chooser
        self._owners: dict[str, Wanted] = {}

    def can(self, one: Wanted) -> bool:
        """Return whether a wish means something here; name the part that is missing if not."""
        entry = one.term.entry
        if entry is None or one.negated or one is self._chooser:
            return True
        part = _part_missing(entry) or next(
            (str(v) for k, v in self._meant(one).items() if not self.overlay.possible(k, v)), ""
        )
        if part and not (entry.texture and (entry.set or entry.recipe == self._recipe)):
            same = part.replace("_", " ") == one.term.text.lower()
            self.missing.append(one.term.text + ("" if same else f" ({part})"))
            return False
        return True

    @property
    def _recipe(self) -> str:
        return str(self.overlay.name)

    def loop(self, wanted: Iterable[Wanted]) -> int | None:
        """Return the bars of the loop that is asked for, the last one of several; a length gives way to it."""
        figures = [(one, one.term.figure) for one in wanted if one.term.figure]
        loops = [(one, figure) for one, figure in figures if figure.path == LOOP]
        if not loops:
            return None
        last, bars = loops[-1]
        self.notes += [f"{one.text} gives way to {last.text}" for one, figure in loops if figure.value != bars.value]
        self.notes += [f"{one.text} gives way to {last.text}" for one, figure in figures if figure.path == LENGTH]
        return int(bars.value)

    def add(self, one: Wanted) -> None:
        """Lay a wish over what came before."""
        entry = one.term.entry
        if one.term.figure and one.term.figure.path != LOOP:
            self._set({one.term.figure.path: one.term.figure.value}, one)
        if entry is None:
            return
        if one.negated:
            self._refuse(entry, one)
            return
        if entry.times is not None:
            factors = {"very": entry.very, "slightly": entry.slightly}.get(one.degree) or entry.times
            for path, factor in factors.items():
                self.overlay.scale(path, factor)
            return
        self._set({k: v for k, v in self._meant(one).items() if self.overlay.possible(k, v)}, one)
        there = _there(entry)
        if there and one.role:
            self.overlay.seat(one.role, there)
            self._owners[one.role] = one
            if entry.preset:
                self._set({f"parts.{one.role}.params.preset": entry.preset}, one)
        if entry.texture in names("instruments"):
            self.overlay.texture(entry.texture, one.degree)
        if entry.device in names("effects"):
            self._set({f"{entry.chain}.{entry.device}": True}, one)

    def _meant(self, one: Wanted) -> Mapping[str, Any]:
        entry = one.term.entry
        assert entry is not None
        if entry.times is not None:
            return {}
        return {"very": entry.very, "slightly": entry.slightly}.get(one.degree) or entry.set

    def treat(self, one: Wanted, following: Iterable[Wanted]) -> None:
        """Let a treatment play what the part it is for would have played: the next instrument, or its own part's."""
        entry = one.term.entry
        if entry and entry.treatment and not one.negated:
            role = next((after.role for after in following if after.role in ("keys", "lead")), entry.roles[0])
            self.overlay.treat(role, entry.treatment)

    def _refuse(self, entry: Entry, one: Wanted) -> None:
        if entry.texture and entry.negated is not None:  # only how it sounds is refused: rain without thunder is rain
            self._set({k: v for k, v in entry.negated.items() if k not in self._owners}, one)
            return
        if entry.texture:
            self.overlay.silence(entry.texture)
        if entry.device in names("effects"):
            self._set({f"{entry.chain}.{entry.device}": False}, one)
        for role in entry.roles:
            self.overlay.avoid(f"parts.{role}.instrument", entry.instruments or [entry.treatment])
            self.overlay.avoid_source(role, entry.instruments)
        if entry.roles and entry.instruments:
            self.overlay.avoid("parts.guest.instrument", entry.instruments)
        if entry.negated is not None:
            self._set(entry.negated, one)
            return
        for path, value in entry.set.items():
            if isinstance(value, bool):
                self._set({path: not value}, one)
            elif isinstance(value, str):
                self.overlay.avoid(path, [value], among=MOODS if path == "mood" else ())

    def _set(self, changes: Mapping[str, Any], one: Wanted) -> None:
        for path, value in changes.items():
            old = self._owners.get(path)
            if old and old is not one and self.overlay.get(path) != value:
                if path == "mood" and not _opposed(old, one):
                    value = _either(self.overlay.get(path), value)
                elif _opposed(old, one):
                    self.notes.append(f"{old.text} gives way to {one.text}")
            self.overlay.set(path, value)
            self._owners[path] = one

    def silence(self, wanted: Iterable[Wanted]) -> None:
        """Leave only the players that were named; an instrument that is alone plays the melody too."""
        named = {one.role for one in wanted if one.role} | {role for role in self._owners if "." not in role}
        named |= {path.split(".")[1] for path in self._owners if path.startswith("parts.") and path.endswith(".on")}
        if any(one.term.entry and one.term.entry.group == "kit" and not one.negated for one in wanted):
            named.add("drums")
        if not named & {"keys", "lead", "pad", "bass", "drums"}:
            return
        self.overlay.only(named)


def _part_missing(entry: Entry) -> str:
    if entry.instruments and not _there(entry):
        return entry.instruments[0]
    if entry.texture and entry.texture not in names("instruments"):
        return entry.texture
    if entry.treatment and entry.treatment not in names("instruments"):
        return entry.treatment
    if entry.device and entry.device not in names("effects"):
        return entry.device
    return ""


def _opposed(old: Wanted, new: Wanted) -> bool:
    if new.term.figure or old.term.figure:
        return True
    ours, theirs = new.term.entry, old.term.entry
    return bool(ours and theirs and (ours is theirs or ours.contradicts(theirs)))


def _either(old: Any, new: Any) -> dict[str, Any]:
    both = [v for one in (old, new) for v in (one["any_of"] if isinstance(one, Mapping) else [one])]
    return {"any_of": list(dict.fromkeys(both))}
