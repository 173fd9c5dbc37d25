from __future__ import annotations

import os
import queue
import signal
import sys
import time
from collections.abc import Iterator

import pytest

from dusktape.radio import child as children
from dusktape.radio.child import Child, Plan


class Watched:
    """A child, what it says and when it dies."""

    def __init__(self, code: str, **facts: object) -> None:
        self.said: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self.deaths: queue.SimpleQueue[Child] = queue.SimpleQueue()
        plan = Plan("it", [sys.executable, "-c", code, "{life}"], **facts)  # type: ignore[arg-type]
        self.child = Child(plan, lambda *said: self.said.put(said), self.deaths.put)


@pytest.fixture
def ended() -> Iterator[list[Child]]:
    """Children to end after the test."""
    some: list[Child] = []
    yield some
    for child in some:
        child.kill("the test is over")
        child.join(time.monotonic() + 10)


def test_it_is_heard_and_its_death_is_told(ended: list[Child]) -> None:
    it = Watched("import sys; print('out ' + sys.argv[1]); print('err', file=sys.stderr); sys.exit(7)")
    ended.append(it.child)
    for life in "12":
        it.child.start()
        assert it.deaths.get(timeout=30) is it.child
        assert it.child.code == 7
        assert sorted(it.said.get(timeout=5)[1] for _ in range(2)) == ["err", f"out {life}"]
    assert not it.child.running


def test_it_ends_when_it_is_let_go(ended: list[Child]) -> None:
    it = Watched("import sys; print('up', flush=True); sys.stdin.read()")
    ended.append(it.child)
    it.child.start()
    it.said.get(timeout=30)
    assert not it.child.join(time.monotonic())
    it.child.let_go()
    assert it.child.join(time.monotonic() + 30)
    assert it.child.code == 0


def test_a_killed_one_remembers_why(ended: list[Child]) -> None:
    it = Watched("import time; time.sleep(600)")
    ended.append(it.child)
    it.child.start()
    it.child.kill("it stood still")
    it.deaths.get(timeout=30)
    assert it.child.killed_for == "it stood still"
    it.child.start()
    assert it.child.killed_for is None


def test_it_gets_its_environment_and_one_thread(ended: list[Child]) -> None:
    code = "import os; print(os.environ['WORD'], os.environ['OMP_NUM_THREADS'], os.environ['PYTHONSAFEPATH'])"
    it = Watched(code, env={"WORD": "secret", "OMP_NUM_THREADS": "1"})
    ended.append(it.child)
    it.child.start()
    assert it.said.get(timeout=30) == ("it", "secret 1 1")
    assert "secret" not in " ".join(it.child.plan.command)


def test_the_first_lives_follow_at_once_and_short_ones_later_and_later(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Watched("").child
    child._began = time.monotonic()
    waits = [child.wait_s() for _ in range(12)]
    assert waits[:3] == [0.0, 0.0, 0.0]
    assert waits[3:6] == [0.5, 1.0, 2.0]
    assert max(waits) == waits[-1] == children.LONGEST_WAIT_S
    monkeypatch.setattr(children, "SHORT_LIFE_S", 0.0)
    assert child.wait_s() == 0.0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="kills with SIGKILL")
def test_who_is_killed_from_outside_again_and_again_is_started_at_once(ended: list[Child]) -> None:
    it = Watched("import time; time.sleep(60)")
    ended.append(it.child)
    it.child.start()
    os.kill(it.child.pid, signal.SIGKILL)
    assert it.child.join(time.monotonic() + 30.0)
    assert it.child.code == -signal.SIGKILL
    it.child._began = time.monotonic() - children.SHORT_LIFE_S / 2
    assert [it.child.wait_s() for _ in range(8)] == [0.0] * 8
    it.child.killed_for = "it stood still"
    assert [it.child.wait_s() for _ in range(5)][-1] > 0.0
