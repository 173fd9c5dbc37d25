"""The user's own sounds by name, as words of a phrase: `my_font piano, no drums`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dusktape.core.errors import PluginError
from dusktape.core.letters import latin
from dusktape.core.params import parameters
from dusktape.core.plugins import find
from dusktape.studio import yours
from dusktape.studio.seating import DRUMS, plays_drums, starts_with, takes_notes
from dusktape.studio.terms import Term
from dusktape.studio.vocabulary import Entry, Vocabulary, letters_of

SHORTEST_NAME = 3
"""Letters of the shortest name that is looked for in a phrase."""

_MOST_TERMS = 5
"""Words of a preset that are read; a full stop counts as one."""

_SHOWN = 4
_SUSTAINED = frozenset(("pad", "pads", "string", "strings", "choir", "choirs", "voices", "aahs", "oohs"))
"""Words in a preset's name that say that it plays the pad."""

_PLAYS = ("keys", "lead", "pad", "bass")


def own_words(phrase: str, words: Vocabulary, scenes: Mapping[str, object]) -> dict[str, Entry]:
    """Return letters to what the user's own sounds mean that a phrase may name.

    What the vocabulary or a recipe has the letters of keeps its meaning, so that a phrase that works goes on to mean
    what it meant; so does a name that two sounds have but for its capitals and marks.

    Parameters
    ----------
    phrase
        As typed.
    words, scenes
        What is known beside that; the names of recipes are the keys.
    """
    typed = letters_of([latin(phrase)])
    named: dict[str, list[str]] = {}
    for name in yours.names():
        letters = letters_of([name])
        if len(letters) >= SHORTEST_NAME and letters in typed and not _known(letters, words, scenes):
            named.setdefault(letters, []).append(name)
    return {letters: _entry(names[0]) for letters, names in named.items() if len(names) == 1}


def hidden(words: Vocabulary, scenes: Mapping[str, object]) -> dict[str, str]:
    """Return the user's own sounds that a phrase cannot name, since something else is called so, and a line on each.

    A word that asks for a part of the very name (`organ`) plays the user's. What is broken plays nowhere.

    Parameters
    ----------
    words, scenes
        As for `own_words`.
    """
    recipes = {letters_of([name]) for name in scenes}
    told = {}
    for name in yours.names():
        letters = letters_of([name])
        entry = words.entry(letters)
        if not _known(letters, words, scenes) or (entry and name in (*entry.instruments, entry.texture)):
            continue
        try:
            use = f"--effect {name}" if takes_notes(name) is False else f"--set {_seat(name)}.instrument={name}"
        except PluginError:
            continue
        what = "is a recipe" if letters in recipes else "means something else"
        told[name] = f"in words {name!r} {what}, not your sound {name}; to play that, use {use}, or rename its file"
    return told


def _seat(name: str) -> str:
    return DRUMS if plays_drums(name) is True else "keys"


def _known(letters: str, words: Vocabulary, scenes: Mapping[str, object]) -> bool:
    return bool(words.entry(letters) or words.kinds(letters)) or letters in {letters_of([name]) for name in scenes}


def _entry(name: str) -> Entry:
    def plays(*roles: str, sounds: tuple[str, ...] = ()) -> Entry:
        return Entry("instrument", name, (name,), {}, instruments=(name,), roles=roles, own=True, sounds=sounds)

    try:
        kind = find("instruments", name)
    except PluginError:  # seated, it says what is wrong with it
        return plays(*_PLAYS)
    if takes_notes(name) is False:
        return Entry("texture", name, (name,), {}, texture=name, own=True)
    sounds = next((p.choices for p in parameters(kind) if p.name == "preset"), ())
    if plays_drums(name) is True:
        return plays(DRUMS, sounds=sounds)
    return plays(*_PLAYS, *([DRUMS] if starts_with(kind, DRUMS) else []), sounds=sounds)


def with_presets(cut: Sequence[Term]) -> tuple[list[Term], list[str]]:
    """Return the terms with the words behind a SoundFont that name one of its presets joined to it, and remarks.

    The longest run of words that stands in a preset's name counts. If several presets have it and none is called just
    that, a remark names them, and the first of them plays.

    Parameters
    ----------
    cut
        Of `studio.terms`.
    """
    told: list[Term] = []
    said: list[str] = []
    left = list(cut)
    while left:
        term = left.pop(0)
        if term.entry is None or not term.entry.own:
            told.append(term)
            continue
        joined, count, remark = _joined(term, left)
        told.append(joined)
        said += [remark] if remark else []
        del left[:count]
    return told, said


def _joined(font: Term, following: Sequence[Term]) -> tuple[Term, int, str]:
    entry = font.entry
    assert entry is not None
    font = replace(font, text=entry.name)
    run = next((k for k, term in enumerate(following) if _ends(term)), len(following))
    for count in range(min(run, _MOST_TERMS), 0, -1):
        text = " ".join(term.text for term in following[:count]).replace(" . ", ".")
        like = [] if following[count - 1].text == "." else _like(text, entry.sounds)
        if _words(text) == {DRUMS}:  # steel drums are none
            like = [name for name in like if plays_drums(entry.name, {"preset": name}) is True]
        if not like:
            continue
        exact = [name for name in like if letters_of([name]) == letters_of([text])]
        said = {role for role in entry.roles if role in _words(text)}
        several = len(like) > 1 and not exact
        if several and not said and following[0].entry is not None and following[0].entry.group == "players":
            break
        preset = (exact or like)[0]
        drums = plays_drums(entry.name, {"preset": preset}) is True
        able = tuple(role for role in entry.roles if (role == DRUMS) is drums)
        roles = tuple(role for role in able if role in said) or able
        if not said and _SUSTAINED & _words(preset):
            roles = tuple(sorted(able, key=lambda role: role != "pad"))
        named = replace(font, text=f"{font.text} {text}", entry=replace(entry, preset=preset, roles=roles))
        return named, count, _choice(named.text, like) if several else ""
    return font, 0, ""


def _choice(text: str, like: Sequence[str]) -> str:
    more = f" and {len(like) - _SHOWN} more" if len(like) > _SHOWN else ""
    return f"{text} may be {', '.join(like[:_SHOWN])}{more}: the first plays, or say which"


def _ends(term: Term) -> bool:
    return (
        term.figure is not None
        or ("stop" in term.kinds and term.text != ".")
        or bool(term.kinds & {"no", "and", "or", "only"})
    )


def _like(text: str, sounds: Sequence[str]) -> list[str]:
    asked = _words(text)
    return [name for name in dict.fromkeys(sounds) if asked and asked <= _words(name)]


def _words(text: str) -> set[str]:
    return {word.casefold() for word in re.findall(r"[^\W_]+", text)}
