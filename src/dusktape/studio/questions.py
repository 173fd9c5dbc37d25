"""What one may be asked about a track before it is made, and the options of `dusktape make` that each answer means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dusktape.core.counting import counted
from dusktape.core.errors import PluginError
from dusktape.core.params import parameters
from dusktape.core.plugins import find, names
from dusktape.instruments.soundfont import SoundFont, named
from dusktape.io.soundfont import PERCUSSION, Preset
from dusktape.studio import catalogue, presets, yours
from dusktape.studio.kits import own_kits
from dusktape.studio.seating import plays_drums, takes_notes
from dusktape.studio.vocabulary import vocabulary
from dusktape.studio.wish import DEFAULT_RECIPE

_AS_IT_IS = "as the recipe has it"
_TEXTURE_LUFS = -42
"""How loud weather is where the recipe has none: well under the music."""

_KITS = {
    "dusty": "Old drums off a sampler: short, dark, a little crushed.",
    "tight": "Dry and close, every hit in its place.",
    "soft": "Felt on the beater: a round kick and a snare that hardly cracks.",
    "machine": "A drum machine with its treble worn off.",
    "boombap": "A hard kick and a cracking snare, sampled and sampled again.",
    "brushes": "Wire on skin: the snare is stirred, not struck.",
    "808": "A deep, long kick and ticking hats, all of it electric.",
    "cassette": "A kit on the fourth copy of a tape.",
    "foley": "Doors, keys and cloth where drums would be.",
    "found": "Tins, jars and boxes from the kitchen.",
}
_PLAYERS = {
    "keys": "Who plays the chords?",
    "lead": "Who plays the melody?",
    "pad": "Who lies under it, as a pad?",
    "bass": "Who plays the bass?",
    "drums": "Which drums?",
    "guest": "Who may drop in for a phrase or two, as a guest?",
}
"""Part to what is asked about it."""

_PROGRAMS = {
    "keys": range(8),
    "lead": (11, 24, 25, 26, *range(64, 80)),
    "pad": (*range(48, 55), *range(88, 96)),
    "bass": range(32, 40),
    "guest": (11, 24, 25, 26, *range(56, 80)),
}
"""Part to the programs that play the like (General MIDI System Level 1, 1991, counted from 0)."""

_DEVICES = ("cassette", "reel", "record", "radio", "small_speaker")
_MINUTES = (1, 2, 3, 5, 10)
_BARS = (4, 8, 16)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer: its name, what it is, and what it means as arguments of `dusktape make`.

    `solo` is the part that is heard alone in an excerpt; nothing for all of them.
    """

    name: str
    text: str
    arguments: tuple[str, ...] = ()
    solo: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """Something to choose. The first choice is the sensible one, but where `several` may be taken, or none.

    `heard` says whether an excerpt tells one choice from another.
    """

    text: str
    choices: tuple[Choice, ...]
    several: bool = False
    heard: bool = True


def recipe_question() -> Question:
    """Return which recipe, the one that leaves most open first."""
    known = catalogue.recipes()
    order = sorted(known, key=lambda name: (name != DEFAULT_RECIPE, name))
    return Question("Which recipe?", tuple(Choice(name, known[name], (name,)) for name in order))


def length_question() -> Question:
    """Return how long, loops too."""
    minutes = [
        Choice(counted(m, "minute"), "A whole track, with a beginning and an end.", ("--minutes", str(m)))
        for m in _MINUTES
    ]
    loops = [
        Choice(f"a loop of {b} bars", "Goes round without a seam; nothing leads in or out.", ("--loop", str(b)))
        for b in _BARS
    ]
    whole = Choice("as it comes", "A whole track, as long as recipe and seed make it: 100 to 200 s for most.")
    return Question("How long?", (whole, *minutes, *loops), heard=False)


def sound_questions(recipe: str) -> tuple[Question, ...]:
    """Return what may be chosen about the sound of a recipe: who plays each of its parts, weather, device.

    Parameters
    ----------
    recipe
        A registered name.

    Raises
    ------
    DusktapeError
        If there is no such recipe, or its file is broken.
    """
    parts = presets.load(recipe)["parts"]
    asked = [_drums(parts) if part == "drums" else _instruments(part, text, parts) for part, text in _PLAYERS.items()]
    there = [question for part, question in zip(_PLAYERS, asked, strict=True) if part in parts]
    return (*there, _weather(parts), _device())


