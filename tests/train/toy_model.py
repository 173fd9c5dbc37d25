"""A model of melodies that is small, quick and stands alone: tests train it in their own and in other processes."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import numpy as np

from dusktape.core.errors import InputError
from dusktape.core.score import Key
from dusktape.nn.line import Line
from dusktape.nn.model import Model
from dusktape.nn.training import Splits
from dusktape.nn.weights import load, metadata

PATTERN = (0, 2, 1, 2, 3)
SETTINGS = {"epochs": 3, "batch_size": 4, "learning_rate": 0.02, "warmup_steps": 5}
OPTIONS = {"hidden": 8, "dropout": 0.2}
FLAT_VOCABULARY = 4


def song(number: int, length: int = 12) -> dict:
    """Return the pattern, turned."""
    length += number % 4
    return {"y": np.resize(np.roll(PATTERN, -number), length), "song": np.full(length, number, np.int32)}


def write_data(folder: Path, train: int = 24, valid: int = 5, test: int = 5, words: str = "abcd") -> Path:
    """Write what `load_splits` reads."""
    folder.mkdir()
    (folder / "songs.json").write_text(json.dumps({"train": train, "valid": valid, "test": test, "words": words}))
    return folder


def load_splits(data: Path, options: dict) -> Splits:
    """Read a folder that `write_data` wrote."""
    try:
        facts = json.loads((data / "songs.json").read_text())
    except OSError as error:
        raise InputError(f"{data} has no songs.json; write one") from error
    sides = [[song(k) for k in range(facts[side])] for side in ("train", "valid", "test")]
    return Splits(*sides, events=lambda e: len(e["y"]), vocabulary={"words": list(facts["words"])})


def build(seed: int, splits: Splits, options: dict):
    """Return a network; with `TOY_SLOW_S` in the environment, one that takes its time."""
    import torch

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Embedding(5, 4)
            self.lstm = torch.nn.LSTM(4, options["hidden"], batch_first=True)
            self.drop = torch.nn.Dropout(options["dropout"])
            self.head = torch.nn.Linear(options["hidden"], 4)

        def nats(self, batch):
            if "TOY_SLOW_S" in os.environ:
                time.sleep(float(os.environ["TOY_SLOW_S"]))
            y = batch["y"]
            before = torch.nn.functional.pad(y[:, :-1], (1, 0), value=4)
            logits = self.head(self.drop(self.lstm(self.table(before))[0]))
            each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
            return (each * batch["mask"].flatten()).sum()

    torch.manual_seed(seed)
    return Net()


def export(net, splits: Splits) -> dict:
    """Return name to array."""
    return {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}


def augment(example: dict, rng: np.random.Generator) -> dict:
    """Return the song from one of its first notes on."""
    first = int(rng.integers(0, 5))
    return {name: array[first:] for name, array in example.items()}


def flat_tokens(example: dict) -> list[int]:
    """Return the tokens."""
    return example["y"].tolist()


def lines(data: Path) -> list[Line]:
    """Return the training songs as lines."""
    return [_line(song(k)["y"]) for k in range(load_splits(data, OPTIONS).train.__len__())]


def _line(tokens) -> Line:
    n = len(tokens)
    ones = np.ones(n, np.int64)
    return Line("toy", Key(0, "major"), (), 60 + 2 * np.asarray(tokens), 2 * ones, ones, 4 * ones)


class Player:
    """Plays the pattern."""

    def __init__(self, weights: Path, sha256: str | None) -> None:
        self.weights, self.about = load(weights, sha256), metadata(weights)

    def generate(self, *, steps: int, **how) -> Line:
        """Return the pattern, as long as asked for."""
        return _line(np.resize(PATTERN, steps // 2))


MODEL = Model(
    name="toy",
    role="melody",
    summary="plays five notes over and over",
    folder=Path(__file__).parent,
    sources=(),
    opener=Player,
    trainer="toy_model",
    ships=False,
)
