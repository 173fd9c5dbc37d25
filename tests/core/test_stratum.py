from collections import Counter

import pytest

from dusktape.core.seed import Seed
from dusktape.core.stratum import Stratum


def batch(groups: int, turns: int, seed: int = 5) -> list[Stratum]:
    return [
        Stratum(seed + turn * groups + group, (), seed, group, groups, turn, turns)
        for turn in range(turns)
        for group in range(groups)
    ]


@pytest.mark.parametrize(("groups", "turns"), [(1, 1), (1, 9), (12, 1), (16, 3), (5, 7)])
def test_every_draw_lies_in_a_stratum_of_its_own(groups: int, turns: int) -> None:
    for address in ("bpm", "key"):
        units = [s.at("tempo", address).unit() for s in batch(groups, turns)]
        for group in range(groups):
            assert sorted(int(u * turns) for u in units[group::groups]) == list(range(turns))
        for turn in range(turns):
            mine = units[turn * groups : (turn + 1) * groups]
            assert len({int((u * turns) % 1.0 * groups) for u in mine}) == groups


def test_a_choice_comes_out_every_way_before_it_comes_out_twice() -> None:
    drawn = Counter(s.at("kit").pick("abcde") for s in batch(1, 10))
    assert drawn == dict.fromkeys("abcde", 2)


def test_two_choices_do_not_go_together() -> None:
    pairs = {(s.at("a").pick("xyz"), s.at("b").pick("xyz")) for s in batch(9, 9)}
    assert len(pairs) == 9


def test_it_is_the_same_every_time_and_another_with_another_seed() -> None:
    first = [s.at("bpm").unit() for s in batch(4, 3)]
    assert first == [s.at("bpm").unit() for s in batch(4, 3)]
    assert first != [s.at("bpm").unit() for s in batch(4, 3, seed=6)]


def test_alone_it_still_covers_everything() -> None:
    units = [Stratum(k, batch=k).at("x").unit() for k in range(200)]
    assert min(units) < 0.05
    assert max(units) > 0.95
    assert Stratum(3).at("x").key == Seed(3).at("x").key
