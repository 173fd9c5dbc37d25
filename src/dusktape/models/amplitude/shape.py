"""The published shapes of the amplitude net."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from dusktape.core.audio import Floats

SAMPLE_RATE = 8_000
WINDOW = 8_192
"""Samples in a window."""

SHARES = {"train": 0.7, "valid": 0.2, "test": 0.1}

CHANNELS = {
    4: (1, 16, 64, 16, 1),
    6: (1, 16, 64, 128, 64, 16, 1),
    8: (1, 16, 64, 128, 128, 128, 64, 16, 1),
}
"""By the number of layers. Six is published in full; of four and eight the number is, and the widths are ours."""

OUTER, INNER = 128, 256
"""Kernel of the first and last layer, and of those between."""

FIRST_REACH = 1
"""At a lag of so many samples a weight begins with half the spread that it has at the present one."""

CONTEXT = 2_048
"""Figures count only samples with so many before them: more than any of the nets hears."""


def convolutions(layers: int) -> tuple[tuple[int, int, int], ...]:
    """Return (in, out, kernel) of each layer."""
    kernels = (OUTER, *(INNER,) * (layers - 2), OUTER)
    return tuple((i, o, k) for (i, o), k in zip(pairwise(CHANNELS[layers]), kernels, strict=True))


def receptive_field(layers: int) -> int:
    """Return how many samples, the present one included, the next one is foreseen from."""
    return 1 + sum(kernel - 1 for _, _, kernel in convolutions(layers))


def weight_scale(channels: int, kernel: int) -> Floats:
    """Return what the stored weights of a layer are multiplied with, by lag, (kernel,), the present sample first.

    What is stored begins at a spread of 1 everywhere. So it lies well on the grid of 2^-12 on which weights are
    stored (that of a layer of 32,768 inputs would not), and the nearest samples count, and learn, most at first: the
    next one depends on them. Over all lags the spread is that of He et al. 2015 for ReLU.
    """
    falling = 1.0 / (1.0 + np.arange(kernel) / FIRST_REACH)
    return np.asarray(falling * np.sqrt(2.0 / (channels * np.sum(falling**2))))
