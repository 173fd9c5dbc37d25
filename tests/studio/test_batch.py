from itertools import pairwise

import pytest

from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed
from dusktape.studio import presets
from dusktape.studio.batch import alike, recipe_names, spread
from dusktape.studio.presets import recipe_files
from dusktape.studio.wish import Wish


def test_all_are_all_and_each_comes_once() -> None:
    assert recipe_names(["all", "rainy"]) == tuple(sorted(recipe_files()))
    assert recipe_names(["snow", "rainy", "snow"]) == ("snow", "rainy")


def test_a_recipe_that_is_not_there_is_named() -> None:
    with pytest.raises(RecipeError, match="rany"):
        recipe_names(["rany"])


def test_recipes_take_turns_and_neighbours_differ() -> None:
    names = recipe_names(["all"])
    songs = spread(Wish(), names, 2 * len(names), Seed(700))
    assert sorted(r.name for r, _ in songs) == sorted(names * 2)
    assert sorted(s.value for _, s in songs) == list(range(700, 700 + 2 * len(names)))
    shared = [alike(a, b) for (a, _), (b, _) in pairwise(songs)]
    assert max(shared) <= 2
    assert sum(shared) <= len(shared) // 2


def test_colours_and_keys_are_spread() -> None:
    songs = [r for r, _ in spread(Wish(recipe="dusk"), ["dusk"], 16, Seed(1))]
    low, high = presets.load("dusk")["harmony"]["colour"]["between"]
    assert sorted(int((r.harmony.colour - low) / (high - low) * 16) for r in songs) == list(range(16))
    assert len({r.key for r in songs}) == 16


def test_what_is_wished_for_holds_for_all() -> None:
    songs = spread(Wish(bpm=77, key="D minor"), ["rainy", "snow"], 4, Seed(3))
    assert {(r.tempo.bpm, r.key) for r, _ in songs} == {(77, "D minor")}


def test_the_same_seed_gives_the_same_batch() -> None:
    assert spread(Wish(), ["rainy", "dusk"], 5, Seed(9)) == spread(Wish(), ["rainy", "dusk"], 5, Seed(9))
