from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from dusktape.core.errors import DusktapeError, InputError
from dusktape.radio import house as houses
from dusktape.radio.child import Plan
from dusktape.radio.house import House
from dusktape.radio.state import State

from . import workers
from .workers import again, until

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")

SERVER = [sys.executable, "-c", "import sys; print('serving', flush=True); sys.stdin.read()"]
SILENT = "import sys; sys.stdin.read()"
"""A playout that plays nothing."""

MAIN = """
import sys
from pathlib import Path
from dusktape.radio import house
from dusktape.radio.child import Plan
code = Path(sys.argv[2]).read_text()
house._module = lambda name, module, state, *words, **more: Plan(
    name, [sys.executable, "-c", code, "--state", str(state), *words])
sys.exit(house.House(Path(sys.argv[1]), server=None, stations=(), workers=2).run())
"""


@pytest.fixture(autouse=True)
def quick_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let workers be those of the tests, and playouts and outputs be still."""

    def module(name: str, what: str, state: Path, *words: str, env: Any = None, needed: bool = True) -> Plan:
        code = workers.CODE if what == "worker" else SILENT if what == "playout" else "import sys; sys.exit('no URL')"
        return Plan(name, [sys.executable, "-c", code, "--state", str(state), *words], dict(env or {}), needed=needed)

    monkeypatch.setattr(houses, "_module", module)
    monkeypatch.setattr(houses, "TICK_S", 0.1)


@contextmanager
def running(state: State, **facts: Any) -> Iterator[House]:
    """Run a house in a thread; what it raises is raised at the end."""
    told: list[str] = []
    raised: list[BaseException] = []
    house = House(state.folder, **{"server": None, "stations": (), "workers": 0, "say": told.append, **facts})
    house.told = told  # type: ignore[attr-defined]

    def run() -> None:
        try:
            house.run()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield house
    finally:
        house.stop()
        thread.join(60)
    if raised:
        raise raised[0]


def logged(state: State) -> list[dict[str, Any]]:
    path = state.folder / "logs" / "radio.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def events(state: State, who: str) -> list[str]:
    return [told["event"] for told in logged(state) if told["who"] == who]


def test_everything_is_started_heard_and_ended(state: State) -> None:
    job = state.submit("lazy", {})
    with running(state, server=SERVER, stations=["main"], workers=1) as house:
        until(lambda: again(state, job).state == "done" and "serving" in events(state, "server"))
        assert [child.name for child in house.children] == ["server", "playout-main", "worker-0"]
        assert all(child.running for child in house.children)
    assert not any(child.running for child in house.children)
    assert events(state, "house")[-1] == "house ends"


def test_what_is_killed_is_there_again_at_once_and_so_is_its_socket(state: State) -> None:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        answer = (
            f"import os, socket; door = socket.socket(fileno={door.fileno()})\n"
            "while True:\n    near, _ = door.accept(); near.sendall(str(os.getpid()).encode()); near.close()"
        )
        if sys.platform == "win32":
            pytest.skip("sockets are not handed on there")

        def asked() -> int:
            with socket.create_connection(door.getsockname(), timeout=60) as far:
                return int(far.recv(20) or 0)  # 0: who took the call died over it

        with running(state, server=[sys.executable, "-c", answer], fds=[door.fileno()]) as house:
            first = asked()
            os.kill(first, signal.SIGKILL)
            until(lambda: asked() not in (first, 0))
            assert house.children[0].life == 2
            assert house.told == ["server ended (SIGKILL) and is started again"]  # type: ignore[attr-defined]


@posix
def test_a_killed_workers_job_goes_back_at_once_and_unblamed(state: State) -> None:
    job = state.submit("slow", {"steps": 60})
    with running(state, workers=1) as house:
        for _ in range(5):  # more often than a job may be begun
            until(lambda: again(state, job).progress > 0.0)
            os.kill(house.children[0].pid, signal.SIGKILL)
            until(lambda: again(state, job).progress == 0.0)
        until(lambda: again(state, job).state == "done")
    assert again(state, job).attempts == 1
    assert len(state.tracks()) == 1


def test_a_job_that_kills_its_worker_is_given_up_after_three_attempts(state: State) -> None:
    job = state.submit("dies", {})
    with running(state, workers=1):
        until(lambda: again(state, job).state == "failed")
    assert again(state, job).error == "given up after 3 attempts: the worker ended (exit code 139)"


@posix
def test_a_hung_worker_is_ended_and_its_job_done_by_the_next(state: State, tmp_path: Path) -> None:
    job = state.submit("stops_once", {"mark": str(tmp_path / "mark")})
    with running(state, workers=1) as house:
        until(lambda: again(state, job).state == "done")
        assert house.children[0].life == 2
    assert again(state, job).attempts == 2
    assert any(told.get("why") == "it stood still" for told in logged(state))


def test_a_playout_that_plays_nothing_is_started_again(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(houses, "SILENT_TICKS", 3)
    with running(state, stations=["main"]) as house:
        until(lambda: house.children[0].life > 1)
    assert any(told.get("why") == "it played nothing" for told in logged(state))


def test_a_server_that_can_only_fail_ends_all_and_says_why(state: State) -> None:
    code = "import sys; print('dusktape: port 80 may not be used; choose --port', file=sys.stderr); sys.exit(2)"
    with (
        pytest.raises(DusktapeError, match=r"\Aport 80 may not be used; choose --port\Z"),
        running(state, server=[sys.executable, "-c", code], workers=1) as house,
    ):
        until(lambda: "house ends" in events(state, "house"))
    assert not any(child.running for child in house.children)


def test_an_output_that_can_only_fail_is_left_and_the_rest_goes_on(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = f"import os, sys; print('no such place', len(os.environ['{houses.OUTPUT_URL}'])); sys.exit(2)"

    def module(name: str, what: str, state: Path, *words: str, env: Any = None, needed: bool = True) -> Plan:
        return Plan(name, [sys.executable, "-c", code], dict(env or {}), needed=needed)

    monkeypatch.setattr(houses, "_module", module)
    with running(state, server=SERVER, outputs=[("main", "icecast://x:secret@y")]) as house:
        until(lambda: house.told)  # type: ignore[attr-defined]
        assert house.told == ["output-0: no such place 20"]  # type: ignore[attr-defined]
        assert house.children[0].running
    assert "secret" not in (state.folder / "logs" / "radio.jsonl").read_text()


def test_who_runs_a_radio_is_told_whether_its_outputs_reach_their_servers(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
import sys
from dusktape.radio.outputs.retry import Retry, tell
retry = Retry("icecast://y:8000/dusk", sleep=lambda seconds: None)
retry.wait("no connection (connection refused)")
retry.wait("no connection (connection refused)")
retry.connected()
tell("icecast://y:8000/dusk: the title was not taken (404)")
retry.wait("the server ended the stream")
sys.stdin.read()
"""

    def module(name: str, what: str, state: Path, *words: str, env: Any = None, needed: bool = True) -> Plan:
        return Plan(name, [sys.executable, "-c", code], dict(env or {}), needed=needed)

    monkeypatch.setattr(houses, "_module", module)
    with running(state, server=SERVER, outputs=[("main", "icecast://x:secret@y/dusk")]) as house:
        until(lambda: len(house.told) == 3)  # type: ignore[attr-defined]
    assert house.told == [  # type: ignore[attr-defined]
        "icecast://y:8000/dusk: no connection (connection refused); trying again, less and less often",
        "icecast://y:8000/dusk: connected",
        "icecast://y:8000/dusk: the server ended the stream; trying again, less and less often",
    ]


