"""Settings laid over a recipe whose choices are still open, so that what comes out can always be made into music."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from dusktape import presets
from dusktape.core.draws import is_choice, merge
from dusktape.core.params import Param, parameters
from dusktape.core.plugins import broken, find, names
from dusktape.core.roles import PARTS
from dusktape.io import toml
from dusktape.studio.presets import override

TEXTURE_LUFS = {"": (-46.0, -38.0), "very": (-40.0, -35.0), "slightly": (-54.0, -47.0)}
"""How loud a texture is, by degree."""


SOURCES = ("rhodes", "felt_piano", "nylon_guitar", "vibraphone", "strings")
"""What a chopped record may hold when its own instrument is not wanted."""


class Overlay:
    """A recipe's table and what is to change in it: recipe key to value or choice, as one would `--set` it."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.name = table["name"]
        self._table = table
        self._changes: dict[str, Any] = {}

    def get(self, path: str) -> Any:
        """Return what stands at a key now; None if nothing does."""
        return self._changes.get(path, _at(self._table, path))

    def set(self, path: str, value: Any) -> None:
        """Put a value or a choice there, in place of what stands there, below it, or above it to switch it off."""
        for known in list(self._changes):
            below = value is False and known.startswith(f"{path}.")
            if known == path or below or (path.startswith(f"{known}.") and self._changes[known] is False):
                del self._changes[known]
        self._changes[path] = value

    @cached_property
    def _default(self) -> Mapping[str, Any]:
        return toml.read(presets.DEFAULT)

    def settings(self) -> dict[str, Any]:
        """Return all that changes."""
        return dict(self._changes)

    def scale(self, path: str, factor: float) -> None:
        """Multiply the number, or all numbers of the choice, that stands there; whole numbers stay whole."""
        value = self.get(path)
        if value is not None:
            self.set(path, _scaled(value, factor))

    def avoid(self, path: str, values: Collection[str], among: Sequence[str] = ()) -> None:
        """Take values out of the choice that stands there, or of `among`, or of the default's choice."""
        now = self.get(path)
        if now is None or not set(options(now)) & set(values):
            return
        sources = (lambda: now, lambda: {"any_of": list(among)}, lambda: _at(self._default, path))
        for source in sources:
            if left := _without(source(), values):
                self.set(path, left)
                return

    def avoid_source(self, role: str, values: Collection[str]) -> None:
        """Let no instrument that plays another one, a chopped record say, play one of these."""
        path, kinds = f"parts.{role}.params.source", options(self.get(f"parts.{role}.instrument"))
        now = self.get(path)
        own = {p.default for kind in kinds for p in _parameters(kind) if p.name == "source"}
        if own and set(options(now) if now is not None else own) & set(values):
            self.set(path, _without(now, values) or {"any_of": [one for one in SOURCES if one not in values]})

    def seat(self, role: str, instruments: Sequence[str]) -> None:
        """Let one of these instruments play a part."""
        self.set(f"parts.{role}.instrument", instruments[0] if len(instruments) == 1 else {"any_of": list(instruments)})
        self.set(f"parts.{role}.on", True)

    def treat(self, role: str, treatment: str) -> None:
        """Let an instrument play what would have played a part, as its source."""
        own = self.get(f"parts.{role}.instrument")
        if own is not None and treatment not in options(own):
            self.set(f"parts.{role}.params.source", own)
        self.seat(role, [treatment])

    def texture(self, name: str, degree: str) -> None:
        """Let a texture sound throughout, louder or softer by degree."""
        if name not in self._table["parts"]:
            self.set(f"parts.{name}.instrument", name)
            self.set(f"parts.{name}.texture", True)
        self.set(f"parts.{name}.on", True)
        if degree or name not in self._table["parts"]:
            low, high = TEXTURE_LUFS[degree]
            self.set(f"parts.{name}.loudness_lufs", {"between": [low, high]})

    def silence(self, part: str) -> None:
        """Keep a part quiet, if there is one."""
        if part in self._table["parts"]:
            self.set(f"parts.{part}.on", False)

    def only(self, named: Collection[str]) -> None:
        """Keep all players quiet but these; keys that are named by their instrument play the melody too."""
        keys = self._changes.get("parts.keys.instrument")
        for part in PARTS:
            if part == "lead" and "keys" in named and keys is not None and self.get("parts.lead.on") is not False:
                if "lead" not in named:
                    self.set("parts.lead.instrument", keys)
            elif part not in named:
                self.silence(part)

    def possible(self, path: str, value: Any) -> bool:
        """Return whether the instrument at a key knows such a word: whether this kit has brushes."""
        steps = path.split(".")
        words = [one for one in options(value) if isinstance(one, str)]
        if steps[0] != "parts" or len(steps) != 4 or steps[2] != "params" or not words:
            return True
        kinds = options(self.get(f"parts.{steps[1]}.instrument"))
        params = [p for kind in kinds for p in _parameters(kind) if p.name == steps[3]]
        return all(word in p.choices for word in words for p in params)

    def laid(self) -> dict[str, Any]:
        """Return the recipe with everything in it, its choices open."""
        changes = dict(self._changes)
        table = self._completed()
        parts = table["parts"]
        changes = {
            k: v for k, v in changes.items() if not k.startswith("parts.") or _part(k) in {*parts, *_new(changes)}
        }
        for path, value in changes.items():
            if is_choice(value) if isinstance(value, Mapping) else isinstance(value, str):
                table = merge(table, _nested(path, value))
            else:
                table = override(table, [f"{path}={str(value).lower() if isinstance(value, bool) else value}"])
        for part in {_part(path) for path in changes if path.endswith(".instrument")}:
            table["parts"][part] = _fitting(table["parts"][part])
        return table

    def _completed(self) -> dict[str, Any]:
        """Return the table with the default's part for every part that is switched on and not there."""
        parts = dict(self._table["parts"])
        for path, value in self._changes.items():
            name = _part(path)
            if path == f"parts.{name}.on" and value is True and name not in parts and name in self._default["parts"]:
                parts[name] = self._default["parts"][name]
        return {**self._table, "parts": parts}


