"""A process that does jobs, one after the other: `python -m dusktape.radio.worker --state DIR`. The house starts it.

What a user got wrong fails the job with its one line. Anything else (a crash, no memory, a kill, standing still) puts
the job back, and it is begun again, three times in all.
"""

from __future__ import annotations

import argparse
import errno
import importlib
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from dusktape.core import home
from dusktape.core.errors import DusktapeError, OutputError
from dusktape.radio import library, lifeline, logs
from dusktape.radio.nouns import Job, new_id
from dusktape.radio.state import LEASE_S, State
from dusktape.radio.task import CalledOff, Task

STALL_S = 120.0
"""A job that has said nothing for so long stands still, and its lease is not renewed any more."""

LIMIT_BYTES = 3 << 30
"""Of memory in use, and no more than `LIMIT_SHARE` of what the machine has; three minutes of music take 300 MB."""

LIMIT_SHARE = 0.6

ROOM_BYTES = 300_000_000
"""Of the disk, free: with less, the library gives way, and no job is begun until there is room."""

WEARY_BYTES = 256 << 20
"""A worker that holds so much between two jobs ends, and a fresh one follows: tones are kept while it lives."""

IDLE_BYTES = 96 << 20
"""One that has had nothing to do for `IDLE_S` ends when it holds so much; a fresh one that waits holds 40 MB."""

IDLE_S = 20.0

SWEEP_S = 6.0 * 3600.0
"""Between two looks for files that nobody names."""

POLL_S = 0.25
"""Between two looks at an empty queue."""

TROUBLE_S = 5.0
"""Between two tries when nothing can be written down."""

NICENESS = 10
_TELL_S = 0.3
_HEARTBEAT_S = 2.0


class Worker:
    """Does the jobs of a state.

    Parameters
    ----------
    state
        Where the jobs are.
    owner
        The name under which they are leased; nobody else may have it.
    lease_s, stall_s, limit_bytes
        How long a job is ours without word from us; how long it may say nothing; how much memory it may take.
    library_bytes
        How large the library may grow.
    room_bytes
        How much of the disk stays free.
    weary_bytes, idle_bytes, idle_s
        With so much memory in use between two jobs it returns from `run`; with so much, after so long without a job.
    """

    def __init__(
        self,
        state: State,
        owner: str,
        *,
        lease_s: float = LEASE_S,
        stall_s: float = STALL_S,
        limit_bytes: int = LIMIT_BYTES,
        library_bytes: int = library.LIMIT_BYTES,
        room_bytes: int = ROOM_BYTES,
        weary_bytes: int = WEARY_BYTES,
        idle_bytes: int = IDLE_BYTES,
        idle_s: float = IDLE_S,
    ) -> None:
        self._state, self._owner = state, owner
        self._lease_s, self._stall_s = lease_s, stall_s
        self._limit = min(limit_bytes, int(LIMIT_SHARE * _psutil().virtual_memory().total))
        self._swept = -SWEEP_S
        self._library_bytes, self._room, self._weary = library_bytes, room_bytes, weary_bytes
        self._idle, self._idle_s, self._idle_since = idle_bytes, idle_s, time.monotonic()
        self._log = logs.Log("worker", owner=owner)
        self._course: _Course | None = None
        self.stopping = threading.Event()

    def run(self) -> None:
        """Do jobs until `stopping` is set, or too much memory is held."""
        self._tidy()
        beating = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        beating.start()
        trouble = ""
        while not self.stopping.is_set():
            try:
                self._next()
            except DusktapeError as error:  # whoever plays goes on without us
                if str(error) != trouble:
                    self._log.error("waiting", error=str(error))
                trouble = str(error)
                self.stopping.wait(TROUBLE_S)
            else:
                trouble = ""
        beating.join()

    def _next(self) -> None:
        if not library.make_room(self._state, bytes_free=self._room):
            raise OutputError("the disk is full, and nothing of the library can go; free some space")
        job = self._state.lease(self._owner, seconds=self._lease_s)
        if job is None:
            self.stopping.wait(POLL_S)
            if time.monotonic() - self._idle_since > self._idle_s:
                self._rest(self._idle)
        else:
            self.do(job)
            self._tidy()
            self._rest(self._weary)

    def _rest(self, most: int) -> None:
        """End where more memory is in use than this."""
        self._idle_since = time.monotonic()
        if (held := memory_in_use()) > most:
            self._log.info("a fresh worker follows", bytes=held)
            self.stopping.set()

    def _tidy(self) -> None:
        due = time.monotonic() - self._swept > SWEEP_S
        library.tidy(self._state, limit_bytes=self._library_bytes, thorough=due)
        self._swept = time.monotonic() if due else self._swept

    def do(self, job: Job) -> None:
        """Do one job that was leased, and say how it ended."""
        from dusktape.radio import making

        folder = self._state.folder / library.MAKING / f"{job.id}-{job.attempts}-{new_id()}"
        course = self._course = _Course(self._state, job.id, self._owner, self._lease_s)
        task = Task(self._state, job, self._owner, folder, course.progress)
        began = time.monotonic()
        told = self._log.bind(job=job.id, kind=job.kind, attempt=job.attempts)
        try:
            folder.mkdir(parents=True)
            making.what(job.kind)(task)
            if not task.ended:
                task.finish()
            told.info("job done", seconds=round(time.monotonic() - began, 2))
        except CalledOff:
            told.info("job called off")
        except DusktapeError as error:
            said = str(error).replace(str(folder), "the library").replace(str(self._state.folder), "the library")
            told.info("job failed", error=said)
            self._state.fail(job.id, self._owner, said, retry=_is_full(error))
        except MemoryError:
            told.error("out of memory")
            self._give_up("it needs more memory than there is")
        except Exception as error:
            told.error("job crashed", trace=traceback.format_exc())
            self._state.fail(job.id, self._owner, f"{type(error).__name__}: {error}"[:300], retry=True)
        finally:
            self._course = None
            shutil.rmtree(folder, ignore_errors=True)

    def let_go(self) -> None:
        """Put back what is being done, which is blamed for nothing."""
        self._state.release(self._owner, "the radio was ended", blamed=False)

    def _give_up(self, why: str) -> None:
        """Put the job back and end, since the memory of this process is not to be trusted with another."""
        self._state.release(self._owner, why)
        os._exit(1)

    def _beat(self) -> None:
        """Hold the job while it moves, and end the process when it takes too much memory."""
        while not self.stopping.wait(min(_HEARTBEAT_S, self._lease_s / 3.0)):
            with suppress(DusktapeError):  # a database that is held for a while: the next beat comes
                if (course := self._course) is not None:
                    course.beat(self._stall_s)
                    if memory_in_use() > self._limit:
                        self._log.error("too much memory", bytes=memory_in_use())
                        self._give_up(f"it needs more than {self._limit >> 20} MB of memory")


