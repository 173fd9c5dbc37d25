"""Parameters of parts: one dataclass field is recipe key, command-line option, slider and table row at once."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from dusktape.core.errors import PluginError, RecipeError, suggestion

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: its name, default, range, unit and what it does to the sound."""

    name: str
    default: float | int | str | bool
    low: float | None
    high: float | None
    unit: str
    choices: tuple[str, ...]
    text: str


def param(
    default: Any,
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    text: str,
) -> Any:
    """Return a dataclass field that carries its range (inclusive), unit and a feel for the number."""
    meta = {"low": low, "high": high, "unit": unit, "choices": choices, "text": text}
    return dataclasses.field(default=default, metadata=meta)


def parameters(part: type[Any]) -> tuple[Param, ...]:
    """Return the parameters of a part's class, in the order they were written.

    Raises
    ------
    PluginError
        If the class is no dataclass whose fields all have plain defaults.
    """
    fields = dataclasses.fields(part) if isinstance(part, type) and dataclasses.is_dataclass(part) else None
    if fields is None or not all(isinstance(f.default, (float, int, str, bool)) for f in fields):
        raise PluginError(
            f"{getattr(part, '__name__', repr(part))} is no dataclass of parameters; "
            "its author should make each field a param(...)"
        )
    return tuple(
        Param(
            name=f.name,
            default=cast(Any, f.default),
            low=f.metadata.get("low"),
            high=f.metadata.get("high"),
            unit=f.metadata.get("unit", ""),
            choices=f.metadata.get("choices", ()),
            text=f.metadata.get("text", ""),
        )
        for f in fields
    )


def check(part: Any) -> None:
    """Refuse values outside the ranges their fields state. Called from `__post_init__` of every part.

    Raises
    ------
    RecipeError
        Naming the part, the field, its range and the value.
    """
    name = type(part).__name__.lower()
    for p in parameters(type(part)):
        value = getattr(part, p.name)
        if isinstance(p.default, bool):
            if not isinstance(value, bool):
                raise RecipeError(f"{name}: {p.name} must be true or false, got {value!r}")
            continue
        if isinstance(p.default, str):
            if not isinstance(value, str) or (p.choices and value not in p.choices):
                raise RecipeError(f"{name}: {p.name} must be one of {', '.join(p.choices)}, got {value!r}")
            continue
        unit = f" {p.unit}" if p.unit else ""
        low, high = -math.inf if p.low is None else p.low, math.inf if p.high is None else p.high
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not low <= value <= high or not math.isfinite(value):
            raise RecipeError(f"{name}: {p.name} must be between {low:g} and {high:g}{unit}, got {value!r}")
        if isinstance(p.default, int) and value != int(value):
            raise RecipeError(f"{name}: {p.name} must be a whole number, got {value!r}")


def build(part: type[T], values: Mapping[str, Any], *, where: str) -> T:
    """Make a part from named values, refusing names it does not have.

    Parameters
    ----------
    part
        The part's class, a frozen dataclass of `param` fields.
    values
        Field name to value.
    where
        How the user knows this place, for the message: `parts.keys.chain.lowpass`.

    Raises
    ------
    RecipeError
        If a name is unknown or a value out of range.
    """
    known = {p.name: p for p in parameters(part)}
    for name in values:
        if name not in known:
            raise RecipeError(f"{where}: there is no {name!r}{suggestion(name, known)}")
    typed = {name: _typed(value, known[name].default) for name, value in values.items()}
    try:
        return part(**typed)
    except RecipeError as error:
        raise RecipeError(f"{where}: {error}") from error


def _typed(value: Any, default: object) -> Any:
    """Return numbers as the field's own kind: 3 for 3.0 where it counts, 3.0 for 3 where it measures, `808` as text."""
    if type(default) is str and type(value) is int:
        return str(value)
    if type(default) is float and type(value) is int and abs(value) < 2**53:
        return float(value)
    if type(default) is int and type(value) is float and value.is_integer():
        return int(value)
    return value


__all__ = ["Param", "build", "check", "param", "parameters"]
