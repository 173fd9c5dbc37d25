"""What is done to a part in the mix after everything else: up, down, or off."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dusktape.core.errors import InputError

LOWEST_DB, HIGHEST_DB = -60.0, 12.0


@dataclass(frozen=True, slots=True)
class Level:
    """A part's fader, and whether it is heard at all.

    Parameters
    ----------
    gain_db
        On top of the balance of the recipe, -60 to 12 dB.
    mute
        Leaves the part out of the mix; what follows its notes (ducking, the bass) still does.

    Raises
    ------
    InputError
        If the gain is out of range.
    """

    gain_db: float = 0.0
    mute: bool = False

    def __post_init__(self) -> None:
        if not LOWEST_DB <= self.gain_db <= HIGHEST_DB:  # also refuses nan
            raise InputError(
                f"a part is turned by {LOWEST_DB:g} to {HIGHEST_DB:g} dB, got {self.gain_db:g}; "
                "choose in that range, or mute it"
            )

    def table(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"gain_db": self.gain_db, "mute": self.mute}


def level_of(table: Any) -> Level:
    """Read what `table` returned; what is left out is as it comes.

    Raises
    ------
    InputError
        If it is something else.
    """
    told = table if isinstance(table, Mapping) else {"": table}
    gain, mute = told.get("gain_db", 0.0), told.get("mute", False)
    number = isinstance(gain, (int, float)) and not isinstance(gain, bool) and math.isfinite(gain)
    if set(told) - {"gain_db", "mute"} or not number or not isinstance(mute, bool):
        raise InputError(f"{table!r} is no level; give gain_db, a number, and mute, true or false")
    return Level(float(gain), mute)
