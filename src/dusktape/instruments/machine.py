"""The machine that plays a user's samples: what it adds of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dusktape.core.seed import Seed
from dusktape.dsp.noise import band, noise_table
from dusktape.dsp.voices import Bed

HISS_DB = -62.0
"""RMS of the hiss at `noise` 1, against tones of about -20."""


def hiss(amount: float, sample_rate: int, seed: Seed) -> Bed | None:
    """Return the hiss under the notes of a sampler; None for none."""
    if amount <= 0.0:
        return None
    loop = noise_table(1 << 17, 1, band(300.0, 6000.0), sample_rate=sample_rate, rng=seed.rng())[0]
    loud: NDArray[np.float32] = (loop * np.float32(amount * 10.0 ** (HISS_DB / 20.0) / np.std(loop))).astype(np.float32)
    return Bed(loud)
