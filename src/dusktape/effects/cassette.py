"""A cassette that has been around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Cues, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.tape import Dropouts, TapeDeck, wander

_NEW_HZ, _OLD_HZ = 15_000.0, 3600.0


@dataclass(frozen=True, slots=True)
class Cassette:
    """A worn cassette: it sways and shivers, thickens when driven, loses its top, skips a little and breathes hiss.

    The top saturates before the rest. Hiss follows the programme, as through a noise reduction that does not track, and
    closes in silence. Left and right move together. About 1/750 of real time.

    Source
    ------
    Head bump, high-frequency losses and their causes: Camras, "Magnetic Recording Handbook", 1988.
    """

    age: float = param(
        0.4, low=0.0, high=1.0, text="top, hum of the head and drop-outs: 0 new, 0.5 years in a car, 1 left in the sun"
    )
    wander_cents: float = param(
        2.2, low=0.0, high=12.0, unit="cents", text="standard deviation of pitch: 2 is felt, 5 heard, 10 broken"
    )
    drive_db: float = param(3.0, low=-24.0, high=24.0, unit="dB", text="recording level: 0 clean, 6 warm, 12 crushed")
    hiss_db: float = param(-58.0, low=-100.0, high=-30.0, unit="dB", text="behind a loud song: -65 faint, -50 plain")
    breath: float = param(0.5, low=0.0, high=1.0, text="how far hiss sinks with the programme: 0 stays, 1 breathes")
    dropouts: float = param(0.3, low=0.0, high=1.0, text="how often the tape leaves the head: 0 never, 1 every second")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a deck at frame 0."""
        top_hz = _NEW_HZ * (_OLD_HZ / _NEW_HZ) ** self.age
        tone = np.concatenate(
            [
                filters.highpass(32.0, sample_rate, order=1),
                filters.bell(95.0, sample_rate, gain_db=1.0 + 2.0 * self.age, q=0.9),
                filters.lowpass(top_hz, sample_rate, order=3),
            ]
        )
        skips = Dropouts(
            seed.at("dropouts"),
            per_s=self.dropouts * (0.3 + 0.7 * self.age),
            depth_db=2.0 + 8.0 * self.age,
            sample_rate=sample_rate,
        )
        return TapeDeck(
            drive_db=self.drive_db,
            emphasis_hz=3000.0,
            swings=wander(
                seed,
                self.wander_cents,
                wow_hz=seed.at("pace").between(0.5, 0.9),
                flutter_hz=seed.at("capstan").between(6.0, 9.0),
                flutter=0.12,
                sample_rate=sample_rate,
            ),
            tone=tone,
            hiss_db=self.hiss_db,
            breath=self.breath,
            top_hz=top_hz,
            dropouts=skips if self.dropouts > 0.0 else None,
            sample_rate=sample_rate,
            channels=channels,
            seed=seed,
        )
