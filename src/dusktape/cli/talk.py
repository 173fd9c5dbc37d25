"""What is said on stderr while work goes on."""

from __future__ import annotations

import sys
import time

_WIDTH = 28

EVERY_S = 10.0
"""So often a long work says how far it is where there is no terminal."""

_SHARES = {"composing": (0.0, 0.1), "rendering": (0.1, 0.85), "mastering": (0.85, 1.0)}


class Talk:
    """A line that grows, on a terminal; plain sentences elsewhere, now and then if asked to; nothing if quiet.

    Parameters
    ----------
    quiet
        Say nothing at all.
    every_s
        Where stderr is no terminal, say how far the work is at most so often, in s; never if 0.
    """

    def __init__(self, *, quiet: bool, every_s: float = 0.0) -> None:
        self._quiet = quiet
        self._bar = not quiet and sys.stderr.isatty()
        self._every_s = 0.0 if quiet or self._bar else every_s
        self._said = time.monotonic()
        self._drawn = 0.0
        self._length = _WIDTH + 22

    def say(self, text: str) -> None:
        """Say a sentence, on a line of its own."""
        if not self._quiet:
            self.clear()
            print(text, file=sys.stderr, flush=True)

    def progress(self, stage: str, share: float) -> None:
        """Redraw the bar, at most twenty times a second."""
        now = time.monotonic()
        self._line(stage, share, now)
        if not self._bar or (now - self._drawn < 0.05 and share < 1.0):
            return
        self._drawn = now
        start, end = _SHARES.get(stage, (0.0, 1.0))
        done = start + (end - start) * min(1.0, share)
        filled = round(done * _WIDTH)
        print(
            f"\r{stage:10s} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done:4.0%} ", end="", file=sys.stderr, flush=True
        )

    def status(self, text: str, share: float) -> None:
        """Redraw the bar with a text behind it, as `progress` does."""
        now = time.monotonic()
        self._line(text, share, now)
        if not self._bar or (now - self._drawn < 0.05 and share < 1.0):
            return
        self.clear()
        self._drawn = now
        filled = round(min(1.0, share) * _WIDTH)
        line = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {min(1.0, share):4.0%} {text}"
        self._length = len(line)
        print(f"\r{line}", end="", file=sys.stderr, flush=True)

    def _line(self, text: str, share: float, now: float) -> None:
        """Say how far the work is, if there is no bar and the last line is long enough ago."""
        if self._every_s and share > 0.0 and now - self._said >= self._every_s:
            self._said = now
            self.say(f"{text}, {min(1.0, share):.0%}")

    def clear(self) -> None:
        """Wipe the bar away."""
        if self._bar and self._drawn:
            print(f"\r{' ' * self._length}\r", end="", file=sys.stderr, flush=True)
