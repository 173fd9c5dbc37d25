"""Finding parts by name. Built-ins come in through the same entry points as everybody else's parts."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Collection, Mapping
from functools import cache, lru_cache
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import Any, Protocol

from dusktape.core.errors import PluginError, suggestion
from dusktape.core.params import parameters

GROUPS = ("composers", "instruments", "effects", "models", "recipes")
"""What can be plugged in; the entry-point group is `dusktape.` and one of these."""


OURS = "dusktape"
"""The package whose parts keep their names."""

_SHELVES = "shelves"


class Shelf(Protocol):
    """Where parts come from that nobody registered: a user's folders. Entry-point group `dusktape.shelves`."""

    def parts(self, group: str) -> Mapping[str, Callable[[], Any]]:
        """Return name to what makes the part, of a group; looks at file names only.

        Making one may raise a `PluginError` that says what is wrong with its file. It is asked for whenever the part
        is, so that it can look whether its file is another one by now.
        """
        ...

    def remarks(self, taken: Collection[str]) -> list[tuple[str, str]]:
        """Return name and a line on each file that is passed over, because something else has its name.

        `taken` are the registered instruments.
        """
        ...


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, EntryPoint]]:
    table: dict[str, dict[str, EntryPoint]] = {}
    for group in GROUPS:
        table[group] = {}
        for entry in _entries()[group]:
            table[group].setdefault(entry.name, entry)
    return table


@lru_cache(maxsize=1)
def _entries() -> dict[str, list[EntryPoint]]:
    """Return what packages registered, of each group and as shelves: ours first, then by the names of the packages."""
    found = entry_points()
    return {group: sorted(found.select(group=f"dusktape.{group}"), key=_order) for group in (*GROUPS, _SHELVES)}


def _order(entry: EntryPoint) -> tuple[bool, str]:
    return _owner(entry) != OURS, _owner(entry)


def clashes(group: str) -> list[str]:
    """Return a line on each part of a group that a package registered under a name that another one has: ours win."""
    said, kind = [], group.removesuffix("s")
    for entry in _entries()[group]:
        who, has = _owner(entry), _owner(_table()[group][entry.name])
        if who != has:
            whose = "of ours" if has == OURS else f"of {has}"
            said.append(
                f"{kind} {entry.name!r} of {who} is passed over: there is one {whose}; "
                f"its author should give it another name"
            )
    return list(dict.fromkeys(said))


@lru_cache(maxsize=1)
def shelves() -> tuple[Shelf, ...]:
    """Return the shelves that parts are found on beside the registry. One that does not import is left out."""
    found = []
    for entry in _entries()[_SHELVES]:
        try:
            found.append(entry.load())
        except (Exception, SystemExit):  # somebody else's mistake costs their parts, not ours
            continue
    return tuple(found)


def _found(group: str) -> dict[str, Callable[[], Any]]:
    """Return the parts of a group that lie on shelves. What is registered has its name for itself."""
    registered = _table()[group]
    return {n: make for shelf in shelves() for n, make in shelf.parts(group).items() if n not in registered}


def registered(group: str) -> tuple[str, ...]:
    """Return the names of a group that packages registered, sorted."""
    return tuple(sorted(_table()[group]))


def names(group: str) -> tuple[str, ...]:
    """Return the names of a group, sorted: what is registered, and what lies on shelves. Imports none of them."""
    return tuple(sorted({*_table()[group], *_found(group)}))


def find(group: str, name: str) -> Any:
    """Return a part: imported once if it is registered, looked at anew if it lies on a shelf.

    Parameters
    ----------
    group
        One of `GROUPS`.
    name
        As registered: `rhodes`, `lowpass`.

    Raises
    ------
    PluginError
        If there is no such part (with a suggestion), if it does not import (with the reason, and the install command
        when an extra is missing), or if it is nothing that a part of its group can be.
    """
    table = _table()[group]
    if name in table:
        return _imported(group, name)
    found = _found(group)
    if name in found:
        return found[name]()
    kind = group.removesuffix("s")
    raise PluginError(f"there is no {kind} {name!r}{suggestion(name, {*table, *found})}")


@cache
def _imported(group: str, name: str) -> Any:
    kind, entry = group.removesuffix("s"), _table()[group][name]
    try:
        part = entry.load()
    except ModuleNotFoundError as error:
        package = f"{_owner(entry)}[{entry.extras[0]}]" if entry.extras else str(error.name).partition(".")[0]
        raise PluginError(
            f"{kind} {name!r} needs the module {error.name!r}; install it with: pip install {package!r}"
        ) from error
    except (Exception, SystemExit) as error:
        where = _owner(entry)
        told = " ".join(str(error).split()) or type(error).__name__
        why = "it ends the program" if isinstance(error, SystemExit) else told
        raise PluginError(f"{kind} {name!r} of {where} does not import: {why}; update or uninstall {where}") from error
    if amiss := _amiss(group, part):
        where = _owner(entry)
        raise PluginError(f"{kind} {name!r} of {where} {amiss}; update or uninstall {where}")
    return part


def _amiss(group: str, part: Any) -> str:
    """Return why something cannot be a part of a group; nothing if it can."""
    if group == "recipes":
        return "" if isinstance(part, (str, os.PathLike)) else f"is a {type(part).__name__}, no folder"
    if group == "models":
        whole = all(hasattr(part, name) for name in ("open", "role", "ships"))
        return "" if whole else f"is a {type(part).__name__}, no model"
    if not inspect.isclass(part):
        return "" if group == "composers" and callable(part) else f"is a {type(part).__name__}, no class"
    if group == "composers":
        return ""
    try:
        parameters(part)
    except PluginError:
        return "is no dataclass of parameters: its fields have to be made with param(...)"
    return "" if callable(getattr(part, "open", None)) else "has no method open"


def _owner(entry: EntryPoint) -> str:
    return _name_of(entry.dist) if entry.dist else "the package that brings it"


@cache
def _name_of(package: Distribution) -> str:
    """Return the name of a package. It stands among its other metadata, and those take a millisecond to read."""
    return package.name


def brought(group: str) -> dict[str, str]:
    """Return name to package of the parts of a group that other packages registered."""
    found = {name: _owner(entry) for name, entry in _table()[group].items()}
    return {name: owner for name, owner in found.items() if owner != OURS}


def broken(group: str) -> dict[str, str]:
    """Return the parts of a group that do not import, or cannot be what they should be, with the reason."""
    reasons = {}
    for name in names(group):
        try:
            find(group, name)
        except PluginError as error:
            reasons[name] = str(error)
    return reasons
