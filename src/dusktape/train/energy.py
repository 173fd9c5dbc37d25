"""What a training takes from the socket, by codecarbon. It measures or estimates here and asks nobody."""

from __future__ import annotations

import logging
import warnings
from typing import Any

EVERY_S = 15


class Meter:
    """Counts kilowatt-hours from its start. Says nothing where codecarbon is missing or finds no way to count.

    Parameters
    ----------
    country
        Three letters of ISO 3166, or nothing: then there is no telling how much CO2 a kilowatt-hour costs.
    before_kwh
        What earlier parts of the same training took.
    """

    def __init__(self, country: str, before_kwh: float = 0.0) -> None:
        self._country, self._before = country, before_kwh
        self._tracker = _tracker(country)

    @property
    def kwh(self) -> float | None:
        """Energy so far, at the last count."""
        if self._tracker is None:
            return None
        total = getattr(self._tracker, "_total_energy", None)  # it tells the total only when it has stopped
        return self._before + (float(total.kWh) if total is not None else 0.0)

    def stop(self) -> dict[str, Any]:
        """Stop counting and return `energy_kwh` and `co2_kg` (each None if unknown), `country` and `hardware`."""
        unknown = {"energy_kwh": None, "co2_kg": None, "country": self._country or None, "hardware": None}
        if self._tracker is None:
            return unknown
        self._tracker.stop()
        data = getattr(self._tracker, "final_emissions_data", None)
        self._tracker = None
        if data is None:
            return unknown
        kwh = self._before + float(data.energy_consumed)
        per_kwh = float(data.emissions) / float(data.energy_consumed) if data.energy_consumed else 0.0
        known = bool(self._country) and data.country_iso_code == self._country and bool(data.country_name)
        return {
            "energy_kwh": kwh,
            "co2_kg": kwh * per_kwh if known else None,
            "country": self._country or None,
            "hardware": ", ".join(filter(None, (data.cpu_model, data.gpu_model))) or None,
        }


def _tracker(country: str) -> Any:
    """Return a started tracker, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from codecarbon import OfflineEmissionsTracker

            logging.getLogger("codecarbon").setLevel(logging.CRITICAL)
            tracker = OfflineEmissionsTracker(
                country_iso_code=country or "USA",  # it wants one; what it makes of it is not told
                measure_power_secs=EVERY_S,
                save_to_file=False,
                save_to_api=False,
                allow_multiple_runs=True,
                log_level="critical",
            )
            tracker.start()
    except ImportError:
        return None
    return tracker if hasattr(tracker, "_total_energy") else None