def test_what_was_abandoned_is_taken_away_at_the_start(state: State) -> None:
    old, young = state.folder / "making" / "old", state.folder / "making" / "young"
    for folder in (old, young):
        folder.mkdir(parents=True)
        (folder / "master.flac.part").write_bytes(b"x")
    os.utime(old, (1e9, 1e9))
    with running(state, server=SERVER):
        until(lambda: "house begins" in events(state, "house"))
    assert not old.exists()
    assert young.exists()


def test_a_second_house_is_refused_in_one_line(state: State) -> None:
    with running(state, server=SERVER):
        until(lambda: events(state, "house"))
        with pytest.raises(InputError, match=rf"already \(process {os.getpid()}\); end it, or .*--state"):
            House(state.folder, server=None, stations=()).run()


def test_a_newer_database_ends_the_house_with_one_line(state: State) -> None:
    with state.writing() as (db, _):
        db.execute("PRAGMA user_version=99")
    house = House(state.folder, server=SERVER, stations=(), workers=1)
    with pytest.raises(InputError, match="made by a newer dusktape"):
        house.run()
    assert not any(child.running for child in house.children)


@contextmanager
def own_process(state: State) -> Iterator[subprocess.Popen[bytes]]:
    """Run a house with two workers in a process of its own."""
    code = state.folder / "worker_code.py"
    code.write_text(workers.CODE)
    command = [sys.executable, "-c", MAIN, str(state.folder), str(code)]
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


def children_of(process: subprocess.Popen[bytes], count: int) -> list[psutil.Process]:
    found: list[psutil.Process] = []

    def enough() -> bool:
        nonlocal found
        with suppress(psutil.NoSuchProcess):
            found = psutil.Process(process.pid).children()
        return len(found) == count

    until(enough)
    return found


def gone(processes: list[psutil.Process]) -> Callable[[], bool]:
    return lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_everything_in_order(state: State, number: signal.Signals) -> None:
    job = state.submit("slow", {"steps": 100_000})
    with own_process(state) as process:
        children = children_of(process, 2)
        until(lambda: again(state, job).progress > 0.0)
        process.send_signal(number)
        assert process.wait(30) == 0
    until(gone(children))
    assert (again(state, job).state, again(state, job).attempts) == ("queued", 0)


@posix
def test_a_killed_house_takes_its_children_with_it_and_the_next_goes_on(state: State) -> None:
    jobs = [state.submit("slow", {"steps": 40}) for _ in range(6)]
    for _ in range(4):
        with own_process(state) as process:
            children = children_of(process, 2)
            until(lambda: any(j.progress > 0.0 for j in state.jobs(states=["running"])))
            process.kill()
        until(gone(children))
    with own_process(state):
        until(lambda: all(again(state, j).state == "done" for j in jobs))
    assert len(state.tracks()) == 6
