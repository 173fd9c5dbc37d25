from dataclasses import dataclass

import numpy as np

from dusktape.core.params import check, param
from dusktape.dsp.voices import CachedPlayer, Voicing


@dataclass(frozen=True)
class Hum:
    """Somebody hums along, mouth closed."""

    wobble: float = param(0.3, low=0.0, high=1.0, text="how unsteady the voice is")

    def __post_init__(self):
        check(self)

    def open(self, sample_rate, notes, *, cues, seed):
        return CachedPlayer(Voice(self.wobble, sample_rate), notes, Voicing(), sample_rate=sample_rate, seed=seed)


@dataclass
class Voice:
    wobble: float
    rate: int

    def tone(self, pitch, velocity, variant, frames):
        t = 2 * np.pi * np.arange(frames) / self.rate
        return np.float32(0.2 * np.sin(440 * 2 ** ((pitch - 69) / 12) * t + self.wobble * np.sin(5 * t)))[None]
