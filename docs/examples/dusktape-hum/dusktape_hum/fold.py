from dataclasses import dataclass

import numpy as np

from dusktape.core.params import check, param


@dataclass(frozen=True)
class Fold:
    """What is loud folds back on itself, as in a torn speaker."""

    drive_db: float = param(6.0, low=0.0, high=24.0, unit="dB", text="how far it is pushed; 12 is broken")

    def __post_init__(self):
        check(self)

    def open(self, sample_rate, channels, *, cues, seed):
        return Folding(10 ** (self.drive_db / 20), channels)


class Folding:
    latency_frames = tail_frames = 0

    def __init__(self, gain, channels):
        self.gain, self.channels = gain, channels

    def process(self, block):
        return (np.sin(self.gain * block) / self.gain).astype(np.float32)
