"""How near a sound comes to what a model learned from, beside how near sounds come that it never learned from."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
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
from dusktape.publish.pack.finish import resampled
from dusktape.publish.pack.stretches import LONG, Cells, Stretches, cells, of_spectrograms

PERCENT = 5.0
"""A sound may not be nearer to a training sound than this share of the held-out ones is."""

FILE = "nearest.npz"
"""The index beside the weights of a model, for those who do not have its data."""

FALLBACK_DB = 2.5
"""The least distance where nothing was held out: below it, two drums are one twice over (`checks.ALIKE_DB`)."""

MOST_DB = 4.0
"""No limit is higher: sounds that are held out may all lie far away, and so may whatever is no copy.

Measured by `tools/nearness.py`: copies of drums that were tuned by 10 cents, made softer or brought back from an MP3
lie at 0.9 dB at most in nineteen of twenty cases, darker ones at 4.0; drums of another kind at 4.3 and more."""

MOST_ALONG_DB = 3.5
"""The same for stretches: such copies of music and rain lie at 1.3 dB at most in nineteen of twenty cases, darker ones
at 3.6; other recordings at 4.0 and more."""

TRAIN = "train"

Learned: TypeAlias = tuple[str, str, str, Block]
"""Name, label, split and samples of a sound."""

_STEPS_PER_DB = 4.0
_ENOUGH = 20
_MOST_JUDGED = 32
_SILENT = 1e-5
_ATTACK, _BEFORE_S = 0.1, 0.002


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

    @property
    def spare_db(self) -> float:
        """How much farther away it is than it must be."""
        return self.distance_db - self.allowed_db


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
    stretches
        Of all that was learned, to compare long sounds with all along; None in an index of one-shots.
    allowed_along_db
        The least distance between stretches.
    """

    names: Sequence[str]
    pictures: NDArray[np.float32]
    allowed_db: Mapping[str, float]
    held_out: int
    sample_rate: int
    stretches: Stretches | None = field(default=None, repr=False)
    allowed_along_db: float = FALLBACK_DB

    def nearest(self, sound: Block, sample_rate: int, label: str, *, going_round: bool = False) -> Nearest:
        """Return the training sound nearest to a sound: by its attack and what follows, and by any stretch of it.

        What goes round has no attack to begin with, so its stretches alone count where there are some.
        """
        sound = resampled(sound, sample_rate, self.sample_rate)
        along = self._along(sound, going_round=going_round)
        if going_round and along:
            return along
        distances = features.distance_db(pictured(sound, self.sample_rate), self.pictures)
        best = int(distances.argmin())
        allowed = self.allowed_db.get(label, self.allowed_db[""])
        struck = Nearest(self.names[best], float(distances[best]), allowed)
        return along if along and along.spare_db < struck.spare_db else struck

    def _along(self, sound: Block, *, going_round: bool) -> Nearest | None:
        """Return the training sound with the nearest stretch; None where there is nothing to compare.

        Of what is struck only stretches that are as long as what is looked at of one-shots say more than these do.
        """
        if self.stretches is None or not (going_round or self.stretches.hops == LONG):
            return None
        clip, distance = self.stretches.nearest(sound, self.sample_rate)
        return None if clip < 0 else Nearest(self.names[clip], distance, self.allowed_along_db)

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
        told = {"clips": len(self.names), "held_out": self.held_out, "percent": PERCENT, "allowed_db": allowed}
        return told | ({"allowed_along_db": round(self.allowed_along_db, 2)} if self.stretches else {})


def pictured(sound: Block, sample_rate: int) -> Floats:
    """Return the features of a sound from shortly before its attack on, where it comes within 20 dB of its peak.

    What precedes that, as the echo before an attack that MP3 makes, or a swell of noise, would shift all the rest.
    """
    sound = np.pad(sound, ((0, 0), (round(_BEFORE_S * sample_rate), 0)))
    level = np.abs(sound).max(axis=0)
    attack = int(np.argmax(level >= _ATTACK * level.max()))
    return features.struck(sound[:, max(0, attack - round(_BEFORE_S * sample_rate)) :], sample_rate)


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
    *,
    along: bool = True,
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
    along
        Whether long sounds will be compared, stretch by stretch.

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

    training = of_sounds(sounds(), dataset.sample_rate, along=along)
    if training is None:
        raise InputError(f"{folder} has no sound in its training split; give the dataset that the run learned from")
    return training


def of_sounds(sounds: Iterable[Learned], sample_rate: int, *, along: bool = True) -> Training | None:
    """Return the training sounds among sounds, and how near the others come to them; None if there are none.

    Parameters
    ----------
    sounds
        Name, label, split and samples of each; what is silent is passed over.
    sample_rate
        Of all.
    along
        Whether long sounds will be compared, stretch by stretch.
    """
    names: list[str] = []
    known, strange, labels = [], [], []
    spectrograms: list[Cells] = []
    judged = _Some(_MOST_JUDGED)
    for name, label, split, sound in sounds:
        if not float(np.abs(sound).max(initial=0.0)) > _SILENT:
            continue
        picture = pictured(sound, sample_rate)
        if split == TRAIN:
            names.append(name)
            known.append(picture)
            spectrograms.extend([cells(sound, sample_rate)] if along else [])
        else:
            strange.append(picture)
            labels.append(label)
            judged.offer(sound)
    if not known:
        return None
    pictures = np.array(known, np.float32)
    distances = np.array([float(features.distance_db(row, pictures).min()) for row in strange])
    allowed = _allowed(distances, labels)
    if not along:
        return Training(names, pictures, allowed, len(strange), sample_rate)
    stretches = of_spectrograms(spectrograms)
    apart = np.array([stretches.nearest(sound, sample_rate)[1] for sound in judged.kept])
    return Training(names, pictures, allowed, len(strange), sample_rate, stretches, _limit(apart, MOST_ALONG_DB))


class _Some:
    """Keeps at most so many of what it is offered, spread evenly."""

    def __init__(self, most: int) -> None:
        self.kept: list[Block] = []
        self._most, self._each, self._offered = most, 1, 0

    def offer(self, sound: Block) -> None:
        if self._offered % self._each == 0:
            self.kept.append(sound)
        self._offered += 1
        if len(self.kept) > self._most:
            self.kept, self._each = self.kept[::2], 2 * self._each


def _allowed(distances: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Return the least distance for all, and for labels with enough held-out sounds."""
    allowed = {"": _limit(distances, MOST_DB)}
    for label in sorted(set(labels) - {""}):
        own = distances[[one == label for one in labels]]
        if len(own) >= _ENOUGH:
            allowed[label] = _limit(own, MOST_DB)
    return allowed


def _limit(distances: Floats, most: float) -> float:
    """Return what a share of the held-out sounds is nearer than; where none could be compared, what copies have."""
    found = distances[np.isfinite(distances)]
    return min(most, float(np.percentile(found, PERCENT))) if len(found) else FALLBACK_DB
