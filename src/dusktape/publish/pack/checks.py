"""What keeps a sound out of a pack: silence, a click, another sound like it, a training sound too near to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import numpy as np

from dusktape.core.audio import Block, Floats
from dusktape.publish.pack import features, seam, stretches
from dusktape.publish.pack.finish import Sample, trimmed
from dusktape.publish.pack.nearest import Nearest, Training
from dusktape.publish.pack.take import Take

ALIKE_DB = {"oneshots": 2.5, "loops": 4.0, "stabs": 1.5, "textures": 1.25}
"""Log-mel distances below which two sounds are one twice over.

Measured on our own: strokes of one drum lie 2.0 dB apart at the median, drums of two kits 3.1 or more in nineteen of
twenty cases; a stab a semitone higher 2.1, the same one struck otherwise 0.3; another stretch of the same vinyl or room
1.0."""

COURSE = 0.9
"""Correlation of how two loops go from 50 ms to 50 ms, band by band, from which on they are one twice over.

Measured: copies of loops of two recipes, darker or with noise 40 dB below them, have 0.95 and more, at 0.0 to 3.6 dB;
other songs' drums, at one tempo, 0.78 at most; other noise of one colour 0.13 at most, at 1.4 to 1.7 dB; loops that a
network drew after five minutes of training 0.25 at most, at 2.8 to 3.6 dB."""

SAME_DB = 0.5
"""Loops nearer than this are one twice over whatever their course: a tone that stands still has none."""

EDGE_DB = -90.0
"""What is struck begins and ends below this, in dB of full scale."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found of a sample.

    Parameters
    ----------
    refused
        Why it stays out, in one word: `silent`, `click`, `duplicate`, `near training`; empty if it is fit.
    like
        The sound in the pack that it is a duplicate of, by its place.
    apart_db
        Distance to the most similar sound of its sort in the pack; None for the first.
    seam
        Of what goes round.
    nearest
        The training sound nearest to it, where it was compared.
    sha256
        Of its samples.
    """

    refused: str = ""
    like: int | None = None
    apart_db: float | None = None
    seam: seam.Measured | None = None
    nearest: Nearest | None = None
    sha256: str = ""


@dataclass
class Checks:
    """Looks at one sample after the other, and remembers those that went into the pack.

    Parameters
    ----------
    training
        What to compare with; None if there is nothing.
    """

    training: Training | None = None
    _sounds: dict[str, int] = field(default_factory=dict)
    _taken: dict[tuple[str, str], list[tuple[Floats, Floats | None]]] = field(default_factory=dict)
    _places: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def look(self, sample: Sample) -> Verdict:
        """Return whether a sample is fit for the pack; if it is, remember it."""
        take, sha256 = sample.take, hashlib.sha256(np.ascontiguousarray(sample.sound).tobytes()).hexdigest()
        at_seam = seam.measured(sample.sound, sample.sample_rate, take.bars) if take.loops else None
        if at_seam.clicks if at_seam else sample.edge_db > EDGE_DB:
            return Verdict("click", seam=at_seam)
        if sha256 in self._sounds:
            return Verdict("duplicate", self._sounds[sha256], 0.0)
        picture, sort = pictured(take), (take.kind, take.group)
        taken, places = self._taken.setdefault(sort, []), self._places.setdefault(sort, [])
        course = coursed(take) if take.kind == "loops" else None
        apart = features.distance_db(picture, np.array([one for one, _ in taken])) if taken else np.zeros(0)
        closest = float(apart.min()) if taken else None
        for k in np.argsort(apart, kind="stable"):
            if float(apart[k]) >= ALIKE_DB[take.kind]:
                break
            if _one_course(course, taken[k][1]) or float(apart[k]) < SAME_DB:
                return Verdict("duplicate", places[k], float(apart[k]))
        nearest = None
        if self.training:
            label = take.address.get("label", "")
            nearest = self.training.nearest(take.sound, take.sample_rate, label, going_round=take.loops)
        if nearest and nearest.too_near:
            return Verdict("near training", nearest=nearest)
        number = len(self._sounds)
        self._sounds[sha256] = number
        taken.append((picture, course))
        places.append(number)
        return Verdict("", None, closest, at_seam, nearest, sha256)


def coursed(take: Take) -> Floats:
    """Return how a loop goes: each band's level in dB over time, less its mean, shape (hops, bands)."""
    picture = stretches.spectrogram(take.sound, take.sample_rate)
    return np.asarray(picture - picture.mean(axis=0))


def _one_course(one: Floats | None, other: Floats | None) -> bool:
    """Return whether two loops go alike; what is no loop has no course, and its features alone count."""
    if one is None or other is None:
        return True
    hops = min(len(one), len(other))
    one, other = one[:hops], other[:hops]
    size = float(np.sqrt(np.square(one).sum() * np.square(other).sum()))
    return size > 0.0 and float((one * other).sum()) >= COURSE * size


def pictured(take: Take) -> Floats:
    """Return the features by which takes of one sort are compared; where a struck one begins does not matter."""
    return features.steady(take.sound, take.sample_rate) if take.loops else struck(take.sound, take.sample_rate)


def struck(sound: Block, sample_rate: int) -> Floats:
    """Return the features of a one-shot from where it begins."""
    return features.struck(trimmed(sound, sample_rate), sample_rate)
