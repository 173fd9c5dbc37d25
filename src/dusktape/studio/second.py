"""A second Python process, and how it is talked to: awake before there is work, since waking takes as long as imports.

It gets a JSON object a line on its standard input and runs the function that is named there. This module imports
nothing of ours, so that a command can wake the process before it does its own imports.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Any

GARBAGE = 200_000
"""Objects made between two looks for cycles to collect: at Python's 700, imports and scores are gone through often."""

_SERVE = f"import gc; gc.set_threshold({GARBAGE}); import dusktape.studio.outboard as here; here.serve()"


_MMAP_FROM, _TRIM_FROM = 1 << 25, 1 << 28
"""Bytes from which glibc takes memory for one block alone, and gives back what is free: so that the memory of one block
of sound serves the next. By itself it may give it back after each, which costs more than the work on the block."""

_MEMORY = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(_MMAP_FROM),
    "MALLOC_TRIM_THRESHOLD_": str(_TRIM_FROM),
}

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


def keep_memory() -> None:
    """Have this process keep the memory of one block for the next, as the second process does; glibc only.

    Source
    ------
    mallopt(3) and malloc.h of the GNU C library.
    """
    import ctypes  # numpy has it by now; before there is none, the other process is to be woken first

    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(_M_MMAP_THRESHOLD, _MMAP_FROM)
        libc.mallopt(_M_TRIM_THRESHOLD, _TRIM_FROM)


@dataclass
class Errand:
    """Other work for the second process, done while nothing is to be rendered yet.

    Parameters
    ----------
    function
        Where it is, as `package.module:name`; it returns bytes.
    arguments
        For it, by name; what JSON can say.
    sent
        Whether a process was asked.
    result
        What came back; None before the song is rendered, and for ever where the process died or the function failed.
    """

    function: str
    arguments: Mapping[str, Any]
    sent: bool = field(default=False, init=False)
    result: bytes | None = field(default=None, init=False)

    def to_json(self) -> dict[str, Any]:
        """Return what the process is told."""
        return {"do": "errand", "function": self.function, "arguments": dict(self.arguments)}


class Second:
    """The process, from waking up to its end. A context manager: leaving it ends the process.

    Parameters
    ----------
    process
        Running; `wake` starts one.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.errands: list[Errand] = []
        self._sender = ThreadPoolExecutor(1)

    @classmethod
    def wake(cls) -> Second | None:
        """Start the process, which takes a while to be ready. None if there is no way to."""
        if not sys.executable:
            return None
        path = os.pathsep.join(p for p in sys.path if p)
        try:
            process = subprocess.Popen(
                [sys.executable, "-c", _SERVE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_MEMORY, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": path},
            )
        except OSError:
            return None
        return cls(process)

    @property
    def out(self) -> IO[bytes]:
        """What the process says."""
        assert self.process.stdout is not None
        return self.process.stdout

    def send(self, message: Mapping[str, Any]) -> Future[None]:
        """Tell the process what to do, after all that it was told before. Does not wait for it to take the message.

        The future fails with an OSError if the process is no longer there.
        """
        return self._sender.submit(self._send, json.dumps(message).encode())

    def _send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def ask(self, errand: Errand) -> None:
        """Send the process on an errand; what it brings is read behind the frames."""
        self.send(errand.to_json())
        errand.sent = True
        self.errands.append(errand)

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.kill()
        self._sender.shutdown(cancel_futures=True)
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(OSError):
                assert pipe is not None
                pipe.close()
        self.process.wait()

    def __enter__(self) -> Second:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
