"""Recipes by name or file: differences over the default, options over those, choices closed by the seed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from dusktape import presets
from dusktape.core.draws import close, is_choice, merge, variants
from dusktape.core.errors import DusktapeError, RecipeError, suggestion
from dusktape.core.plugins import broken, find, names
from dusktape.core.recipe import Part, Recipe, fields_at
from dusktape.core.roles import PARTS
from dusktape.core.seed import Seed
from dusktape.io import toml
from dusktape.studio.kits import kit_of
from dusktape.studio.rig import check_parts
from dusktape.studio.seating import check_seats, fitting, known_parameters

Table = Mapping[str, Any]

_CROSSED = ("instrument", "effect")
"""What decides which parameters there are beside it, and how far they go."""


def recipe_files() -> dict[str, Path]:
    """Return recipe name to file, of every registered folder of recipes. One that does not import is skipped.

    All that are there, whatever is in them: which of them can be played, `working_recipes` says.
    """
    return {file.stem: file for file in _all_files()}


def working_recipes() -> dict[str, Path]:
    """Return recipe name to file, of those that can be made into music: what may be offered or drawn."""
    amiss = broken_recipes()
    return {name: file for name, file in recipe_files().items() if name not in amiss}


def broken_recipes() -> dict[str, str]:
    """Return the recipes that cannot be made into music, with the reason. Ours are taken to be whole."""
    found = {}
    for name, file in recipe_files().items():
        if file.parent == presets.FOLDER:
            continue
        try:
            if not file.is_file():  # reading a pipe would wait for whoever writes into it
                raise RecipeError(f"{str(file)!r} is no file; rename it, or put a recipe there")
            resolve(load(str(file)), Seed(0), where=str(file))
        except DusktapeError as error:
            found[name] = str(error)
    return found


def recipe_remarks() -> list[str]:
    """Return a line on each recipe that is left out: it cannot be made into music, or another one has its name."""
    return [*(f"recipe {name} is left out: {why}" for name, why in broken_recipes().items()), *recipe_clashes()]


def recipe_clashes() -> list[str]:
    """Return a line on each recipe that is passed over because another one has its name: ours keep theirs."""
    known, said = recipe_files(), []
    for file in _all_files():
        if (first := known[file.stem]) != file:
            why = "is a recipe of ours" if first.parent == presets.FOLDER else f"is the name of {str(first)!r} too"
            said.append(f"{str(file)!r} is passed over: {file.stem} {why}; rename the file")
    return said


def _all_files() -> list[Path]:
    missing = broken("recipes")
    folders = [Path(find("recipes", name)) for name in names("recipes") if name not in missing]
    return [file for folder in folders for file in sorted(folder.glob("*.toml"))]


def load(name: str) -> dict[str, Any]:
    """Return a recipe's table, laid over the default, its choices still open.

    Of a recipe that is not ours, every alternative of every choice is tried, so that no seed finds one that cannot be.

    Parameters
    ----------
    name
        A registered recipe, or the path of a TOML file.

    Raises
    ------
    RecipeError
        If there is no such recipe, with a suggestion; or if something in it is unknown or impossible.
    InputError
        If the file is broken.
    """
    path = path_of(name)
    changes = toml.read(path)
    where = str(path) if name.endswith(".toml") else name
    check_fields(changes, where=where)
    default = toml.read(presets.DEFAULT)
    table = {"name": path.stem, **merge(default, _switched(default, changes, where=where))}
    if path.parent != presets.FOLDER:
        _check_alternatives(json.dumps(table, default=str), where)
    return table


def path_of(name: str) -> Path:
    """Return the file of a registered recipe, or that of a path.

    Raises
    ------
    RecipeError
        If there is no such recipe; with a suggestion.
    """
    path = recipe_files().get(name)
    if path is None and name.endswith(".toml"):
        return Path(name)
    if path is None:
        raise RecipeError(f"there is no recipe {name!r}{suggestion(name, working_recipes())}")
    return path


@lru_cache(maxsize=64)
def _check_alternatives(told: str, where: str) -> None:
    """Refuse a recipe, as JSON over the default, if any alternative of any choice in it cannot be made into music.

    What the default says itself is taken to be whole, and stands there in one way.
    """
    table, default = json.loads(told), toml.read(presets.DEFAULT)
    own = _settled(table, default, where)
    if (parts := _table_at(own, "parts")) and not is_choice(parts):
        own["parts"] = _settled(parts, default["parts"], where)
    for closed in variants(own, where=where, crossed=_CROSSED):
        _checked(closed, table, where=where, options={})


def _settled(table: Table, default: Table, where: str) -> dict[str, Any]:
    """Return a table in which the choices are closed of all that stands in the default as it does here."""
    return {k: close(v, Seed(0), where=where) if default.get(k) == v else v for k, v in table.items()}


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
    `keys.bark`, `keys.loudness_lufs`, `keys.lowpass.cutoff_hz`. Values are numbers, true, false or words (in quotes, if
    they look like one of the others); `true` for an effect puts it in as it comes, `false` takes it out, and both do
    nothing where it is so already. `kit` is a path of its own: what `studio.kits.kit_of` knows, and drums that play it.

    Raises
    ------
    RecipeError
        If a setting has no `=`, or names something that is not there.
    """
    for setting in settings:
        keys, change = _setting(table, setting)
        for key in reversed(keys):
            change = {key: change}
        check_fields(change, where=f"--set {setting}")
        table = merge(table, _switched(table, change, where=f"--set {setting}"))
    return dict(table)


