"""The spectrum as a see-saw."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters


@dataclass(frozen=True, slots=True)
class Tilt:
    """Turns the whole spectrum around a pivot: darker and fuller one way, brighter and thinner the other.

    No latency; about 1/3300 of real time in stereo.

    Source
    ------
    First-order shelves two octaves apart, poles and zeros matched to their analogue places.
    """

    tilt_db_per_octave: float = param(
        -1.0, low=-6.0, high=6.0, unit="dB/octave", text="-1 is an old record, -3 a wall between, +1 a cheap radio"
    )
    pivot_hz: float = param(700.0, low=50.0, high=10_000.0, unit="Hz", text="stays at 0 dB")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return filters.StateSpaceFilter(self._sections(sample_rate), channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response, one row for all channels, cut below -110 dB."""
        return filters.impulse_response(self._sections(sample_rate))[None]

    def _sections(self, sample_rate: int) -> Floats:
        return filters.tilt(self.pivot_hz, sample_rate, db_per_octave=self.tilt_db_per_octave)
