import math

import numpy as np
import pytest

from dusktape.core.seed import Seed
from dusktape.evaluate.bits import masks, new_notes, ratio, saving, table

from .lines import line_of, walk

SEED = Seed(3)


def test_a_motif_that_comes_back_transposed_is_not_new() -> None:
    motif = [60, 64, 62, 67]
    line = line_of([*motif, 50, *(p + 5 for p in motif)], [0, 2, 3, 1, 8, 7, 2, 3, 1])
    # Of the second motif the third note completes three that stood before; the first two complete none.
    assert new_notes(line).tolist() == [True] * 7 + [False] * 2


def test_another_rhythm_is_new() -> None:
    motif = [60, 64, 62, 67]
    line = line_of([*motif, *motif], [0, 2, 3, 1, 4, 1, 1, 1])
    assert new_notes(line).all()


def test_a_note_repeated_on_and_on_is_new_three_times() -> None:
    assert new_notes(line_of([60] * 6, [2] * 6)).tolist() == [True, True, True, False, False, False]
    assert new_notes(line_of([60])).tolist() == [True]
    assert new_notes(line_of([])).tolist() == []


def test_new_and_repeated_notes_are_all_notes() -> None:
    lines = [walk("a", 50), walk("b", 30)]
    kinds = masks(lines)
    for every, new, repeated in zip(kinds["all"], kinds["new"], kinds["repeated"], strict=True):
        assert (new ^ repeated).all()
        assert every.all()


def test_a_table_tells_bits_a_note_by_kind_with_velocity_and_with_chords() -> None:
    line = line_of([60] * 6, [2] * 6)
    costs = np.array([[4.0, 5.0]] * 3 + [[1.0, 2.0]] * 3)
    row = table({"model": [costs]}, [line], np.array([12.0]), seed=SEED)["model"]
    values = {name: figure.value for name, figure in row.items()}
    assert values == {
        "all": 2.5,
        "new": 4.0,
        "repeated": 1.0,
        "all_chords": 4.5,
        "all_velocity": 3.5,
        "new_velocity": 5.0,
        "repeated_velocity": 2.0,
        "all_velocity_chords": 5.5,
    }


def test_there_is_no_figure_where_there_is_no_note() -> None:
    row = table({"model": [np.ones((2, 2))]}, [line_of([60, 61])], np.zeros(1), seed=SEED)["model"]
    assert math.isnan(row["repeated"].value)
    assert row["new"].value == 1.0


def test_the_interval_holds_the_value_and_narrows_with_more_songs() -> None:
    rng = Seed(4).rng()
    few, many = (ratio(rng.random(n) * 300.0 + 500.0, np.full(n, 100.0), SEED) for n in (8, 200))
    for figure in (few, many):
        assert figure.low < figure.value < figure.high
    assert many.high - many.low < few.high - few.low


def test_about_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    rng = Seed(5).rng()
    hits = 0
    for k in range(100):
        figure = ratio(rng.normal(6.0, 1.0, 40) * 100.0, np.full(40, 100.0), Seed(k))
        hits += figure.low <= 6.0 <= figure.high
    assert 86 <= hits <= 100


def test_a_saving_is_paired_by_song() -> None:
    lines = [walk(f"song{k}", 40) for k in range(10)]
    rng = Seed(6).rng()
    theirs = [np.full((40, 2), bits) for bits in rng.random(10) * 5.0 + 4.0]
    ours = [0.6 * cost for cost in theirs]
    found = saving(ours, theirs, lines, kind="new", velocity=True, seed=SEED)
    assert (found.value, found.low, found.high) == pytest.approx((0.4, 0.4, 0.4))
