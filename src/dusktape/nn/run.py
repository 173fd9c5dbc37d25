"""The folder that a training leaves behind, opened by those who play or judge what it learned."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.core.errors import WeightsError
from dusktape.core.plugins import find, names
from dusktape.nn.model import Model
from dusktape.nn.weights import metadata

WEIGHTS = "weights.safetensors"
FACTS = "weights.json"

DATA_AT = "data_at"
"""What `weights.json` calls where the dataset was: paths from the run's folder on."""

CUT = "cut"
"""What its `data` calls how the sounds were cut that it learned from, where they were: one of `data.audio.cut.CUTS`."""

_UP = 3

SOUNDS = "sounds"
"""Kind of the data of a run that learned from a `data.sounds.SoundDataset`."""

SOUND = "sound"
"""The role of models that learn and make sounds, from a `data.sounds.SoundDataset`; all others write notes."""


@dataclass(frozen=True, slots=True)
class Run:
    """A finished training.

    Parameters
    ----------
    folder
        Where it lies.
    model
        What was trained.
    facts
        What `weights.json` says: `model`, `sha256`, `data`, figures.
    """

    folder: Path
    model: Model
    facts: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """Hash of its weights."""
        return str(self.facts["sha256"])

    @property
    def data_places(self) -> tuple[Path, ...]:
        """Where the dataset may lie that it learned from: where it was, in the folders around the run, or here."""
        told, data = self.facts.get(DATA_AT), self.facts.get("data")
        name = data.get("name") if isinstance(data, Mapping) else None
        places = [self.folder / str(place) for place in told] if isinstance(told, list) else []
        if name and isinstance(name, str) and Path(name).name == name:
            places += [*(folder / name for folder in self.folder.resolve().parents[:_UP]), Path(name)]
        return tuple(places)

    def learned(self) -> Callable[[str, str], bool]:
        """Return what says whether the run learned from a file of its dataset, which has it in a split.

        Models that split the files anew tell their split in the weights' vocabulary; a run that held nothing out
        learned from the validation files, too.
        """
        train = self.facts.get("train")
        holds_out = not isinstance(train, Mapping) or train.get("hold_out", True)
        splits = ("train",) if holds_out else ("train", "valid")
        try:
            files = json.loads(metadata(self.folder / WEIGHTS)["vocabulary"])["files"]
            known = {str(name) for split in splits for name in files[split]}
        except (WeightsError, KeyError, ValueError, TypeError):
            return lambda file, split: split in splits
        return lambda file, split: file in known

    def open(self) -> Any:
        """Return what the model's opener makes of the weights, checked against the hash beside them.

        Raises
        ------
        WeightsError
            If the weights are damaged, missing, or another model's.
        """
        said = self.facts["model"]
        whose = metadata(self.folder / WEIGHTS).get("model", said)
        if whose != said:
            raise WeightsError(
                f"{self.folder / WEIGHTS} holds weights of {whose!r}, but {FACTS} beside it says {said!r}; "
                "put back what dusktape train wrote"
            )
        return self.model.open(self.folder / WEIGHTS, self.sha256)

    @staticmethod
    def called(word: str) -> Run:
        """Open the folder of a training or, by its name, a model whose weights ship.

        Raises
        ------
        WeightsError, PluginError
            As `read`.
        """
        return Run.read(folder_called(word))

    @staticmethod
    def read(folder: Path) -> Run:
        """Open the folder that `dusktape train` wrote.

        Raises
        ------
        WeightsError
            If it is none, or is not finished.
        PluginError
            If its model is not installed.
        """
        try:
            facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
            name, sha256 = facts["model"], facts["sha256"]
            if not isinstance(name, str) or not isinstance(sha256, str):
                raise ValueError("model or sha256 is no text")
        except OSError as error:
            if not folder.exists():
                raise WeightsError(
                    f"{folder} is no finished training: there is no such folder; give the one that dusktape train made"
                ) from error
            raise WeightsError(
                f"{folder} is no finished training: {FACTS}: {error.strerror}; give the folder that dusktape train made"
            ) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise WeightsError(f"{folder / FACTS} does not describe weights: {error!r}; train again") from error
        return Run(folder, find("models", name), facts)


def in_training(file: str, split: str) -> bool:
    """Return whether whoever keeps to a dataset's own split learned from a file."""
    return split == "train"


def ships(word: str) -> bool:
    """Return whether a word names no folder, but a model whose weights ship."""
    return not Path(word).is_dir() and word in names("models") and bool(find("models", word).ships)


def folder_called(word: str) -> Path:
    """Return the folder of a training, or of a model that ships, by what a recipe calls it."""
    return Path(find("models", word).folder) if ships(word) else Path(word)


def no_notes(word: str, run: Run) -> str:
    """Return what to tell whoever wants songs from a run of sounds."""
    return (
        f"{word} is a training of {run.model.name!r}, which makes sounds, not songs; "
        f"give it to dusktape sample {word} or dusktape pack {word}"
    )
