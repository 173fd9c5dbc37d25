from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from dusktape.core.errors import OutputError
from dusktape.radio import library, making, worker
from dusktape.radio.nouns import Job
from dusktape.radio.state import State
from dusktape.radio.task import Task

from .workers import again, ended, said, until, working

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


def test_jobs_are_done_in_order_and_their_tracks_are_there(state: State) -> None:
    jobs = [state.submit("slow", {}) for _ in range(3)]
    with working(state) as process:
        done = ended(state, jobs)
        process.stdin.close()
        assert process.wait(30) == 0
    assert [j.state for j in done] == ["done"] * 3
    made = [state.track(j.track or "") for j in done]
    assert all(m and state.blob(m.files["master.flac"]).read_text() == j.id for m, j in zip(made, done, strict=True))
    assert list((state.folder / library.MAKING).iterdir()) == []


def test_a_job_that_ends_nothing_itself_is_done(state: State) -> None:
    job = state.submit("lazy", {})
    with working(state):
        (done,) = ended(state, [job])
    assert (done.state, done.track) == ("done", None)


def test_a_mistake_fails_at_once_a_crash_after_three_attempts_and_both_say_why(state: State) -> None:
    jobs = [state.submit(kind, {}) for kind in ("mistaken", "crashes")]
    with working(state):
        mistaken, crashed = ended(state, jobs)
    assert (mistaken.error, mistaken.attempts) == ("there is no such thing; take another", 1)
    assert (crashed.error, crashed.attempts) == ("given up after 3 attempts: ZeroDivisionError: oh", 3)
    traces = [told["trace"] for told in map(json.loads, said(state).splitlines()) if told["event"] == "job crashed"]
    assert len(traces) == 3
    assert "ZeroDivisionError: oh" in traces[0]


def test_a_killed_worker_costs_its_job_a_retry_and_nothing_else(state: State) -> None:
    job = state.submit("slow", {"steps": 100})
    with working(state) as process:
        until(lambda: again(state, job).progress > 0.1)
        process.kill()
        process.wait()
    assert again(state, job).state == "running"
    with working(state):
        (done,) = ended(state, [job])
    assert (done.state, done.attempts) == ("done", 2)
    assert len(state.tracks()) == 1


def test_a_worker_whose_parent_is_gone_puts_its_job_back_unblamed(state: State) -> None:
    job = state.submit("slow", {"steps": 1000})
    with working(state) as process:
        until(lambda: again(state, job).progress > 0.0)
        process.stdin.close()
        assert process.wait(30) == 0
    assert (again(state, job).state, again(state, job).attempts) == ("queued", 0)


@posix
def test_a_worker_that_is_asked_to_end_puts_its_job_back_unblamed(state: State) -> None:
    job = state.submit("slow", {"steps": 1000})
    with working(state) as process:
        until(lambda: again(state, job).progress > 0.0)
        process.terminate()
        assert process.wait(30) == 0
    assert (again(state, job).state, again(state, job).attempts) == ("queued", 0)


def test_a_job_that_stands_still_loses_its_lease(state: State, tmp_path: Path) -> None:
    job = state.submit("hangs_once", {"mark": str(tmp_path / "mark")})
    with working(state):
        until((tmp_path / "mark").exists)
        with working(state):
            (done,) = ended(state, [job])
    assert (done.state, done.attempts) == ("done", 2)


@posix
def test_a_worker_that_is_stopped_loses_its_lease_and_keeps_its_hands_off_later(state: State, tmp_path: Path) -> None:
    job = state.submit("stops_once", {"mark": str(tmp_path / "mark")})
    with working(state) as first:
        until((tmp_path / "mark").exists)
        with working(state):
            (done,) = ended(state, [job])
            os.kill(first.pid, signal.SIGCONT)
            other = state.submit("lazy", {})
            ended(state, [other])
    assert (done.state, done.attempts) == ("done", 2)
    assert again(state, job) == done
    assert len(state.tracks()) == 1


def test_a_slow_job_that_moves_keeps_its_lease(state: State) -> None:
    job = state.submit("slow", {"steps": 150})  # three times as long as a lease
    with working(state), working(state):
        (done,) = ended(state, [job])
    assert (done.state, done.attempts) == ("done", 1)


def test_a_cancelled_job_ends_soon_and_the_next_begins(state: State) -> None:
    job, after = state.submit("slow", {"steps": 100_000}), state.submit("lazy", {})
    with working(state):
        until(lambda: again(state, job).progress > 0.0)
        state.cancel(job.id)
        ended(state, [after])
    assert again(state, job).state == "cancelled"
    assert state.tracks() == []


