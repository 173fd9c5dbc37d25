"""A process that is kept running: started, listened to, started again when it dies, ended when it shall."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

HOPELESS = 2
"""The exit code of a process that could only fail again; its last line says why."""

SHORT_LIFE_S = 10.0
"""Who dies sooner is waited for a little longer each time."""

KILLED_SOON_S = 2.0
"""The same for who was killed from outside: it would have lived on, so it is started again at once."""

AT_ONCE = 3
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0

_LONGEST_LINE = 20_000
_OWN_GROUP = {"creationflags": 0x200} if sys.platform == "win32" else {"start_new_session": True}
"""Ctrl-C in a terminal goes to the house alone, which then ends the others in order."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How a process is started.

    Parameters
    ----------
    name
        As in the logs.
    command
        Program and arguments; `{life}` in one stands for the number of its life.
    env
        Added to ours.
    fds
        Open files that it inherits; not on Windows.
    needed
        Whether all ends when it can only fail.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    fds: Sequence[int] = ()
    needed: bool = True


class Child:
    """A process of a plan, through all of its lives.

    Parameters
    ----------
    plan
        How it is started.
    heard
        Called with its name and each line it says, from a thread.
    died
        Called with this when it has ended, from a thread.
    """

    def __init__(self, plan: Plan, heard: Callable[[str, str], None], died: Callable[[Child], None]) -> None:
        self.plan = plan
        self.life = 0
        self.last_words = ""
        self.killed_for: str | None = None
        self._heard, self._died = heard, died
        self._short_lives = 0
        self._began = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def name(self) -> str:
        """As in the logs."""
        return self.plan.name

    @property
    def pid(self) -> int:
        """Of its process; 0 before the first."""
        return self._process.pid if self._process else 0

    @property
    def running(self) -> bool:
        """Whether it lives."""
        return self._process is not None and self._process.poll() is None

    @property
    def code(self) -> int | None:
        """How its last life ended: an exit code, or a signal below 0."""
        return self._process.poll() if self._process else None

    def start(self) -> None:
        """Begin a life.

        Raises
        ------
        OSError
            If the system has no process to give.
        """
        self.life += 1
        self.killed_for, self.last_words = None, ""
        self._began = time.monotonic()
        # One thread each: on few cores, several of them in every process only wait for one another.
        modest = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        inherited = {} if sys.platform == "win32" else {"pass_fds": tuple(self.plan.fds)}
        process = subprocess.Popen(
            [word.replace("{life}", str(self.life)) for word in self.plan.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**modest, "PYTHONSAFEPATH": "1", **os.environ, **self.plan.env},
            **inherited,  # type: ignore[call-overload]
            **_OWN_GROUP,
        )
        self._process = process
        listening = threading.Thread(target=self._listen, args=(process,), name=f"{self.name} says", daemon=True)
        listening.start()
        threading.Thread(target=self._wait, args=(process, listening), name=self.name, daemon=True).start()

    def wait_s(self) -> float:
        """Return how long to wait before the next life; asked once for each death."""
        lived = time.monotonic() - self._began
        short = KILLED_SOON_S if self.code == -9 and self.killed_for is None else SHORT_LIFE_S
        self._short_lives = self._short_lives + 1 if lived < short else 0
        beyond = self._short_lives - AT_ONCE
        return 0.0 if beyond <= 0 else min(FIRST_WAIT_S * 2.0 ** (beyond - 1), LONGEST_WAIT_S)

    def kill(self, why: str) -> None:
        """End this life at once."""
        if self._process is not None and self.running:
            self.killed_for = why
            self._process.kill()

    def ask_to_end(self) -> None:
        """Say that it shall end, as the system does."""
        if self._process is not None and self.running and sys.platform != "win32":
            with suppress(OSError):
                self._process.terminate()

    def let_go(self) -> None:
        """Close its standard input, which every process of ours takes for the end."""
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError):
                self._process.stdin.close()

    def join(self, last: float) -> bool:
        """Wait until it has ended, or the monotonic clock says `last`; return whether it has."""
        if self._process is None:
            return True
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, last - time.monotonic()))
        return not self.running

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with suppress(OSError, ValueError), process.stdout as said:
            while raw := said.readline(_LONGEST_LINE):
                if line := raw.decode(errors="replace").rstrip():
                    self.last_words = line
                    self._heard(self.name, line)

    def _wait(self, process: subprocess.Popen[bytes], listening: threading.Thread) -> None:
        process.wait()
        listening.join(0.2)  # a process of its own may hold the pipe open for longer
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        self._died(self)
