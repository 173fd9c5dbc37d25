"""Kits by name or path: a character of ours, one of the user's own, a folder of one-shots, a SoundFont."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from dusktape.core import home
from dusktape.core.errors import InputError, PluginError, RecipeError, suggestion
from dusktape.core.params import parameters
from dusktape.core.plugins import find
from dusktape.instruments.kit import Kit
from dusktape.instruments.shelf import name_of
from dusktape.studio import yours
from dusktape.studio.seating import starts_with

_OURS = "kit"


def characters() -> tuple[str, ...]:
    """Return the characters of our kit."""
    return next(p.choices for p in parameters(find("instruments", _OURS)) if p.name == "character")


def own_kits() -> tuple[str, ...]:
    """Return the user's own instruments that play drums; what is broken plays none."""
    return tuple(name for name in yours.names() if _drums(name))


def kit_of(kit: str, *, where: str = "--kit") -> dict[str, Any]:
    """Return the fields of a recipe's drums that mean a kit.

    Parameters
    ----------
    kit
        A character of ours, the name of one of the user's, or a path. A path's folder is looked in from here on.
    where
        How the user asked, for messages.

    Raises
    ------
    RecipeError
        If there is none; with a suggestion.
    InputError
        If a path leads nowhere, or to something without drums.
    PluginError
        If one of the user's is broken.
    """
    known = characters()
    if kit in known:
        return {"instrument": _OURS, "params": {"character": kit}}
    name = kit
    if _is_path(kit):
        path = Path(kit).expanduser()
        if not path.exists():
            raise InputError(f"{where}: there is no folder {kit!r}; check the name")
        path = path.resolve()
        home.look_in(path.parent)
        name = name_of(path)
    if name not in yours.names():
        if name != kit:
            raise InputError(f"{where}: {kit!r} is no kit that can be played under its name; rename it")
        raise RecipeError(f"{where}: there is no kit {kit!r}{suggestion(kit, (*known, *own_kits()))}")
    find("instruments", name)  # what is wrong with it is said
    if not _drums(name):
        raise InputError(f"{where}: {kit!r} has no drums; give a folder of one-shots named by kind, as kick_1.wav")
    return {"instrument": name}


def _is_path(kit: str) -> bool:
    apart = [one for one in (os.sep, os.altsep) if one]
    return any(one in kit for one in apart) or kit.startswith(("~", ".")) or Path(kit).is_dir()


def _drums(name: str) -> bool:
    try:
        kind = find("instruments", name)
    except PluginError:
        return False
    return issubclass(kind, Kit) or bool(starts_with(kind, "drums"))
