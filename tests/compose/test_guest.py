"""A guest comes once, answers the lead, and stays in key."""

from __future__ import annotations

import pytest

from dusktape.compose.guest import HIGHEST, LOWEST, with_guest
from dusktape.core.plugins import find
from dusktape.core.score import BAR, Chord, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish
from dusktape.theory.chord import pitch_classes

SEEDS = range(6)


def written(seed, *settings):
    recipe = Wish(settings=("composer=rules", *settings), minutes=2.0).resolve(Seed(seed))
    return find("composers", "rules")().compose(recipe, Seed(seed).at("compose"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_guest_comes_in_exactly_one_section(seed):
    score = written(seed, "guest.on=true")
    inside = [s for s in score.sections if any(s.start <= n.start < s.start + s.length for n in score.parts["guest"])]
    assert len(inside) == 1
    assert all(n.start + n.length <= inside[0].start + inside[0].length for n in score.parts["guest"])


@pytest.mark.parametrize("seed", SEEDS)
def test_it_plays_tones_of_the_chords_in_its_range(seed):
    score = written(seed, "guest.on=true")
    for note in score.parts["guest"]:
        chord = next(c for c in reversed(score.chords) if c.start <= note.start)
        assert note.pitch % 12 in pitch_classes(chord.root, chord.quality)
        assert LOWEST <= note.pitch <= HIGHEST
        assert 1 <= note.velocity <= 127


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lead_rests_while_it_answers_and_nothing_else_changes(seed):
    alone, score = written(seed, "guest.on=false"), written(seed, "guest.on=true")
    assert "guest" not in alone.parts
    for guest in score.parts["guest"]:
        bar = guest.start // BAR
        assert not [n for n in score.parts["lead"] if n.start // BAR == bar and n.start < (bar + 1) * BAR - 240]
    assert {p: n for p, n in score.parts.items() if p not in ("guest", "lead")} == {
        p: n for p, n in alone.parts.items() if p != "lead"
    }
    assert score.chords == alone.chords


def test_the_answer_has_the_rhythm_of_the_call():
    lead = (Note(0, 400, 72, 80), Note(960, 400, 76, 80), Note(2880, 400, 74, 80))
    score = Score(80.0, Key(0, "major"), (Section("B", 0, 4 * BAR),), (Chord(0, 4 * BAR, 0, "maj9"),), {"lead": lead})
    answer = with_guest(score, Seed(1)).parts["guest"]
    assert [n.start - 2 * BAR for n in answer] == [n.start for n in lead]


def test_where_no_lead_plays_nobody_comes():
    score = Score(80.0, Key(0, "major"), (Section("B", 0, 8 * BAR),), (Chord(0, 8 * BAR, 0, "maj9"),), {"lead": ()})
    assert with_guest(score, Seed(1)) is score