def preset_question(answer: Sequence[str]) -> Question | None:
    """Return which preset, where an answer seats a SoundFont of several that can play there; what suits comes first.

    Parameters
    ----------
    answer
        Arguments of a `Choice` of `sound_questions`.
    """
    told = (argument.partition(".instrument=") for argument in answer)
    part, font = next(((part, name) for part, sign, name in told if sign), ("", ""))
    kind = find("instruments", font) if font in yours.names() else None
    if kind is None or not issubclass(kind, SoundFont):
        return None
    playing = [told for told in named(kind.sounds).items() if (told[1].bank == PERCUSSION) is (part == "drums")]
    order = sorted(playing, key=lambda told: _suits(told[1], part))  # the font's own order stays
    choices = [
        Choice(name, f"Bank {p.bank}, program {p.program}.", _set(f"{part}.preset", f'"{name}"'), part)
        for name, p in order
        if name and '"' not in name
    ]
    if len(choices) < 2:
        return None
    return Question(f"Which of the {counted(len(order), 'preset')} of {font}?", tuple(choices))


def _suits(preset: Preset, part: str) -> int:
    """Return 0 for a preset that plays what the part plays, 1 for another."""
    return 0 if preset.program in _PROGRAMS.get(part, range(128)) else 1


def _set(path: str, value: object) -> tuple[str, str]:
    return "--set", f"{path}={value}"


def _instruments(role: str, text: str, parts: Mapping[str, Any]) -> Question:
    told = catalogue.parts("instruments")
    like = "lead" if role == "guest" else role
    ours = [i for e in vocabulary().all() if like in e.roles for i in e.instruments]
    found = dict.fromkeys([*ours, *_yours("plays")])
    on = () if parts.get(role, {}).get("on", True) is True else _set(f"{role}.on", "true")
    players = [
        Choice(name.replace("_", " "), told[name].text, (*_set(f"{role}.instrument", name), *on), role)
        for name in found
        if name in told and not (told[name].problem or told[name].needs)
    ]
    nobody = Choice("nobody", "This part stays silent.", _set(f"{role}.on", "false"))
    return Question(text, (Choice(_AS_IT_IS, "Recipe and seed decide.", solo=role), *players, nobody))


def _drums(parts: Mapping[str, Any]) -> Question:
    kit = next(p for p in parameters(find("instruments", "kit")) if p.name == "character")
    on = _set("drums.on", "true") if parts.get("drums", {}).get("on") is False else ()
    kits = [
        Choice(
            name,
            _KITS.get(name, "A kit of its own kind."),
            (*_set("drums.instrument", "kit"), *_set("drums.character", name), *on),
            "drums",
        )
        for name in kit.choices
    ]
    told = catalogue.parts("instruments")
    own = [Choice(name, told[name].text, (*_set("drums.instrument", name), *on), "drums") for name in _yours("drums")]
    none = Choice("no drums", "Nobody keeps the time.", _set("drums.on", "false"))
    first = Choice(_AS_IT_IS, "Recipe and seed decide.", solo="drums")
    return Question(_PLAYERS["drums"], (first, *kits, *own, none))


def _weather(parts: Mapping[str, Any]) -> Question:
    told = catalogue.parts("instruments")
    here = [e.texture for e in vocabulary().all() if e.texture in names("instruments")]
    choices = [Choice(name, told[name].text, _texture(name, parts), name) for name in dict.fromkeys([*here, "vinyl"])]
    choices += [Choice(name, told[name].text, ("--effect", name), name) for name in _yours("lies over")]
    return Question("What is heard behind it? Nothing chosen leaves what the recipe has.", tuple(choices), several=True)


def _texture(name: str, parts: Mapping[str, Any]) -> tuple[str, ...]:
    if name in parts:
        return _set(f"{name}.on", "true")
    place = f"parts.{name}"
    return (
        *_set(f"{place}.instrument", name),
        *_set(f"{place}.texture", "true"),
        *_set(f"{place}.loudness_lufs", _TEXTURE_LUFS),
    )


def _device() -> Question:
    told = catalogue.parts("effects")
    devices = [
        Choice(name.replace("_", " "), told[name].text, _set(f"master.chain.{name}", "true"))
        for name in _DEVICES
        if name in told and not (told[name].problem or told[name].needs)
    ]
    steady = Choice("a steady machine", "No tape: nothing sways.", _set("master.chain.wow", "false"))
    return Question("What is it played from?", (Choice(_AS_IT_IS, "Recipe and seed decide."), *devices, steady))


def _yours(what: str) -> list[str]:
    """Return what of the user's own sounds plays notes, plays drums, or lies over a song; what is broken does none."""
    if what == "drums":
        return list(own_kits())
    found = []
    for name in yours.names():
        try:
            does = "plays" if takes_notes(name) else "lies over"
            if what == does and plays_drums(name) is not True:
                found.append(name)
        except PluginError:
            continue
    return found
