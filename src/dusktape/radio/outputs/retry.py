"""How outputs come back: longer and longer waits with jitter, and one line for each new cause."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Final

from dusktape.core.seed import Seed
from dusktape.radio.logs import CONNECTED, TRYING

FIRST_S: Final = 1.0
LONGEST_S: Final = 60.0
_STEADY_S: Final = 60.0


class Lost(Exception):
    """A connection that could not be made or that ended; the text says why, in a few words."""


class Retry:
    """Waits before a connection is tried again, twice as long each time, and says what went wrong once.

    Each wait is between half and the whole of its length, drawn from the seed, so that many sources of one server
    do not come back all at once. A connection that held for a minute starts again with a short wait.

    Parameters
    ----------
    name
        What is shown of the address.
    secrets
        What is never shown, even if a server says it.
    seed
        Of the jitter; its default differs from process to process.
    """

    def __init__(
        self,
        name: str,
        *,
        secrets: Sequence[str] = (),
        seed: Seed | None = None,
        say: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._name, self._secrets = name, tuple(secrets)
        self._seed = seed or Seed(int.from_bytes(os.urandom(8), "little")).at("retry")
        self._say, self._clock, self._sleep = say or tell, clock, sleep
        self._tries = 0
        self._said = ""
        self._since: float | None = None

    def connected(self) -> None:
        """Say that it is there."""
        self._since = self._clock()
        self._said = ""
        self._say(f"{self._name}{CONNECTED}")

    def wait(self, cause: str) -> float:
        """Say why, unless that was said last, and wait. Return how long, in seconds."""
        if self._since is not None and self._clock() - self._since >= _STEADY_S:
            self._tries = 0
        self._since = None
        longest = min(LONGEST_S, FIRST_S * 2.0 ** min(self._tries, 16))
        seconds = longest * self._seed.at(self._tries).between(0.5, 1.0)
        self._tries += 1
        for secret in self._secrets:
            cause = cause.replace(secret, "...")
        if cause != self._said:
            self._said = cause
            self._say(f"{self._name}: {cause}{TRYING}")
        self._sleep(seconds)
        return seconds


def tell(text: str) -> None:
    """Write a line for the log."""
    print(text, file=sys.stderr, flush=True)
