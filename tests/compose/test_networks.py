"""Trainings of one's own in the composer's roles."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dusktape.compose.lines import LineMelody
from dusktape.compose.networks import Networks, runs_of
from dusktape.core.errors import RecipeError, WeightsError
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.nn import run as run_module
from dusktape.nn.line import Line
from dusktape.nn.model import Model
from dusktape.nn.run import Run
from dusktape.studio.wish import Wish

SEED = Seed(2)


@pytest.fixture
def training(tmp_path):
    """Makes the folder of a finished training: the shipped weights of a model, called somebody's."""

    def make(name: str, folder: str = "run", **facts: object) -> Path:
        model, place = find("models", name), tmp_path / folder
        place.mkdir()
        shutil.copy(model.weights, place / "weights.safetensors")
        about = {"model": name, "sha256": model.sha256, "data": {"name": "mine", "licences": {"CC0-1.0": 3}}, **facts}
        (place / "weights.json").write_text(json.dumps(about), encoding="utf-8")
        return place

    return make


def recipe_of(**models):
    return Wish(minutes=0.5).resolve(SEED).model_copy(update={"models": {k: str(v) for k, v in models.items()}})


class Scale:
    """A model of lines that walks up and down a scale in eighths."""

    def bits(self, lines):
        return [np.zeros((len(line), 2)) for line in lines]

    def generate(self, *, key, seed, sampling, notes=None, steps=None, given=None, chords=(), allowed=None):
        self.sampling = sampling
        count = notes or (steps or 0) // 2
        pitch = 66 + np.abs(np.arange(count) % 12 - 6)
        two = np.full(count, 2)
        return Line("", key, tuple(chords), pitch, np.concatenate([[0], two[1:]])[:count], two, two)


@pytest.fixture
def line_model(monkeypatch, training):
    """A finished training whose model is one of lines."""
    opened = Scale()
    place = training("melody")
    model = Model("scale", "", place, (), lambda path, sha256: opened, "nowhere", role="melody", ships=False)
    monkeypatch.setattr(run_module, "find", lambda group, name: model)
    return place, opened


def test_a_training_takes_over_its_role_and_leaves_the_others(training):
    place = training("melody")
    theirs, ours = (Networks().compose(r, SEED) for r in (recipe_of(melody=place), recipe_of()))
    assert theirs == ours  # the same weights under another roof
    assert runs_of(recipe_of(melody=place))["melody"].sha256 == find("models", "melody").sha256


def test_a_model_of_lines_plays_the_lead(line_model):
    place, _ = line_model
    theirs, ours = (Networks().compose(r, SEED) for r in (recipe_of(melody=place), recipe_of()))
    assert theirs.parts["lead"] != ours.parts["lead"]
    assert theirs.chords == ours.chords
    assert theirs.parts["drums"] == ours.parts["drums"]
    assert isinstance(Networks().writers(recipe_of(melody=place), SEED).melody, LineMelody)


def test_it_draws_as_the_recipe_says(line_model):
    place, opened = line_model
    recipe = recipe_of(melody=place)
    asked = {"top_k": 9, "min_p": 0.2, "repetition_penalty": 1.5, "rule": "argmax"}
    recipe = recipe.model_copy(update={"melody": recipe.melody.model_copy(update=asked)})
    Networks().compose(recipe, SEED)
    assert {name: getattr(opened.sampling, name) for name in asked} == asked
    assert opened.sampling.temperature == recipe.melody.temperature


def test_our_own_writer_takes_min_p():
    recipe = recipe_of()
    wide = recipe.model_copy(update={"melody": recipe.melody.model_copy(update={"min_p": 0.5})})
    assert Networks().writers(wide, SEED).melody.min_p == 0.5
    assert Networks().compose(wide, SEED).parts != Networks().compose(recipe, SEED).parts


def test_a_training_in_the_wrong_role_is_refused(training):
    place = training("melody")
    with pytest.raises(RecipeError, match=r"training of 'melody', which writes melody, not drums; name it as models"):
        runs_of(recipe_of(drums=place))


def test_a_folder_without_a_training_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="is no finished training"):
        runs_of(recipe_of(melody=tmp_path))


def test_weights_that_were_swapped_are_refused(training):
    place = training("melody", sha256="0" * 64)
    with pytest.raises(WeightsError, match="damaged or swapped"):
        Networks().compose(recipe_of(melody=place), SEED)


def test_a_song_beside_a_melody_is_refused(monkeypatch, training):
    model = find("models", "melody")
    places = {"song": training("melody", "song"), "melody": training("melody", "other")}
    monkeypatch.setattr(
        Run, "read", staticmethod(lambda f: Run(f, replace(model, role="song" if f.name == "song" else "melody"), {}))
    )
    with pytest.raises(RecipeError, match=r"song writes harmony and melody already; leave out models\.melody"):
        runs_of(recipe_of(**places))


def test_a_model_whose_weights_ship_composes_by_its_name() -> None:
    from dusktape.evaluate.certificate import index_of
    from dusktape.studio.cast import cast

    told = cast(["latent"])
    assert told == {"models": {"song": "latent"}}
    recipe = Wish("rainy", minutes=0.5).resolve(Seed(4)).model_copy(update=told)
    plain = recipe.model_copy(update={"models": {}})
    assert Networks().compose(recipe, SEED).chords != Networks().compose(plain, SEED).chords
    assert index_of(recipe) == find("models", "melody").folder / "index.npz"
