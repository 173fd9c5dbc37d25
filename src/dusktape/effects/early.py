"""The walls, and nothing after them."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.convolve import Convolver
from dusktape.dsp.reverb import blend, early_response


@dataclass(frozen=True, slots=True)
class Early:
    """The first reflections of a room without its tail: a sound stands somewhere, close to walls, and stays dry.

    Mirrored sources in a box of the size asked for, each wall taking some of the level and more of the top. Every seed
    is another place in another room. Mono becomes stereo. A fixed convolution, so the mix joins it with its neighbours.

    Source
    ------
    Allen and Berkley, JASA 65 (1979): image sources.
    """

    size_m: float = param(5.0, low=2.0, high=20.0, unit="m", text="longest wall: 3 a booth, 5 a bedroom, 12 a hall")
    mix: float = param(0.35, low=0.0, high=2.0, text="energy of the reflections over the dry: 0.2 air, 0.5 far from it")
    absorption: float = param(0.35, low=0.05, high=0.95, text="of the walls: 0.1 tiles, 0.35 plaster, 0.8 curtains")
    low_cut_hz: float = param(120.0, low=10.0, high=1000.0, unit="Hz", text="keeps the bass dry")
    high_cut_hz: float = param(7000.0, low=500.0, high=20_000.0, unit="Hz", text="dulls them from the start")
    dry: float = param(1.0, low=0.0, high=1.0, text="the sound itself; 0 for a send bus")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return Convolver(self.impulse_response(sample_rate, channels, seed=seed), channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response of dry sound and reflections, left and right. Shape (2, taps)."""
        wet = early_response(
            sample_rate,
            size_m=self.size_m,
            absorption=self.absorption,
            low_cut_hz=self.low_cut_hz,
            high_cut_hz=self.high_cut_hz,
            seed=seed.at("early"),
        )
        return blend(wet, dry=self.dry, mix=self.mix)
