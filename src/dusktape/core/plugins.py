"""Finding parts by name. Built-ins come in through the same entry points as everybody else's parts."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from dusktape.core.errors import PluginError, suggestion

GROUPS = ("composers", "instruments", "effects", "models", "recipes")
"""What can be plugged in; the entry-point group is `dusktape.` and one of these."""


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, EntryPoint]]:
    found = entry_points()
    return {group: {e.name: e for e in found.select(group=f"dusktape.{group}")} for group in GROUPS}


def names(group: str) -> tuple[str, ...]:
    """Return the names registered in a group, sorted. Imports none of them."""
    return tuple(sorted(_table()[group]))


@cache
def find(group: str, name: str) -> Any:
    """Import and return a registered part.

    Parameters
    ----------
    group
        One of `GROUPS`.
    name
        As registered: `rhodes`, `lowpass`.

    Raises
    ------
    PluginError
        If there is no such part (with a suggestion), or if it does not import (with the reason, and the
        install command when an extra is missing).
    """
    table = _table()[group]
    kind = group.removesuffix("s")
    if name not in table:
        raise PluginError(f"there is no {kind} {name!r}{suggestion(name, table)}")
    entry = table[name]
    try:
        return entry.load()
    except ModuleNotFoundError as error:
        package = f"{_owner(entry)}[{entry.extras[0]}]" if entry.extras else str(error.name).partition(".")[0]
        raise PluginError(
            f"{kind} {name!r} needs the module {error.name!r}; install it with: pip install {package!r}"
        ) from error
    except Exception as error:
        where = _owner(entry)
        raise PluginError(
            f"{kind} {name!r} of {where} does not import: {error}; update or uninstall {where}"
        ) from error


def _owner(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "the package that brings it"


def broken(group: str) -> dict[str, str]:
    """Return the parts of a group that do not import, with the reason."""
    reasons = {}
    for name in names(group):
        try:
            find(group, name)
        except PluginError as error:
            reasons[name] = str(error)
    return reasons
