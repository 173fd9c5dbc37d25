"""The hum and hiss of an amplifier that is switched on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from dusktape.core.seed import Seed
from dusktape.dsp.oscillator import Mono, decibels

SECONDS = 4


@lru_cache(maxsize=8)
def amplifier_hum(sample_rate: int, seed: Seed, db: float, *, hiss_hz: float = 4000.0) -> Mono:
    """Return a loop of mains hum, its buzz and hiss at an RMS level of `db`, four seconds long, without a seam.

    Single coils pick up odd and even harmonics of the mains, rectifiers the even ones; the hiss ends at the speaker's
    `hiss_hz`. Drawn as a spectrum: one FFT. Kept, and not to be written to.
    """
    frames = SECONDS * sample_rate
    rng = seed.rng()
    hz = np.arange(frames // 2 + 1) / SECONDS
    hiss = (hz / 200.0) / (1.0 + hz / 200.0) / (1.0 + (hz / hiss_hz) ** 4)
    spectrum = hiss * np.exp(2j * np.pi * rng.random(hz.size))
    spectrum *= 0.8 / np.sqrt(np.sum(hiss**2))
    mains = float(rng.choice([50.0, 60.0]))
    for k, height in ((1, 0.35), (2, 0.6), (3, 0.35), (4, 0.3), (5, 0.2), (6, 0.3), (8, 0.18), (10, 0.1), (12, 0.06)):
        line = round(k * mains * SECONDS)
        spectrum[line] += height * rng.uniform(0.6, 1.3) * np.exp(2j * np.pi * rng.random())
    loop = np.fft.irfft(spectrum, frames)
    return np.asarray(loop * (decibels(db) / np.std(loop)), dtype=np.float32)
