"""Who makes sounds, by what a user calls it: a training, a model that ships, or a checkpoint of somebody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError
from dusktape.core.plugins import find, names
from dusktape.core.roles import SoundWriter
from dusktape.nn.model import Model
from dusktape.nn.run import SOUND, Run, ships


@dataclass(frozen=True, slots=True)
class Maker:
    """Somebody who makes sounds, at work.

    Parameters
    ----------
    word
        What the user called it.
    model
        Of the registry.
    place
        The folder or file that its weights lie in.
    sha256
        Of its weights.
    data
        What its run says of what it learned from; empty if nothing does.
    writer
        Makes the sounds.
    own
        Whether it is a run of ours or ships; not a checkpoint of somebody else's.
    """

    word: str
    model: Model
    place: Path
    sha256: str
    data: Mapping[str, Any]
    writer: SoundWriter = field(repr=False)
    own: bool = True

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
        If it is no finished training, or a checkpoint that is damaged, of another architecture or would run code.
    PluginError
        If what opens it is not installed.
    """
    place = Path(word)
    if not ships(word) and (model := _taker(place)):
        writer = model.open(place)
        return Maker(word, model, place, str(writer.sha256), {}, writer, own=False)
    if word in names("models") and not ships(word) and not place.is_dir():
        raise InputError(f"{word} comes without weights; train it, as in dusktape train {word} --data X --out RUN")
    run = Run.called(word)
    if run.model.role != SOUND:
        able = " or ".join(name for name in names("models") if find("models", name).role == SOUND)
        hear = f"hear them with dusktape make --composer {word}, or " if run.model.role else ""
        raise InputError(f"{word} writes notes, not sounds; {hear}give a training of {able}")
    data = run.facts.get("data")
    return Maker(word, run.model, run.folder, run.sha256, data if isinstance(data, Mapping) else {}, run.open())


def foreign(word: str) -> bool:
    """Return whether a word names a checkpoint of somebody else's that one of the models of sound opens."""
    return not ships(word) and _taker(Path(word)) is not None


def _taker(place: Path) -> Model | None:
    for name in names("models"):
        model: Model = find("models", name)
        if model.takes and model.takes(place):
            return model
    return None
