"""Structured logs: a line of JSON for each thing that happened, in STATE/logs, written by a thread of its own."""

from __future__ import annotations

import logging
import logging.handlers
import queue
import threading
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_BYTES = 4 << 20
_FILES = 4
_WAITING = 10_000
"""Lines that wait to be written; what is more is lost, rather than sound."""


class Journal:
    """Takes down what happens. Never waits, never fails: a full disk costs lines, not listeners.

    Parameters
    ----------
    file
        Where the lines go; four older files of 4 MiB are kept beside it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: queue.Queue[dict[str, Any] | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._write, name="journal", daemon=True)
        self._thread.start()

    def note(self, what: str, level: str = "info", **facts: Any) -> None:
        """Take down that something happened."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with suppress(queue.Full):
            self._lines.put_nowait({"timestamp": at, "level": level, "event": what, **facts})

    def broken(self, path: str, error: BaseException) -> None:
        """Take down an error of ours, with where it happened."""
        told = "".join(traceback.format_exception(error))[-8000:]
        self.note("broken", "error", path=path[:200], error=f"{type(error).__name__}: {error}"[:500], traceback=told)

    def close(self) -> None:
        """Write what is left."""
        try:
            self._lines.put(None, timeout=1.0)
        except queue.Full:
            return
        self._thread.join(2.0)

    def _write(self) -> None:
        first = self._lines.get()
        if first is None:
            return
        import structlog  # here, so that sound need not wait for it

        handler: logging.Handler = logging.NullHandler()
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            handler = _Quiet(
                self._file, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8", errors="replace", delay=True
            )
        render = structlog.processors.JSONRenderer(ensure_ascii=False)
        line: dict[str, Any] | None = first
        while line is not None:
            text = render(None, line["level"], line)
            handler.handle(logging.LogRecord("dusktape", logging.INFO, "", 0, text, None, None))
            line = self._lines.get()
        handler.close()


class _Quiet(logging.handlers.RotatingFileHandler):
    """Writes messages as they are, and says nothing about those that cannot be written."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Let it go."""
