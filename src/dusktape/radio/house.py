"""The house: starts the server, a playout for each station and the workers, and starts again what dies.

It does nothing else and knows nothing of music, so that there is little in it that could fail.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dusktape.core.errors import DusktapeError, OutputError
from dusktape.radio.child import HOPELESS, Child, Plan
from dusktape.radio.lifeline import Held, ToldToEnd
from dusktape.radio.logs import CONNECTED, TRYING, LogFile

if TYPE_CHECKING:
    from dusktape.radio.state import State

OUTPUT_URL = "DUSKTAPE_OUTPUT_URL"
"""How an output is told where to: a process's arguments, and a password in them, can be read by everybody."""

TICK_S = 1.0
HUNG_TICKS = 5
"""A worker whose lease ran out is looked at so often before it is ended: a machine that slept is no hung worker."""

SILENT_TICKS = 25
"""A playout that has put nothing into its ring for so long is ended."""

FIRST_SOUND_S = 2.0
"""Workers and outputs begin so much later: until then all cores are for the first sound."""

ABANDONED_S = 60.0
"""What is unfinished and was not touched for so long is taken away when a house begins."""

_ASKED_S, _LET_GO_S, _KILLED_S = 2.0, 2.0, 2.0


def _say_nothing(line: str) -> None:
    pass


