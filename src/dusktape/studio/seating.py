"""Instruments in their parts: whether one can sit there, and which of a recipe's parameters it takes along."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from dusktape import presets
from dusktape.core.errors import DusktapeError, PluginError, RecipeError
from dusktape.core.params import build, parameters
from dusktape.core.plugins import broken, find, names
from dusktape.core.roles import PARTS
from dusktape.instruments.drums.kinds import KINDS
from dusktape.instruments.kit import Kit
from dusktape.instruments.sampler import Sampler
from dusktape.io import toml

TEXTURES = frozenset(
    ("air", "birds", "cafe", "fire", "night", "rain", "riser", "room_tone", "street", "train", "vinyl", "wind")
)
"""Those of our instruments that sound by themselves and take no notes."""

DRUMS = "drums"

_OURS = "dusktape.instruments."
_PLAYERS = ("rhodes", "felt_piano", "nylon_guitar")

Table = Mapping[str, Any]


def takes_notes(name: str) -> bool | None:
    """Return whether an instrument plays notes, or sounds by itself; None where it does not say.

    A plug-in says so by a class attribute `lies_over`: true of a texture.

    Raises
    ------
    PluginError
        If there is no such instrument, or it is broken.
    """
    kind = find("instruments", name)
    told = getattr(kind, "lies_over", None)
    if isinstance(told, bool):
        return not told
    return name not in TEXTURES if str(kind.__module__).startswith(_OURS) else None


def plays_drums(name: str, params: Table = MappingProxyType({})) -> bool | None:
    """Return whether an instrument plays drums or pitches; None where it does not say.

    What records another one plays what that plays, and a SoundFont what its preset is.

    Parameters
    ----------
    name
        Of the instrument.
    params
        Those that are set; the others are as they come.

    Raises
    ------
    PluginError
        If there is no such instrument, or it is broken.
    """
    kind = find("instruments", name)
    if not isinstance(kind, type):
        return None
    if issubclass(kind, Kit):
        return True
    if source := _source_of(kind, params):
        return plays_drums(source)
    if is_kit := getattr(kind, "is_kit", None):
        found: bool | None = is_kit(params.get("preset"))
        return found
    return False if issubclass(kind, Sampler) or str(kind.__module__).startswith(_OURS) else None


def _source_of(kind: type[Any], params: Table) -> str:
    """Return the instrument that one of ours records; nothing if it plays itself."""
    if not str(kind.__module__).startswith(_OURS):
        return ""
    return next((str(params.get(p.name, p.default)) for p in parameters(kind) if p.name == "source"), "")


def starts_with(kind: Any, part: str) -> dict[str, Any]:
    """Return the parameters with which an instrument begins in a part when nobody says more: a SoundFont, its kit."""
    begins = getattr(kind, "starts_with", None)
    return dict(begins(part)) if begins else {}


def check_seats(parts: Table, *, where: str, options: Mapping[str, str]) -> None:
    """Refuse a texture where notes are played, what plays them where there are none, a kit where pitches are played.

    Parameters
    ----------
    parts
        A recipe's, closed.
    where
        File or name of the recipe, for messages.
    options
        Recipe key to the option that set it, for messages.

    Raises
    ------
    RecipeError
        Naming the place, and instruments that can sit there.
    """
    for part, told in parts.items():
        name = told.get("instrument") if isinstance(told, Mapping) else None
        if not isinstance(name, str):
            continue
        try:
            _check_seat(part, name, told, where, options)
        except PluginError:  # somebody else's to say
            continue


def _check_seat(part: str, name: str, told: Table, where: str, options: Mapping[str, str]) -> None:
    params, texture = _table_at(told, "params"), told.get("texture") is True
    plays, drums = takes_notes(name), plays_drums(name, params)
    key = f"parts.{part}.instrument"
    place = options.get(key, f"{where}: {key}")
    if plays is False and not texture:
        raise RecipeError(
            f"{place}: {name!r} is a texture and plays no notes; take one that does, as {_or(_players_of(part))}"
        )
    if plays is True and texture:
        raise RecipeError(
            f"{place}: {name!r} plays notes, and a texture gets none; take one that sounds by itself, as rain, "
            f"vinyl or wind, or seat it in a part: --set {DRUMS if drums else 'keys'}.instrument={name}"
        )
    if texture or part not in PARTS:
        return
    source = _source_of(find("instruments", name), params)
    if source and (takes_notes(source) is False or (drums is True and part != DRUMS)):
        key = f"parts.{part}.params.source"
        what = "is a kit and plays no pitches" if drums else "is a texture and plays no notes"
        raise RecipeError(
            f"{options.get(key, f'{where}: {key}')}: {source!r} {what}; take a source that does, as {_or(_PLAYERS)}"
        )
    shown = f"{name!r} ({params['preset']})" if params.get("preset") else repr(name)
    if drums is True and part != DRUMS:
        raise RecipeError(
            f"{place}: {shown} is a kit and plays no pitches; take an instrument that does, as "
            f"{_or(_players_of(part))}, or let it play the drums: --set drums.instrument={name}"
        )
    if drums is False and part == DRUMS:
        raise RecipeError(
            f"{place}: {shown} plays pitches and has no drums; take a kit, as --set kit=dusty (there are "
            f"{', '.join(KINDS)}), or let it play another part: --set keys.instrument={name}"
        )


def fitting(parts: Table, asked: Table, options: Mapping[str, str]) -> dict[str, Any]:
    """Return the parts with the parameters that fit the instruments which sit there: what is kept, dropped, added.

    Dropped is what is meant for other instruments than the one that was drawn or seated; what no instrument knows
    stays, and is refused with its place. A value that the instrument refuses is dropped where the default says it,
    or where the instrument took the place of another by an option. What an option says stays. Added is what the
    instrument begins with in such a part.

    Parameters
    ----------
    parts
        A recipe's, closed.
    asked
        The same with their choices open.
    options
        Recipe key to the option that set it.
    """
    return {part: _fitted(part, told, _table_at(asked, part), options) for part, told in parts.items()}


def _fitted(part: str, told: Any, asked: Table, options: Mapping[str, str]) -> Any:
    kind = _kind(told.get("instrument")) if isinstance(told, Mapping) else None
    if kind is None:
        return told
    params, place = _table_at(told, "params"), f"parts.{part}.params"
    own = {p.name for p in parameters(kind)}
    usual = _table_at(_default_part(part), "params")
    replaced = f"parts.{part}.instrument" in options
    kept = dict(starts_with(kind, part))
    for name, value in params.items():
        if f"{place}.{name}" in options:
            kept[name] = value
        elif name not in own:
            if not (name in _common() or _is_of(name, asked)):
                kept[name] = value
        else:
            from_default = name in usual and _table_at(asked, "params").get(name) == usual[name]
            if not (replaced or from_default) or _takes(kind, name, value):
                kept[name] = value
    return told if kept == params else {**told, "params": kept}


def _kind(instrument: Any) -> Any:
    """Return an instrument's class; None if there is none of that name, which is somebody else's to say."""
    try:
        return find("instruments", instrument) if isinstance(instrument, str) else None
    except PluginError:
        return None


def _takes(kind: Any, name: str, value: Any) -> bool:
    try:
        build(kind, {name: value}, where=name)
    except DusktapeError:
        return False
    return True


def _is_of(parameter: str, part: Table) -> bool:
    """Return whether an instrument has such a parameter; those that the part might have drawn are asked first."""
    choice = _table_at(part, "instrument").get("any_of", ())
    asked = (kind for name in choice if (kind := _kind(name)) is not None)
    if any(parameter in {p.name for p in parameters(kind)} for kind in asked):
        return True
    return any(parameter in own for own in known_parameters().values())


def known_parameters() -> dict[str, set[str]]:
    """Return instrument to the names of its parameters, of all that import."""
    missing = broken("instruments")
    there = [name for name in names("instruments") if name not in missing]
    return {name: {p.name for p in parameters(find("instruments", name))} for name in there}


@cache
def _default_parts() -> Table:
    return _table_at(toml.read(presets.DEFAULT), "parts")


def _default_part(part: str) -> Table:
    return _table_at(_default_parts(), part)


@cache
def _common() -> frozenset[str]:
    """Return the parameters that the default sets for whichever instrument is drawn."""
    return frozenset(name for part in _default_parts().values() for name in _table_at(part, "params"))


def _players_of(part: str) -> Sequence[str]:
    """Return some instruments that the default lets play a part."""
    usual = _default_part(part)
    if usual.get("texture") is True:
        return _PLAYERS
    choice = usual.get("instrument")
    members = choice.get("any_of", ()) if isinstance(choice, Mapping) else [choice] if choice else ()
    return [name for name in members if isinstance(name, str)][: len(_PLAYERS)] or _PLAYERS


def _or(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _table_at(table: Table, key: str) -> Table:
    found = table.get(key)
    return found if isinstance(found, Mapping) else {}
