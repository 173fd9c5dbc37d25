from itertools import pairwise

import pytest

from dusktape.core.roles import LoopChord
from dusktape.core.seed import Seed
from dusktape.theory.chord import QUALITIES, family
from dusktape.theory.colour import (
    borrowed,
    colour,
    enriched,
    fits,
    richness,
    secondary_dominant,
    suspended_dominant,
    tritone_substitute,
)

POP = (LoopChord(0, "maj", 4), LoopChord(9, "min", 4), LoopChord(5, "maj", 4), LoopChord(7, "maj", 4))
SAD = (LoopChord(0, "min", 4), LoopChord(8, "maj", 4), LoopChord(3, "maj", 4), LoopChord(10, "maj", 4))
TURN = (LoopChord(0, "maj7", 4), LoopChord(9, "m7", 4), LoopChord(2, "m7", 4), LoopChord(7, "7", 4))
LOOPS = [(POP, "major"), (SAD, "minor"), (TURN, "major")]


def test_nothing_changes_without_colour() -> None:
    for loop, mode in LOOPS:
        assert colour(loop, mode, 0.0, Seed(1)) == loop


@pytest.mark.parametrize("amount", [0.2, 0.6, 1.0])
def test_the_loop_keeps_its_length_and_has_at_most_two_chords_a_bar(amount: float) -> None:
    for loop, mode in LOOPS:
        for seed in range(50):
            coloured = colour(loop, mode, amount, Seed(seed))
            starts = [sum(c.length_beats for c in coloured[:i]) for i in range(len(coloured))]
            assert sum(c.length_beats for c in coloured) == 16
            assert all(s % 2 == 0 for s in starts)
            assert coloured[0].degree == loop[0].degree


def test_at_the_usual_amount_nearly_all_chords_are_sevenths_or_richer() -> None:
    chords = [c for loop, mode in LOOPS for seed in range(100) for c in colour(loop, mode, 0.6, Seed(seed))]
    assert sum(richness(c.quality) >= 1 for c in chords) / len(chords) > 0.95


def test_more_colour_is_richer() -> None:
    means = []
    for amount in (0.0, 0.3, 0.6, 1.0):
        chords = [c for seed in range(60) for c in colour(POP, "major", amount, Seed(seed))]
        means.append(sum(richness(c.quality) for c in chords) / len(chords))
    assert means == sorted(means)
    assert means[-1] - means[0] > 1.5


def test_a_loop_that_is_coloured_has_no_avoid_notes() -> None:
    for loop, mode in LOOPS:
        for seed in range(100):
            for chord in colour(loop, mode, 1.0, Seed(seed)):
                steps = QUALITIES[chord.quality]
                plain = {s for s in steps if s < 12}
                rubs = any((t - s) % 12 == 1 for t in steps if t > 12 for s in plain)
                assert not rubs or family(chord.quality) == "dominant", chord


def test_different_seeds_colour_differently() -> None:
    assert len({colour(POP, "major", 0.6, Seed(seed)) for seed in range(40)}) > 25


@pytest.mark.parametrize(
    ("degree", "triad", "mode", "seventh"),
    [
        (0, "maj", "major", "maj7"),
        (2, "min", "major", "m7"),
        (5, "maj", "major", "maj7"),
        (7, "maj", "major", "7"),
        (11, "dim", "major", "m7b5"),
        (4, "maj", "major", "7"),
        (10, "maj", "major", "7"),
        (8, "maj", "major", "maj7"),
        (0, "min", "minor", "m7"),
        (3, "maj", "minor", "maj7"),
        (8, "maj", "minor", "maj7"),
        (10, "maj", "minor", "7"),
        (7, "maj", "minor", "7"),
        (2, "dim", "minor", "m7b5"),
        (11, "dim", "minor", "dim7"),
        (1, "maj", "minor", "maj7"),
    ],
)
def test_each_triad_takes_the_seventh_of_its_function(degree: int, triad: str, mode: str, seventh: str) -> None:
    # Sixths and suspended dominants are sevenths of equal standing, so look only where a seventh is already chosen.
    found = {enriched(LoopChord(degree, triad, 4), mode, 1, Seed(s)).quality for s in range(20)}
    assert found == {seventh}


