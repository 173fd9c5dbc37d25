"""Between two songs: nearer to one, further from the other, and never outside."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from dusktape.compose.between import Like, crossed, excerpt, like, mixed
from dusktape.compose.control import Control
from dusktape.compose.remember import lasting, loop_of
from dusktape.core.recipe import Recipe
from dusktape.core.roles import LoopChord
from dusktape.core.score import BAR, Key, Score, Section
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish

from .tunes import song

MIXES = (0.0, 0.25, 0.5, 0.75, 1.0)
A = (LoopChord(0, "maj7", 8), LoopChord(5, "maj7", 8))
B = (LoopChord(2, "m7", 4), LoopChord(7, "7", 4), LoopChord(0, "maj9", 8))


@cache
def recipe_of(name, seed, composer="rules") -> Recipe:
    return Wish(name, minutes=1.0, settings=(f"composer={composer}",)).resolve(Seed(seed))


@cache
def written(name, seed) -> Score:
    return Control().take(recipe_of(name, seed), Seed(seed)).written


def leaves(table, path=""):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{path}{key}.")
        else:
            yield path + key, value


def distances(a: Recipe, b: Recipe, mix: float, seed: int) -> tuple[float, float]:
    """How far a mix is from the first recipe and from the second, of all controls in which the two differ."""
    first, second, made = (dict(leaves(r.model_dump())) for r in (a, b, mixed(a, b, mix, Seed(seed))))
    away, near = [], []
    for path in (set(first) | set(second)) - {"name"}:
        x, y, z = first.get(path), second.get(path), made.get(path)
        if x == y:
            continue
        number = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (x, y, z))
        away.append(abs(z - x) / abs(y - x) if number else float(z != x))
        near.append(abs(z - y) / abs(y - x) if number else float(z != y))
    return float(np.mean(away)), float(np.mean(near))


PAIRS = [("boombap", 1, "snow", 2), ("rainy", 3, "neon", 4), ("cafe", 5, "tape", 6)]


@pytest.mark.parametrize(("first", "one", "second", "two"), PAIRS)
@pytest.mark.parametrize("seed", range(3))
def test_the_further_the_mix_the_further_its_controls_from_the_first(first, one, second, two, seed):
    a, b = recipe_of(first, one), recipe_of(second, two)
    away, near = zip(*(distances(a, b, mix, seed) for mix in MIXES), strict=True)
    assert away[0] == 0.0
    assert near[-1] == 0.0
    assert list(away) == sorted(away)
    assert list(near) == sorted(near, reverse=True)
    assert away[-1] > 0.9
    assert 0.1 < away[2] < 0.9


@pytest.mark.parametrize("mix", MIXES)
@pytest.mark.parametrize("seed", range(6))
def test_everything_between_two_recipes_is_one(mix, seed):
    made = mixed(recipe_of("boombap", 1), recipe_of("cafe", 2), mix, Seed(seed))
    assert made.name == "boombap-cafe"
    low, high = sorted(r.tempo.bpm for r in (recipe_of("boombap", 1), recipe_of("cafe", 2)))
    assert low <= made.tempo.bpm <= high
    Control(like(written("boombap", 1), written("cafe", 2), mix)).take(made, Seed(seed))


@pytest.mark.parametrize("seed", range(8))
def test_each_bar_of_the_loop_comes_from_one_of_the_two(seed):
    bars = [crossed(A, B, mix, Seed(seed)) for mix in MIXES]
    assert bars[0] == A
    assert bars[-1] == B
    assert all(sum(c.length_beats for c in loop) == 16 for loop in bars)
    # Once a bar has gone over to the second, it stays there.
    ours = [sum(_at(loop, beat) == _at(B, beat) for beat in range(0, 16, 4)) for loop in bars]
    assert ours == sorted(ours)


def _at(loop, beat):
    for chord in loop:
        if beat < chord.length_beats:
            return chord.degree, chord.quality
        beat -= chord.length_beats
    raise AssertionError


def test_at_its_ends_a_song_turns_on_the_loop_of_one_of_the_two():
    a, b = written("boombap", 1), written("snow", 2)
    for mix, near in ((0.0, a), (1.0, b)):
        recipe = mixed(recipe_of("boombap", 1), recipe_of("snow", 2), mix, Seed(4))
        made = Control(like(a, b, mix)).take(recipe, Seed(4)).written
        size = recipe.form.loop_bars * 4
        theirs, ours = (_loop(s, size) for s in (near, made))
        assert ours == theirs
        assert made.key == near.key


def _loop(score, beats):
    section = next(s for s in score.sections if s.name == "A")
    chords = [c for c in score.chords if section.start <= c.start < section.start + section.length]
    return lasting(loop_of(chords, score.key), beats)


def test_it_depends_on_the_mix_the_seed_and_both_songs():
    a, b = written("boombap", 1), written("snow", 2)
    recipe = mixed(recipe_of("boombap", 1), recipe_of("snow", 2), 0.5, Seed(4))

    def melody(first, second, mix, seed):
        networks = recipe.model_copy(update={"composer": "networks"})
        return Control(like(first, second, mix)).take(networks, Seed(seed)).written.parts["lead"]

    one = melody(a, b, 0.5, 4)
    assert one == melody(a, b, 0.5, 4)
    assert one != melody(a, b, 0.5, 5)
    assert one != melody(b, a, 0.5, 4)


def test_it_is_made_again_from_what_it_stores():
    made = Control(like(written("boombap", 1), written("snow", 2), 0.3))
    recipe = mixed(recipe_of("boombap", 1), recipe_of("snow", 2), 0.3, Seed(4))
    text = json.dumps(made.table())
    assert len(text) < 8000
    assert Control.of(json.loads(text)).take(recipe, Seed(4)) == made.take(recipe, Seed(4))


def test_an_excerpt_holds_the_first_a_and_b_that_are_sung():
    score = song(24)
    sections = tuple(Section(n, k * 8 * BAR, 8 * BAR) for k, n in enumerate(("intro", "A", "B")))
    short = excerpt(Score(score.bpm, score.key, sections, score.chords, score.parts))
    assert [(s.name, s.start, s.length) for s in short.sections] == [("A", 0, 8 * BAR), ("B", 8 * BAR, 8 * BAR)]
    assert len(short.parts["lead"]) == len([n for n in score.parts["lead"] if n.start >= 8 * BAR])
    assert short.chords[0].start == 0


def test_a_minor_song_lends_a_major_one_its_relative_chords():
    minor = Score(80.0, Key(9, "minor"), (Section("A", 0, 8 * BAR),), song(8, key=Key(9, "minor")).chords, {"lead": ()})
    recipe = recipe_of("boombap", 1).model_copy(update={"key": "C major"})
    made = Control(Like(minor, minor, 0.0)).take(recipe, Seed(1)).written
    assert [c.root for c in made.chords[:2]] == [9, (9 + 9) % 12][: len(made.chords[:2])]
