from __future__ import annotations

import json
import shutil

import pytest

from dusktape.core.errors import RecipeError, WeightsError
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.studio.cast import cast, check_cast
from dusktape.studio.wish import Wish


@pytest.fixture
def training(tmp_path):
    def make(name, folder):
        model, place = find("models", name), tmp_path / folder
        place.mkdir()
        shutil.copy(model.weights, place / "weights.safetensors")
        about = json.dumps({"model": name, "sha256": model.sha256})
        (place / "weights.json").write_text(about, encoding="utf-8")
        return str(place)

    return make


def test_names_and_folders_find_their_place(training):
    melody, chords = training("melody", "a"), training("harmony", "b")
    assert cast(()) == {}
    assert cast(("rules",)) == {"composer": "rules"}
    assert cast((melody, chords)) == {"models": {"melody": melody, "harmony": chords}}
    assert cast(("networks", chords)) == {"composer": "networks", "models": {"harmony": chords}}


def test_a_wish_takes_them_into_the_recipe(training):
    melody = training("melody", "a")
    recipe = Wish("rainy", composers=(melody,)).resolve(Seed(1))
    assert (recipe.composer, dict(recipe.models)) == ("networks", {"melody": melody})
    assert Wish("rainy", composers=("rules",)).resolve(Seed(1)).composer == "rules"
    assert dict(Wish("rainy").resolve(Seed(1)).models) == {}


def test_a_recipe_file_can_name_a_training(training, tmp_path):
    melody = training("melody", "a")
    path = tmp_path / "mine.toml"
    path.write_text(f"[models]\nmelody = {json.dumps(melody)}\n", encoding="utf-8")
    assert dict(Wish(str(path)).resolve(Seed(1)).models) == {"melody": melody}
    assert dict(Wish(settings=(f"models.melody={melody}",)).resolve(Seed(1)).models) == {"melody": melody}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("netwroks",), "there is no composer and no folder 'netwroks'; did you mean 'networks'?; give a name, or"),
        (("heads",), "'heads' is a model: train it (dusktape train heads --data ... --out heads-run)"),
        (("rules", "networks"), "there can be one composer, not 'rules' and 'networks'; leave one out"),
    ],
)
def test_words_that_are_neither_are_refused(words, said):
    with pytest.raises(RecipeError) as caught:
        cast(words)
    assert said in str(caught.value)


def test_two_trainings_for_one_role_are_refused(training):
    a, b = training("melody", "a"), training("melody", "b")
    with pytest.raises(RecipeError, match="both write melody; leave one out"):
        cast((a, b))
    assert cast((a, a)) == {"models": {"melody": a}}


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(WeightsError, match=r"is no finished training: weights\.json: No such file"):
        cast((str(tmp_path),))


def test_a_training_on_sound_is_sent_to_who_takes_it(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "weights.json").write_text(json.dumps({"model": "diffusion", "sha256": "ab"}), encoding="utf-8")
    (tmp_path / "mine.toml").write_text(f"[models]\nmelody = {json.dumps(str(run))}\n", encoding="utf-8")
    for wish in (Wish(composers=(str(run),)), Wish(str(tmp_path / "mine.toml"))):
        with pytest.raises(RecipeError, match="makes sounds, not songs; give it to dusktape sample"):
            wish.resolve(Seed(1))


def test_rules_take_no_training(training):
    melody = training("melody", "a")
    with pytest.raises(RecipeError, match=r"takes no trainings; leave .* out, or say --composer networks"):
        Wish(composers=("rules", melody)).resolve(Seed(1))


@pytest.mark.parametrize(
    ("models", "said"),
    [
        ("[models]\nvoice = 'run'\n", "there is no 'voice'"),
        ("[models]\nmelody = 3\n", "melody wants the folder of a finished training, got 3; write it in quotes"),
        ("[models]\nmelody = ''\n", "melody wants the folder of a finished training, got ''"),
        ("[models]\nmelody = 'nowhere'\n", "nowhere is no finished training"),
        ("models = 3\n", "models must be a table, got 3"),
    ],
)
def test_a_recipe_that_names_them_wrongly_is_refused(tmp_path, models, said):
    path = tmp_path / "mine.toml"
    path.write_text(models, encoding="utf-8")
    with pytest.raises((RecipeError, WeightsError)) as caught:
        Wish(str(path)).resolve(Seed(1))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_resolved_recipe_is_checked_too(training):
    melody = training("melody", "a")
    recipe = Wish().resolve(Seed(1)).model_copy(update={"composer": "rules", "models": {"melody": melody}})
    with pytest.raises(RecipeError, match="takes no trainings"):
        check_cast(recipe)
