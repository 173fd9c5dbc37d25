from itertools import pairwise

import pytest

from dusktape.core.errors import DusktapeError, RecipeError
from dusktape.core.seed import Seed
from dusktape.publish.asked import Asked
from dusktape.publish.commission import commissions
from dusktape.studio import presets
from dusktape.studio.batch import alike, recipe_names, spread
from dusktape.studio.presets import recipe_files
from dusktape.studio.wish import Wish


@pytest.fixture
def theirs(own_recipes):
    return own_recipes(kitchen='mood = "warm"\n', torn="mood = \n", hasty="[tempo]\nbpm = 999\n")


def test_all_are_all_and_each_comes_once() -> None:
    assert recipe_names(["all", "rainy"]) == tuple(sorted(recipe_files()))
    assert recipe_names(["snow", "rainy", "snow"]) == ("snow", "rainy")


def test_all_leave_out_what_is_broken_and_name_it(theirs) -> None:
    names = recipe_names(["all"])
    assert "kitchen" in names and not {"torn", "hasty"} & set(names)
    jobs = commissions(Wish(), 5, Asked(), recipe_named=False, count=2, recipes=("all",))
    said = "\n".join(jobs[0].said)
    assert "recipe torn is left out: " in said and "recipe hasty is left out: " in said
    assert jobs[1].said == ()
    for broken, why in (("torn", "line 1"), ("hasty", "between 40 and 160, got 999")):
        with pytest.raises(DusktapeError, match=why):
            commissions(Wish(), 5, Asked(), recipe_named=False, count=2, recipes=(broken, "all"))


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
