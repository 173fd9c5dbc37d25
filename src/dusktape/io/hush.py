"""What a decoder of MP3 says of a damaged file on stderr, kept off it: the line that counts is ours."""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

from dusktape.io.mpeg import is_mpeg

_STDERR = 2
_REMARK = re.compile(rb"\r?\n|\s*(?:\[[^\]]*libmpg123|Note: |Warning: )")
"""How lines of libmpg123 begin, which libsndfile leaves to talk."""


def quieted(path: Path) -> Callable[[], AbstractContextManager[None]]:
    """Return what to open and read a file within: nothing for most, for MPEG audio what keeps its decoder quiet.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    return hushed if is_mpeg(path) else nullcontext


@contextmanager
def hushed() -> Iterator[None]:
    """Keep the remarks of libmpg123 off stderr. What else is written there comes when the last one within has left."""
    _DIVERSION.enter()
    try:
        yield
    finally:
        _DIVERSION.leave()


class _Diversion:
    """The file descriptor of stderr, which is the process's: several threads may have it diverted at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._real = -1
        self._held: BinaryIO | None = None

    def enter(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                with suppress(OSError):  # without a stderr, or a place to put it, there is nothing to keep quiet
                    self._divert()

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._held is not None:
                self._restore(self._held)

    def _divert(self) -> None:
        held = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the last one leaves)
        try:
            self._real = os.dup(_STDERR)
            os.dup2(held.fileno(), _STDERR)
        except OSError:
            held.close()
            raise
        self._held = held

    def _restore(self, held: BinaryIO) -> None:
        self._held = None
        os.dup2(self._real, _STDERR)
        os.close(self._real)
        with held, suppress(OSError):
            held.seek(0)
            for line in held:
                if not _REMARK.match(line):
                    os.write(_STDERR, line)


_DIVERSION = _Diversion()
