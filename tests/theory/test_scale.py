import pytest

from dusktape.theory.chord import QUALITIES, pitch_classes
from dusktape.theory.scale import SCALES, clashes, in_scale, is_chord_tone


def test_every_scale_climbs_from_its_root_within_an_octave() -> None:
    for steps in SCALES.values():
        assert steps[0] == 0
        assert list(steps) == sorted(set(steps))
        assert steps[-1] < 12


def test_relative_keys_share_their_notes() -> None:
    for pitch in range(48, 72):
        assert in_scale(pitch, 3, "major") == in_scale(pitch, 0, "minor")
    assert [pitch for pitch in range(60, 72) if in_scale(pitch, 2, "major")] == [61, 62, 64, 66, 67, 69, 71]


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
def test_no_chord_clashes_with_its_own_tones(quality: str) -> None:
    assert not any(clashes(pc, 7, quality) for pc in pitch_classes(7, quality))
    assert all(is_chord_tone(pc, 7, quality) for pc in pitch_classes(7, quality))
