"""The hook for models that write a whole song."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pytest

from dusktape.compose import networks
from dusktape.compose.arrange import arrange
from dusktape.compose.between import like, mixed
from dusktape.compose.control import Control
from dusktape.compose.starts import writers_of
from dusktape.compose.whole import WholeSong, point
from dusktape.core.roles import LoopChord
from dusktape.core.score import BAR, Key, Note
from dusktape.core.seed import Seed
from dusktape.studio.wish import Wish


class ToySong:
    """A model of two latents: the first picks the root of the loop's second chord, the second a melody's pitch."""

    latents = 2

    def encode(self, score):
        return np.array([score.key.tonic / 12.0, score.bpm / 100.0])

    def blend(self, a, b, mix):
        return (1.0 - mix) * a + mix * b

    def decode(self, z, *, key, loop_bars, bars, seed, temperature, chords=(), first_bar=0):
        loop = (LoopChord(0, "maj7", 2 * loop_bars), LoopChord(int(z[0] * 4) % 11 + 1, "m7", 2 * loop_bars))
        pitch = 60 + key.tonic + int(z[1] * 4) % 12
        return loop, tuple(Note(b * BAR, BAR // 2, pitch, 70) for b in range(first_bar, bars))


SEED = Seed(3)


@pytest.fixture
def recipe(monkeypatch):
    run = SimpleNamespace(open=ToySong)
    monkeypatch.setattr(networks, "runs_of", lambda recipe: {"song": run} if "song" in recipe.models else {})
    return (
        Wish(minutes=1.0, settings=("form.one_loop=false", "harmony.colour=0.0"))
        .resolve(SEED)
        .model_copy(update={"models": {"song": "toy-run"}})
    )


def test_a_point_is_drawn_from_the_seed_and_lies_near_the_middle():
    points = np.concatenate([point(100, Seed(s)) for s in range(20)])
    assert np.array_equal(point(100, Seed(1)), point(100, Seed(1)))
    assert abs(points.mean()) < 0.1
    assert points.std() == pytest.approx(1.0, abs=0.1)


def test_chords_and_melody_come_from_the_same_model(recipe):
    writers = writers_of(recipe, SEED)
    assert isinstance(writers.chords, WholeSong)
    assert writers.chords is writers.melody
    score = arrange(recipe, SEED, writers)
    loop, _ = ToySong().decode(writers.chords._of(SEED), key=score.key, loop_bars=4, bars=8, seed=SEED, temperature=1)
    assert (score.chords[1].root - score.key.tonic) % 12 == loop[1].degree
    assert {n.start % BAR for n in score.parts["lead"]} == {0}


def test_a_second_material_lies_near_the_first(recipe):
    song = writers_of(recipe, SEED).chords
    a, b = song._of(SEED.at("material", "A0", "loop")), song._of(SEED.at("material", "B0", "loop"))
    assert not np.array_equal(a, b)
    assert np.array_equal(song._of(SEED.at("material", "B0", "melody")), b)


def test_a_melody_is_written_after_what_was_given(recipe):
    song = writers_of(recipe, SEED).melody
    notes = song.write_melody(
        key=Key(0, "major"),
        chords=(),
        bars=16,
        given=(),
        given_bars=8,
        density=0.5,
        seed=SEED,
        temperature=1.0,
    )
    assert [n.start // BAR for n in notes] == list(range(8, 16))


def test_between_two_songs_is_the_point_between_theirs(recipe):
    a = Control().take(recipe, Seed(1)).written
    b = Control().take(recipe.model_copy(update={"key": "B major"}), Seed(2)).written
    model = ToySong()
    for mix in (0.25, 1.0):
        start = like(a, b, mix, model)
        np.testing.assert_allclose(start.z, (1 - mix) * model.encode(a) + mix * model.encode(b), atol=1e-3)
        made = Control(start)
        between = mixed(recipe, recipe, mix, SEED)
        again = Control.of(json.loads(json.dumps(made.table())))
        score = made.take(between, SEED).written
        assert again.take(between, SEED).written == score
        loop, _ = model.decode(np.array(start.z), key=score.key, loop_bars=4, bars=8, seed=SEED, temperature=1)
        assert (score.chords[1].root - score.key.tonic) % 12 == loop[1].degree
