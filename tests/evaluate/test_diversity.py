import math

import numpy as np
import pytest

from dusktape.core.score import BAR, Chord, Key
from dusktape.evaluate.diversity import distances, diversity, loop_symbols, melody_symbols

from .lines import chords_of, line_of, walk


def levenshtein(a: str, b: str) -> int:
    """The definition, plainly."""
    if not a or not b:
        return len(a) + len(b)
    rest = levenshtein(a[1:], b[1:]) + (a[0] != b[0])
    return min(rest, levenshtein(a[1:], b) + 1, levenshtein(a, b[1:]) + 1)


def test_distances_are_levenshteins_over_the_longer_length() -> None:
    words = ["tape", "tapes", "dusk", "", "dusty", "pate"]
    expected = [levenshtein(a, b) / max(len(a), len(b)) for i, a in enumerate(words) for b in words[i + 1 :]]
    assert distances(words).tolist() == pytest.approx(expected)
    assert distances(["", ""]).tolist() == [0.0]
    assert distances([]).tolist() == distances(["tape"]).tolist() == []


def test_a_transposed_melody_in_half_time_is_the_same() -> None:
    line = walk("song", 60)
    same = line_of((line.pitch - 4).tolist(), (2 * line.step).tolist())
    assert melody_symbols(line) == melody_symbols(same)
    assert len(melody_symbols(line)) == 59
    assert diversity([line, same]).figures()["melody"] == 0.0


def test_songs_that_are_one_song_are_caught_and_others_are_far_apart() -> None:
    same = [walk("song", 60) for _ in range(6)]
    others = [walk(f"song{k}", 60) for k in range(6)]
    assert diversity(same).figures()["melody"] == 0.0
    assert diversity(others).figures()["melody"] > 0.7


def test_a_loop_is_taken_above_its_tonic() -> None:
    in_c = chords_of(*[(0, "maj7"), (9, "m7"), (2, "m7"), (7, "7")] * 2)
    in_e_flat = chords_of(*[(3, "maj7"), (0, "m7"), (5, "m7"), (10, "7")] * 2)
    songs = [line_of([60, 62], chords=in_c), line_of([60, 62], key=Key(3, "major"), chords=in_e_flat)]
    assert diversity(songs).figures()["chords"] == 0.0
    assert loop_symbols(songs[0], colours=True)[:4] == [(0, "maj7"), (0, "maj7"), (9, "m7"), (9, "m7")]


def test_colours_make_another_loop_but_not_another_plain_one() -> None:
    plain, coloured = (
        line_of([60, 62], chords=chords_of(*bars * 4)) for bars in ([(0, "maj"), (9, "min")], [(0, "maj9"), (9, "m11")])
    )
    figures = diversity([plain, coloured]).figures()
    assert figures["chords"] == 1.0
    assert figures["plain_chords"] == 0.0


def test_the_loop_that_stands_most_often_counts() -> None:
    intro, loop = [(0, "maj")] * 8, [(5, "maj7"), (4, "m7")] * 4
    line = line_of([60, 62], chords=chords_of(*intro, *loop, *loop))
    assert set(loop_symbols(line, colours=True)) == {(5, "maj7"), (4, "m7")}
    short = line_of([60, 62], chords=(Chord(2 * BAR, BAR, 0, "maj7"),))
    assert loop_symbols(short, colours=True) == [(0, "maj7"), (0, "maj7")]


def test_songs_without_chords_are_left_out_of_the_loops() -> None:
    found = diversity([walk("a", 30), walk("b", 30)])
    assert found.melody.shape == (1,)
    assert math.isnan(found.figures()["chords"])
    assert math.isnan(diversity([]).figures()["melody"])


def test_pairs_come_in_the_order_of_the_upper_triangle() -> None:
    songs = [walk("a", 30), walk("b", 30), walk("a", 30)]
    first, second = np.triu_indices(3, 1)
    zero = diversity(songs).melody == 0.0
    assert [(int(a), int(b)) for a, b in zip(first[zero], second[zero], strict=True)] == [(0, 2)]
