"""What is refused, or chosen, before a training begins to work: where torch is not needed, before it has loaded."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dusktape.core.draws import merge
from dusktape.core.errors import InputError
from dusktape.data import dataset, sounds
from dusktape.io import atomic
from dusktape.nn.model import Model
from dusktape.nn.run import SOUND
from dusktape.train.report import Listener
from dusktape.train.settings import resolve


def check_data(name: str, data: Path) -> None:
    """Refuse to learn from what is no folder.

    Raises
    ------
    InputError
        Saying what to give.
    """
    if not data.is_dir():
        told = f"give the one that holds the sources named in the card of {name!r}, or a dataset"
        raise InputError(f"{data} is no folder; {told}")


def check(model: Model, config: Mapping[str, Any], data: Path, out: Path, where: str, *, force: bool) -> None:
    """Refuse what cannot be, where the model's package says without torch what can.

    Raises
    ------
    InputError, OutputError
        As the training itself would, sooner.
    """
    check_data(model.name, data)
    atomic.check_folder_writable(out, force=force)
    package: Any = sys.modules.get(model.trainer.rpartition(".")[0])  # it is there: it registered the model
    if hasattr(package, "SETTINGS"):
        _, options = resolve(config, package.SETTINGS, package.OPTIONS, where=where)
        package.check(options)
        with other_kind_of_data(model, data):
            sounds.SoundDataset.read(data)


def for_here(trainer: Any, config: Mapping[str, Any], device: str | None, listener: Listener) -> Mapping[str, Any]:
    """Return a config with what the trainer has for machines without a GPU below it, and say so.

    A config that says how large the network is stays as it is.
    """
    from dusktape.train.device import has_gpu

    asked = config.get("model", {})
    if not hasattr(trainer, "ON_CPU") or has_gpu(device) or {"size", "widths"} & set(asked):
        return config
    own = trainer.ON_CPU
    told = ", ".join(f"{table}.{key}={value}" for table in sorted(own) for key, value in own[table].items())
    listener.say(f"no GPU here, so unless you set them: {told}")
    return merge(own, config)


@contextmanager
def other_kind_of_data(model: Model, data: Path) -> Iterator[None]:
    """Say it where a model that learns from sources gets a dataset, or the other way round."""
    try:
        yield
    except InputError as error:
        missing = error.__cause__ if model.role != SOUND else None
        if not isinstance(missing, FileNotFoundError):
            raise
        if (data / dataset.MANIFEST).is_file() and (data / dataset.NOTES).is_file():
            told = f"{data} is a dataset, but {model.name} learns from sources; give the folder of those in its card"
        elif missing.filename and Path(missing.filename) == data / dataset.MANIFEST:
            told = f"{data} is no dataset, which {model.name} learns from; {dataset.HOW}"
        else:
            raise
        raise InputError(told) from error
