from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dusktape.core.errors import InputError
from dusktape.train import settings
from dusktape.train.settings import Settings, resolve

OPTIONS = {"hidden": 64, "dropout": 0.5, "time": "squared", "chords": False, "widths": [1, 2]}


def test_a_config_lies_over_the_models_own_values_and_those_over_ours() -> None:
    found, options = resolve(
        {"train": {"epochs": 3, "learning_rate": 1}, "model": {"hidden": 8}},
        {"epochs": 9, "patience": 2},
        OPTIONS,
        where="c",
    )
    assert (found.epochs, found.patience, found.batch_size) == (3, 2, Settings().batch_size)
    assert isinstance(found.learning_rate, float)
    assert options == {**OPTIONS, "hidden": 8}


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"train": {"epoch": 3}}, "c.toml: train: unknown key 'epoch'; did you mean 'epochs'?"),
        ({"model": {"hiden": 3}}, "c.toml: model: unknown key 'hiden'; did you mean 'hidden'?"),
        ({"trian": {}}, "c.toml: unknown table 'trian'; did you mean 'train'?"),
        ({"train": 3}, r"c.toml: train is a table, got 3"),
        ({"train": {"epochs": "many"}}, "c.toml: train.epochs is a whole number, got 'many'; write one, as in 30"),
        ({"train": {"epochs": 2.5}}, "train.epochs is a whole number, got 2.5"),
        ({"train": {"epochs": True}}, "train.epochs is a whole number, got True"),
        ({"train": {"clip": "x"}}, "train.clip is a number, got 'x'"),
        ({"train": {"demos": 1}}, "train.demos is true or false, got 1"),
        ({"train": {"learning_rate": float("nan")}}, "train.learning_rate is a number, got nan"),
        ({"train": {"epochs": 0}}, "a training takes 1 epoch or more, got 0"),
        ({"train": {"batch_size": 0}}, "train.batch_size is 1 or more, got 0; choose one in that range"),
        ({"train": {"ema": 1.0}}, "train.ema is between 0 and 0.99999, got 1.0"),
        ({"train": {"precision": "bf61"}}, "train.precision: there is no 'bf61'; did you mean 'bf16'?"),
        ({"train": {"country": "Germany"}}, "train.country is three capitals, as in DEU, got 'Germany'"),
        ({"train": {"seed": -1}}, "train.seed is 0 or more, got -1"),
        ({"model": {"time": 3}}, "model.time is text, got 3; write one, as in 'squared'"),
        ({"model": {"widths": 3}}, "model.widths is a list, got 3"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(config: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        resolve(config, {}, OPTIONS, where="c.toml")
    assert "\n" not in str(caught.value)


def test_settings_lie_over_a_file(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[train]\nepochs = 5\nclip = 2.0\n[model]\nhidden = 3\n")
    changes = ["train.epochs=7", "train.demos = false", "model.time=bins", "model.widths=[3, 4]", "train.country=DEU"]
    assert settings.read(tmp_path / "c.toml", changes) == {
        "train": {"epochs": 7, "clip": 2.0, "demos": False, "country": "DEU"},
        "model": {"hidden": 3, "time": "bins", "widths": [3, 4]},
    }


@pytest.mark.parametrize("change", ["epochs=3", "train.epochs", "=3", "train.=3", ""])
def test_a_setting_says_where_it_belongs(change: str) -> None:
    with pytest.raises(InputError, match=r"is no setting; write table\.key=value, as in train\.epochs=3"):
        settings.read(None, [change])


def test_a_config_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("[train\n")
    with pytest.raises(InputError, match="line 1"):
        settings.read(tmp_path / "c.toml")


def test_a_training_that_never_validates_is_refused() -> None:
    with pytest.raises(InputError, match=r"validate_epochs and train.validate_steps are both 0"):
        Settings(validate_epochs=0)
