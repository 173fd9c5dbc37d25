"""How near a sound comes to what a model learned from, beside how near sounds come that it never learned from."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.core.errors import InputError
from dusktape.data.sounds import SoundDataset
from dusktape.nn.run import in_training
from dusktape.publish.pack import features
from dusktape.publish.pack.finish import resampled, trimmed

PERCENT = 5.0
"""A sound may not be nearer to a training sound than this share of the held-out ones is."""

FILE = "nearest.npz"
"""The index beside the weights of a model, for those who do not have its data."""

FALLBACK_DB = 2.5
"""The least distance where nothing was held out: below it, two drums are one twice over (`checks.ALIKE_DB`)."""

MOST_DB = 5.0
"""No limit is higher: long sounds that are held out may all lie far away, and so may whatever is no copy."""

TRAIN = "train"

Learned: TypeAlias = tuple[str, str, str, Block]
"""Name, label, split and samples of a sound."""

_STEPS_PER_DB = 4.0
_ENOUGH = 20
_SILENT = 1e-5


@dataclass(frozen=True, slots=True)
class Nearest:
    """The training sound that is most like a sound.

    Parameters
    ----------
    clip
        Its name in the dataset.
    distance_db
        How far away it is.
    allowed_db
        How far it must be at least.
    """

    clip: str
    distance_db: float
    allowed_db: float

    @property
    def too_near(self) -> bool:
        """Whether the sound stays out of a pack."""
        return self.distance_db < self.allowed_db


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """Features of everything that was learned from, and how near held-out sounds come to it.

    Parameters
    ----------
    names
        Of the training clips.
    pictures
        Their features, shape (N, F).
    allowed_db
        Label to the least distance; `""` for all sounds together.
    held_out
        How many sounds that is from.
    sample_rate
        At which the features were taken.
    """

    names: Sequence[str]
    pictures: NDArray[np.float32]
    allowed_db: Mapping[str, float]
    held_out: int
    sample_rate: int

    def nearest(self, sound: Block, sample_rate: int, label: str) -> Nearest:
        """Return the training sound nearest to a sound."""
        picture = features.struck(
            trimmed(resampled(sound, sample_rate, self.sample_rate), self.sample_rate), self.sample_rate
        )
        distances = features.distance_db(picture, self.pictures)
        best = int(distances.argmin())
        allowed = self.allowed_db.get(label, self.allowed_db[""])
        return Nearest(self.names[best], float(distances[best]), allowed)

    def save(self, path: Path) -> None:
        """Write it as an index that `load` reads: features in steps of a quarter of a decibel, a byte each."""
        labels = sorted(self.allowed_db)
        np.savez_compressed(
            path,
            names=np.array(self.names),
            pictures=np.round(-self.pictures * _STEPS_PER_DB).clip(0, 255).astype(np.uint8),
            labels=np.array(labels),
            allowed_db=np.array([self.allowed_db[label] for label in labels]),
            about=np.array([self.held_out, self.sample_rate]),
        )

    @staticmethod
    def load(path: Path) -> Training:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            If the file is damaged.
        """
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                pictures = file["pictures"].astype(np.float32) / -_STEPS_PER_DB
                names = [str(name) for name in file["names"]]
                allowed = {str(k): float(v) for k, v in zip(file["labels"], file["allowed_db"], strict=True)}
                held_out, rate = (int(value) for value in file["about"])
            if pictures.shape != (len(names), features.STRUCK) or "" not in allowed or rate < 1 or not names:
                raise ValueError("its parts do not fit together")
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise InputError(f"{path} is no index of training sounds: {error}; remove it, or name --data") from error
        return Training(names, pictures, allowed, held_out, rate)

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        allowed = {label or "all": round(value, 2) for label, value in self.allowed_db.items()}
        return {"clips": len(self.names), "held_out": self.held_out, "percent": PERCENT, "allowed_db": allowed}


def at_hand(places: Iterable[Path], expected: Mapping[str, Any]) -> Path | None:
    """Return the first folder that holds the dataset a run learned from, by its hash; None if none does.

    Parameters
    ----------
    places
        Where it may lie.
    expected
        What the run says of its data: `sha256`.
    """
    for place in places:
        with suppress(InputError):
            if SoundDataset.read(place).sha256 == expected.get("sha256"):
                return place
    return None


def of_dataset(
    folder: Path,
    expected: Mapping[str, Any],
    told: Callable[[str, float], None],
    learned: Callable[[str, str], bool] = in_training,
) -> Training:
    """Return the training sounds of a dataset.

    Parameters
    ----------
    folder
        The dataset.
    expected
        What the run says of its data; its `sha256` must be the dataset's.
    told
        Called with what is done and how much of it.
    learned
        Whether the run learned from a file, which the dataset has in a split.

    Raises
    ------
    InputError
        If it is no dataset of sounds, another one than the run learned from, or has no sound to compare with.
    """
    dataset = SoundDataset.read(folder)
    sha256 = str(expected.get("sha256", ""))
    if sha256 and sha256 != dataset.sha256:
        raise InputError(
            f"{folder} ({dataset.sha256[:12]}) is not what this run learned from ({sha256[:12]}); give that with --data"
        )
    rows = [(c.name, c.label, TRAIN if learned(c.file, c.split) else "held out") for c in dataset.clips]
    done = count(1)

    def sounds() -> Iterator[Learned]:
        for clip, row in zip(dataset.clips, rows, strict=True):
            told("comparing", next(done) / len(rows))
            yield (*row, dataset.load(clip))

    training = of_sounds(sounds(), dataset.sample_rate)
    if training is None:
        raise InputError(f"{folder} has no sound in its training split; give the dataset that the run learned from")
    return training


def of_sounds(sounds: Iterable[Learned], sample_rate: int) -> Training | None:
    """Return the training sounds among sounds, and how near the others come to them; None if there are none.

    Parameters
    ----------
    sounds
        Name, label, split and samples of each; what is silent is passed over.
    sample_rate
        Of all.
    """
    names: list[str] = []
    known, strange, labels = [], [], []
    for name, label, split, sound in sounds:
        if not float(np.abs(sound).max(initial=0.0)) > _SILENT:
            continue
        picture = features.struck(trimmed(sound, sample_rate), sample_rate)
        if split == TRAIN:
            names.append(name)
            known.append(picture)
        else:
            strange.append(picture)
            labels.append(label)
    if not known:
        return None
    pictures = np.array(known, np.float32)
    distances = np.array([float(features.distance_db(row, pictures).min()) for row in strange])
    return Training(names, pictures, _allowed(distances, labels), len(strange), sample_rate)


def _allowed(distances: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Return the least distance for all, and for labels with enough held-out sounds."""
    allowed = {"": min(MOST_DB, float(np.percentile(distances, PERCENT))) if len(distances) else FALLBACK_DB}
    for label in sorted(set(labels) - {""}):
        own = distances[[one == label for one in labels]]
        if len(own) >= _ENOUGH:
            allowed[label] = min(MOST_DB, float(np.percentile(own, PERCENT)))
    return allowed
