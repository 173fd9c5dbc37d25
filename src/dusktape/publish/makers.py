"""Who makes sounds, by what a user calls it: a training, a model that ships, or a checkpoint of somebody else's."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError, WeightsError
from dusktape.core.plugins import find, names
from dusktape.core.roles import SoundWriter
from dusktape.nn.model import Model
from dusktape.nn.run import FACTS, SOUND, Run, in_training, ships
from dusktape.nn.weights import metadata
from dusktape.train.keep import CHECKPOINT


@dataclass(frozen=True)
class Maker:
    """Somebody who makes sounds. Its weights are read when they are first asked for, which takes seconds.

    Parameters
    ----------
    word
        What the user called it.
    model
        Of the registry.
    place
        The folder or file that its weights lie in.
    data
        What its run says of what it learned from; empty if nothing does.
    opener
        Reads the weights.
    own
        Whether it is a run of ours or ships; not a checkpoint of somebody else's.
    run_sha256
        Of its weights, as its run has it; empty if it has none.
    data_places
        Where the dataset may lie that it learned from.
    begun
        What its run says of the weights that it began with: `name`, `sha256`, `licences` and `from` where they are
        known; empty if it began with none.
    learned
        Whether it learned from a file of its dataset, which has it in a split.
    """

    word: str
    model: Model
    place: Path
    data: Mapping[str, Any]
    opener: Callable[[], SoundWriter] = field(repr=False)
    own: bool = True
    run_sha256: str = ""
    data_places: tuple[Path, ...] = ()
    begun: Mapping[str, Any] = field(default_factory=dict)
    learned: Callable[[str, str], bool] = field(default=in_training, repr=False)

    @cached_property
    def writer(self) -> SoundWriter:
        """Makes the sounds.

        Raises
        ------
        WeightsError
            If its weights are damaged, of another architecture or would run code.
        PluginError
            If what reads them is not installed.
        """
        return self.opener()

    @cached_property
    def sha256(self) -> str:
        """Of its weights."""
        writer: Any = self.writer
        return self.run_sha256 or str(writer.sha256)

    @property
    def ships(self) -> bool:
        """Whether it came with the package."""
        return self.own and ships(self.word)


def called(word: str) -> Maker:
    """Return who makes sounds under a name or path.

    Raises
    ------
    InputError
        If it makes no sounds, or does not say its sample rate.
    WeightsError
        If it is no finished training.
    """
    place = Path(word)
    if not ships(word) and (model := _taker(place)):
        return Maker(word, model, place, {}, lambda: model.open(place), own=False)
    if word in names("models") and not ships(word) and not place.is_dir():
        raise InputError(f"{word} comes without weights; train it, as in dusktape train {word} --data X --out RUN")
    run = Run.called(word)
    if run.model.role != SOUND:
        able = " or ".join(name for name in names("models") if find("models", name).role == SOUND)
        hear = f"hear them with dusktape make --composer {word}, or " if run.model.role else ""
        raise InputError(f"{word} writes notes, not sounds; {hear}give a training of {able}")
    data, begun = run.facts.get("data"), run.facts.get("from")
    return Maker(
        word,
        run.model,
        run.folder,
        data if isinstance(data, Mapping) else {},
        run.open,
        run_sha256=run.sha256,
        data_places=run.data_places,
        begun=begun if isinstance(begun, Mapping) else {},
        learned=run.learned(),
    )


def on_device(maker: Maker, device: str | None) -> SoundWriter:
    """Return who makes the sounds, computing where the user wants it.

    Raises
    ------
    InputError
        If torch cannot use the device, or this model does not compute with torch.
    """
    writer: Any = maker.writer
    if device is None:
        return maker.writer
    if hasattr(writer, "on"):
        moved: SoundWriter = writer.on(device)
        return moved
    if device != "cpu":
        raise InputError(f"{maker.model.name} computes on the CPU; leave out --device {device}")
    return maker.writer


def foreign(word: str) -> bool:
    """Return whether a word names a checkpoint of somebody else's that one of the models of sound opens.

    Raises
    ------
    WeightsError
        If it is a training that has not ended.
    """
    return not ships(word) and _taker(Path(word)) is not None


def _taker(place: Path) -> Model | None:
    _check_finished(place)
    for name in names("models"):
        model: Model = find("models", name)
        if model.takes and model.takes(place):
            return model
    return None


def _check_finished(place: Path) -> None:
    """Refuse the folder of a training that was stopped, naming the command that goes on with it."""
    checkpoint = place / CHECKPOINT
    if (place / FACTS).exists() or not checkpoint.is_file():
        return
    try:
        model = str(json.loads(metadata(checkpoint)["tree"])["about"]["model"])
    except (WeightsError, KeyError, ValueError, TypeError):
        return  # it is none of ours, or damaged: whoever opens it says so
    raise WeightsError(
        f"the training in {place} has not ended; go on with it: dusktape train {model} --data DATASET --resume {place}"
    )
