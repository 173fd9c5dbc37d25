from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from dusktape.core.errors import InputError
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.evaluate import subjects
from dusktape.nn import run as run_module
from dusktape.nn.line import Line
from dusktape.nn.model import Model
from dusktape.nn.phrases import FILE, build
from dusktape.nn.sampling import Sampling

from .lines import walk


@pytest.fixture
def training(tmp_path):
    """Makes the folder of a finished training: the shipped weights of a model, called somebody's."""

    def make(name: str) -> Path:
        model, place = find("models", name), tmp_path / f"my-{name}"
        place.mkdir()
        shutil.copy(model.weights, place / "weights.safetensors")
        if (model.folder / FILE).is_file():
            shutil.copy(model.folder / FILE, place / FILE)
        (place / "weights.json").write_text(json.dumps({"model": name, "sha256": model.sha256}), encoding="utf-8")
        return place

    return make


def judged(folder: Path):
    return subjects.training(
        folder,
        songs=2,
        notes=40,
        seed=Seed(5),
        sampling=Sampling(),
        under=(),
        recipes=("rainy",),
        told=lambda what, share: None,
    )


@pytest.mark.parametrize("name", ["drums", "harmony", "comping", "latent"])
def test_songs_are_composed_with_a_training_that_writes_no_lines(training, name):
    subject, model = judged(training(name))
    assert model is None
    assert (subject.name, subject.kind) == (f"my-{name}", "training")
    assert len(subject.found["songs"]) == 2
    for measure in ("chord_tones", "backbeat", "repeated_bars"):
        assert math.isfinite(subject.found["figures"][measure])
    assert "copying" not in subject.found
    assert ("not_looked_up" in subject.found) == (name == "latent"), "of the others no melody is theirs"


class Scale:
    """A model of lines that walks up and down a scale in eighths."""

    def generate(self, *, key, seed, sampling, notes=None, steps=None, given=None, chords=(), allowed=None):
        count = notes or (steps or 0) // 2
        two = np.full(count, 2)
        return Line("", key, tuple(chords), 66 + np.abs(np.arange(count) % 12 - 6), np.append(0, two[1:]), two, two)


def test_a_training_of_lines_is_judged_by_songs_and_by_lines(training, monkeypatch):
    place = training("melody")
    scale = Model("scale", "", place, (), lambda path, sha256: Scale(), "nowhere", role="melody", ships=False)
    monkeypatch.setattr(run_module, "find", lambda group, name: scale)
    subject, model = judged(place)
    assert isinstance(model, Scale)
    found = subject.found
    assert len(found["songs"]) == len(found["copying"]["rhythm"]["matches"]) == 2
    assert {match["line"] for match in found["copying"]["rhythm"]["matches"]}.isdisjoint(
        row["name"] for row in found["songs"]
    )
    assert math.isfinite(found["figures"]["chord_tones"])
    assert math.isfinite(found["figures"]["copying.rhythm.longest_p95"])
    assert {"measures", "repetition", "copying", "diversity"} <= set(found["people"])


def test_a_training_on_sound_is_sent_to_who_takes_it(tmp_path):
    (tmp_path / "weights.json").write_text(json.dumps({"model": "diffusion", "sha256": "ab"}), encoding="utf-8")
    with pytest.raises(InputError, match="makes sounds, not songs; give it to dusktape sample"):
        judged(tmp_path)


def test_a_training_that_plays_nothing_is_one_line(training, monkeypatch):
    place = training("drums")
    mute = Model("mute", "", place, (), lambda path, sha256: object(), "nowhere", role="", ships=False)
    monkeypatch.setattr(run_module, "find", lambda group, name: mute)
    with pytest.raises(InputError, match="my-drums is a training of 'mute', which writes nothing that we play; leave"):
        judged(place)
    with pytest.raises(InputError, match="which writes no lines of notes: it has no bits per note; leave it out"):
        subjects.opened(place)


def test_who_learned_from_most_of_the_songs_is_not_asked_where_hardly_one_is_left():
    lines = [walk(f"song{k}", 60) for k in range(10)]
    models = dict.fromkeys(("dusktape", "mine", "other"))
    knows = {"dusktape": build(lines), "mine": build(lines[:2])}
    assert subjects.fair(models, knows, lines) == (
        {"mine": None, "other": None},
        {"dusktape": "it learned from 10 of the 10 test songs"},
    )
    knows["dusktape"] = build(lines[:5])
    assert subjects.fair(models, knows, lines) == (models, {})
    assert subjects.fair(models, {"mine": build(lines[:5]), "other": build(lines[5:])}, lines)[0].keys() == {
        "dusktape",
        "other",
    }
    assert subjects.fair(models, {}, lines) == (models, {})
