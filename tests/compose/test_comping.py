from __future__ import annotations

import pytest

from dusktape.compose.comping import arpeggio, at_tick, held, struck, turns
from dusktape.core.score import BAR, EIGHTH, Chord
from dusktape.core.seed import Seed

LOOP = (Chord(0, BAR, 0, "maj9"), Chord(BAR, BAR, 9, "m7"))
SONG = (*LOOP, Chord(2 * BAR, BAR, 0, "maj9"), Chord(3 * BAR, BAR, 9, "m7"))
VOICED = ((52, 55, 59, 62), (52, 55, 57, 60)) * 2


def test_the_chord_at_a_tick_is_the_one_that_sounds():
    assert [at_tick(LOOP, t) for t in (0, BAR - 1, BAR, 3 * BAR)] == [0, 0, 1, 1]


def test_a_song_is_cut_where_its_loop_comes_round():
    assert turns(SONG) == [SONG[:2], SONG[2:]]
    assert turns(SONG[:3]) == [SONG[:2], SONG[2:3]]
    assert turns((Chord(0, BAR, 0, "maj"), Chord(BAR, BAR, 0, "m7"))) == [
        (Chord(0, BAR, 0, "maj"), Chord(BAR, BAR, 0, "m7"))
    ]
    assert turns(()) == []


def test_the_first_strike_of_a_chord_has_all_its_notes():
    for seed in range(20):
        notes = struck(SONG, VOICED, [(0, 900), (1920, 900), (BAR, 900)], Seed(seed))
        assert {n.pitch for n in notes if n.start == 0} == set(VOICED[0])
        assert {n.pitch for n in notes if n.start == BAR} == set(VOICED[1])
        assert {n.pitch for n in notes if n.start == 1920} >= set(VOICED[0][1:])
        assert all(1 <= n.velocity <= 127 for n in notes)


def test_a_strike_just_before_a_chord_belongs_to_it():
    pushed = struck(SONG, VOICED, [(BAR - EIGHTH, BAR)], Seed(1))
    assert {n.pitch for n in pushed} == set(VOICED[1])
    short = struck(SONG, VOICED, [(BAR - EIGHTH, EIGHTH)], Seed(1))
    assert {n.pitch for n in short} == set(VOICED[0])


@pytest.mark.parametrize("density", [0.0, 0.5, 1.0])
def test_arpeggios_are_made_of_the_chord(density):
    for seed in range(10):
        for note in arpeggio(SONG, VOICED, density, Seed(seed)):
            assert note.pitch in VOICED[at_tick(SONG, note.start)]
            assert note.start % EIGHTH == 0
            assert note.length > 0


def test_a_denser_arpeggio_has_more_notes():
    def count(density):
        return sum(len(arpeggio(SONG, VOICED, density, Seed(s))) for s in range(20))

    assert count(0.0) < count(0.5) < count(1.0)


def test_held_chords_share_their_common_tones():
    notes = held(LOOP, VOICED[:2], velocity=70)
    common = set(VOICED[0]) & set(VOICED[1])
    for pitch in common:
        (note,) = [n for n in notes if n.pitch == pitch]
        assert note.start == 0
        assert note.start + note.length > BAR
    for pitch in set(VOICED[0]) - common:
        (note,) = [n for n in notes if n.pitch == pitch]
        assert note.start + note.length <= BAR


def test_no_tone_is_held_longer_than_four_bars():
    chords = tuple(Chord(k * BAR, BAR, 0, "maj9") for k in range(12))
    notes = held(chords, (VOICED[0],) * 12, velocity=70)
    assert max(n.length for n in notes) <= 4 * BAR
    assert sum(n.length for n in notes if n.pitch == 52) > 11 * BAR
