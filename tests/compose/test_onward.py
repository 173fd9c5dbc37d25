from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from dusktape.compose.again import Again
from dusktape.compose.control import Control
from dusktape.compose.form import section_lengths
from dusktape.compose.onward import Onward, last_loop, with_intro
from dusktape.core.score import BAR, EIGHTH, Chord, Key, Note, Score
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish

from .tunes import KEY, LOOP, song, tune

SEED = Seed(5)
SETTINGS = ("form.loop_bars=4", "melody.first_a=true", "form.fullness=1.0")

composers = pytest.mark.parametrize("composer", ["rules", "networks"])


def recipe_of(composer="rules", *settings, minutes=1.5):
    settings = (f"composer={composer}", *SETTINGS, *settings)
    return Wish(bpm=84.0, key=KEY.name, minutes=minutes, settings=settings).resolve(SEED)


def played(composer="rules", begins=None, minutes=1.5, seed=SEED):
    return Control(Onward(begins or song())).take(recipe_of(composer, minutes=minutes), seed).played


@composers
def test_the_beginning_is_the_users_own_notes_unchanged(composer):
    score = played(composer)
    assert Onward(song()).bars == 16
    for part, notes in song().parts.items():
        assert [n for n in score.parts[part] if n.start < 15.9 * BAR] == list(notes)
    assert not [n for n in score.parts["drums"] if n.start < 15.9 * BAR]
    assert score.sections[0].name == "start"
    assert score.sections[0].length == 16 * BAR


@composers
def test_it_goes_on_in_the_same_key_and_tempo_for_as_long_as_the_recipe_says(composer):
    score = played(composer)
    assert (score.bpm, score.key) == (84.0, KEY)
    assert score.seconds(score.sections[-1].start + score.sections[-1].length) == pytest.approx(90.0, abs=3.0)
    assert all(a.start + a.length == b.start for a, b in pairwise(score.sections))
    assert all(a.start + a.length == b.start for a, b in pairwise(score.chords))
    assert [s.name for s in score.sections[:2]] == ["start", "A"]
    assert [n for n in score.parts["lead"] if n.start > 17 * BAR]


def test_its_first_loop_is_the_one_the_beginning_ended_with():
    settings = ("harmony.colour=0.0", "harmony.max_chords=4")
    after = Control(Onward(song())).take(recipe_of("rules", *settings), SEED).written
    first = [c for c in after.chords if 16 * BAR <= c.start < 20 * BAR]
    assert [((c.root - KEY.tonic) % 12, c.quality) for c in first] == list(LOOP)


def test_a_beginning_that_stays_on_one_chord_gives_no_loop():
    still = (Chord(0, 16 * BAR, 7, "maj7"),)
    assert last_loop(still, 16, 4, KEY) == ()
    moved = (*(Chord(b * BAR, BAR, r, "m7") for b, r in enumerate((7, 0, 2, 4))), Chord(4 * BAR, 4 * BAR, 7, "maj7"))
    assert [c.degree for c in last_loop(moved, 8, 4, KEY)] == [0, 5, 7, 9]


def figures(notes):
    """Return the steps in time, in eighths, of every five notes in a row."""
    starts = [round(n.start / EIGHTH) for n in sorted(notes)]
    steps = [b - a for a, b in pairwise(starts)]
    return [tuple(steps[i : i + 4]) for i in range(len(steps) - 3)]


def test_its_melody_is_remembered():
    places = ((0, 3), (3, 3), (6, 2))
    motif = tuple(
        Note(bar * BAR + at * EIGHTH, length * EIGHTH, 67 + (0, 2, 4, 7)[(bar + k) % 4], 80)
        for bar in range(16)
        for k, (at, length) in enumerate(places)
    )

    def share(lead):
        """How many of the figures that are written then stand in the beginning."""
        parts = {"keys": song().parts["keys"], **({"lead": motif} if lead else {})}
        found = []
        for seed in range(3):
            recipe = recipe_of("networks", "melody.density=0.45", minutes=1.2)
            score = Control(Onward(replace(song(), parts=parts))).take(recipe, Seed(seed)).written
            new = figures(n for n in score.parts["lead"] if n.start >= 16 * BAR)
            found += [figure in figures(motif) for figure in new]
        return sum(found) / len(found)

    assert share(lead=True) > share(lead=False) + 0.05


def test_a_melody_alone_is_enough():
    alone = Score(84.0, KEY, (), (), {"lead": tune()})
    score = played("networks", alone)
    assert [n for n in score.parts["lead"] if n.start < 15.9 * BAR] == list(tune())
    assert {"keys", "bass", "drums"} <= set(score.parts)


def test_however_long_the_beginning_is_something_comes_after_it():
    long = song(64)
    score = played("rules", long, minutes=1.0)
    assert score.sections[-1].start + score.sections[-1].length >= 76 * BAR


@pytest.mark.parametrize("bars", range(3, 80))
@pytest.mark.parametrize("intro", [2, 4, 8])
def test_the_intro_that_is_left_out_is_the_forms_own(bars, intro):
    total, before = with_intro(bars, intro)
    assert total - before == bars
    assert before == 0 or section_lengths(total, intro)[0] == ("intro", before)


def test_it_is_made_again_from_what_it_stores():
    made = Control(Onward(song()))
    again = Control.of(json.loads(json.dumps(made.table())))
    assert again.take(recipe_of(), SEED) == made.take(recipe_of(), SEED)


def test_what_comes_after_can_be_done_again_and_the_beginning_stays():
    before = played()
    after = Control(Onward(song()), (Again(("lead", "keys"), 9),)).take(recipe_of(), SEED).played
    assert after.parts["bass"] == before.parts["bass"]
    assert after.parts["lead"] != before.parts["lead"]
    assert [n for n in after.parts["lead"] if n.start < 15.9 * BAR] == list(tune())


def test_new_chords_leave_the_beginning_alone():
    before = played()
    after = Control(Onward(song()), (Again(("harmony",), 9),)).take(recipe_of(), SEED).played
    assert after.chords != before.chords
    assert after.parts["lead"] == before.parts["lead"]
    begins = 15.9 * BAR
    assert [c for c in after.chords if c.start < begins] == [c for c in before.chords if c.start < begins]
    for part, notes in song().parts.items():
        assert [n for n in after.parts[part] if n.start < begins] == list(notes)


def test_another_key_is_another_song_in_that_key():
    there = song(key=Key(2, "minor"))
    recipe = Wish(bpm=84.0, key="D minor", minutes=1.0, settings=("composer=rules", *SETTINGS)).resolve(SEED)
    assert Control(Onward(there)).take(recipe, SEED).played.key == Key(2, "minor")
