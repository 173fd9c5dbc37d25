"""Less bottom."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters


@dataclass(frozen=True, slots=True)
class Highpass:
    """Takes away what lies below a cutoff: rumble at 22 Hz, mud at 90, a telephone at 400.

    No latency; about 1/4000 of real time in stereo.

    Source
    ------
    Butterworth cascades after Bristow-Johnson, Audio EQ Cookbook.
    """

    cutoff_hz: float = param(80.0, low=10.0, high=8000.0, unit="Hz", text="3 dB down here (with q at 0.707)")
    order: int = param(2, low=1, high=4, text="slope: 6 dB per octave each; 1 thins, 4 cuts")
    q: float = param(
        0.707, low=0.3, high=8.0, text="resonance of order 2: 0.7 is flat, 2 hums at the cutoff, 8 whistles"
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return filters.StateSpaceFilter(self._sections(sample_rate), channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response, one row for all channels, cut below -110 dB."""
        return filters.impulse_response(self._sections(sample_rate))[None]

    def _sections(self, sample_rate: int) -> Floats:
        return filters.highpass(self.cutoff_hz, sample_rate, order=self.order, q=self.q)
