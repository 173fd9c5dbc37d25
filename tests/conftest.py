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
