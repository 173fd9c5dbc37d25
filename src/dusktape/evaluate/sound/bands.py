"""What finished lo-fi by people measures, and where a track lies in it."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

TABLE = Path(__file__).parent / "bands.toml"
"""72 full tracks by several artists; what the figures stand for is said in the file."""

_SHARES = (5.0, 25.0, 50.0, 75.0, 95.0)


@dataclass(frozen=True, slots=True)
class Band:
    """How one measure is spread over people's tracks.

    Parameters
    ----------
    name, what, unit
        Of the measure.
    percentiles
        The 5th, 25th, 50th, 75th and 95th; first and last are the band.
    """

    name: str
    what: str
    unit: str
    percentiles: tuple[float, ...]

    @property
    def low(self) -> float:
        """Below it lie 5 of 100 tracks."""
        return self.percentiles[0]

    @property
    def high(self) -> float:
        """Above it lie 5 of 100 tracks."""
        return self.percentiles[-1]

    @property
    def quartiles_apart(self) -> float:
        """Inter-quartile range."""
        return self.percentiles[3] - self.percentiles[1]

    def holds(self, value: float) -> bool:
        """Return whether nine tenths of people's tracks reach as far; what could not be measured is not outside."""
        return not math.isfinite(value) or self.low <= value <= self.high

    def percentile(self, value: float) -> float:
        """Return what share of people's tracks lies below, in percent: straight lines between the figures, 5 to 95."""
        if not math.isfinite(value):
            return math.nan
        return float(np.interp(value, self.percentiles, _SHARES))


@lru_cache(maxsize=1)
def bands() -> dict[str, Band]:
    """Return every measure's band by name, in the order of the table."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return {name: Band(name, row["what"], row["unit"], tuple(map(float, row["band"]))) for name, row in table.items()}


def outside(measures: Mapping[str, float]) -> list[str]:
    """Return the names of the measures that lie outside people's band."""
    return [name for name, band in bands().items() if not band.holds(measures[name])]


def share_in_band(measures: Mapping[str, float]) -> float:
    """Return the share of all measures that lie in people's band, 0 to 1."""
    return 1.0 - len(outside(measures)) / len(bands())
