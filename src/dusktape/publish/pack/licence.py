"""Under which terms a pack goes out: no freer than what it was made from, with everybody named who wants to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dusktape.core.errors import InputError
from dusktape.data.licences import UNKNOWN
from dusktape.io.tags import LICENCE_URLS

FREE, NAMED = "CC0-1.0", "CC-BY-4.0"
"""The two licences that we choose between."""

_ASKS_NOTHING = ("cc0", "public domain", "public-domain", "pd", "pddl", "unlicense", "0bsd", "wtfpl", "mit-0")
_ASKS_A_NAME = ("cc-by-1", "cc-by-2", "cc-by-3", "cc-by-4", "odc-by", "mit", "apache", "bsd")

_TERMS = {
    FREE: (
        "To the extent possible under law, the makers of this pack have waived all copyright in it.\n"
        "Use the sounds for anything, in music that you sell too. You need not ask, and you need not name anybody."
    ),
    NAMED: (
        "Use the sounds for anything, in music that you sell too, if you name this pack and its licence.\n"
        "If you pass the sounds on as they are, say so, and say what you changed."
    ),
}


@dataclass(frozen=True, slots=True)
class Material:
    """Something that a pack was made from: what it is, its licence, the line that its licence asks for."""

    name: str
    licence: str
    attribution: str = ""


def chosen(asked: str, materials: Sequence[Material]) -> str:
    """Return the licence of a pack: the one asked for, or the freest that its material allows.

    Material that asks for nothing allows both; material that wants a name allows CC BY; of anything stricter the pack
    keeps the terms, or the user says under which they pass it on. Where nobody said under which licence something is,
    the user's word counts.

    Raises
    ------
    InputError
        If the licence asked for gives away what the material does not allow, or none can be chosen.
    """
    unknown = [m for m in materials if not m.licence or m.licence == UNKNOWN]
    strict = [m for m in materials if m not in unknown and not _asks_nothing(m.licence) and not _asks_a_name(m.licence)]
    named = [m for m in materials if _asks_a_name(m.licence)]
    if strict and (not asked or asked in _TERMS):
        raise InputError(
            f"{_told(strict)} may not be passed on as {asked or FREE}; say under which terms you do with --licence"
        )
    if named and asked == FREE:
        raise InputError(f"{_told(named)} wants its authors named, which {FREE} gives away; choose --licence {NAMED}")
    if unknown and not asked:
        names = ", ".join(sorted({m.name for m in unknown}))
        raise InputError(
            f"nobody said under which licence {names} is; say under which you pass its sounds on, as in "
            f"--licence {FREE} (a dataset remembers what dusktape data audio --licence says)"
        )
    return asked or (NAMED if named else FREE)


def _told(materials: Sequence[Material]) -> str:
    return ", ".join(sorted({f"{m.name} ({m.licence})" for m in materials}))


def _asks_nothing(licence: str) -> bool:
    return bool(licence) and all(part.strip().lower().startswith(_ASKS_NOTHING) for part in licence.split(","))


def _asks_a_name(licence: str) -> bool:
    parts = [part.strip().lower() for part in licence.split(",")]
    known = all(part.startswith((*_ASKS_NOTHING, *_ASKS_A_NAME)) for part in parts)
    return known and not _asks_nothing(licence)


def text(
    title: str, licence: str, statement: str, materials: Sequence[Material], credits: Sequence[Material] = ()
) -> str:
    """Return LICENSE.txt: terms, what made the pack, what it was made from and who else is to be named."""
    terms = _TERMS.get(licence, "The terms are those of the licence named above.")
    url = LICENCE_URLS.get(licence, "")
    lines = [title, "", f"Licence: {licence}", *([url] if url else []), "", terms, "", statement, ""]
    for head, some in (("What it was made from", materials), ("What the networks that compose learned from", credits)):
        lines += [head, ""] if some else []
        for material in some:
            lines.append(f"- {material.name}: {material.licence or 'licence not said'}")
            lines += [f"  {material.attribution}"] if material.attribution else []
        lines += [""] if some else []
    return "\n".join(lines).rstrip() + "\n"
