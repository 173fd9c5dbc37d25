"""A sheet of steel that rings."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.convolve import Convolver
from dusktape.dsp.reverb import blend, plate_response


@dataclass(frozen=True, slots=True)
class Plate:
    """Adds a steel plate: dense from the first moment and bright at the onset, with a faint chirp, smooth behind.

    Every seed places driver and pickups elsewhere. Mono becomes stereo. A fixed convolution, so the mix joins it with
    its neighbours; alone it is 16384 frames late and takes about 1/900 of real time, and 40 ms to build.

    Source
    ------
    See `dusktape.dsp.reverb`.
    """

    rt_s: float = param(
        1.8, low=0.3, high=6.0, unit="s", text="until it fell by 60 dB: 1 is tight, 1.8 a ballad, 4 endless"
    )
    mix: float = param(
        0.25, low=0.0, high=2.0, text="energy of the reverb over the dry: 0.1 is a sheen, 0.3 is lush, 0.7 swims"
    )
    pre_delay_ms: float = param(
        18.0, low=0.0, high=200.0, unit="ms", text="silence first: 0 glues, 18 lets the note speak, 60 answers it"
    )
    damping: float = param(
        0.3, low=0.0, high=1.0, text="how far the damper leans on the plate: 0 rings bright, 1 dies dark"
    )
    low_cut_hz: float = param(150.0, low=10.0, high=1000.0, unit="Hz", text="keeps the bass dry")
    high_cut_hz: float = param(
        8000.0, low=500.0, high=20_000.0, unit="Hz", text="dulls the reverb from the start: 4000 is vintage, 8000 open"
    )
    dry: float = param(1.0, low=0.0, high=1.0, text="the sound itself; 0 for a send bus")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return Convolver(self.impulse_response(sample_rate, channels, seed=seed), channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response of dry sound and plate, left and right. Shape (2, taps)."""
        wet = plate_response(
            sample_rate,
            rt_s=self.rt_s,
            damping=self.damping,
            pre_delay_ms=self.pre_delay_ms,
            low_cut_hz=self.low_cut_hz,
            high_cut_hz=self.high_cut_hz,
            seed=seed.at("plate"),
        )
        return blend(wet, dry=self.dry, mix=self.mix)
