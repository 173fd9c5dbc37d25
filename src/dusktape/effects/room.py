"""A room around the players."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.convolve import Convolver
from dusktape.dsp.reverb import blend, room_response


@dataclass(frozen=True, slots=True)
class Room:
    """Puts the sound into a room: a few clear reflections from the walls, then a tail that darkens as it fades.

    Every seed is another room. The bass of the reverb stays near the middle, as it does between two microphones.
    Mono becomes stereo. A fixed convolution, so the mix joins it with its neighbours; alone it is 16384 frames late and
    takes about 1/900 of real time, and 30 ms to build.

    Source
    ------
    See `dusktape.dsp.reverb`.
    """

    rt_s: float = param(
        1.2,
        low=0.1,
        high=6.0,
        unit="s",
        text="until it fell by 60 dB: 0.4 a drum room, 1.2 a hall of a flat, 2.4 a church nave",
    )
    mix: float = param(
        0.25, low=0.0, high=2.0, text="energy of the reverb over the dry: 0.1 is air, 0.3 is space, 0.7 is far away"
    )
    pre_delay_ms: float = param(
        18.0,
        low=0.0,
        high=200.0,
        unit="ms",
        text="silence first: 4 is close to a wall, 18 keeps words clear, 60 is a slap",
    )
    size_m: float = param(
        7.0, low=2.0, high=30.0, unit="m", text="longest wall: 3 a bathroom, 7 a living room, 20 a hall"
    )
    damping: float = param(
        0.5, low=0.0, high=1.0, text="how much faster the top dies: 0 tiles, 0.5 wood, 1 carpet and curtains"
    )
    low_cut_hz: float = param(120.0, low=10.0, high=1000.0, unit="Hz", text="keeps the bass dry")
    high_cut_hz: float = param(
        5000.0, low=500.0, high=20_000.0, unit="Hz", text="dulls the reverb from the start: 3500 is vintage, 8000 open"
    )
    dry: float = param(1.0, low=0.0, high=1.0, text="the sound itself; 0 for a send bus")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return Convolver(self.impulse_response(sample_rate, channels, seed=seed), channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response of dry sound and room, left and right. Shape (2, taps)."""
        wet = room_response(
            sample_rate,
            rt_s=self.rt_s,
            size_m=self.size_m,
            damping=self.damping,
            pre_delay_ms=self.pre_delay_ms,
            low_cut_hz=self.low_cut_hz,
            high_cut_hz=self.high_cut_hz,
            seed=seed.at("room"),
        )
        return blend(wet, dry=self.dry, mix=self.mix)