def places(table: Table, settings: Sequence[str]) -> dict[str, str]:
    """Return recipe key to the option that sets it, of settings that `override` has accepted, for messages."""
    return {".".join(_setting(table, s)[0]): f"--set {s.partition('=')[0].strip()}" for s in settings}


def _setting(table: Table, setting: str) -> tuple[list[str], Any]:
    path, sign, text = setting.partition("=")
    if not sign or not path.strip():
        raise RecipeError(f"{setting!r} is no setting; write part.param=value, as in keys.loudness_lufs=-20")
    if path.strip() == "kit":
        return ["parts", "drums"], {**kit_of(text.strip(), where=f"--set {setting}"), "on": True}
    value = _value(text.strip())
    return _full_path(table, path.strip().split("."), path.strip(), switch=isinstance(value, bool)), value


def _switched(base: Table, changes: Table, *, where: str) -> dict[str, Any]:
    """Return changes in which `true` and `false` for effects and parts say what they mean over the base."""
    told, parts = dict(changes), changes.get("parts")
    if isinstance(changes.get("master"), Mapping):
        told["master"] = _switched_chain(_table_at(base, "master"), changes["master"], f"{where}: master.chain")
    if isinstance(parts, Mapping):
        there = _table_at(base, "parts")
        told["parts"] = {}
        for name, part in parts.items():
            if part is not False or name in there:
                told["parts"][name] = _switched_chain(_table_at(there, name), part, f"{where}: parts.{name}.chain")
            elif name not in _known_parts():
                raise RecipeError(f"{where}: there is no part {name!r}{suggestion(name, _known_parts())}")
    return told


def _switched_chain(base: Table, changes: Any, where: str) -> Any:
    chain = changes.get("chain") if isinstance(changes, Mapping) else None
    if not isinstance(chain, Mapping) or is_choice(chain):
        return changes
    there, told = _table_at(base, "chain"), {}
    for name, value in chain.items():
        if not isinstance(value, bool):
            told[name] = value
            continue
        known = {*there, *names("effects")}
        if name not in known:
            raise RecipeError(f"{where}: there is no effect {name!r}{suggestion(name, known)}")
        if value is not (name in there):
            told[name] = {} if value else False
    return {**changes, "chain": told}


def _known_parts() -> tuple[str, ...]:
    return (*PARTS, *(name for name in toml.read(presets.DEFAULT)["parts"] if name not in PARTS))


def _full_path(table: Table, keys: list[str], path: str, *, switch: bool) -> list[str]:
    parts = _table_at(table, "parts")
    # `drums` and `bass` are recipe tables and parts at once; what the table knows is meant for it.
    if keys[0] in parts and len(keys) > 1 and keys[1] not in fields_at((keys[0],)):
        rest = keys[1:]
        if rest[0] not in Part.model_fields:
            chain = _table_at(_table_at(parts, keys[0]), "chain")
            effect = len(rest) > 1 or rest[0] in chain or (switch and not _is_parameter(rest[0]))
            rest = ["chain" if effect else "params", *rest]
        return ["parts", keys[0], *rest]
    known = {*fields_at(()), *parts}
    if keys[0] not in known:
        raise RecipeError(f"--set {path}: there is no {keys[0]!r}{suggestion(keys[0], known)}")
    return keys


def _is_parameter(name: str) -> bool:
    if name in names("effects"):
        return False
    return any(name in own for own in known_parameters().values())


def _table_at(table: Table, key: str) -> Table:
    found = table.get(key)
    return found if isinstance(found, Mapping) else {}


def _value(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1]  # quoted as in TOML: a name that looks like a number
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


def resolve(table: Table, seed: Seed, *, where: str, options: Mapping[str, str] | None = None) -> Recipe:
    """Close every choice with the seed and check the result.

    Parameters
    ----------
    table
        As `load` and `override` return it.
    seed
        The song's.
    where
        File or name that the table came from, for messages.
    options
        Recipe key to the option that set it, for messages.

    Raises
    ------
    RecipeError
        If the recipe cannot be made into music; names the place.
    """
    closed = close(table, seed.at("recipe"), where=where)
    return _checked(closed, table, where=where, options=options or {})


def _checked(closed: Table, table: Table, *, where: str, options: Mapping[str, str]) -> Recipe:
    """Return a recipe whose choices are closed, checked; `table` is the same with its choices open."""
    _check_players(_table_at(closed, "parts"), where)
    if isinstance(closed.get("parts"), Mapping):
        closed = {**closed, "parts": fitting(closed["parts"], _table_at(table, "parts"), options)}
        check_seats(closed["parts"], where=where, options=options)
    recipe = Recipe.of(closed, where=where, options=options)
    check_parts(recipe, where=where)
    return recipe


def _check_players(parts: Table, where: str) -> None:
    for name, part in parts.items():
        if name in PARTS or not isinstance(part, Mapping) or part.get("texture") is True:
            continue
        if close_to := get_close_matches(name, _known_parts(), n=1):
            raise RecipeError(f"{where}: there is no part {name!r}; did you mean {close_to[0]!r}?")
        raise RecipeError(
            f"{where}: parts.{name}: composers write for {', '.join(PARTS[:-1])} and {PARTS[-1]}; "
            "take one of these names, or say texture = true"
        )
