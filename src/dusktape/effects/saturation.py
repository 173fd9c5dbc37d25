"""Warm, level-dependent distortion."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Block, Cues
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.dynamics import SoftCurve, from_db
from dusktape.dsp.filters import StateSpaceFilter, highpass


@dataclass(frozen=True, slots=True)
class Saturation:
    """Peaks lean over and grow overtones, as on a tape driven a little too hard; quiet passages keep their level.

    The curve is x / sqrt(1 + x²) with antiderivative anti-aliasing. The method delays by half a frame and loses
    3 dB at a quarter of the sample rate; neither is compensated: a cassette loses more.

    Source
    ------
    Parker, Zavalishin, Le Bivic, "Reducing the aliasing of nonlinear waveshaping using continuous-time
    convolution", DAFx-16: first-order form.
    """

    drive_db: float = param(
        3.0, low=-24.0, high=36.0, unit="dB", text="Gain before the curve. 0 is gentle, 6 warm, 12 a tired cassette."
    )
    bias: float = param(
        0.0, low=0.0, high=1.0, text="Asymmetry: 0 makes odd overtones only, 0.3 adds the even ones of a valve."
    )
    makeup_db: float = param(0.0, low=-24.0, high=24.0, unit="dB", text="Gain after the curve.")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> SaturationProcessor:
        """Return a processor at rest."""
        return SaturationProcessor(self, sample_rate, channels)


class SaturationProcessor:
    """Running state of a `Saturation`: the last driven frame of each channel."""

    latency_frames = 0

    def __init__(self, effect: Saturation, sample_rate: int, channels: int) -> None:
        self.channels = channels
        self._curve = SoftCurve(channels, effect.bias)
        self._drive = from_db(effect.drive_db)
        # The curve's slope at the bias is (1 + b²)^(-3/2): dividing by it and by the drive, quiet signals keep level.
        self._level = from_db(effect.makeup_db - effect.drive_db) * (1.0 + effect.bias**2) ** 1.5
        # A lopsided curve turns loudness into a constant, which the coupling capacitor of an amplifier keeps in.
        self._coupling = StateSpaceFilter(highpass(12.0, sample_rate, order=1), channels) if effect.bias else None
        self.tail_frames = 1 + (self._coupling.tail_frames if self._coupling else 0)

    def process(self, block: Block) -> Block:
        """Return the shaped block. Shape (channels, frames) in and out."""
        shaped = self._curve.process(block, self._drive, self._level)
        return self._coupling.process(shaped) if self._coupling else shaped
