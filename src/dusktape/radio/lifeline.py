"""How processes of a radio hang together: who holds a folder, and what ends when its parent is gone."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn

from dusktape.core.errors import InputError, OutputError

ENDING = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that say that it is over, one of them on Windows alone."""


def end_with_parent(then: Callable[[], None] | None = None, stdin: IO[bytes] | None = None) -> threading.Thread:
    """Watch standard input from a thread, and end this process when it closes, as it does when the parent is gone.

    Parameters
    ----------
    then
        Done first; it has two seconds.
    stdin
        What is watched instead.
    """
    source = stdin or sys.stdin.buffer

    def watch() -> None:
        with suppress(OSError, ValueError):
            while os.read(source.fileno(), 4096):
                pass
        end(then)

    thread = threading.Thread(target=watch, name="end-with-parent", daemon=True)
    thread.start()
    return thread


def end(then: Callable[[], None] | None = None) -> NoReturn:
    """End this process now; what is to be done first has two seconds."""
    last = threading.Timer(2.0, os._exit, (0,))
    last.daemon = True
    last.start()
    if then is not None:
        with suppress(Exception):
            then()
    os._exit(0)


class Held:
    """A file that one process holds. The system lets go of it when the process ends, however it does.

    Parameters
    ----------
    path
        Of the file; made, and left there.
    refused
        What to say if another has it; `{who}` is the process that does.

    Raises
    ------
    InputError
        If another has it.
    OutputError
        If the file cannot be written.
    """

    def __init__(self, path: Path, refused: str) -> None:
        try:
            self._file = path.open("a+b")
        except OSError as error:
            raise OutputError(f"{str(path)!r} cannot be written: {error.strerror}; choose another folder") from error
        try:
            _lock(self._file)
        except OSError as error:
            who = _read(self._file)
            self._file.close()
            raise InputError(refused.replace("{who}", who or "another process")) from error
        self._file.truncate(_FIRST)
        self._file.seek(_FIRST)
        self._file.write(f"process {os.getpid()}".encode())
        self._file.flush()

    def close(self) -> None:
        """Let go."""
        self._file.close()

    def __enter__(self) -> Held:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_FIRST = 1
"""Windows locks bytes, and nobody else may read them: who holds the file stands behind the first."""


def _read(file: IO[bytes]) -> str:
    try:
        file.seek(_FIRST)
        return file.read(40).decode(errors="replace").strip("\0 ")
    except OSError:
        return ""


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class ToldToEnd:
    """Calls something when the system, or Ctrl-C, says that it is over; a context manager, for the main thread.

    Outside of it signals mean what they meant before.

    Parameters
    ----------
    call
        What is called, from the signal's handler.
    names
        Of the signals; those that this system does not have are left out.
    """

    def __init__(self, call: Callable[[], None], names: Sequence[str] = ENDING) -> None:
        self._call, self._names = call, names
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for name in self._names:
                if (number := getattr(signal, name, None)) is not None:
                    self._before[number] = signal.signal(number, lambda *_: self._call())

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
