import pytest

from dusktape.theory.chord import QUALITIES, pitch_classes
from dusktape.theory.scale import (
    SCALES,
    avoid_notes,
    chord_scale,
    clashes,
    in_scale,
    is_chord_tone,
    nearest,
    scale,
    step_along,
)


def test_every_scale_climbs_from_its_root_within_an_octave() -> None:
    for steps in SCALES.values():
        assert steps[0] == 0
        assert list(steps) == sorted(set(steps))
        assert steps[-1] < 12


def test_modes_are_rotations_of_the_major_scale() -> None:
    for root, name in ((2, "dorian"), (4, "phrygian"), (5, "lydian"), (7, "mixolydian"), (9, "minor"), (11, "locrian")):
        assert set(scale(root, name)) == set(scale(0, "major"))
        assert scale(root, name)[0] == root


@pytest.mark.parametrize("quality", sorted(QUALITIES))
def test_a_chord_lies_in_its_scale(quality: str) -> None:
    assert set(pitch_classes(5, quality)) <= set(chord_scale(5, quality))


@pytest.mark.parametrize(
    ("above", "quality"), [(5, "maj7"), (1, "7"), (8, "m7"), (11, "7"), (4, "min"), (8, "maj"), (1, "m7b5")]
)
def test_a_minor_ninth_against_a_chord_tone_clashes(above: int, quality: str) -> None:
    assert clashes(62 + above, 2, quality)


@pytest.mark.parametrize(
    ("above", "quality"), [(2, "m9"), (6, "maj7"), (11, "maj"), (9, "m7"), (5, "7sus4"), (1, "7b9")]
)
def test_tensions_do_not_clash(above: int, quality: str) -> None:
    assert not clashes(60 + above, 0, quality)


@pytest.mark.parametrize("quality", sorted(QUALITIES))
def test_no_chord_avoids_its_own_tones(quality: str) -> None:
    assert not avoid_notes(7, quality) & set(pitch_classes(7, quality))
    assert all(is_chord_tone(pc, 7, quality) for pc in pitch_classes(7, quality))


def test_the_nearest_note_of_a_chord_is_at_most_half_a_gap_away() -> None:
    assert nearest(61, pitch_classes(0, "maj")) == 60
    assert nearest(66, pitch_classes(0, "maj")) == 67
    assert nearest(62, (1, 3)) == 61


def test_steps_walk_the_scale_through_the_octave() -> None:
    walk = [step_along(60, n, 0, "major") for n in range(9)]
    assert walk == [60, 62, 64, 65, 67, 69, 71, 72, 74]
    assert step_along(60, -1, 0, "minor") == 58
    assert step_along(61, 1, 0, "major") == 62
    assert all(in_scale(step_along(70, n, 3, "dorian"), 3, "dorian") for n in range(-10, 10))
