from __future__ import annotations

import json
from itertools import pairwise

import pytest

from dusktape.compose.again import Again
from dusktape.compose.control import Control
from dusktape.compose.under import Under, layout, silent_bars
from dusktape.core.score import BAR, Score
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish
from dusktape.theory.scale import is_chord_tone

from .tunes import KEY, chords, song, tune

SEED = Seed(5)


def recipe_of(composer="rules", *settings):
    return Wish(bpm=84.0, key=KEY.name, settings=(f"composer={composer}", *settings)).resolve(SEED)


def control(melody=None):
    return Control(Under(Score(84.0, KEY, (), (), {"lead": melody or tune()})))


composers = pytest.mark.parametrize("composer", ["rules", "networks"])


@composers
def test_the_melody_stays_note_for_note(composer):
    played = control().take(recipe_of(composer), SEED).played
    assert played.parts["lead"] == tune()
    assert (played.bpm, played.key) == (84.0, KEY)


@composers
def test_everybody_else_plays_with_it(composer):
    played = control().take(recipe_of(composer, "form.fullness=1.0"), SEED).played
    assert {"bass", "drums", "keys", "pad"} <= set(played.parts)
    assert all(len(played.parts[p]) > 10 for p in ("bass", "drums", "keys"))
    assert all(n.start < 17 * BAR for n in played.parts["drums"])


@pytest.mark.parametrize("seed", range(4))
def test_the_chords_fit_an_ordinary_tune(seed):
    recipe = Wish(bpm=84.0, key=KEY.name).resolve(Seed(seed))
    written = control().take(recipe, Seed(seed)).written
    on = [next(c for c in written.chords if c.start <= n.start < c.start + c.length) for n in tune()]
    fits = [is_chord_tone(n.pitch, c.root, c.quality) for n, c in zip(tune(), on, strict=True)]
    assert sum(fits) / len(fits) >= 0.7


@pytest.mark.parametrize(("bars", "late"), [(1, 0), (3, 0), (8, 0), (11, 5), (16, 0), (61, 2)])
def test_chords_and_sections_cover_the_melody_and_an_ending(bars, late):
    played = control(tune(bars, late=late)).take(recipe_of(), SEED).played
    whole = (bars + late + (2 if bars + late >= 24 else 1)) * BAR
    for row in (played.sections, played.chords):
        assert row[0].start == 0
        assert all(a.start + a.length == b.start for a, b in pairwise(row))
        assert row[-1].start + row[-1].length == whole
    assert played.chords[-1].root == KEY.tonic
    assert played.sections[-1].name == "outro"


def test_a_melody_that_comes_in_late_has_an_intro():
    sections = layout(20, silent_bars(tune(16, late=4)))
    assert [(s.name, s.start // BAR, s.length // BAR) for s in sections] == [("intro", 0, 4), ("A", 4, 8), ("B", 12, 8)]
    played = control(tune(16, late=4)).take(recipe_of(), SEED).played
    assert not [n for n in played.parts.get("drums", ()) if n.start < 3.9 * BAR]


def test_in_a_long_song_the_drums_rest_once():
    assert [s.name for s in layout(56, 0)].count("break") == 1
    assert [s.name for s in layout(24, 0)] == ["A", "B", "A'"]


def test_it_is_made_again_from_what_it_stores():
    made = control()
    again = Control.of(json.loads(json.dumps(made.table())))
    assert again.take(recipe_of(), SEED) == made.take(recipe_of(), SEED)


def test_another_seed_accompanies_in_another_way():
    one, two = (control().take(recipe_of("networks"), Seed(s)).played for s in (1, 2))
    assert one.parts["lead"] == two.parts["lead"]
    assert one.chords != two.chords


def test_parts_of_it_can_be_done_again_and_bars_of_the_melody_filled():
    before = control().take(recipe_of(), SEED).played
    drums = Control(control().start, (Again(("drums",), 9),)).take(recipe_of(), SEED).played
    assert drums.parts["drums"] != before.parts["drums"]
    assert {p: n for p, n in drums.parts.items() if p != "drums"} == {
        p: n for p, n in before.parts.items() if p != "drums"
    }
    bars = Control(control().start, (Again(("lead",), 9, (5, 6)),)).take(recipe_of(), SEED).played
    assert [n for n in bars.parts["lead"] if not 4 * BAR <= n.start < 6 * BAR] == [
        n for n in tune() if not 4 * BAR <= n.start < 6 * BAR
    ]


def test_the_tunes_of_these_tests_are_what_they_say():
    assert len(chords()) == 16
    assert set(song().parts) == {"lead", "keys", "bass"}
