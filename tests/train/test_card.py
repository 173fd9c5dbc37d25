from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dusktape.nn.model import Model, Source
from dusktape.train import card, curves

pytest.importorskip("huggingface_hub", reason="cards need huggingface_hub; install 'dusktape[train]'")

MODEL = Model(
    "toy", "plays five notes", Path(), (Source("Songs", "CC0-1.0", "People, Songs, 2020"),), lambda *_: None, "t"
)
HISTORY = [
    {"step": k * 10, "train_loss": 3.0 / k if k else None, "valid_loss": 3.5 - 0.1 * k, "learning_rate": 0.01}
    for k in range(30)
]


def facts(**more: Any) -> dict[str, Any]:
    return {
        "model": "toy",
        "data": {"name": "mine", "kind": "dataset", "sha256": "ab" * 32, "licences": {"CC-BY-4.0": 1200, "unknown": 3}},
        "train": {"epochs": 3, "hold_out": True},
        "options": {"hidden": 8},
        "parameters": 12345,
        "songs": {"train": 10, "valid": 2, "test": 2},
        "events": {"train": 1000, "valid": 200, "test": 200},
        "epochs": 3,
        "steps": 290,
        "seconds": 12.5,
        "device": "cpu",
        "stopped": "early",
        "events_per_s": 1234.5,
        "test_bits_per_event": 2.5,
        "valid_bits_per_event": 2.25,
        "train_bits_per_event": 2.0,
        "baselines": {"unigram": 4.0, "best": 3.0, "best_order": 3.0},
        "details": {"pitch": 1.5},
        "energy": {"energy_kwh": 0.002, "co2_kg": 0.0007, "country": "DEU", "hardware": "a processor"},
        **more,
    }


def written(**more: Any) -> str:
    return card.text(MODEL, facts(**more), HISTORY, files=("weights.safetensors", "curves.png"))


def test_a_card_says_what_was_learned_from_what_how_and_how_well() -> None:
    text = written()
    for part in (
        *("`mine`, SHA-256 `abab", "| train | 10 | 1,000 |", "CC-BY-4.0 (1,200), unknown (3)", "12,345 parameters"),
        *("290 steps, 3 epochs", "1,234 events a second", "stopped early", "| `train.epochs` | `3` |"),
        *("| `model.hidden` | `8` |", "curves.png", "| 290 |", "| test songs | 2.500 |", "| pitch | 1.500 |"),
        *("(order 3), test songs | 3.000 |", "2 Wh", "0.7 g of CO2", "DEU", "a processor", "It knows 10 songs"),
        *("## Limits", "## Licence"),
    ):
        assert part in text


def test_hubs_can_read_its_head() -> None:
    from huggingface_hub import ModelCard

    head = ModelCard(written()).data.to_dict()
    assert head["library_name"] == "dusktape"
    assert "midi" in head["tags"]
    assert head["co2_eq_emissions"]["emissions"] == 0.7


def test_what_is_not_known_is_said() -> None:
    unknown = {"energy_kwh": 0.002, "co2_kg": None, "country": None}
    assert "depends on the country, which is unknown here" in written(energy=unknown)
    assert "Not measured." in written(energy={})
    data = {"name": "mine", "kind": "dataset", "sha256": "ab", "licences": {"unknown": 7}}
    assert "The data says nothing about licences" in written(data=data)
    assert "co2_eq_emissions" not in written(energy={})


def test_sources_are_named_with_their_licences() -> None:
    text = written(data={"name": "sources", "kind": "sources", "sha256": "ab"})
    assert "- Songs, CC0-1.0: People, Songs, 2020" in text


def test_a_divergence_and_songs_that_were_not_held_out_are_not_hidden() -> None:
    assert "Its training diverged" in written(stopped="diverged")
    text = written(train={"hold_out": False})
    assert "Validation songs were learned from." in text
    assert "| validation songs, which were learned from, too | 2.250 |" in text
    assert "chosen by" not in text
    assert "| validation songs, which the weights were chosen by | 2.250 |" in written()


def test_a_training_that_learned_nothing_says_so() -> None:
    text = written(stopped="diverged", best_step=0, steps=2)
    assert "the loss diverged; these are the weights it began with: nothing was learned" in text
    assert "- It has learned nothing" in text
    assert "nothing was learned" not in written(stopped="diverged", best_step=40, steps=50)


def test_one_is_one() -> None:
    text = written(steps=1, epochs=1, parameters=1, songs={"train": 1, "valid": 0, "test": 0})
    assert "1 parameter; 1 step, 1 epoch, " in text
    assert "It knows 1 song and nothing else" in text


def test_long_histories_are_told_in_short() -> None:
    assert written().count("\n| 1") < 20


def test_a_model_that_counted_has_a_card_too() -> None:
    few = {"data": {"name": "d", "kind": "sources", "sha256": None}, "parameters": 3, "seconds": 1.0, "device": "cpu"}
    text = card.text(MODEL, few, (), files=())
    assert "3 parameters; 1.0 s on cpu; counted." in text
    assert "None" not in text


def test_curves_are_a_picture() -> None:
    pytest.importorskip("matplotlib", reason="curves need matplotlib; install 'dusktape[train]'")
    assert curves.draw(HISTORY, 290, "bits").startswith(b"\x89PNG")


def test_a_card_of_sounds_counts_sounds_and_says_how_long_it_warmed_up() -> None:
    data = {"name": "mine", "kind": "sounds", "sha256": "ab" * 32}
    train = {"steps": 30, "warmup_steps": 200, "hold_out": True}
    told = card.text(
        MODEL, facts(data=data, train=train, options={"held_out_times": 4}, events_per_s=1.12), (), files=()
    )
    assert "1.1 sounds a second" in told
    assert "| sounds |" in told
    assert "examples" not in told
    assert "`200`, shortened to a fifth of the steps: `6`" in told
    assert "is counted 4 times: each sound at so many levels of noise" in told
