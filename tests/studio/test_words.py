"""A wish in words gives what `phrases.toml` says, and every word of the vocabulary makes music."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dusktape.core.errors import RecipeError
from dusktape.core.plugins import names
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.studio import presets
from dusktape.studio.vocabulary import vocabulary
from dusktape.studio.wish import Wish
from dusktape.studio.words import hear

ROWS = tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))["phrase"]
SEEDS = (1, 5)
every_phrase = pytest.mark.parametrize("row", ROWS, ids=lambda row: row["say"])


def heard(text: str):
    found = hear(text)
    assert found is not None, f"{text!r} was not read as a phrase"
    return found


def resolved(text: str, seed: int = 1, **wishes: Any) -> Recipe:
    return Wish(text, **wishes).resolve(Seed(seed))


def at(recipe: Recipe, path: str) -> Any:
    found: Any = recipe.model_dump()
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return False if found is None and path.endswith(".on") else found


def check(recipe: Recipe, expected: Mapping[str, Any]) -> None:
    for path, want in expected.items():
        got = at(recipe, path)
        if want in ("present", "absent"):
            assert (got is not None) is (want == "present"), f"{path} is {got!r}"
        elif isinstance(want, Mapping):
            assert got not in want["not"], f"{path} is {got!r}"
        elif isinstance(want, list) and all(isinstance(w, (int, float)) for w in want):
            assert want[0] <= got <= want[1], f"{path} is {got!r}, not in {want}"
        elif isinstance(want, list):
            assert got in want, f"{path} is {got!r}, not one of {want}"
        else:
            assert got == want, f"{path} is {got!r}, not {want!r}"


@every_phrase
def test_a_phrase_gives_what_was_written_down_before_the_parser(row: dict[str, Any]) -> None:
    found = heard(row["say"])
    assert found.recipe == row["recipe"]
    for seed in SEEDS:
        recipe = resolved(row["say"], seed)
        check(recipe, row.get("gives", {}))
        for part, expected in row.get("later", {}).items():
            if part in {*names("instruments"), *names("effects")}:
                check(recipe, expected)
            elif not row.get("recipe_will_do"):
                assert any(part.replace("_", " ") in one or f"({part})" in one for one in found.missing)


@every_phrase
def test_a_phrase_says_what_it_passed_over_and_nothing_else(row: dict[str, Any]) -> None:
    found = heard(row["say"])
    assert sorted(" ".join(found.passed_over).split()) == sorted(row.get("passed", ()))
    assert len(found.notes) == len(row.get("notes", ()))
    for word, note in zip(row.get("notes", ()), found.notes, strict=True):
        assert word in note
