from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dusktape.core.errors import InputError, OutputError
from dusktape.nn.training import Splits
from dusktape.train import run

torch = pytest.importorskip("torch", reason="training needs torch; install 'dusktape[train]'")


class Coin(torch.nn.Module):  # type: ignore[misc]
    """Guesses every token alike."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = torch.nn.Parameter(torch.zeros(3))

    def nats(self, batch: dict[str, Any]) -> Any:
        costs = torch.nn.functional.cross_entropy(
            self.logits.expand(*batch["y"].shape, 3).flatten(0, 1), batch["y"].flatten(), reduction="none"
        )
        return (costs * batch["mask"].flatten()).sum()


def songs(first: int) -> list[dict[str, Any]]:
    return [{"y": np.array([0, 1, 1, 2]), "song": np.full(4, first + k)} for k in range(3)]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A trainer whose network has three weights, registered as the only model there is."""
    trainer: Any = ModuleType("trainer")
    trainer.SETTINGS = {"epochs": 3, "batch_size": 2}
    trainer.FLAT_VOCABULARY = 3
    trainer.build = lambda seed: Coin()
    trainer.load_splits = lambda data: Splits(songs(0), songs(3), songs(6), events=lambda e: len(e["y"]))
    trainer.flat_tokens = lambda example: example["y"].tolist()
    trainer.export = lambda net: {"logits": net.logits.detach().numpy()}
    monkeypatch.setattr(run, "find", lambda group, name: SimpleNamespace(trainer="trainer"))
    monkeypatch.setattr(run, "_trainer", lambda module: trainer)
    return trainer


@pytest.fixture
def counter(network: Any) -> Any:
    """A trainer that counts and needs no torch."""
    network.COUNT = lambda data: ({"table": np.ones(2)}, {"epochs": 1})
    return network


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


def test_a_training_writes_weights_figures_and_a_log(network: Any, tmp_path: Path) -> None:
    path = run.train("toy", tmp_path, tmp_path / "out", epochs=2, seed=5)
    assert path == tmp_path / "out" / "weights.safetensors"
    assert files(tmp_path) == ["out", "out/log.jsonl", "out/weights.json", "out/weights.safetensors"]
    figures = json.loads((tmp_path / "out" / "weights.json").read_text())
    assert (figures["model"], figures["seed"], figures["epochs"], figures["device"]) == ("toy", 5, 2, "cpu")
    assert figures["songs"] == {"train": 3, "valid": 3, "test": 3}
    assert figures["events"] == {"train": 12, "valid": 12, "test": 12}
    assert figures["test_bits_per_event"] == pytest.approx(np.log2(3), abs=0.1)
    assert len((tmp_path / "out" / "log.jsonl").read_text().splitlines()) == 2


def test_counting_needs_neither_epochs_nor_a_device(counter: Any, tmp_path: Path) -> None:
    run.train("toy", tmp_path, tmp_path / "out", epochs=9, device="nonsense")
    assert files(tmp_path / "out") == ["weights.json", "weights.safetensors"]
    assert json.loads((tmp_path / "out" / "weights.json").read_text())["epochs"] == 1


@pytest.mark.parametrize("force", [False, True])
def test_nothing_is_overwritten_unasked(counter: Any, tmp_path: Path, force: bool) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "weights.json").write_text("mine")
    (out / "notes.txt").write_text("mine")
    if force:
        run.train("toy", tmp_path, out, force=True)
        assert files(out) == ["notes.txt", "weights.json", "weights.safetensors"]
    else:
        counter.COUNT = lambda data: pytest.fail("counted in vain")
        with pytest.raises(OutputError, match="is there and not empty; choose another name, or say --force"):
            run.train("toy", tmp_path, out)
    assert (out / "notes.txt").read_text() == "mine"
    assert ((out / "weights.json").read_text() == "mine") is not force


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"epochs": 0}, "a training takes 1 epoch or more, got 0; leave it out"),
        ({"epochs": -3}, "a training takes 1 epoch or more, got -3"),
        ({"device": "gpu"}, "torch cannot use the device 'gpu': .*; take --device cpu"),
        ({"device": "cuda:99"}, "torch cannot use the device 'cuda:99': .*; take --device cpu"),
        ({"device": "meta"}, "torch cannot use the device 'meta': .*; take --device cpu"),
    ],
)
def test_what_cannot_be_trained_with_is_refused_before_any_work(
    network: Any, tmp_path: Path, wish: dict[str, Any], said: str
) -> None:
    network.load_splits = lambda data: pytest.fail("loaded in vain")
    with pytest.raises(InputError, match=said) as caught:
        run.train("toy", tmp_path, tmp_path / "out", **wish)
    assert "\n" not in str(caught.value)
    assert files(tmp_path) == []


def test_a_place_that_cannot_be_written_is_refused_before_any_work(network: Any, tmp_path: Path) -> None:
    network.load_splits = lambda data: pytest.fail("loaded in vain")
    (tmp_path / "file").write_text("mine")
    for place in ("file", "file/out", "nowhere/out"):
        with pytest.raises(OutputError, match=r"file|no folder"):
            run.train("toy", tmp_path, tmp_path / place)
    assert files(tmp_path) == ["file"]


def test_ctrl_c_leaves_nothing_half_written(network: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(net: Any) -> Any:
        assert any(name.endswith("log.jsonl") for name in files(tmp_path))
        raise KeyboardInterrupt

    network.export = stopped
    with pytest.raises(KeyboardInterrupt):
        run.train("toy", tmp_path, tmp_path / "out", epochs=1)
    assert files(tmp_path) == []
