"""What sections are made of: they differ in density and register, and come back recognised."""

from typing import ClassVar

import numpy as np
import pytest

from dusktape.compose.arrange import _drums, _lead
from dusktape.compose.comping import thinned
from dusktape.compose.form import SectionPlan
from dusktape.compose.material import Writers, dressed, write_loop, write_material
from dusktape.compose.rules import RuleChords, RuleDrums, RuleMelody, RuleRhythm
from dusktape.core.score import Chord, Key, Note
from dusktape.core.seed import Seed
from dusktape.studio import presets
from dusktape.studio.production import compose

SETTINGS = ("form.length_s=150", "comping.style=struck", "parts.pad.on=false", "harmony.centre=61")


def song(seed):
    table = presets.override(presets.load("study"), SETTINGS)
    return compose(presets.resolve(table, Seed(seed), where="study"), Seed(seed))


@pytest.fixture(scope="module")
def songs():
    return [song(seed) for seed in range(6)]


def inside(score, part, name):
    spans = [(s.start, s.start + s.length) for s in score.sections if s.name == name]
    return [n for n in score.parts.get(part, ()) if any(a <= n.start < b for a, b in spans)]


def bars(score, name):
    return sum(s.length for s in score.sections if s.name == name) / score.ticks_per_bar


def test_b_lies_higher_than_a(songs):
    lifts = [
        np.mean([n.pitch for n in inside(s, "keys", "B")]) - np.mean([n.pitch for n in inside(s, "keys", "A")])
        for s in songs
    ]
    assert np.mean(lifts) > 1.0
    assert sum(lift > 0.5 for lift in lifts) >= 5


def test_breaks_are_sparser_than_what_surrounds_them(songs):
    def density(score, name):
        return len({n.start // 240 for n in inside(score, "keys", name)}) / bars(score, name)

    played = [(density(s, "break"), density(s, "A")) for s in songs if inside(s, "keys", "break")]
    assert len(played) >= 4
    assert sum(rest <= busy for rest, busy in played) >= len(played) - 1  # a chord rolled over a beat counts twice
    assert np.mean(played, axis=0)[0] < 0.8 * np.mean(played, axis=0)[1]
    assert np.mean([rest for rest, _ in played]) < 0.85 * np.mean([busy for _, busy in played])


def test_only_b_is_dressed_and_never_beyond_its_range():
    recipe = presets.resolve(presets.override(presets.load("study"), ["comping.density=0.95"]), Seed(1), where="x")
    assert dressed(recipe, "A0", Seed(1)) is recipe
    for seed in range(20):
        b = dressed(recipe, "B0", Seed(seed))
        assert 2 <= b.harmony.centre - recipe.harmony.centre <= 4
        assert recipe.melody.density < b.melody.density <= 1.0
        assert b.comping.density == 1.0
        assert b.tempo == recipe.tempo


def test_thinned_keys_strike_each_chord_once_and_hold_it():
    chords = [Chord(0, 3840, 0, "maj7"), Chord(3840, 3840, 5, "maj7")]
    notes = [Note(t, 400, p, 70) for t in (0, 960, 1920, 3840 - 240, 4800) for p in (60, 64)]
    kept = thinned(notes, chords)
    assert [(n.start, n.pitch) for n in kept] == [(0, 60), (0, 64), (3600, 60), (3600, 64)]
    assert kept[0].start + kept[0].length == 3840 - 60
    assert kept[2].start + kept[2].length == 7680 - 60


def study(writers):
    """Return a recipe, its key, and material that these wrote for it."""
    recipe, key = presets.resolve(presets.load("study"), Seed(1), where="study"), Key(0, "major")
    here = Seed(1).at("material", "A0")
    return recipe, key, write_material("A0", recipe, key, write_loop(recipe, key, writers, here), writers, here)


@pytest.mark.parametrize(
    ("name", "bars", "kept"), [("A'", 8, {2, 4, 6}), ("A'", 4, {2}), ("A'", 2, set()), ("break", 8, {2, 4})]
)
def test_no_variation_is_written_that_nobody_would_hear(name, bars, kept):
    class Spy(RuleMelody):
        asked: ClassVar[list[int]] = []

        def write_melody(self, *, given_bars, **how):
            self.asked.append(given_bars)
            return super().write_melody(given_bars=given_bars, **how)

    writers = Writers(RuleChords(), Spy(), RuleDrums(), RuleRhythm())
    recipe, key, material = study(writers)
    section = SectionPlan(name, "A0", 1, bars, frozenset({"lead"}))
    Spy.asked.clear()
    for seed in range(30):
        _lead(section, material, recipe, key, writers, Seed(seed))
    assert set(Spy.asked) == kept


@pytest.mark.parametrize(
    ("name", "bars", "asked"),
    [
        ("A'", 8, {"tail"}),
        ("A'", 12, {"tail", "fill"}),
        ("A'", 4, {"fill"}),
        ("outro", 6, set()),
        ("outro", 16, {"tail"}),
    ],
)
def test_no_fill_is_written_that_nobody_would_hear(name, bars, asked):
    class Spy(RuleDrums):
        asked: ClassVar[set[object]] = set()

        def write_drums(self, *, seed, **how):
            self.asked.add(seed.path[-1])
            return super().write_drums(seed=seed, **how)

    writers = Writers(RuleChords(), RuleMelody(), Spy(), RuleRhythm())
    recipe, _, material = study(writers)
    section = SectionPlan(name, "A0", 1, bars, frozenset({"drums"}))
    Spy.asked.clear()
    for seed in range(30):
        _drums(section, material, recipe, writers, Seed(seed))
    assert Spy.asked == asked