def _new(changes: Mapping[str, Any]) -> set[str]:
    return {_part(path) for path in changes if path.endswith(".texture")}


def _part(path: str) -> str:
    return path.split(".")[1] if "." in path else path


def _fitting(part: Mapping[str, Any]) -> dict[str, Any]:
    """Return a part without those parameters that no instrument which may play it has, or that one has not so far."""
    broken_ones = broken("instruments")
    kinds = [kind for kind in options(part["instrument"]) if kind in names("instruments") and kind not in broken_ones]
    tables = [{p.name: p for p in _parameters(kind)} for kind in kinds]
    params = part.get("params", {})
    kept = {}
    for name, value in params.items():
        having = [t[name] for t in tables if name in t]
        if having and all(_within(value, param) for param in having):
            kept[name] = value
    return {**part, "params": kept} if params else dict(part)


def _parameters(kind: str) -> tuple[Param, ...]:
    return parameters(find("instruments", kind)) if kind in names("instruments") else ()


def _within(value: Any, param: Param) -> bool:
    for one in options(value):
        if isinstance(one, str):
            if param.choices and one not in param.choices:
                return False
        elif param.low is not None and param.high is not None and not param.low <= one <= param.high:
            return False
    return True


def options(value: Any) -> list[Any]:
    """Return the ends of a range, the members of a choice, however deep, or the value itself."""
    if isinstance(value, Mapping):
        members: Iterable[Any] = value.get("any_of", value.get("between", ()))
        return [leaf for member in members for leaf in options(member)]
    return [value]


def _without(source: Any, values: Collection[str]) -> Any:
    if not isinstance(source, Mapping) or not isinstance(source.get("any_of"), list):
        return None
    members = source["any_of"]
    kept = [k for k, member in enumerate(members) if member not in values]
    if not kept:
        return None
    left: dict[str, Any] = {"any_of": [members[k] for k in kept]}
    if "weights" in source:
        left["weights"] = [source["weights"][k] for k in kept]
    return left if sum(left.get("weights", [1])) > 0 else None


def _scaled(value: Any, factor: float) -> Any:
    if isinstance(value, Mapping):
        return {key: one if key == "weights" else _scaled(one, factor) for key, one in value.items()}
    if isinstance(value, list):
        return [_scaled(one, factor) for one in value]
    return round(value * factor) if isinstance(value, int) else round(value * factor, 2)


def _at(table: Mapping[str, Any], path: str) -> Any:
    found: Any = table
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _nested(path: str, value: Any) -> dict[str, Any]:
    for key in reversed(list(_steps(path))):
        value = {key: value}
    return dict(value)


def _steps(path: str) -> Iterator[str]:
    yield from path.split(".")