class _Course:
    """How a job goes on: told to the state now and then, and whether anybody still wants it."""

    def __init__(self, state: State, job: str, owner: str, lease_s: float) -> None:
        self._state, self._job, self._owner, self._lease_s = state, job, owner, lease_s
        self._stage, self._share = "", 0.0
        self._moved = time.monotonic()
        self._told = 0.0
        self._lock = threading.Lock()
        self._off = False

    def progress(self, stage: str, share: float) -> None:
        """Take note, and raise `CalledOff` if there is no more need."""
        self._moved = time.monotonic()
        self._stage, self._share = stage, min(max(share, 0.0), 1.0)
        if self._moved - self._told > _TELL_S:
            self._tell()
        if self._off:
            raise CalledOff

    def beat(self, stall_s: float) -> None:
        """Renew the lease, if the job moved lately."""
        if time.monotonic() - self._moved < stall_s and not self._off:
            self._tell()

    def _tell(self) -> None:
        with self._lock:
            self._told = time.monotonic()
            ours = self._state.renew(
                self._job, self._owner, seconds=self._lease_s, progress=self._share, stage=self._stage
            )
            self._off = self._off or not ours


def _is_full(error: BaseException | None) -> bool:
    """Return whether a full disk is behind an error: the job is not to blame, and there may be room later."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
            return True
        error = error.__cause__
    return False


def memory_in_use() -> int:
    """Return the bytes of memory that this process has in use."""
    return int(_psutil().Process().memory_info().rss)


def _psutil() -> Any:
    return importlib.import_module("psutil")  # which comes without types


def _be_modest() -> None:
    """Leave the machine to whoever plays."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with suppress(OSError):
        if sys.platform == "win32":
            _psutil().Process().nice(_psutil().BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(NICENESS)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do jobs until standard input closes."""
    parser = argparse.ArgumentParser(prog="dusktape.radio.worker")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--owner", default=f"worker-{os.getpid()}-{new_id()}")
    parser.add_argument("--library-bytes", type=int, default=library.LIMIT_BYTES)
    told = parser.parse_args(arguments)
    _be_modest()
    try:
        state = State.open(told.state)
    except DusktapeError as error:
        print(error, file=sys.stderr)
        return 2
    home.look_in(state.folder / "instruments")
    worker = Worker(state, told.owner, library_bytes=told.library_bytes)
    lifeline.end_with_parent(worker.let_go)
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=lifeline.end, args=(worker.let_go,)).start())
    from dusktape.radio import making

    making.kinds()  # what takes a while to import is there when the first job comes
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
