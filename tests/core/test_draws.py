from __future__ import annotations

from collections import Counter

import pytest

from dusktape.core.draws import close, merge, variants
from dusktape.core.errors import RecipeError
from dusktape.core.seed import Seed

OPEN = {
    "bpm": {"between": [66.0, 92.0]},
    "bars": {"between": [2, 5]},
    "style": {"any_of": ["kick", "roots"], "weights": [3, 1]},
    "chain": {"lowpass": {"cutoff_hz": {"between": [800.0, 900.0]}}},
    "plain": [1, {"any_of": [True, False]}],
}


def test_every_choice_is_closed_and_everything_else_stays():
    closed = close(OPEN, Seed(3))
    assert 66.0 <= closed["bpm"] <= 92.0
    assert closed["bars"] in (2, 3, 4, 5)
    assert closed["style"] in ("kick", "roots")
    assert 800.0 <= closed["chain"]["lowpass"]["cutoff_hz"] <= 900.0
    assert closed["plain"][0] == 1
    assert closed["plain"][1] in (True, False)
    assert list(closed) == list(OPEN)


def test_a_choice_added_elsewhere_changes_nothing_here():
    before = close(OPEN, Seed(3))
    after = close({"new": {"between": [0.0, 1.0]}, **OPEN}, Seed(3))
    assert {k: after[k] for k in OPEN} == before


def test_two_keys_with_the_same_choice_draw_apart():
    choice = {"between": [0.0, 1.0]}
    closed = close({"a": choice, "b": choice, "c": [choice, choice]}, Seed(3))
    assert len({closed["a"], closed["b"], *closed["c"]}) == 4


def test_whole_numbers_reach_both_ends_and_stay_whole():
    drawn = Counter(close({"between": [2, 5]}, Seed(s)) for s in range(400))
    assert sorted(drawn) == [2, 3, 4, 5]
    assert all(type(value) is int for value in drawn)
    assert min(drawn.values()) > 60


def test_weights_count():
    drawn = Counter(close(OPEN, Seed(s))["style"] for s in range(600))
    assert drawn["kick"] / drawn["roots"] == pytest.approx(3.0, rel=0.3)


def test_a_choice_may_lead_to_another():
    nested = {"any_of": [{"between": [1.0, 2.0]}, {"any_of": [{"between": [3.0, 4.0]}]}]}
    drawn = [close(nested, Seed(s)) for s in range(60)]
    assert all(1.0 <= d <= 2.0 or 3.0 <= d <= 4.0 for d in drawn)
    assert len({round(d, 3) for d in drawn}) > 30


@pytest.mark.parametrize(
    "choice",
    [
        {"between": [2, 1]},
        {"between": [1]},
        {"between": [1, 2, 3]},
        {"between": ["a", "b"]},
        {"between": [False, True]},
        {"between": [float("nan"), 1.0]},
        {"between": [0.0, float("inf")]},
        {"between": 3},
        {"between": [1, 2], "any_of": [1]},
        {"any_of": []},
        {"any_of": "abc"},
        {"any_of": [1, 2], "weights": [1]},
        {"any_of": [1, 2], "weights": 3},
        {"any_of": [1, 2], "weights": [0, 0]},
        {"any_of": [1, 2], "weights": [2, -1]},
        {"any_of": [1, 2], "weights": ["a", "b"]},
        {"any_of": [1, 2], "chance": [1, 1]},
    ],
)
def test_a_choice_that_makes_no_sense_is_named_with_its_place(choice):
    with pytest.raises(RecipeError, match=r"^my\.toml: tempo\.bpm: ") as caught:
        close({"tempo": {"bpm": choice}}, Seed(1), where="my.toml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("word", "meant"), [("any_off", "any_of"), ("anyof", "any_of"), ("betwen", "between"), ("wights", "weights")]
)
def test_a_misspelt_word_of_a_choice_is_named_with_the_nearest(word, meant):
    with pytest.raises(RecipeError, match=r"^my\.toml: tempo\.bpm: a choice is ") as caught:
        close({"tempo": {"bpm": {word: [1, 2]}}}, Seed(1), where="my.toml")
    assert str(caught.value).endswith(f"not {word!r}; did you mean {meant!r}?")


def test_a_place_in_a_list_is_named():
    with pytest.raises(RecipeError, match=r"^my\.toml: a\.b\[1\]: between wants two numbers"):
        close({"a": {"b": [1, {"between": 3}]}}, Seed(1), where="my.toml")


def test_changes_are_laid_over_table_by_table():
    base = {"a": {"x": 1, "y": {"z": 2}}, "b": 3}
    assert merge(base, {"a": {"y": {"w": 4}}, "c": 5}) == {"a": {"x": 1, "y": {"z": 2, "w": 4}}, "b": 3, "c": 5}
    assert base == {"a": {"x": 1, "y": {"z": 2}}, "b": 3}


def test_false_takes_a_table_out_and_leaves_switches_alone():
    base = {"chain": {"wow": {"wow_cents": 3}, "room": {}}, "half_time": {"any_of": [True, False]}, "on": True}
    merged = merge(base, {"chain": {"wow": False}, "half_time": False, "on": False})
    assert merged == {"chain": {"room": {}}, "half_time": False, "on": False}


def test_a_choice_replaces_and_is_replaced_whole():
    choice = {"between": [1.0, 2.0]}
    assert merge({"x": choice}, {"x": {"any_of": [3]}}) == {"x": {"any_of": [3]}}
    assert merge({"x": choice}, {"x": 5}) == {"x": 5}
    assert merge({"x": {"y": 1}}, {"x": choice}) == {"x": choice}


def test_variants_hold_every_alternative_and_no_more_than_that_takes():
    table: dict = {"a": {"any_of": [1, {"between": [5, 9]}]}, "b": {"c": {"between": [0.5, 2.0]}}}
    table["d"] = [{"any_of": ["x", "y"]}, "z"]
    assert variants(table) == [
        {"a": 1, "b": {"c": 0.5}, "d": ["x", "z"]},
        {"a": 5, "b": {"c": 2.0}, "d": ["y", "z"]},
        {"a": 9, "b": {"c": 0.5}, "d": ["x", "z"]},
    ]


def test_crossed_variants_meet_each_of_the_others():
    table = {"kind": {"any_of": ["p", "q"]}, "x": {"between": [1, 3]}, "y": {"any_of": [7, 8]}}
    met = {(one["kind"], one["x"], one["y"]) for one in variants(table, crossed=["kind"])}
    assert met == {(kind, *rest) for kind in "pq" for rest in ((1, 7), (3, 8))}
    assert list(variants(table, crossed=["kind"])[0]) == ["kind", "x", "y"]


def test_variants_refuse_what_a_seed_seldom_comes_by():
    with pytest.raises(RecipeError, match=r"^my\.toml: a: between wants two numbers, low first, got \[2, 1\]$"):
        variants({"a": {"any_of": [1, {"between": [2, 1]}], "weights": [9, 0]}}, where="my.toml")
    with pytest.raises(
        RecipeError, match=r"^my\.toml: more than 1000 alternatives, too many to be tried; offer fewer$"
    ):
        variants({"a": {"any_of": list(range(40))}, "b": {"any_of": list(range(40))}}, where="my.toml", crossed=["a"])
