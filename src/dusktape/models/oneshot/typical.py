"""How typical strokes are of their class: by what lies around them that somebody else played."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.models.oneshot.vector import weights_of_parts

NEAREST: Final = 25
"""So many neighbours of either sort are asked."""

LEAST: Final = 0.05
"""What the least typical stroke counts: nothing that was recorded is left out."""

_AT_ONCE = 256


def typical(vectors: Floats, kinds: NDArray[Any], recorded: NDArray[Any], authors: NDArray[Any]) -> Floats:
    """Return how typical each recorded stroke is of its class, from `LEAST` to 1 + `LEAST`, in their order.

    It is the share of its class among the nearest strokes of our kits and among the nearest by anybody but its author,
    a mean of both: what lies among strokes of another class would be taken for one.

    Parameters
    ----------
    vectors, kinds, recorded, authors
        Of all strokes, shapes (N, SIZE) and (N,): numbers of classes, whether recorded, and numbers of authors.

    Source
    ------
    Fix and Hodges, Discriminatory Analysis, 1951: the nearest neighbours' share as an estimate of a posterior.
    """
    places = ((vectors - vectors.mean(axis=0)) * weights_of_parts()).astype(np.float32)
    squares = np.square(places).sum(axis=1)
    asked = np.flatnonzero(recorded)
    out = []
    for start in range(0, len(asked), _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        apart = squares - 2.0 * places[some] @ places.T
        same = kinds[some, None] == kinds
        strangers = (np.broadcast_to(~recorded, apart.shape), authors[some, None] != authors)
        out.append(LEAST + 0.5 * sum(_share(np.where(those, apart, np.inf), same) for those in strangers))
    return np.concatenate(out) if out else np.zeros(0)


def _share(apart: Floats, same: NDArray[np.bool_]) -> Floats:
    """Return how many of each row's nearest are the same; 1 where there is nobody to ask."""
    count = min(NEAREST, apart.shape[1])
    near = np.argpartition(apart, count - 1, axis=1)[:, :count]
    there = np.isfinite(np.take_along_axis(apart, near, axis=1))
    alike = (np.take_along_axis(same, near, axis=1) & there).sum(axis=1)
    return np.asarray(np.where(there.any(axis=1), alike / np.maximum(1, there.sum(axis=1)), 1.0))
