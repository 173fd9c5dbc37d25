from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from dusktape.core.seed import Seed

KNOWN = [
    (Seed(0), 0x180CEB0EDCE751D9C29F4EB487973E3A, 0.09394711602081185, 0.9093451193995327),
    (Seed(7), 0x8EC1C7DE3A8AF0AFA34AB859B03C9F6E, 0.55764435935502, 0.829427010664965),
    (Seed(7).at("drums", 3), 0xB8BFF48F833A3158B8D721F2805F2681, 0.7216790056583953, 0.8640013171453673),
    (Seed(7).at("drums", "3"), 0xED898B1A7C7B0CF3823A4F60A3EBE49B, 0.9278799953139975, 0.3302107637355075),
    (
        Seed(123456).at("compose", "material", "A0", "loop"),
        0x3C0EEAC1B13489FC69E269BBC3F2054D,
        0.23460261563123386,
        0.06268998605369602,
    ),
]
"""Whoever changes one of these changes every song that was ever made."""


@pytest.mark.parametrize(("seed", "key", "unit", "drawn"), KNOWN)
def test_a_place_draws_what_it_always_drew(seed, key, unit, drawn):
    assert seed.key == key
    assert seed.unit() == unit
    assert seed.rng().random() == drawn


def test_the_ways_to_draw_give_what_they_always_gave():
    here = Seed(7).at("x")
    assert here.between(66, 92) == 71.49064500894461
    assert here.pick("abcdef") == "b"
    assert here.pick("abc", (1, 2, 3)) == "b"
    assert [s for s in range(12) if Seed(s).chance(0.3)] == [0, 6, 11]


def test_one_consumer_does_not_change_what_another_draws():
    bass = Seed(7).at("bass", 3)
    before = bass.rng().random(5)
    Seed(7).at("drums", 3).rng().random(1000)
    bass.at("another", "consumer").unit()
    np.testing.assert_array_equal(bass.rng().random(5), before)


def test_every_place_is_its_own():
    places = [
        Seed(7),
        Seed(8),
        Seed(7).at("a"),
        Seed(7).at("b"),
        Seed(7).at("a", "b"),
        Seed(7).at("b", "a"),
        Seed(7).at("ab"),
        Seed(7).at(1),
        Seed(7).at("1"),
        Seed(7).at(11),
        Seed(7).at(1, 1),
        Seed(7).at("a', 'b"),
    ]
    assert len({p.key for p in places}) == len(places)


def test_a_path_is_the_same_in_one_step_or_in_many():
    assert Seed(7).at("a").at(3).at("b") == Seed(7).at("a", 3, "b")
    assert Seed(7).at("a").at(3).key == Seed(7).at("a", 3).key


def test_numpy_integers_are_integers():
    assert Seed(7).at(np.int64(3)).key == Seed(7).at(3).key
    assert Seed(np.int64(7)).key == Seed(7).key


def test_units_are_even_and_below_one():
    units = np.array([Seed(1).at(k).unit() for k in range(4000)])
    assert units.min() >= 0.0
    assert units.max() < 1.0
    counts = np.histogram(units, 10, (0, 1))[0]
    assert np.sum((counts - 400.0) ** 2 / 400.0) < 27.9  # chi-square, 9 degrees, p = 0.001


def test_between_stays_between():
    draws = [Seed(1).at(k).between(-3.0, -1.0) for k in range(500)]
    assert min(draws) >= -3.0
    assert max(draws) < -1.0


def test_picks_follow_their_weights():
    picks = Counter(Seed(1).at(k).pick("abc", (0, 1, 3)) for k in range(2000))
    assert picks["a"] == 0
    assert picks["c"] / picks["b"] == pytest.approx(3.0, rel=0.2)


def test_a_chance_comes_as_often_as_it_says():
    assert sum(Seed(2).at(k).chance(0.25) for k in range(2000)) == pytest.approx(500, abs=60)
    assert not any(Seed(2).at(k).chance(0.0) for k in range(200))
    assert all(Seed(2).at(k).chance(1.0) for k in range(200))
