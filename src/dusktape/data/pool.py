"""Other processes that examine files: one that crashes or never ends costs the file it had, and no other."""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, BinaryIO, NoReturn

from dusktape.core.errors import DusktapeError

LIMIT_S = 60.0
"""Seconds that one file may take; the largest that are read take two."""

Order = Mapping[str, Any]

_ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # Else glibc gives every large array back, and getting it again page by page costs a third of the time.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 26),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 27),
}

_LENGTH = struct.Struct("<I")
_EVERY_S = 0.2
_GRACE_S = 10.0


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came, and why."""

    reason: str


class WorkerError(DusktapeError):
    """A process that does not start."""


def cores() -> int:
    """Return how many processes may run at once."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def examine(
    orders: Sequence[Order], command: Sequence[str], *, workers: int, limit_s: float = LIMIT_S
) -> Generator[tuple[int, bytes | Lost]]:
    """Yield (place in `orders`, answer) as they come, from processes that are started and ended here.

    Parameters
    ----------
    orders
        JSON. `limit_s` in one counts for it in place of the common one.
    command
        Starts a process that runs `serve`: orders on stdin, answers on stdout.
    workers
        So many at once.
    limit_s
        Seconds that one order may take.

    Raises
    ------
    WorkerError
        If the processes cannot be started.
    """
    waiting: queue.SimpleQueue[tuple[int, Order]] = queue.SimpleQueue()
    for item in enumerate(orders):
        waiting.put(item)
    answers: queue.SimpleQueue[tuple[int, bytes | Lost] | Exception] = queue.SimpleQueue()
    crew = [_Worker(waiting, answers, command, limit_s) for _ in range(min(workers, len(orders)))]
    try:
        for worker in crew:
            worker.start()
        for _ in orders:
            while True:
                for worker in crew:
                    worker.watch()
                with suppress(queue.Empty):
                    # Asking with a limit, since Ctrl-C cannot interrupt a wait without one on Windows.
                    answer = answers.get(timeout=_EVERY_S)
                    break
            if isinstance(answer, Exception):
                raise answer
            yield answer
    finally:
        for worker in crew:
            worker.stop()


class _Worker:
    """A thread that hands orders to a process of its own, and starts another when that one is gone."""

    def __init__(
        self,
        waiting: queue.SimpleQueue[tuple[int, Order]],
        answers: queue.SimpleQueue[tuple[int, bytes | Lost] | Exception],
        command: Sequence[str],
        limit_s: float,
    ) -> None:
        self._waiting, self._answers = waiting, answers
        self._command, self._limit_s = command, limit_s
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline: float | None = None
        self._late = False
        self._stopped = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin to take orders."""
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self._stopped:
                place, order = self._waiting.get_nowait()
                answer = self._ask(order)
                if not self._stopped:
                    self._answers.put((place, answer))
        except queue.Empty:
            pass
        except Exception as error:
            self._answers.put(error)  # raised again where the answers are waited for
        finally:
            self._end()

    def watch(self) -> None:
        """End the process if it is past its time."""
        with self._lock:
            if self._deadline is not None and time.monotonic() > self._deadline and self._process:
                self._late, self._deadline = True, None
                self._process.kill()

    def stop(self) -> None:
        """End the process and the thread."""
        self._stopped = True
        with self._lock:
            if self._process:
                self._process.kill()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _ask(self, order: Order) -> bytes | Lost:
        process = self._process or self._begun()
        limit_s = order.get("limit_s", self._limit_s)
        assert process.stdin
        assert process.stdout
        with self._lock:
            self._late, self._deadline = False, time.monotonic() + limit_s
        try:
            send(process.stdin, json.dumps(order).encode())
            answer = receive(process.stdout)
        except (OSError, EOFError, ValueError):
            answer = None
        with self._lock:
            self._deadline = None
        if answer is not None and not self._late:
            return answer
        code = self._end()
        if answer is not None:  # it came as the time ran out
            return answer
        return Lost(f"it took more than {limit_s:g} s" if self._late else f"reading it crashed ({_cause(code)})")

    def _begun(self) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(p for p in sys.path if p)
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **_ENVIRONMENT, "PYTHONPATH": path},
            )
            with self._lock:
                self._process = process
                if self._stopped:
                    process.kill()
            assert process.stdout
            if receive(process.stdout) != b"ready" and not self._stopped:
                raise WorkerError("a process that reads files does not start; try dusktape doctor")
        except OSError as error:
            raise WorkerError(f"a process that reads files does not start: {error}; try dusktape doctor") from error
        return process

    def _end(self) -> int:
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return 0
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                assert pipe
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=5.0)
        process.kill()
        return process.wait()


def _cause(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"


def serve(answer: Callable[[dict[str, Any]], bytes], orders: BinaryIO, answers: BinaryIO) -> None:
    """Answer orders until there are no more."""
    send(answers, b"ready")
    while (message := receive(orders)) is not None:
        order: dict[str, Any] = json.loads(message)
        # Ends this process if it hangs and whoever gave the order is gone.
        faulthandler.dump_traceback_later(order["limit_s"] + _GRACE_S, exit=True)
        found = answer(order)
        faulthandler.cancel_dump_traceback_later()
        send(answers, found)


def work(answer: Callable[[dict[str, Any]], bytes]) -> NoReturn:
    """Be one of the processes: serve whoever started this one, then leave. Ctrl-C is theirs to deal with."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever is printed by others while a file is read may not come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError):
        serve(answer, sys.stdin.buffer, answers)
    os._exit(0)


def send(pipe: IO[bytes], data: bytes) -> None:
    """Write a message."""
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """Return the next message; None at the end."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    return data if len(data) == length else None
