import math

import numpy as np
import pytest

from dusktape.evaluate import structure

from .conftest import melody, song

A, B = [60, 62, 64, 65], [67, 65, 64, 62]


def test_repeated_and_novel_bars_are_counted():
    bars = structure.measure(song(melody([*A, *B, *A, *A])))
    assert bars["repeated_bars"] == pytest.approx(0.5)  # two of four were heard before
    assert bars["novel_bars"] == pytest.approx(0.25)  # B stands alone


def test_a_straight_copy_of_one_bar_is_caught_and_so_is_noise():
    rng = np.random.default_rng(0)
    copied = structure.measure(song(melody(A * 16)))
    noise = structure.measure(song(melody(rng.integers(60, 84, 64).tolist())))
    assert copied["repeated_bars"] > 0.9
    assert noise["repeated_bars"] == 0.0
    assert noise["novel_bars"] == 1.0


def test_a_late_player_plays_the_same_bar():
    straight = melody(A)
    late = [type(n)(n.start + 4 * 960 + 40, n.length, n.pitch, n.velocity) for n in straight]
    assert structure.measure(song([*straight, *late]))["repeated_bars"] == 0.5


def test_empty_bars_are_a_share_of_the_song():
    rests = structure.measure(song(melody([*A, None, None, None, None, *A])))
    assert rests["empty_bars"] == pytest.approx(1 / 3)


def test_phrases_end_with_a_rest_of_a_beat():
    phrases = structure.measure(song(melody([60, 62, 64, None, 60, None])))
    assert phrases["phrase_beats"] == 2.0


def test_what_returns_after_four_bars_shows_at_four():
    rng = np.random.default_rng(2)
    four = rng.integers(60, 84, 16).tolist()
    returning = structure.measure(song(melody(four * 5)))
    through = structure.measure(song(melody(rng.integers(60, 84, 80).tolist())))
    assert returning["structure_4"] > 0.5
    assert abs(through["structure_4"]) < 0.1


def test_nothing_to_measure_is_nan():
    assert all(math.isnan(v) for k, v in structure.measure(song()).items())
