"""A studio's tape machine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Cues, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.tape import TapeDeck, wander

_SPEEDS = {"15": (62.0, 1.6, 19_000.0, 0.45), "7.5": (36.0, 2.4, 12_500.0, 0.3)}
"""Inches a second to head bump in Hz and dB, upper end in Hz, pace of the wow in Hz."""


@dataclass(frozen=True, slots=True)
class Reel:
    """A reel-to-reel machine: rounder peaks, a fuller bottom, a softer top and the slowest of sways.

    The bump of the replay head lies an octave lower at half the speed, and the top ends earlier. Hiss follows the
    programme and closes in silence. Left and right move together. About 1/750 of real time.

    Source
    ------
    As for `Cassette`: bump and losses go by wavelength, so by speed.
    """

    speed: str = param("15", choices=("15", "7.5"), text="inches a second: 15 is open, 7.5 darker and deeper")
    age: float = param(0.3, low=0.0, high=1.0, text="of heads and tape: 0 serviced, 1 takes half of the top away")
    wander_cents: float = param(
        1.2, low=0.0, high=8.0, unit="cents", text="standard deviation of pitch: 1 is alive, 3 wants service"
    )
    drive_db: float = param(4.0, low=-24.0, high=24.0, unit="dB", text="recording level: 0 clean, 6 round, 12 thick")
    hiss_db: float = param(-70.0, low=-100.0, high=-30.0, unit="dB", text="behind a loud song: -75 hardly, -60 plain")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a machine at frame 0."""
        bump_hz, bump_db, top_hz, wow_hz = _SPEEDS[self.speed]
        top_hz *= 2.0**-self.age
        tone = np.concatenate(
            [
                filters.highpass(0.4 * bump_hz, sample_rate, order=2),
                filters.bell(bump_hz, sample_rate, gain_db=bump_db, q=1.0),
                filters.lowpass(top_hz, sample_rate, order=1),
            ]
        )
        return TapeDeck(
            drive_db=self.drive_db,
            emphasis_hz=5000.0,
            swings=wander(
                seed, self.wander_cents, wow_hz=wow_hz, flutter_hz=11.0, flutter=0.05, sample_rate=sample_rate
            ),
            tone=tone,
            hiss_db=self.hiss_db,
            breath=0.3,
            top_hz=top_hz,
            dropouts=None,
            sample_rate=sample_rate,
            channels=channels,
            seed=seed,
        )
