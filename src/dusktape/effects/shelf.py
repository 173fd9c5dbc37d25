"""More or less of everything above or below."""

from __future__ import annotations

from dataclasses import dataclass

from dusktape.core.audio import Cues, Floats, Processor
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters


@dataclass(frozen=True, slots=True)
class Shelf:
    """Lifts or lowers one end of the spectrum and leaves the other: -3 dB above 3 kHz is a tired tape head.

    No latency; about 1/4000 of real time in stereo.

    Source
    ------
    Bristow-Johnson, Audio EQ Cookbook, lowShelf and highShelf, at the steepest slope without a bump.
    """

    gain_db: float = param(-2.0, low=-24.0, high=24.0, unit="dB", text="2 colours, 6 changes the room")
    cutoff_hz: float = param(3000.0, low=20.0, high=20_000.0, unit="Hz", text="half of the gain is reached here")
    kind: str = param("high", choices=("low", "high"), text="which end moves")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> Processor:
        """Return a processor at rest."""
        return filters.StateSpaceFilter(self._sections(sample_rate), channels)

    def impulse_response(self, sample_rate: int, channels: int, *, seed: Seed) -> Floats:
        """Return the response, one row for all channels, cut below -110 dB."""
        return filters.impulse_response(self._sections(sample_rate))[None]

    def _sections(self, sample_rate: int) -> Floats:
        return filters.shelf(self.cutoff_hz, sample_rate, gain_db=self.gain_db, kind=self.kind)
