"""Axes of the space: points of people's music become standard normal, and what can be heard gets a direction."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.models.latent.tokens import CONTROLS

FREE_AXES = 3
"""Sliders beside those of the controls: the strongest directions that are left."""

NAMED_ABOVE = 0.3
"""A free slider is said to go with a control if they correlate so much."""

_GRID = 2.0**12


@dataclass(frozen=True, slots=True, eq=False)
class Slider:
    """A direction in which one thing changes most.

    Parameters
    ----------
    name
        One of `CONTROLS`; or `axis1`, `axis2`, ... for the strongest directions beside those.
    direction
        (L,), one standard deviation of people's music long.
    told
        (9,) correlations with the controls, over the windows that were learned from.
    """

    name: str
    direction: Floats
    told: Floats

    @property
    def strongest(self) -> tuple[str, float]:
        """The control that goes with it most, and their correlation."""
        best = int(np.argmax(np.abs(self.told)))
        return CONTROLS[best], float(self.told[best])

    def at(self, z: Floats) -> float:
        """Return where a point lies on it, in standard deviations."""
        return float(z @ self.direction / (self.direction @ self.direction))


def fit(means: Floats, variances: Floats, controls: Floats) -> dict[str, Floats]:
    """Return the axes and sliders of a space, as they are stored.

    A point is drawn from the normal distribution that all posteriors together make; whitening by its covariance makes
    that a standard one, so that what the decoder has heard in training is what a standard normal draw gives (Ghosh et
    al. 2020 fit such a density after training, too). Then the axes turn to where songs differ most.

    Parameters
    ----------
    means, variances
        (N, L), posteriors of windows.
    controls
        (N, C), what is heard of them.
    """
    centre = means.mean(axis=0)
    told = (means - centre).T @ (means - centre) / len(means)
    values, vectors = np.linalg.eigh(told + np.diag(np.maximum(variances.mean(axis=0), 1e-6)))
    root = np.sqrt(np.maximum(values, 1e-4))
    whiten = (vectors / root) @ vectors.T
    signal, turn = np.linalg.eigh(whiten @ told @ whiten)
    order = np.argsort(-signal)
    signal, turn = signal[order], turn[:, order]
    turn = turn * np.where(turn[np.abs(turn).argmax(axis=0), np.arange(len(turn))] < 0.0, -1.0, 1.0)
    into = turn.T @ whiten
    points = (means - centre) @ into.T
    directions = _directions(points, controls)
    along = points @ directions.T
    spread = np.maximum(along.std(axis=0), 1e-3)
    return {
        "space.centre": centre,
        "space.into": into,
        "space.out": (vectors * root) @ vectors.T @ turn,
        "space.signal": signal,
        "space.sliders": directions * spread[:, None],
        "space.told": _correlations(along, controls),
    }


def _directions(points: Floats, controls: Floats) -> Floats:
    """Return unit directions (C + free, L): along which each control changes most, then the strongest of the rest.

    Under a standard normal draw the covariance with a control is the slope of its best linear prediction.
    """
    spread = np.maximum(controls.std(axis=0), 1e-6)
    slopes = ((controls - controls.mean(axis=0)) / spread).T @ points / len(points)
    slopes[np.linalg.norm(slopes, axis=1) < 1e-6, 0] = 1.0
    named = slopes / np.linalg.norm(slopes, axis=1, keepdims=True)
    basis, _ = np.linalg.qr(named.T)
    rest = points - points @ basis @ basis.T
    _, _, axes = np.linalg.svd(rest.T @ rest)
    return np.asarray(np.concatenate([named, axes[:FREE_AXES]]))


def _correlations(along: Floats, controls: Floats) -> Floats:
    """Return those of each column of one with each of the other, (K, C)."""

    def standard(x: Floats) -> Floats:
        return np.asarray((x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-9))

    return np.asarray(standard(along).T @ standard(controls) / len(along))


def sliders(directions: Floats, told: Floats) -> tuple[Slider, ...]:
    """Return what `fit` stored as sliders, those of the controls first."""
    names = [*CONTROLS, *(f"axis{k + 1}" for k in range(len(directions) - len(CONTROLS)))]
    return tuple(Slider(*row) for row in zip(names, directions, told, strict=True))


def blend(a: Floats, b: Floats, mix: float) -> Floats:
    """Return the point between two, (L,): 0 is `a`, 1 is `b`; on the grid of 1/4096.

    On an arc, not on the chord: where points are normal nearly all of them lie in a shell, and the middle of a straight
    line is a place where no song is.

    Source
    ------
    White 2016, Sampling generative networks; Shoemake 1985 for the arc. Lengths that differ are mixed along.
    """
    length = float(np.linalg.norm(a) * np.linalg.norm(b))
    angle = math.acos(max(-1.0, min(1.0, float(a @ b) / length))) if length > 0.0 else 0.0
    if angle < 1e-3 or angle > math.pi - 1e-3:
        return rounded((1.0 - mix) * a + mix * b)
    return rounded((math.sin((1.0 - mix) * angle) * a + math.sin(mix * angle) * b) / math.sin(angle))


def neighbours(z: Floats, among: Sequence[Floats] | Floats, count: int) -> list[tuple[int, float]]:
    """Return (number, distance) of the nearest of some points, nearest first."""
    if not len(among):
        return []
    distance = np.linalg.norm(np.stack(list(among)) - z, axis=1)
    order = np.lexsort((np.arange(len(distance)), distance))[:count]
    return [(int(i), float(distance[i])) for i in order]


def rounded(z: Floats) -> Floats:
    """Return a point on the grid of 1/4096, within what the network can take."""
    return np.asarray(np.clip(np.rint(z * _GRID), -8.0 * _GRID + 1, 8.0 * _GRID - 1) / _GRID)
