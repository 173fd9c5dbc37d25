"""A station's clock: which frame a new listener hears now, and how far the sound must be made."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from dusktape.core.audio import SAMPLE_RATE

LEAD = 12 * SAMPLE_RATE
"""The sound is made so many frames before a new listener hears it; a page that connects gets them in one burst."""


@dataclass(frozen=True, slots=True)
class Clock:
    """At `time`, a listener who came without asking for a place heard `frame`.

    Frames only grow and leave no hole; the time of a frame does move: a skip brings what follows nearer, a pause of
    the whole radio moves it away. A clock is replaced then, and written into the station's settings.

    Parameters
    ----------
    frame
        A place on the station's sample clock.
    time
        Seconds since 1970.
    """

    frame: int
    time: float

    def heard(self, now: float) -> int:
        """Return the frame that is heard at a time."""
        return self.frame + round((now - self.time) * SAMPLE_RATE)

    def due(self, now: float) -> int:
        """Return the frame up to which sound must be there at a time."""
        return self.heard(now) + LEAD

    def table(self) -> dict[str, Any]:
        """Return plain data, as it stands in a station's settings under `clock`."""
        return {"frame": self.frame, "time": self.time}

    @staticmethod
    def of(table: Any) -> Clock | None:
        """Return the clock that `table` wrote; None if that is none."""
        try:
            return Clock(int(table["frame"]), float(table["time"]))
        except (KeyError, TypeError, ValueError):
            return None

    def going_on(self, head: int, now: float) -> Clock:
        """Return the clock of a station that goes on at `head`, which may have stood still for long.

        What was made for the future and is still in the future stays where it is. When listeners have run dry, or the
        computer's time was turned back, the station goes on where it stopped, from now.
        """
        return self if head - 2 * LEAD < self.heard(now) < head else Clock(head, now)


class Now:
    """The time in seconds since 1970, steady: it does not jump when the computer's clock is set."""

    def __init__(self) -> None:
        self._apart = time.time() - time.monotonic()

    def __call__(self) -> float:
        """Return it."""
        return self._apart + time.monotonic()