def test_a_job_that_eats_memory_is_ended_and_the_worker_with_it(state: State) -> None:
    job = state.submit("hungry", {})
    with working(state) as process:
        assert process.wait(60) == 1
    back = again(state, job)
    assert (back.state, back.attempts) == ("queued", 1)


def test_a_crash_below_python_costs_an_attempt_when_the_lease_is_over(state: State) -> None:
    job = state.submit("dies", {})
    for _ in range(3):
        with working(state) as process:
            assert process.wait(60) == 139
    with working(state):
        (done,) = ended(state, [job])
    assert (done.state, done.attempts) == ("failed", 3)
    assert "given up after 3 attempts" in str(done.error)


def test_the_library_is_held_to_its_size(state: State) -> None:
    jobs = [state.submit("slow", {}) for _ in range(3)]
    with working(state, "--library-bytes", "20") as process:
        ended(state, jobs)
        until(lambda: len(state.tracks()) == 1)
        process.stdin.close()
        process.wait(30)


def test_a_database_that_is_none_is_said_in_one_line(tmp_path: Path) -> None:
    with State.open(tmp_path / "radio") as state:
        state.close()
        (state.folder / "state.sqlite").write_bytes(b"none" * 1000)
        with working(state) as process:
            assert process.wait(60) == 2
        assert said(state).count("\n") == 1
        assert "is damaged" in said(state)


def test_a_worker_waits_while_nothing_can_be_written_and_goes_on_afterwards(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "TROUBLE_S", 0.01)
    job = state.submit("lazy", {})
    tries: list[str] = []

    def full(owner: str, *, seconds: float) -> Job | None:
        tries.append(owner)
        if len(tries) < 3:
            raise OutputError("the disk is full; free some space")
        one.stopping.set()
        return State.lease(state, owner, seconds=seconds)

    monkeypatch.setattr(state, "lease", full)
    monkeypatch.setattr(making, "what", lambda kind: lambda task: None)
    one = worker.Worker(state, "me")
    one.run()
    assert len(tries) == 3
    assert again(state, job).state == "done"


def test_no_job_is_begun_or_lost_while_the_disk_is_full(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "TROUBLE_S", 0.01)
    job = state.submit("lazy", {})
    frees = iter([0, 0, 10**12])
    monkeypatch.setattr(library.shutil, "disk_usage", lambda _: SimpleNamespace(free=next(frees, 10**12)))
    seen: list[str] = []

    def lazy(task: Task) -> None:
        seen.append("done")
        one.stopping.set()

    monkeypatch.setattr(making, "what", lambda kind: lazy)
    one = worker.Worker(state, "me")
    one.run()
    assert seen == ["done"]
    assert (again(state, job).state, again(state, job).attempts) == ("done", 1)


def test_a_disk_that_fills_up_meanwhile_puts_the_job_back_and_our_paths_are_nobodys_business(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fills_up(task: Task) -> None:
        raise OutputError(f"{str(task.folder / 'a.flac')!r}: the disk is full") from OSError(errno.ENOSPC, "full")

    def mistaken(task: Task) -> None:
        raise OutputError(f"{str(task.folder / 'a.flac')!r} is there already")

    monkeypatch.setattr(making, "what", {"full": fills_up, "wrong": mistaken}.get)
    one = worker.Worker(state, "me")
    for kind in ("full", "wrong"):
        job = state.submit(kind, {})
        leased = state.lease("me")
        assert leased is not None
        one.do(leased)
        if kind == "full":
            assert again(state, job).state == "queued"
            state.cancel(job.id)
        else:
            assert again(state, job).error == "'the library/a.flac' is there already"


def test_a_worker_that_holds_much_memory_ends_between_two_jobs(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(making.KINDS, "nothing", lambda task: None)
    first, second = (state.submit("nothing", {}) for _ in range(2))
    worker.Worker(state, "weary", weary_bytes=1).run()
    assert (again(state, first).state, again(state, second).state) == ("done", "queued")


def test_a_worker_that_waits_with_much_memory_ends_and_one_with_little_waits_on(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(making.KINDS, "nothing", lambda task: None)
    job = state.submit("nothing", {})
    worker.Worker(state, "heavy", idle_bytes=1, idle_s=0.3).run()
    assert again(state, job).state == "done"
    light = worker.Worker(state, "light", idle_bytes=1 << 40, idle_s=0.1)
    waiting = threading.Thread(target=light.run)
    waiting.start()
    waiting.join(1.0)
    assert waiting.is_alive()
    light.stopping.set()
    waiting.join()
