"""Workers of their own process, with jobs that are quickly done, hang, crash or eat memory."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dusktape.radio.nouns import Job
from dusktape.radio.state import State

CODE = """
import os, signal, sys, time, types
from pathlib import Path
import dusktape.radio
from dusktape.core.errors import InputError
making = types.ModuleType("dusktape.radio.making")  # the real one takes a second to import, and makes music
sys.modules[making.__name__] = dusktape.radio.making = making
from dusktape.radio import worker
from dusktape.radio.nouns import Made, new_id

def slow(task):
    for k in range(task.spec.get("steps", 10)):
        task.progress("working", k / task.spec.get("steps", 10))
        time.sleep(0.02)
    file = task.folder / "master.flac"
    file.write_bytes(task.job.id.encode())
    name = new_id()
    task.finish(made=Made(name, "T", "dusk", "warm", 1, 80.0, "C minor", 1.0, 44100, "CC0-1.0", name,
                          task.put({"master.flac": file}), 0.0))

def once(task, act):
    mark = Path(task.spec["mark"])
    if not mark.exists():
        mark.touch()
        task.progress("working", 0.1)
        act()

def hangs_once(task):
    once(task, lambda: time.sleep(600))
    slow(task)

def stops_once(task):
    once(task, lambda: os.kill(os.getpid(), signal.SIGSTOP))
    slow(task)

def hungry(task):
    held = []
    while True:
        task.progress("eating", 0.5)
        held.append(bytearray(b"x") * 20_000_000)
        time.sleep(0.02)

def mistaken(task):
    raise InputError("there is no such thing; take another")

def crashes(task):
    raise ZeroDivisionError("oh")

def dies(task):
    os._exit(139)

def lazy(task):
    pass

kinds = (slow, hangs_once, stops_once, hungry, mistaken, crashes, dies, lazy)
making.kinds = lambda: tuple(kind.__name__ for kind in kinds)
making.what = {kind.__name__: kind for kind in kinds}.__getitem__
worker.Worker.__init__.__kwdefaults__ |= {"stall_s": 1.0, "limit_bytes": 200_000_000, "lease_s": 1.0}
sys.exit(worker.main())
"""
"""What `python -m dusktape.radio.worker` is, with other kinds of jobs and less patience."""


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-W", "error", "-c", CODE, "--state", str(folder), *words]


@contextmanager
def working(state: State, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a worker; it is ended at the end."""
    with (
        (state.folder / "said").open("a") as said,
        subprocess.Popen(command(state.folder, *words), stdin=subprocess.PIPE, stderr=said) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def said(state: State) -> str:
    """Return what the workers of a state have said."""
    return (state.folder / "said").read_text(encoding="utf-8")


def until(true: Callable[[], object], *, seconds: float = 60.0) -> None:
    """Wait until something is so."""
    last = time.monotonic() + seconds
    while not true():
        if time.monotonic() > last:
            raise AssertionError("it never came to be")
        time.sleep(0.02)


def again(state: State, job: Job) -> Job:
    found = state.job(job.id)
    assert found is not None
    return found


def ended(state: State, jobs: Sequence[Job]) -> list[Job]:
    """Wait until jobs have ended and return them."""
    until(lambda: all(again(state, job).state not in ("queued", "running") for job in jobs))
    return [again(state, job) for job in jobs]
