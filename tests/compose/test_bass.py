from __future__ import annotations

from itertools import pairwise

import pytest

from dusktape.compose.bass import LOWEST, write_bass
from dusktape.core.score import BAR, SIXTEENTH, TICKS_PER_BEAT, Chord
from dusktape.core.seed import Seed
from dusktape.theory.chord import QUALITIES, pitch_classes

LOOP = tuple(
    Chord(k * BAR, BAR, root, quality)
    for k, (root, quality) in enumerate([(2, "m9"), (7, "13"), (0, "maj9"), (9, "m7")])
)
KICKS = tuple(bar * BAR + step * SIXTEENTH for bar in range(4) for step in (0, 7, 10))
STYLES = ("roots", "kick", "walking")


def line(style, *, seed=1, top=43, chords=LOOP, kicks=KICKS, next_root=2):
    return write_bass(chords, kicks, style=style, top=top, seed=Seed(seed).at("bass"), next_root=next_root)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("top", [36, 40, 45, 50])
def test_the_bass_stays_in_its_range(style, top):
    for seed in range(20):
        for root in range(12):
            chords = [Chord(0, BAR, root, "m7b5"), Chord(BAR, BAR, (root * 5 + 3) % 12, "maj13")]
            for note in line(style, seed=seed, top=top, chords=chords, next_root=root):
                assert LOWEST <= note.pitch <= max(top, LOWEST + 11) + 14


@pytest.mark.parametrize("style", STYLES)
def test_every_chord_starts_on_its_root(style):
    for seed in range(20):
        notes = {n.start: n for n in line(style, seed=seed)}
        for chord in LOOP:
            assert notes[chord.start].pitch % 12 == chord.root
            assert notes[chord.start].pitch <= 43


@pytest.mark.parametrize("style", STYLES)
def test_one_note_at_a_time_and_none_beyond_its_chord(style):
    for seed in range(20):
        notes = line(style, seed=seed)
        assert all(a.start + a.length <= b.start for a, b in pairwise(notes))
        assert notes[-1].start + notes[-1].length <= 4 * BAR
        assert all(n.length >= SIXTEENTH // 2 and 1 <= n.velocity <= 127 for n in notes)


def test_the_kick_style_plays_with_the_kick():
    inner = [n for seed in range(40) for n in line("kick", seed=seed, next_root=None) if n.start % BAR]
    lead_ins = [n for n in inner if (n.start + 2 * SIXTEENTH) % BAR == 0]
    with_kick = [n for n in inner if n.start in KICKS]
    assert len(inner) > 100
    assert len(with_kick) + len([n for n in lead_ins if n.start not in KICKS]) == len(inner)
    assert len(with_kick) > 2 * len(lead_ins)


def test_kicks_a_little_off_the_grid_are_followed_on_it():
    off = [k + 31 if k % BAR else k for k in KICKS]
    assert line("kick", kicks=off) == line("kick")


def test_without_kicks_the_roots_are_held():
    assert {n.start for n in line("kick", kicks=(), seed=3)} <= {
        tick for c in LOOP for tick in (c.start, c.start + BAR - 2 * SIXTEENTH)
    }


def test_the_walk_goes_in_quarters_through_the_chord():
    for seed in range(20):
        notes = line("walking", seed=seed)
        assert [n.start for n in notes] == [k * TICKS_PER_BEAT for k in range(16)]
        for note in notes:
            chord = LOOP[note.start // BAR]
            if note.start % BAR != 3 * TICKS_PER_BEAT:
                assert note.pitch % 12 in pitch_classes(chord.root, chord.quality)


@pytest.mark.parametrize("style", ["walking", "kick"])
def test_the_way_into_the_next_chord_is_a_step_or_a_fifth(style):
    arrivals = 0
    for seed in range(40):
        notes = line(style, seed=seed)
        for last, first in pairwise(notes):
            approach = style == "walking" or first.start - last.start == 2 * SIXTEENTH
            if first.start % BAR or not approach or last.start % BAR == 0:
                continue
            step = (last.pitch - first.pitch) % 12
            if style == "walking":
                assert step in (1, 2, 7, 10, 11)
            arrivals += step in (1, 2, 7, 10, 11)
    assert arrivals > 20


def test_the_line_leads_to_the_section_that_follows():
    steps = {(line("walking", seed=s, next_root=5)[-1].pitch - 5) % 12 for s in range(30)}
    assert steps <= {1, 2, 7, 10, 11}
    assert len(steps) > 2


def test_the_loop_mostly_comes_back_as_it_was():
    twice = (*LOOP, *(Chord(c.start + 4 * BAR, c.length, c.root, c.quality) for c in LOOP))
    kicks = (*KICKS, *(k + 4 * BAR for k in KICKS))
    same = 0
    for seed in range(40):
        notes = line("kick", seed=seed, chords=twice, kicks=kicks)
        first = [(n.start, n.pitch, n.length) for n in notes if n.start < 4 * BAR]
        second = [(n.start - 4 * BAR, n.pitch, n.length) for n in notes if n.start >= 4 * BAR]
        same += first == second
    assert 20 < same < 40


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("quality", QUALITIES)
def test_every_chord_can_be_played(style, quality):
    chords = [Chord(0, 2 * TICKS_PER_BEAT, 11, quality), Chord(2 * TICKS_PER_BEAT, TICKS_PER_BEAT, 4, quality)]
    assert line(style, chords=chords, next_root=None)
