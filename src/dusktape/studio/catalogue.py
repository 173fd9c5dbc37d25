"""What there is to choose from: recipes and parts, described without making a sound."""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from dusktape.core import plugins
from dusktape.core.errors import PluginError, suggestion
from dusktape.core.params import Param, parameters
from dusktape.core.strangers import stranger
from dusktape.io import toml
from dusktape.studio.presets import working_recipes

LISTED = ("composers", "instruments", "effects", "models")


@dataclass(frozen=True, slots=True)
class Entry:
    """One part: what it does in a line, its parameters, and why it is missing if it does not import.

    `needs` is what has to be installed before it plays, where it is there but a library under it is not.
    """

    name: str
    text: str
    params: tuple[Param, ...] = ()
    problem: str = ""
    needs: str = ""


def recipes() -> dict[str, str]:
    """Return recipe name to its description, of those that can be made into music."""
    return {name: str(toml.read(path).get("description", "")) for name, path in working_recipes().items()}


def parts(group: str) -> dict[str, Entry]:
    """Return the parts of a group by name. One that does not import is listed with its problem.

    Raises
    ------
    PluginError
        If there is no such group.
    """
    if group not in LISTED:
        raise PluginError(f"there is no group of parts {group!r}{suggestion(group, LISTED)}")
    return {name: _entry(group, name) for name in plugins.names(group)}


def _entry(group: str, name: str) -> Entry:
    try:
        part: Any = plugins.find(group, name)
        params = parameters(part) if group in ("instruments", "effects") else ()
    except PluginError as error:
        return Entry(name, "", problem=str(error))
    if not inspect.isclass(part):
        untrained = "" if getattr(part, "ships", True) else f"; no weights ship, dusktape train {name} makes them"
        return Entry(name, f"{getattr(part, 'summary', '')}{untrained}")
    text = (inspect.getdoc(part) or "").split("\n\n")[0].replace("\n", " ")
    missing, who = getattr(part, "missing", None), stranger(group, part)
    try:
        with who.watched() if who else nullcontext():
            return Entry(name, text, params, needs=missing() if callable(missing) else "")
    except PluginError as error:
        return Entry(name, "", problem=str(error))
