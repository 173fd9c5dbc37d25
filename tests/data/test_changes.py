import pytest

from dusktape.data.changes import mode_of, settled


def test_equal_neighbours_become_one_chord() -> None:
    assert settled([(0, 4, 0, "maj"), (4, 4, 0, "maj"), (8, 2, 5, "maj")], 0, "major") == (
        (0, 8, 0, "maj"),
        (8, 2, 5, "maj"),
    )


def test_chords_settle_on_whole_beats_and_the_too_short_vanish() -> None:
    assert settled([(0, 1.33, 0, "maj"), (1.33, 0.1, 2, "min"), (1.43, 2.57, 7, "7")], 0, "major") == (
        (0, 1, 0, "maj"),
        (1, 3, 7, "7"),
    )


@pytest.mark.parametrize(("mode", "root", "quality"), [("minor", 0, "min"), ("major", 0, "maj"), ("major", 9, "min")])
def test_a_bare_fifth_takes_the_third_of_the_key(mode: str, root: int, quality: str) -> None:
    assert settled([(0, 4, root, "5")], 0, mode)[0][3] == quality


def test_the_mode_follows_the_tonic_chord() -> None:
    assert mode_of(9, [(0, 8, 9, "m7"), (8, 8, 5, "maj")]) == "minor"
    assert mode_of(0, [(0, 8, 0, "maj7"), (8, 8, 8, "maj"), (16, 4, 9, "min")]) == "major"
    assert mode_of(0, [(0, 8, 0, "5"), (8, 8, 8, "maj"), (16, 8, 3, "maj")]) == "minor"
