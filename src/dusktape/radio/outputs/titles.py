"""What is heard at a frame: looked up in the station's programme now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from dusktape.radio.nouns import Entry

_EVERY_S: Final = 1.0


class Programme(Protocol):
    """What we ask of the state."""

    def entries(self, station: str, *, since: int | None = None, limit: int = 50) -> Sequence[Entry]:
        """Return entries of a station."""


class Titles:
    """Names what is heard, from a copy of the programme that is at most a second old."""

    def __init__(self, state: Programme, station: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._state, self._station, self._clock = state, station, clock
        self._entries: Sequence[Entry] = ()
        self._asked = -1e9

    def at(self, frame: int) -> Entry | None:
        """Return the entry whose turn it is at this frame: of those that have begun, the one that began last."""
        now = self._clock()
        if now - self._asked >= _EVERY_S:
            self._entries = self._state.entries(self._station, since=frame)
            self._asked = now
        begun = [entry for entry in self._entries if entry.start <= frame < entry.end]
        return max(begun, key=lambda entry: (entry.start, entry.id), default=None)
