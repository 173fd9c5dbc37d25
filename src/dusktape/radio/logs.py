"""Structured logs: one JSON object a line, to standard error in the processes, to files with an end in the house."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

MOST_BYTES = 5_000_000
FILES = 4
"""So many old files are kept beside the one that grows."""

CONNECTED, TRYING = ": connected", "; trying again, less and less often"
"""How the lines of an output end that its user is told, too: it reached its server, or did not, or lost it."""

_LONGEST_LINE = 20_000


class Log:
    """Says what happens, in the fields that structlog's JSON renderer has, without its time to import.

    Parameters
    ----------
    who
        The process.
    facts
        Go with every line.
    """

    def __init__(self, who: str, /, **facts: Any) -> None:
        self._facts = {"who": who, **facts}

    def bind(self, **facts: Any) -> Log:
        """Return a log that tells these, too."""
        told = {**self._facts, **facts}
        return Log(told.pop("who"), **told)

    def info(self, event: str, **facts: Any) -> None:
        """Say what happened."""
        self._say("info", event, facts)

    def error(self, event: str, **facts: Any) -> None:
        """Say what went wrong."""
        self._say("error", event, facts)

    def _say(self, level: str, event: str, facts: dict[str, Any]) -> None:
        emit(sys.stderr, {**self._facts, **facts, "event": event, "level": level})


def line(table: dict[str, Any]) -> str:
    """Return a line of a log, stamped with the time if it is not."""
    stamped = {"timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"), **table}
    return json.dumps(stamped, ensure_ascii=False, default=str) + "\n"


def emit(stream: TextIO, table: dict[str, Any]) -> None:
    """Write a line at once; a stream that is closed takes none."""
    with suppress(OSError, ValueError):
        stream.write(line(table))
        stream.flush()


class LogFile:
    """A file of such lines that is put aside when it is large. Safe in threads; one process writes it.

    Parameters
    ----------
    path
        As in `logs/radio.jsonl`; its folder is made.
    most_bytes
        So large it grows.
    """

    def __init__(self, path: Path, *, most_bytes: int = MOST_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._most = path, most_bytes
        self._lock = threading.Lock()
        self._file = path.open("a", encoding="utf-8")

    def write(self, table: dict[str, Any]) -> None:
        """Append a line. A full disk costs the line, and nothing else."""
        with self._lock, suppress(OSError, ValueError):
            if self._file.tell() > self._most:
                self._turn_over()
            self._file.write(line(table))
            self._file.flush()

    def heard(self, who: str, said: str) -> None:
        """Append what a process said: a JSON object as it is, other text as its event."""
        said = said[:_LONGEST_LINE].rstrip()
        table: Any = None
        with suppress(ValueError):
            table = json.loads(said)
        self.write({"who": who, **table} if isinstance(table, dict) else {"who": who, "event": said})

    def close(self) -> None:
        """Write no more."""
        with self._lock, suppress(OSError):
            self._file.close()

    def _turn_over(self) -> None:
        self._file.close()
        for number in range(FILES, 0, -1):
            older = self._path.with_name(f"{self._path.name}.{number}")
            newer = self._path.with_name(f"{self._path.name}.{number - 1}") if number > 1 else self._path
            with suppress(OSError):
                newer.replace(older)
        self._file = self._path.open("a", encoding="utf-8")
