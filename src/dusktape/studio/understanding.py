"""A phrase understood: its words read, seated in a recipe's parts and laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dusktape.core.errors import RecipeError
from dusktape.core.roles import PARTS
from dusktape.studio import presets
from dusktape.studio.building import NOBODY, Build, playable
from dusktape.studio.figures import LOOP
from dusktape.studio.named import hidden, own_words, with_presets
from dusktape.studio.phrase import Reading, Wanted, read
from dusktape.studio.terms import Term, terms
from dusktape.studio.vocabulary import Vocabulary, letters_of, vocabulary
from dusktape.studio.words import FALLBACK, PAGE, Heard

_PLAYED = ("no music", "no instruments")
"""What is done, and so not passed over, where nobody plays."""

_LOOPS = ("loop", "loops", "looping", "looped", "loopable")


def understood(phrase: str) -> Heard | None:
    """Return what a phrase says; None for one word that the vocabulary does not have exactly as it is typed.

    Parameters
    ----------
    phrase
        In one line.

    Raises
    ------
    RecipeError
        If nothing in it is understood, or it asks for what cannot be.
    InputError
        If it asks for a loop of a number of bars that no loop has.
    """
    words, scenes = vocabulary(), presets.recipe_files()
    own = own_words(phrase, words, scenes)
    cut, spelled = terms(phrase, words, scenes, own)
    if not any(term.figure or term.scene or term.entry for term in cut) and _loops_of_no_length(cut):
        raise RecipeError(
            f"{phrase!r} says neither how many bars the loop has nor how it sounds; write '4 bar loop' or "
            "'rainy 8 bar loop', or leave the words out: dusktape make --loop 4"
        )
    if len(phrase.split()) == 1 and (spelled or not any(t.entry or t.figure or t.scene for t in cut)):
        return None
    cut, remarks = with_presets(cut)
    read_as = [f"{typed!r} was read as {word}" for typed, word in spelled.items()]
    said = {letters_of([term.text]) for term in cut}
    remarks += [line for name, line in hidden(words, scenes).items() if letters_of([name]) in said]
    told = read(cut)
    told.unknown += _loops_of_no_length(cut)
    return _heard(phrase, told, (*remarks, *read_as), words)


def unheard() -> list[str]:
    """Return a line on each of the user's own sounds that no phrase can name, because something else is called so."""
    return list(hidden(vocabulary(), presets.recipe_files()).values())


def _loops_of_no_length(cut: Sequence[Term]) -> list[str]:
    """Return that a loop was asked for and nothing says how long it is."""
    if any(term.figure and term.figure.path == LOOP for term in cut):
        return []
    said = [t for t in cut if "ignored" in t.kinds and t.text.lower() in _LOOPS]
    return [f"{term.text} (of how many bars?)" for term in said[:1]]


def _heard(phrase: str, told: Reading, remarks: Iterable[str], words: Vocabulary) -> Heard:
    base, chooser = _base(told.wanted)
    build = Build(presets.load(base), chooser)
    understood = [one for one in _seated(told.wanted, build) if build.can(one)]
    if not understood:
        missing = f" (no such part here: {', '.join(build.missing)})" if build.missing else ""
        known = ", ".join(sorted(presets.working_recipes()))
        raise RecipeError(
            f"nothing in {phrase!r} says how it should sound{missing}; the words are in {PAGE}, the recipes are {known}"
        )
    loop = build.loop(understood)
    build.lay(understood, words.groups)
    others = build.silence(told.wanted, alone=told.alone) if told.only else ""
    if others == NOBODY:
        told.unknown = [one for one in told.unknown if not one.lower().endswith(_PLAYED)]
    elif told.only and not others:
        told.unknown.append(told.only)
    table = build.overlay.laid()
    table["description"] = phrase
    return Heard(
        phrase,
        base,
        tuple(one.text for one in understood) + ((others,) if others else ()),
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
