"""Open choices in a recipe, and how a seed closes them.

Anywhere a recipe has a value it may have a choice instead: `{ between = [68, 78] }` or
`{ any_of = ["rhodes", "felt_piano"], weights = [2, 1] }`. The draw's address is the key's own path, so a choice
added elsewhere changes nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from dusktape.core.counting import counted
from dusktape.core.errors import RecipeError, suggestion
from dusktape.core.seed import Seed

MOST_VARIANTS = 1000
"""Alternatives of choices that are tried."""

_WORDS = ("between", "any_of", "weights")
_FORMS = "{between = [low, high]} or {any_of = [...], weights = [...]}"


def close(value: Any, seed: Seed, *, where: str = "recipe", path: str = "") -> Any:
    """Return the value with every choice in it drawn. Tables and lists keep their order.

    Parameters
    ----------
    value
        A table as TOML gives it.
    seed
        The song's seed, at the recipe's place.
    where
        File or name that the table came from, for messages.
    path
        Where in it the value stands, for messages: `tempo.bpm`.

    Raises
    ------
    RecipeError
        If a choice is written wrongly.
    """
    if isinstance(value, Mapping):
        if is_choice(value):
            return _draw(value, seed, where=where, path=path)
        _check_words(value, where=where, path=path)
        return {k: close(v, seed.at(k), where=where, path=f"{path}.{k}".lstrip(".")) for k, v in value.items()}
    if isinstance(value, list):
        return [close(v, seed.at(i), where=where, path=f"{path}[{i}]") for i, v in enumerate(value)]
    return value


def _check_words(table: Mapping[str, Any], *, where: str, path: str) -> None:
    for word in table:
        if isinstance(table[word], list) and get_close_matches(word, _WORDS, n=1, cutoff=0.7):
            raise RecipeError(f"{where}: {path}: a choice is {_FORMS}, not {word!r}{suggestion(word, _WORDS)}")


def variants(value: Any, *, where: str = "recipe", path: str = "", crossed: Collection[str] = ()) -> list[Any]:
    """Return the value closed in several ways: each alternative of each choice stands in one, and both ends of ranges.

    There are as many as that takes; combinations are not tried, but for `crossed`.

    Parameters
    ----------
    value
        A table as TOML gives it.
    where
        File or name that the table came from, for messages.
    path
        Where in it the value stands, for messages.
    crossed
        Keys on which the rest of their table depends: each of their alternatives meets each of the others.

    Raises
    ------
    RecipeError
        If a choice is written wrongly, be it one that a seed seldom comes by, or there are more than `MOST_VARIANTS`.
    """
    if isinstance(value, Mapping) and is_choice(value):
        told = []
        for member in _members(value, where=where, path=path):
            told += variants(member, where=where, path=path, crossed=crossed)
            _check_count(len(told), where, path)
        return told
    if isinstance(value, Mapping):
        _check_words(value, where=where, path=path)
        ways = {k: variants(v, where=where, path=f"{path}.{k}".lstrip("."), crossed=crossed) for k, v in value.items()}
        outer = _rows({k: v for k, v in ways.items() if k in crossed})
        inner = _rows({k: v for k, v in ways.items() if k not in crossed})
        _check_count(len(outer) * len(inner), where, path)
        return [{k: (few if k in crossed else many)[k] for k in ways} for few in outer for many in inner]
    if isinstance(value, list):
        told = [variants(v, where=where, path=f"{path}[{i}]", crossed=crossed) for i, v in enumerate(value)]
        return [list(row.values()) for row in _rows(dict(enumerate(told)))]
    return [value]


def _check_count(count: int, where: str, path: str) -> None:
    if count > MOST_VARIANTS:
        place = f"{where}: {path}" if path else where
        raise RecipeError(f"{place}: more than {MOST_VARIANTS} alternatives, too many to be tried; offer fewer")


def _rows(ways: Mapping[Any, list[Any]]) -> list[dict[Any, Any]]:
    """Return as many tables as the key with the most alternatives has; the others go round."""
    return [{k: v[n % len(v)] for k, v in ways.items()} for n in range(max(map(len, ways.values()), default=1))]


def _draw(choice: Mapping[str, Any], seed: Seed, *, where: str, path: str) -> Any:
    members = _members(choice, where=where, path=path)
    if "any_of" in choice:
        return close(seed.pick(members, choice.get("weights")), seed.at("picked"), where=where, path=path)
    low, high = members
    if isinstance(low, int) and isinstance(high, int):
        return int(low + seed.unit() * (high - low + 1))
    return round(seed.between(low, high), 4)


def _members(choice: Mapping[str, Any], *, where: str, path: str) -> list[Any]:
    """Return the options of a choice, or the two ends of its range."""
    place = f"{where}: {path}" if path else where
    if set(choice) == {"between"}:
        match choice["between"]:
            case [low, high] if _is_number(low) and _is_number(high) and low <= high:
                return [low, high]
        raise RecipeError(f"{place}: between wants two numbers, low first, got {choice['between']!r}")
    if set(choice) <= {"any_of", "weights"}:
        options, weights = choice.get("any_of"), choice.get("weights")
        if isinstance(options, list) and options:
            if "weights" in choice and not _are_weights(weights, len(options)):
                raise RecipeError(
                    f"{place}: weights wants {counted(len(options), 'number')}, 0 or more, got {weights!r}"
                )
            return options
    raise RecipeError(f"{place}: a choice is {_FORMS}, got {dict(choice)!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _are_weights(weights: Any, count: int) -> bool:
    if not isinstance(weights, list) or len(weights) != count or not all(map(_is_number, weights)):
        return False
    return min(weights) >= 0 and sum(weights) > 0


def merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return base with changes laid over it, table by table. `false` for a table takes it out; a choice replaces."""
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        if value is False and isinstance(old, Mapping) and not is_choice(old):
            del merged[key]
        elif isinstance(value, Mapping) and isinstance(old, Mapping) and not (is_choice(old) or is_choice(value)):
            merged[key] = merge(old, value)
        else:
            merged[key] = value
    return merged


def is_choice(value: Mapping[str, Any]) -> bool:
    """Return whether a table is an open choice."""
    return "between" in value or "any_of" in value
