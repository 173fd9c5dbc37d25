"""A box with springs in it."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.convolve import Convolver
from dusktape.dsp.reverb import blend
from dusktape.dsp.spring import spring_response


@dataclass(frozen=True, slots=True)
class Spring:
    """Adds the tank of a guitar amplifier: echoes that chirp, narrow and wet, with a boing under every stroke.

    Every seed winds other springs. Mono becomes stereo, a little. A fixed convolution, so the mix joins it with its
    neighbours; alone it is 16384 frames late and takes about 1/900 of real time, and 30 ms to build.

    Source
    ------
    See `dusktape.dsp.spring`.
    """

    rt_s: float = param(1.6, low=0.5, high=4.0, unit="s", text="until it fell by 60 dB: 1 short, 1.6 an amp, 3 surf")
    mix: float = param(0.2, low=0.0, high=2.0, text="energy of the springs over the dry: 0.1 air, 0.3 wet, 0.7 a cave")
    springs: int = param(2, low=1, high=3, text="1 boings, 2 are a small tank, 3 a large one")
    length_ms: float = param(62.0, low=25.0, high=120.0, unit="ms", text="there and back: 35 small, 62 usual, 90 slow")
    boing: float = param(0.6, low=0.0, high=1.0, text="how far each echo is drawn out: 0 echoes, 0.6 chirps, 1 drips")
    high_cut_hz: float = param(4200.0, low=1500.0, high=8000.0, unit="Hz", text="upper end of what a spring carries")
    low_cut_hz: float = param(150.0, low=40.0, high=1000.0, unit="Hz", text="keeps the bass dry")
    dry: float = param(1.0, low=0.0, high=1.0, text="the sound itself; 0 for a send bus")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return Convolver(self.impulse_response(sample_rate, channels, seed=seed), channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response of dry sound and springs, left and right. Shape (2, taps)."""
        wet = spring_response(
            sample_rate,
            rt_s=self.rt_s,
            springs=self.springs,
            length_ms=self.length_ms,
            boing=self.boing,
            transition_hz=self.high_cut_hz,
            low_cut_hz=self.low_cut_hz,
            seed=seed.at("spring"),
        )
        return blend(wet, dry=self.dry, mix=self.mix)