class House:
    """Keeps a radio running on a folder.

    Parameters
    ----------
    state
        The folder.
    server
        The command of the server; None for none.
    fds
        Open sockets that the server inherits, the same in each of its lives.
    stations
        A playout is kept for each.
    workers
        So many make tracks.
    outputs
        Station and URL of each stream that is sent somewhere.
    library_bytes
        How large the library may grow; None leaves that to the workers.
    env
        Added to the server's environment.
    say
        Told in a line what a user may want to know.
    """

    def __init__(
        self,
        state: Path,
        *,
        server: Sequence[str] | None,
        fds: Sequence[int] = (),
        stations: Sequence[str],
        workers: int = 1,
        outputs: Sequence[tuple[str, str]] = (),
        library_bytes: int | None = None,
        env: Mapping[str, str] | None = None,
        say: Callable[[str], None] = _say_nothing,
    ) -> None:
        self.folder = state.absolute()
        self._say = say
        self._stations = tuple(stations)
        self._events: queue.SimpleQueue[Child | str] = queue.SimpleQueue()
        self._due: dict[Child, float] = {}
        self._seen_hung: dict[str, int] = {}
        self._rings: dict[str, tuple[tuple[int, int], int]] = {}
        self._state: State | None = None
        self._name = f"house-{os.urandom(4).hex()}"
        self._log: LogFile | None = None
        first = [Plan("server", server, dict(env or {}), fds)] if server is not None else []
        first += [_module(f"playout-{name}", "playout", self.folder, "--station", name) for name in stations]
        size = ("--library-bytes", str(library_bytes)) if library_bytes is not None else ()
        later = [
            _module(f"worker-{k}", "worker", self.folder, "--owner", self._owner(k, "{life}"), *size)
            for k in range(workers)
        ]
        later += [
            _module(f"output-{k}", "outputs", self.folder, "--station", name, "-", env={OUTPUT_URL: url}, needed=False)
            for k, (name, url) in enumerate(outputs)
        ]
        self._first = [Child(plan, self._heard, self._events.put) for plan in first]
        self._later = [Child(plan, self._heard, self._events.put) for plan in later]

    def _owner(self, number: int, life: int | str) -> str:
        return f"{self._name}-worker-{number}-{life}"

    @property
    def children(self) -> list[Child]:
        """Every process that is kept."""
        return [*self._first, *self._later]

    def stop(self) -> None:
        """End everything, and let `run` return. From any thread, or from a signal."""
        self._events.put("stop")

    def run(self) -> int:
        """Keep everything running until it is told to stop; return the exit code.

        SIGTERM, SIGINT and SIGHUP are such a word if this is the main thread.

        Raises
        ------
        InputError
            If another house has the folder, or its database is none of ours.
        OutputError
            If the folder cannot be written.
        DusktapeError
            If a process that is needed could only fail again, with what it said.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{str(self.folder)!r} cannot be made: {error.strerror}; choose another folder"
            ) from error
        refused = (
            f"a radio runs on {str(self.folder)!r} already ({{who}}); end it, or choose another folder with --state"
        )
        with Held(self.folder / "house.lock", refused), ToldToEnd(self.stop):
            self._log = LogFile(self.folder / "logs" / "radio.jsonl")
            try:
                self._begin()
                self._keep()
            finally:
                self._end()
                self._log.close()
        return 0

    def _begin(self) -> None:
        """Start what sounds first, then what takes a while."""
        for child in self._first:
            self._start(child)
        from dusktape.radio.library import sweep_unfinished
        from dusktape.radio.state import State

        self._state = State.open(self.folder)
        back = 0
        try:
            back = self._state.release(None, "the radio was ended", blamed=False)  # nobody works yet
        except OutputError as error:  # leases run out by themselves, and what is there can be played
            self._say(str(error))
        sweep_unfinished(self._state, older_s=ABANDONED_S)
        self._note("house begins", jobs_put_back=back)
        first_sound_at = time.monotonic() + (FIRST_SOUND_S if self._stations else 0.0)
        self._due.update(dict.fromkeys(self._later, first_sound_at))

    def _keep(self) -> None:
        ticked = time.monotonic()
        while True:
            now = time.monotonic()
            for child in [child for child, due in self._due.items() if due <= now]:
                del self._due[child]
                self._start(child)
            if now - ticked >= TICK_S:
                ticked = now
                self._look()
            nearest = min(self._due.values(), default=now + TICK_S)
            try:
                event = self._events.get(timeout=min(max(nearest - now, 0.0), TICK_S))
            except queue.Empty:
                continue
            if isinstance(event, str):
                return
            self._bury(event)

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except FileNotFoundError as error:
            raise OutputError(f"{child.plan.command[0]!r} is not there; install dusktape again") from error
        except OSError as error:  # no process, no memory: there may be later
            self._note("not started", child=child.name, error=str(error), level="error")
            self._due[child] = time.monotonic() + max(child.wait_s(), TICK_S)
            return
        self._note("started", child=child.name, pid=child.pid, life=child.life)

    def _bury(self, child: Child) -> None:
        """Take note of a death: its job goes back, and it is started again."""
        code, why = child.code, child.killed_for
        worker = child.name.startswith("worker-")
        as_meant = worker and code == 0 and why is None
        level = "info" if as_meant else "error"
        self._note("ended", child=child.name, pid=child.pid, code=code, why=why, level=level)
        if code == HOPELESS:
            line = child.last_words.removeprefix("dusktape: ") or f"{child.name} cannot run; see the logs"
            if child.plan.needed:
                raise DusktapeError(line)
            self._say(f"{child.name}: {line}")
            return
        if worker:
            self._put_back(child)
        wait_s = child.wait_s()
        self._due[child] = time.monotonic() + wait_s
        if as_meant:
            return
        later = f" in {wait_s:g} s" if wait_s else ""
        self._say(f"{child.name} ended ({why or _cause(code)}) and is started again{later}")

    def _put_back(self, worker: Child) -> None:
        outside = worker.killed_for is None and worker.code in (-signal.SIGTERM, -9, 0)
        number = int(worker.name.rpartition("-")[2])
        why = worker.killed_for or f"the worker ended ({_cause(worker.code)})"
        assert self._state is not None
        try:
            self._state.release(self._owner(number, worker.life), why, blamed=not outside)
        except DusktapeError as error:  # its lease runs out by itself
            self._note("job not put back", error=str(error), level="error")

    def _look(self) -> None:
        """End who does not move any more. Counted in looks, since a machine may sleep between two of them."""
        try:
            assert self._state is not None
            hung = set(self._state.hung())
        except DusktapeError as error:
            self._note("state not read", error=str(error), level="error")
            hung = set()
        self._seen_hung = {owner: self._seen_hung.get(owner, 0) + 1 for owner in hung}
        for child in self._later:
            owner = f"{self._name}-{child.name}-{child.life}"
            if self._seen_hung.get(owner, 0) >= HUNG_TICKS:
                child.kill("it stood still")
        for child in self._first:
            if child.name.startswith("playout-"):
                self._look_at(child)

    def _look_at(self, playout: Child) -> None:
        from dusktape.radio.ring import RingReader

        station = playout.name.removeprefix("playout-")
        newest = -1
        with suppress(OSError, ValueError, DusktapeError):
            ring = RingReader(self.folder / "run" / station / "mp3.ring")
            newest = ring.newest()
            ring.close()
        here = (playout.life, newest)
        last, ticks = self._rings.get(station, (here, -1))
        ticks = ticks + 1 if last == here else 0
        self._rings[station] = (here, ticks)
        if ticks >= SILENT_TICKS:
            playout.kill("it played nothing")

    def _end(self) -> None:
        """End everything: first asked, then let go, then killed."""
        ways = ((Child.ask_to_end, _ASKED_S), (Child.let_go, _LET_GO_S), (_kill, _KILLED_S))
        for way, seconds in ways[1:] if sys.platform == "win32" else ways:
            for child in self.children:
                way(child)
            last = time.monotonic() + seconds
            if all(child.join(last) for child in self.children):
                break
        self._note("house ends")
        if self._state is not None:
            self._state.close()

    def _heard(self, name: str, line: str) -> None:
        if self._log is not None:
            self._log.heard(name, line)
        if name.startswith("output-") and line.endswith((CONNECTED, TRYING)):
            self._say(line)

    def _note(self, event: str, *, level: str = "info", **facts: Any) -> None:
        if self._log is not None:
            self._log.write({"who": "house", "event": event, "level": level, **facts})


def _module(
    name: str, module: str, state: Path, *words: str, env: Mapping[str, str] | None = None, needed: bool = True
) -> Plan:
    command = [sys.executable, "-m", f"dusktape.radio.{module}", "--state", str(state), *words]
    return Plan(name, command, dict(env or {}), needed=needed)


def _kill(child: Child) -> None:
    child.kill("it did not end")


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
