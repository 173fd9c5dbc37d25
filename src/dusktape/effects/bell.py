"""One broad or narrow hill in the spectrum."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters


@dataclass(frozen=True, slots=True)
class Bell:
    """Lifts or dips a region: +3 dB at 250 warms, -3 at 800 unboxes, a narrow dip takes out a ring.

    No latency; about 1/4000 of real time in stereo.

    Source
    ------
    Bristow-Johnson, Audio EQ Cookbook, peakingEQ.
    """

    gain_db: float = param(0.0, low=-24.0, high=24.0, unit="dB", text="2 colours, 6 shapes, 12 is an effect")
    centre_hz: float = param(800.0, low=20.0, high=20_000.0, unit="Hz", text="top of the hill")
    q: float = param(0.8, low=0.1, high=20.0, text="0.5 spans three octaves, 1.4 one, 10 a single note")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return filters.StateSpaceFilter(self._sections(sample_rate), channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response, one row for all channels, cut below -110 dB."""
        return filters.impulse_response(self._sections(sample_rate))[None]

    def _sections(self, sample_rate: int) -> Floats:
        return filters.bell(self.centre_hz, sample_rate, gain_db=self.gain_db, q=self.q)
