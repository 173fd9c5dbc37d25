"""How near a sound comes to what a model learned from, beside how near sounds come that it never learned from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Floats
from dusktape.core.errors import InputError
from dusktape.data.sounds import Clip, SoundDataset
from dusktape.publish.pack import features
from dusktape.publish.pack.finish import resampled, trimmed

PERCENT = 5.0
"""A sound may not be nearer to a training sound than this share of the held-out ones is."""

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

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        allowed = {label or "all": round(value, 2) for label, value in self.allowed_db.items()}
        return {"clips": len(self.names), "held_out": self.held_out, "percent": PERCENT, "allowed_db": allowed}


def of_dataset(folder: Path, expected: Mapping[str, Any], told: Callable[[str, float], None]) -> Training:
    """Return the training sounds of a dataset.

    Parameters
    ----------
    folder
        The dataset.
    expected
        What the run says of its data; its `sha256` must be the dataset's.
    told
        Called with what is done and how much of it.

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
    learned, kept = dataset.of("train"), [*dataset.of("valid"), *dataset.of("test")]
    total = len(learned) + len(kept)
    done = 0

    def pictures(clips: Sequence[Clip]) -> tuple[list[Clip], NDArray[np.float32]]:
        nonlocal done
        rows = []
        for clip in clips:
            sound = dataset.load(clip)
            if float(np.abs(sound).max(initial=0.0)) > _SILENT:
                rows.append((clip, features.struck(trimmed(sound, dataset.sample_rate), dataset.sample_rate)))
            done += 1
            told("comparing", done / max(1, total))
        return [clip for clip, _ in rows], np.array([row for _, row in rows], dtype=np.float32)

    clips, known = pictures(learned)
    others, strange = pictures(kept)
    if not clips:
        raise InputError(f"{folder} has no sound in its training split; give the dataset that the run learned from")
    distances = np.array([float(features.distance_db(row, known).min()) for row in strange])
    allowed = _allowed(distances, [clip.label for clip in others])
    return Training([clip.name for clip in clips], known, allowed, len(others), dataset.sample_rate)


def _allowed(distances: Floats, labels: Sequence[str]) -> dict[str, float]:
    """Return the least distance for all, 0 if nothing was held out, and for labels with enough held-out sounds."""
    allowed = {"": float(np.percentile(distances, PERCENT)) if len(distances) else 0.0}
    for label in sorted(set(labels) - {""}):
        own = distances[[one == label for one in labels]]
        if len(own) >= _ENOUGH:
            allowed[label] = float(np.percentile(own, PERCENT))
    return allowed
