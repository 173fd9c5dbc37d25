"""What is asked for next."""

from __future__ import annotations

from collections import Counter

import pytest

from dusktape.core.roles import MOODS
from dusktape.core.seed import Seed
from dusktape.radio.state import State
from dusktape.radio.taste import FITS, MOOD, Dial, Taste, draw, options, recipe_names, recipe_table, traits
from dusktape.studio.wish import Wish

NONE = Taste()


def draws(settings: dict, taste: Taste = NONE, count: int = 150) -> list[dict]:
    return [draw(Seed(1).at("drawn", k), settings, taste) for k in range(count)]


def test_the_same_seed_asks_for_the_same():
    assert draw(Seed(3).at("x"), {}, NONE) == draw(Seed(3).at("x"), {}, NONE)
    assert draw(Seed(3).at("x"), {}, NONE) != draw(Seed(3).at("y"), {}, NONE)


def test_a_dial_in_the_middle_leaves_everything_to_the_recipes():
    found = draws({})
    assert {key for spec in found for key in spec} == {"recipe", "seed", "minutes"}
    assert len({spec["recipe"] for spec in found}) == len(recipe_names())
    assert all(1.8 <= spec["minutes"] <= 3.2 for spec in found)


def test_the_dial_tilts_mood_tempo_and_key():
    dark, bright = draws({"mood": -1, "energy": -1}), draws({"mood": 1, "energy": 1})
    assert sum(MOOD[s["mood"]] for s in bright) > sum(MOOD[s["mood"]] for s in dark) + 100
    assert sum(s["bpm"] for s in bright) / 150 > sum(s["bpm"] for s in dark) / 150 + 15
    assert Counter(s["key"].split()[1] for s in dark)["minor"] > 100
    assert Counter(s["key"].split()[1] for s in bright)["major"] > 100


@pytest.mark.parametrize("mood", MOODS)
def test_a_mood_that_is_named_is_what_is_drawn(tmp_path, mood):
    state = State.open(tmp_path)
    settings = state.settle("main", mood=mood).settings
    assert {spec["mood"] for spec in draws(settings)} == {mood}
    known = {name for name in recipe_names() if mood in options(recipe_table(name).get("mood"))[0]}
    fits = sum(spec["recipe"] in known for spec in draws(settings))
    assert fits > max(75, 1.2 * sum(spec["recipe"] in known for spec in draws({})))
    settings = state.settle("main", mood=None).settings
    assert draws(settings) == draws({})


def test_a_mood_that_is_named_brings_its_keys():
    minor = {mood: sum(s["key"].endswith("minor") for s in draws({"mood": mood}, count=300)) for mood in MOODS}
    assert minor["dark"] > minor["dreamy"] + 10 > minor["hopeful"] + 20


def test_every_recipe_can_be_made_in_every_mood():
    for name in recipe_names():
        for mood in MOODS:
            spec = draw(Seed(1), {"mood": mood, "recipes": [name]}, NONE)
            assert (spec["recipe"], spec["mood"]) == (name, mood)
            Wish(name, spec["minutes"], None, spec["key"], mood).resolve(Seed(spec["seed"]))


@pytest.mark.parametrize("settings", [{"mood": 1, "energy": 1}, {"mood": -0.4, "energy": 0.2, "weather": "rain"}])
def test_what_is_drawn_can_be_made(settings):
    liked = {"recipe": "rainy", "mood": "dark", "tempo": "slow", "mode": "minor", "keys": "rhodes", "kit": "dusty"}
    taste = Taste.learned([(liked, 2)])
    for spec in draws(settings, taste, 12):
        wish = Wish(
            spec["recipe"], spec["minutes"], spec.get("bpm"), spec.get("key"), spec.get("mood"),
            settings=spec.get("settings", ()),
        )  # fmt: skip
        wish.resolve(Seed(spec["seed"]))


def test_a_recipe_does_not_come_twice_in_a_row():
    assert all(draw(Seed(k), {}, NONE, but="dusk")["recipe"] != "dusk" for k in range(200))
    assert draw(Seed(1), {"recipes": ["dusk"]}, NONE, but="dusk")["recipe"] == "dusk"


def test_only_recipes_that_were_chosen_are_drawn():
    assert {s["recipe"] for s in draws({"recipes": ["dusk", "rainy", "nothing like it"]})} == {"dusk", "rainy"}
    assert len({s["recipe"] for s in draws({"recipes": ["nothing like it"]})}) > 5


def test_likes_bring_more_and_dislikes_less():
    liked, disliked = Taste.learned([({"recipe": "rainy"}, 2)]), Taste.learned([({"recipe": "rainy"}, -2)])
    count = [Counter(s["recipe"] for s in draws({}, taste, 400))["rainy"] for taste in (liked, NONE, disliked)]
    assert count[0] > count[1] + 15 > count[1] > count[2]


def test_an_instrument_that_is_liked_is_asked_for_where_a_recipe_can():
    taste = Taste.learned([({"keys": "rhodes", "kit": "808"}, 3)])
    told = [word for spec in draws({}, taste, 300) for word in spec.get("settings", ())]
    assert told.count("keys.instrument=rhodes") > 20
    assert any(word == "drums.character=808" for word in told)
    assert all(word.startswith(("keys.instrument=", "drums.character=")) for word in told)


def test_rain_is_heard_when_it_rains():
    assert draw(Seed(1), {"weather": "rain"}, NONE)["settings"] == ["weather=rain", "rain.on=true"]


@pytest.mark.parametrize("junk", [None, "x", float("nan"), True, [], {}])
def test_a_dial_that_is_no_number_stands_in_the_middle(junk):
    assert Dial.of({"mood": junk, "energy": junk}) == Dial()


def test_a_dial_goes_no_further_than_its_end():
    assert Dial.of({"mood": 7, "energy": -7}) == Dial(1.0, -1.0)


def test_a_dial_in_the_middle_is_near_to_everything():
    assert Dial().away("dark", 60.0) == 0.0
    assert Dial(1.0, 0.0).away("dark", 60.0) > 1.5 > Dial(1.0, 0.0).away("warm", 60.0)


@pytest.mark.parametrize("mood", MOODS)
def test_only_the_mood_that_is_named_fits(mood):
    dial = Dial.of({"mood": mood})
    assert dial == Dial(MOOD[mood], 0.0, mood)
    assert [other for other in MOODS if dial.away(other, 75.0) <= FITS] == [mood]
    assert Dial.of({"mood": mood, "energy": 1.0}).away(mood, 62.0) > FITS


def test_moods_that_are_like_the_one_that_is_named_come_before_others():
    dial = Dial.of({"mood": "hopeful"})
    assert dial.away("hopeful", 75.0) < dial.away("warm", 75.0) < dial.away("wistful", 75.0) < dial.away("dark", 75.0)


def test_the_traits_of_a_track_come_from_its_provenance():
    recipe = {"parts": {"keys": {"instrument": "rhodes"}, "drums": {"params": {"character": "dusty"}}}}
    found = traits("dusk", "warm", 70.0, "C minor", {"recipe": recipe})
    assert found == {
        "recipe": "dusk", "mood": "warm", "tempo": "slow", "mode": "minor", "keys": "rhodes", "kit": "dusty"
    }  # fmt: skip
    assert "keys" not in traits("dusk", "warm", 70.0, "C minor", {"recipe": 7})
