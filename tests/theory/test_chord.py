from __future__ import annotations

import pytest

from dusktape.theory.chord import FAMILIES, QUALITIES, family, pitch_classes


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality_rises_from_its_root(quality):
    steps = QUALITIES[quality]
    assert steps[0] == 0
    assert list(steps) == sorted(set(steps))
    assert len({s % 12 for s in steps}) == len(steps)
    assert steps[-1] < 24


@pytest.mark.parametrize("quality", QUALITIES)
def test_every_quality_has_a_family(quality):
    assert family(quality) in FAMILIES


@pytest.mark.parametrize(
    ("quality", "kind"),
    [
        ("maj", "major"),
        ("maj13", "major"),
        ("69", "major"),
        ("m11", "minor"),
        ("m6", "minor"),
        ("mmaj7", "minor"),
        ("7#9", "dominant"),
        ("13", "dominant"),
        ("m7b5", "half-diminished"),
        ("dim7", "diminished"),
        ("dim", "diminished"),
        ("aug7", "augmented"),
        ("9sus4", "suspended"),
        ("sus2", "suspended"),
    ],
)
def test_a_family_says_what_a_chord_does(quality, kind):
    assert family(quality) == kind


def test_no_two_qualities_are_the_same_chord():
    assert len({frozenset(s % 12 for s in steps) for steps in QUALITIES.values()}) == len(QUALITIES)


def test_pitch_classes_start_at_the_root_and_wrap():
    assert pitch_classes(9, "m9") == (9, 0, 4, 7, 11)
    assert pitch_classes(0, "maj") == (0, 4, 7)
