from __future__ import annotations

import pytest

from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish


@pytest.fixture(scope="session")
def resolved():
    """Makes recipes: the default one, composed by rules unless told otherwise, closed by a seed."""

    def make(seed: int = 1, *settings: str, recipe: str = "dusk", composer: str = "rules", **wishes: object) -> Recipe:
        return Wish(recipe, settings=(f"composer={composer}", *settings), **wishes).resolve(Seed(seed))

    return make


MINI = """
description = "Keys and drums over vinyl, by rules: quickly made."
composer = "rules"
[form]
fullness = 1.0
[parts]
lead = false
pad = false
bass = false
room = false
rain = false
[parts.keys.chain]
room = false
tremolo = false
[parts.drums.chain]
crush = false
[master.chain]
wow = false
compressor = false
"""


@pytest.fixture(scope="session")
def mini(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Path of a recipe whose songs are made in a second."""
    path = tmp_path_factory.mktemp("recipes") / "mini.toml"
    path.write_text(MINI, encoding="utf-8")
    return str(path)
