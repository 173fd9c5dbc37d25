"""A shortened `tools/hostile.py`: the same attacks on a server with a station that is filled by hand."""

from __future__ import annotations

import importlib.util
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from dusktape.server.limits import Limits

from .station import wait_for

HASTY = Limits(head_s=1.0, quiet_s=1.0, body_s=2.0, stalled_s=2.0, upload_bytes=1 << 20)


@pytest.fixture(scope="module")
def hostile() -> ModuleType:
    file = Path(__file__).parents[2] / "tools" / "hostile.py"
    spec = importlib.util.spec_from_file_location("tool_hostile", file)
    assert spec and spec.loader
    found = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = found
    spec.loader.exec_module(found)
    return found


def test_a_hostile_crowd_breaks_nothing_and_learns_nothing(station, hostile, monkeypatch):
    pytest.importorskip("schemathesis")
    monkeypatch.setattr("dusktape.server.skips.PATIENCE_S", 0.1)
    monkeypatch.setattr("dusktape.server.metrics._SILENT_S", 600.0)  # nobody fills the other station
    end = threading.Event()

    def sender():
        while not end.wait(0.25):
            station.sound(0.3)

    with station.served(limits=HASTY) as port:
        thread = threading.Thread(target=sender)
        thread.start()
        try:
            with hostile.Listener(port, rate=7_000) as listener:
                wait_for(lambda: listener.bytes)
                attack = hostile.Attack(port, seed=5, secrets=(str(station.folder).encode(),))
                hostile.uploads(attack, 12, 4 << 20)
                hostile.slow(attack, 12, seconds=1.5)
                hostile.malformed(attack, 30)
                hostile.fuzz(attack, 70)
                hostile.paths(attack, 100)
                assert station.ask("/api/v1/stations").status == 200
        finally:
            end.set()
            thread.join()
    assert attack.wrong == []
    assert attack.count > 180
    assert not listener.lost
    assert list((station.folder / "uploads").glob("*.part")) == []
    log = station.folder / "logs" / "server.jsonl"
    assert '"broken"' not in log.read_text(encoding="utf-8")


def test_the_crowd_notices_what_it_looks_for(station, hostile):
    attack = hostile.Attack(1)
    attack._note(b"x", b"HTTP/1.1 500 Oops\r\ncontent-security-policy: x\r\n\r\nTraceback")
    attack._note(b"x", b"HTTP/1.1 200 OK\r\n\r\n")
    assert len(attack.wrong) == 3
    assert attack.statuses == {"500": 1, "200": 1}
