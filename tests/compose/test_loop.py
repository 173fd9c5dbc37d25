"""The score of a loop: the track's material A, without beginning or end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dusktape.compose.control import Control
from dusktape.compose.loop import Loop, turned, wrapped
from dusktape.core.errors import InputError
from dusktape.core.score import BAR, TICKS_PER_BEAT, Key, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.studio.production import compose


def written(recipe, seed=1, bars=4):
    return Control(Loop(bars)).take(recipe, Seed(seed)).written


@pytest.mark.parametrize("bars", [2, 4, 6, 8, 16])
def test_a_loop_is_one_section_of_its_bars_and_nothing_happens_once(resolved, bars):
    score = written(resolved(1, "method.tape_stop=1.0", "method.silence=1.0"), bars=bars)
    (section,) = score.sections
    assert (section.start, section.length) == (0, bars * BAR)
    assert (section.level, section.level_end, section.brightness, section.brightness_end) == (1.0, 1.0, 1.0, 1.0)
    assert score.events == ()
    assert sum(c.length for c in score.chords) == bars * BAR
    for notes in score.parts.values():
        assert all(0 <= n.start < bars * BAR for n in notes)
        assert all(n.start + n.length <= bars * BAR + TICKS_PER_BEAT for n in notes)


def test_everybody_who_is_in_the_recipe_plays(resolved):
    assert set(written(resolved(1), bars=8).parts) == {"bass", "drums", "keys", "lead", "pad"}
    assert set(written(resolved(1, "drums.on=false", "pad.on=false"), bars=8).parts) == {"bass", "keys", "lead"}


@pytest.mark.parametrize("composer", ["rules", "networks"])
def test_it_has_the_chords_of_the_track_of_the_same_seed(resolved, composer):
    recipe = resolved(4, "form.loop_bars=4", composer=composer)
    track = compose(recipe, Seed(4))
    a = next(s for s in track.sections if s.name == "A")
    inside = [(c.start - a.start, c.length, c.name) for c in track.chords if a.start <= c.start < a.start + 4 * BAR]
    assert [(c.start, c.length, c.name) for c in written(recipe, 4).chords] == inside


def test_chords_come_round_with_the_loop(resolved):
    recipe = resolved(2, "form.loop_bars=8")
    for bars in (2, 4, 6):
        score = written(recipe, bars=bars)
        sizes = {2: 2, 4: 4, 6: 2}[bars] * BAR
        first = [c for c in score.chords if c.start < sizes]
        for k in range(bars * BAR // sizes):
            here = [
                replace(c, start=c.start - k * sizes) for c in score.chords if k * sizes <= c.start < (k + 1) * sizes
            ]
            assert here == first


def test_sixteen_bars_are_more_than_eight_twice(resolved):
    melodies = set()
    for seed in range(6):
        lead = written(resolved(seed), seed, 16).parts["lead"]
        halves = [tuple((n.start % (8 * BAR), n.pitch) for n in lead if n.start // (8 * BAR) == k) for k in (0, 1)]
        melodies.add(halves[0] == halves[1])
    assert False in melodies


@pytest.mark.parametrize("bars", [-2, 0, 1, 3, 7, 65, 66])
def test_other_numbers_of_bars_are_refused(bars):
    with pytest.raises(InputError, match="even number of bars"):
        Loop(bars)


def test_a_table_gives_the_loop_again(resolved):
    control = Control(Loop(8))
    assert Control.of(control.table()) == control
    for bars in ("8", 8.0, True, 3, None):
        with pytest.raises(InputError, match="cannot be read"):
            Control.of({"start": {"kind": "loop", "bars": bars}})


def test_a_late_note_at_the_end_is_the_first_of_the_next_turn():
    score = Score(80.0, Key(0, "minor"), (Section("A", 0, 2 * BAR),), parts={"keys": (Note(2 * BAR + 7, 100, 60, 80),)})
    once = wrapped(score)
    assert once.parts["keys"] == (Note(7, 100, 60, 80),)
    played = turned(once, before=3 * BAR, after=BAR)
    assert [n.start for n in played.parts["keys"]] == [BAR + 7, 3 * BAR + 7, 5 * BAR + 7]
    assert [s.length for s in played.sections] == [6 * BAR]
