import math

import numpy as np
import pytest

from dusktape.evaluate.repetition import curves, repetition

from .lines import line_of, walk


def test_ten_notes_played_again_are_all_the_same_in_both_views() -> None:
    ten = [60, 62, 64, 65, 67, 69, 71, 72, 74, 76]
    assert curves(line_of(ten + ten)).tolist() == [[1.0], [1.0]]


def test_the_bag_does_not_mind_the_order_and_counts_each_note_as_often_as_it_stands_there() -> None:
    ten = [60, 60, 62, 64, 65, 67, 69, 71, 72, 74]
    turned = ten[::-1]
    positional, bag = curves(line_of(ten + turned))
    assert bag.tolist() == [1.0]
    assert positional.tolist() == [np.mean(np.array(ten) == np.array(turned))]
    # Five times 60 now, twice before: three of them are new.
    many = [60] * 5 + [62, 64, 65, 67, 69]
    assert curves(line_of(ten + many))[1].tolist() == [0.7]


def test_new_notes_repeat_nothing() -> None:
    assert curves(line_of(list(range(40, 80)))).max() == 0.0


def test_a_note_of_another_length_is_the_same_pitch() -> None:
    ten = [60, 62, 64, 65, 67, 69, 71, 72, 74, 76]
    line = line_of(ten + ten, [4] * 20, [1] * 10 + [2] * 10)
    assert curves(line).tolist() == [[0.0], [0.0]]
    assert curves(line, rhythm=False).tolist() == [[1.0], [1.0]]


def test_each_place_is_what_a_plain_count_says() -> None:
    line = walk("song", 45)
    notes = list(zip(line.pitch.tolist(), line.duration.tolist(), strict=True))
    positional, bag = curves(line)
    assert len(bag) == len(positional) == 26
    for i, x in enumerate(range(20, 46)):
        last, before = notes[x - 10 : x], notes[x - 20 : x - 10]
        assert positional[i] == pytest.approx(sum(a == b for a, b in zip(last, before, strict=True)) / 10)
        left = list(before)
        again = 0
        for note in last:
            if note in left:
                left.remove(note)
                again += 1
        assert bag[i] == pytest.approx(again / 10)


def test_curves_are_averaged_over_the_songs_that_are_long_enough() -> None:
    ten = [60, 62, 64, 65, 67, 69, 71, 72, 74, 76]
    found = repetition([line_of(ten + ten), line_of(list(range(40, 62))), line_of(ten)])
    assert found.place.tolist() == [20, 21, 22]
    assert found.songs.tolist() == [2, 1, 1]
    assert found.bag.tolist() == [0.5, 0.0, 0.0]
    assert found.figures() == {"positional": 0.25, "bag": 0.25}


def test_songs_below_twenty_notes_say_nothing() -> None:
    found = repetition([line_of([60] * 19), line_of([])])
    assert found.place.tolist() == []
    assert all(math.isnan(value) for value in found.figures().values())
