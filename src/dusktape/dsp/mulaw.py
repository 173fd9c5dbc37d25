"""Mu-law: 256 steps for a sample, fine where it is quiet."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats

BINS = 256
MU = BINS - 1


def compress(x: Any) -> Floats:
    """Return samples in [-1, 1] on the compressed scale, [-1, 1]. Source: ITU-T G.711, the continuous law."""
    x = np.clip(np.asarray(x, np.float64), -1.0, 1.0)
    return np.asarray(np.sign(x) * np.log1p(MU * np.abs(x)) / np.log1p(MU))


def expand(y: Any) -> Floats:
    """Undo `compress`."""
    y = np.asarray(y, np.float64)
    return np.asarray(np.sign(y) * np.expm1(np.abs(y) * np.log1p(MU)) / MU)


def encode(x: Any) -> NDArray[np.int64]:
    """Return the bin of each sample, 0 to 255; what is beyond full scale lies in the outermost. Shape unchanged."""
    return np.asarray(np.clip((compress(x) + 1.0) * (BINS / 2), 0, BINS - 1).astype(np.int64))


def decode(bins: Any) -> Floats:
    """Return the sample in the middle of each bin, on the compressed scale."""
    return expand((np.asarray(bins) + 0.5) / (BINS / 2) - 1.0)


def edges() -> Floats:
    """Return the samples between which the bins lie, (257,), from -1 to 1."""
    return expand(np.linspace(-1.0, 1.0, BINS + 1))