def test_the_third_degree_takes_no_ninth_foreign_to_the_key() -> None:
    assert not fits(4, "m9", "major")
    assert fits(2, "m9", "major")
    assert {enriched(LoopChord(4, "min", 4), "major", 3, Seed(s)).quality for s in range(20)} == {"m7"}


def test_the_dominant_of_a_minor_key_takes_flat_tensions() -> None:
    assert not fits(7, "9", "minor")
    assert not fits(7, "13", "minor")
    assert fits(7, "7b9", "minor")
    assert fits(7, "7b13", "minor")


def test_the_sharp_eleventh_belongs_to_the_fourth_degree() -> None:
    assert fits(5, "maj7#11", "major")
    assert not fits(0, "maj7#11", "major")


def test_flat_tensions_need_a_dominant_that_resolves() -> None:
    home, away = LoopChord(0, "min", 4), LoopChord(8, "maj", 4)
    dominant = LoopChord(7, "7", 4)
    resolving = {enriched(dominant, "minor", 2, Seed(s), after=home).quality for s in range(20)}
    drifting = {enriched(dominant, "minor", 2, Seed(s), after=away).quality for s in range(20)}
    assert "7b9" in resolving
    assert "7b9" not in drifting


def test_a_rich_chord_is_not_made_poorer() -> None:
    assert enriched(LoopChord(0, "maj13", 4), "major", 1, Seed(0)).quality == "maj13"


def test_a_secondary_dominant_falls_a_fifth_into_its_target() -> None:
    assert secondary_dominant(POP, 0, "major") == (
        LoopChord(0, "maj", 2),
        LoopChord(4, "7", 2),
        *POP[1:],
    )
    assert secondary_dominant(POP, 3, "major") == POP, "the tonic has its own dominant"


def test_a_tritone_substitute_leads_down_a_semitone() -> None:
    assert tritone_substitute(TURN, 3, "major")[3] == LoopChord(1, "7", 4)
    assert tritone_substitute(TURN, 1, "major") == TURN, "a minor chord is no dominant"


def test_the_fourth_degree_turns_minor_on_its_way_home() -> None:
    plagal = (LoopChord(0, "maj", 4), LoopChord(5, "maj", 4))
    assert borrowed(plagal, 1, "major")[1:] == (LoopChord(5, "maj", 2), LoopChord(5, "min", 2))
    assert borrowed(plagal, 1, "minor") == plagal


def test_the_dominant_goes_home_through_the_back_door() -> None:
    assert borrowed(POP, 3, "major")[3] == LoopChord(10, "7", 4)


def test_the_flat_sixth_stands_in_for_the_sixth_before_the_dominant() -> None:
    loop = (LoopChord(0, "maj", 4), LoopChord(9, "min", 4), LoopChord(7, "maj", 8))
    assert borrowed(loop, 1, "major")[1] == LoopChord(8, "maj7", 4)


def test_a_suspended_dominant_resolves_in_its_second_half() -> None:
    assert suspended_dominant(POP, 3, "major")[3:] == (LoopChord(7, "9sus4", 2), LoopChord(7, "7", 2))
    short = (*POP[:3], LoopChord(5, "maj", 2), LoopChord(7, "maj", 2))
    assert suspended_dominant(short, 4, "major")[4] == LoopChord(7, "9sus4", 2)


def test_a_suspended_dominant_stays_apart_from_its_resolution() -> None:
    for seed in range(300):
        coloured = colour(POP, "major", 1.0, Seed(seed))
        assert all(a.degree != b.degree or a.quality != b.quality for a, b in pairwise(coloured))
