"""Heard through something small."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.dynamics import SoftCurve, from_db

_BIAS = 0.25


@dataclass(frozen=True, slots=True)
class SmallSpeaker:
    """A cheap loudspeaker in a thin box: no bottom, no top, a few notes that honk, and a rasp when it is loud.

    The cone's own resonance, where the bass ends, lies the higher the smaller it is; box and cone add theirs, each
    seed a little elsewhere. No latency; about 1/1200 of real time.

    Source
    ------
    Small, "Direct-radiator loudspeaker system analysis", JAES 20 (1972): a closed box is a high-pass of order 2.
    """

    size_cm: float = param(
        8.0, low=2.0, high=25.0, unit="cm", text="of the cone: 2 a telephone, 8 a kitchen radio, 20 an amp"
    )
    top_hz: float = param(5000.0, low=1500.0, high=16_000.0, unit="Hz", text="where the cone stops following")
    resonance: float = param(0.5, low=0.0, high=1.0, text="how much box and cone ring along: 0 flat, 0.5 boxy, 1 honks")
    drive_db: float = param(0.0, low=-24.0, high=24.0, unit="dB", text="how hard it works: 0 rasps on peaks, 12 always")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> SmallSpeakerProcessor:
        """Return a loudspeaker at rest."""
        return SmallSpeakerProcessor(self, sample_rate, channels, seed)

    def sections(self, sample_rate: int, seed: Seed) -> tuple[Floats, Floats]:
        """Return what the amplifier lets through, and what cone and box make of it."""
        lowest = min(1500.0 / self.size_cm, 0.4 * self.top_hz)
        loose = [2.0 ** seed.at("mode", k).between(-0.2, 0.2) for k in range(3)]
        ring = self.resonance
        heard = [
            filters.highpass(lowest, sample_rate, order=2, q=0.7 + 0.9 * ring),
            filters.bell(3.1 * lowest * loose[0], sample_rate, gain_db=6.0 * ring, q=2.5),
            filters.bell(5.0 * lowest * loose[1], sample_rate, gain_db=-7.0 * ring, q=1.8),
            filters.bell(0.6 * self.top_hz * loose[2], sample_rate, gain_db=7.0 * ring, q=3.0),
            filters.lowpass(self.top_hz, sample_rate, order=3),
        ]
        return filters.highpass(0.6 * lowest, sample_rate, order=1), np.concatenate(heard)


class SmallSpeakerProcessor:
    """Running state of a `SmallSpeaker`: its filters and the last frame of the curve."""

    latency_frames = 0

    def __init__(self, effect: SmallSpeaker, sample_rate: int, channels: int, seed: Seed) -> None:
        self.channels = channels
        before, after = effect.sections(sample_rate, seed)
        self._before = filters.StateSpaceFilter(before, channels)
        self._after = filters.StateSpaceFilter(after, channels)
        self._curve = SoftCurve(channels, _BIAS)
        self._drive = from_db(effect.drive_db)
        self._level = (1.0 + _BIAS**2) ** 1.5 / self._drive
        self.tail_frames = 1 + self._before.tail_frames + self._after.tail_frames

    def process(self, block: Block) -> Block:
        """Return the block as the loudspeaker gives it. Shape (channels, frames) in and out."""
        return self._after.process(self._curve.process(self._before.process(block), self._drive, self._level))
