from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from dusktape.core.errors import RecipeError
from dusktape.core.params import build, check, param, parameters


@dataclass(frozen=True, slots=True)
class Tape:
    drive_db: float = param(3.0, low=-6.0, high=12.0, unit="dB", text="how hard")
    heads: int = param(2, low=1, high=4, text="how many")
    kind: str = param("old", choices=("old", "new"), text="which")
    loop: bool = param(False, text="whether it goes round")
    free: float = param(0.0, text="anything")

    def __post_init__(self) -> None:
        check(self)


def test_a_part_says_everything_about_its_parameters():
    drive, heads, kind, loop, free = parameters(Tape)
    assert (drive.name, drive.default, drive.low, drive.high, drive.unit) == ("drive_db", 3.0, -6.0, 12.0, "dB")
    assert drive.text == "how hard"
    assert (heads.default, kind.choices, loop.default) == (2, ("old", "new"), False)
    assert free.low is None


@pytest.mark.parametrize("value", [-6, 12, -6.0, 12.0, 0])
def test_both_ends_of_a_range_are_allowed(value):
    assert Tape(drive_db=value).drive_db == value


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"drive_db": 12.1}, "tape: drive_db must be between -6 and 12 dB, got 12.1"),
        ({"drive_db": math.nan}, "tape: drive_db must be between -6 and 12 dB, got nan"),
        ({"drive_db": "loud"}, "tape: drive_db must be between -6 and 12 dB, got 'loud'"),
        ({"drive_db": True}, "tape: drive_db must be between -6 and 12 dB, got True"),
        ({"heads": 2.5}, "tape: heads must be a whole number, got 2.5"),
        ({"heads": 5}, "tape: heads must be between 1 and 4, got 5"),
        ({"kind": "odd"}, "tape: kind must be one of old, new, got 'odd'"),
        ({"kind": 3}, "tape: kind must be one of old, new, got 3"),
        ({"loop": 1}, "tape: loop must be true or false, got 1"),
        ({"free": math.inf}, "tape: free must be between -inf and inf, got inf"),
    ],
)
def test_a_value_out_of_range_is_refused_in_one_line(values, said):
    with pytest.raises(RecipeError) as caught:
        Tape(**values)
    assert str(caught.value) == said


def test_an_unknown_name_is_refused_with_the_place_and_a_suggestion():
    with pytest.raises(RecipeError, match=r"^parts\.keys: there is no 'drve_db'; did you mean 'drive_db'\?$"):
        build(Tape, {"drve_db": 3}, where="parts.keys")
    with pytest.raises(RecipeError, match=r"there is no 'xyz'; there is drive_db, free, heads, kind, loop"):
        build(Tape, {"xyz": 3}, where="parts.keys")


def test_a_bad_value_is_refused_with_the_place():
    with pytest.raises(RecipeError, match=r"^parts\.keys: tape: heads must be between 1 and 4, got 9$"):
        build(Tape, {"heads": 9}, where="parts.keys")


def test_numbers_become_the_kind_that_the_field_has():
    made = build(Tape, {"drive_db": 3, "heads": 2.0}, where="here")
    assert type(made.drive_db) is float
    assert type(made.heads) is int
    assert made == Tape()
    assert hash(made) == hash(Tape())
