"""Recipes by name or file: differences over the default, options over those, choices closed by the seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dusktape import presets
from dusktape.core.draws import close, is_choice, merge
from dusktape.core.errors import RecipeError, suggestion
from dusktape.core.plugins import broken, find, names
from dusktape.core.recipe import Part, Recipe, fields_at
from dusktape.core.seed import Seed
from dusktape.io import toml
from dusktape.studio.rig import check_parts

Table = Mapping[str, Any]


def recipe_files() -> dict[str, Path]:
    """Return recipe name to file, of every registered folder of recipes. One that does not import is skipped."""
    missing = broken("recipes")
    folders = [Path(find("recipes", name)) for name in names("recipes") if name not in missing]
    return {file.stem: file for folder in folders for file in sorted(folder.glob("*.toml"))}


def load(name: str) -> dict[str, Any]:
    """Return a recipe's table, laid over the default, its choices still open.

    Parameters
    ----------
    name
        A registered recipe, or the path of a TOML file.

    Raises
    ------
    RecipeError
        If there is no such recipe; with a suggestion.
    InputError
        If the file is broken.
    """
    known = recipe_files()
    path = known.get(name)
    if path is None and name.endswith(".toml"):
        path = Path(name)
    if path is None:
        raise RecipeError(f"there is no recipe {name!r}{suggestion(name, known)}")
    changes = toml.read(path)
    check_fields(changes, where=str(path) if name.endswith(".toml") else name)
    return {"name": path.stem, **merge(toml.read(presets.DEFAULT), changes)}


def check_fields(table: Table, *, where: str) -> None:
    """Refuse fields that no recipe has, before the default hides where they came from.

    Raises
    ------
    RecipeError
        Naming the file, the field and the nearest known one.
    """
    for section, value in table.items():
        known = fields_at(())
        if section not in known:
            raise RecipeError(f"{where}: unknown field {section!r}{suggestion(section, known)}")
        if section == "parts" and isinstance(value, Mapping):
            for part, fields in value.items():
                _check_table(fields, tuple(Part.model_fields), f"{where}: unknown field 'parts.{part}.")
            continue
        _check_table(value, fields_at((section,)), f"{where}: unknown field '{section}.")


def _check_table(value: Any, known: Sequence[str], what: str) -> None:
    if not isinstance(value, Mapping) or not known or "any_of" in value or "between" in value:
        return
    for field in value:
        if field not in known:
            raise RecipeError(f"{what}{field}'{suggestion(field, known)}")


def override(table: Table, settings: Sequence[str]) -> dict[str, Any]:
    """Return the table with `part.param=value` settings laid over it.

    A path is a recipe key (`tempo.bpm`, `drums.ghosts`, `master.chain.wow.wow_cents`), or starts at a part:
    `keys.bark`, `keys.loudness_lufs`, `keys.lowpass.cutoff_hz`. Values are numbers, true, false or words; `false`
    for an effect takes it out.

    Raises
    ------
    RecipeError
        If a setting has no `=`, or names something that is not there.
    """
    for setting in settings:
        path, sign, text = setting.partition("=")
        if not sign or not path.strip():
            raise RecipeError(f"{setting!r} is no setting; write part.param=value, as in keys.loudness_lufs=-20")
        keys = _full_path(table, path.strip().split("."), path.strip())
        change: Any = _value(text.strip())
        for key in reversed(keys):
            change = {key: change}
        check_fields(change, where=f"--set {setting}")
        table = merge(table, change)
    return dict(table)


def _full_path(table: Table, keys: list[str], path: str) -> list[str]:
    parts = _table_at(table, "parts")
    # `drums` and `bass` are recipe tables and parts at once; what the table knows is meant for it.
    if keys[0] in parts and len(keys) > 1 and keys[1] not in fields_at((keys[0],)):
        rest = keys[1:]
        if rest[0] not in Part.model_fields:
            chain = _table_at(_table_at(parts, keys[0]), "chain")
            rest = ["chain", *rest] if len(rest) > 1 or rest[0] in chain else ["params", *rest]
        return ["parts", keys[0], *rest]
    known = (*fields_at(()), *parts)
    if keys[0] not in known:
        raise RecipeError(f"--set {path}: there is no {keys[0]!r}{suggestion(keys[0], known)}")
    return keys


def _table_at(table: Table, key: str) -> Table:
    found = table.get(key)
    return found if isinstance(found, Mapping) else {}


def _value(text: str) -> Any:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def as_file(recipe: Recipe) -> dict[str, Any]:
    """Return what a recipe file must say to give this recipe with every seed: `false` for what it lacks."""
    return _with_gaps(recipe.model_dump(mode="json", exclude_none=True), toml.read(presets.DEFAULT))


def _with_gaps(table: Table, default: Table) -> dict[str, Any]:
    told = dict(table)
    for key, value in default.items():
        if isinstance(value, Mapping) and not is_choice(value):
            told[key] = _with_gaps(told[key], value) if isinstance(told.get(key), Mapping) else False
    return told


def resolve(table: Table, seed: Seed, *, where: str) -> Recipe:
    """Close every choice with the seed and check the result.

    Raises
    ------
    RecipeError
        If the recipe cannot be made into music; names the place.
    """
    recipe = Recipe.of(close(table, seed.at("recipe"), where=where), where=where)
    check_parts(recipe, where=where)
    return recipe
