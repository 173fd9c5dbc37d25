"""How many a radio's server holds: listeners, HLS requests, and what an idle station costs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import urlopen

from bench.effort import Effort
from bench.page import Table
from bench.radio_idle import idle_share
from bench.radio_start import first_sound

TITLE = "Radio"

KILOBITS = 128
LISTENERS = 3_000
SEGMENTS_A_SECOND = 4_000
IDLE_LISTENERS = 100
_CONNECTIONS = 32
_STARTS_S = 20.0


def run(effort: Effort) -> list[Table]:
    """Measure the server with a sender of recorded slots, and a whole station that idles."""
    seconds = 10.0 if effort.quick else 30.0
    with (
        tempfile.TemporaryDirectory(prefix="dusktape-", ignore_cleanup_errors=True) as folder,
        _sender(Path(folder)),
        _server(Path(folder)) as (port, server),
    ):
        live = _clients("live", port, LISTENERS, seconds, KILOBITS * 125)
        used = _cpu(server.pid)
        hls = _clients("hls", port, _CONNECTIONS, seconds / 2, _segment(port))
        hls_cpu = _cpu(server.pid) - used
    delivery = Table(
        f"One server process, {KILOBITS} kbit/s MP3 and 4 s segments of AAC from its rings; the listeners are another "
        "process, on the same machine. A listener starves when the sound that it got is used up before more comes.",
        ["", "reached", "limit"],
        [
            ["listeners of `/live.mp3` at once", f"{live['served']:.0f}", f"{LISTENERS}"],
            [f"of them starved within {seconds:.0f} s", f"{live['starved']:.0f}", "0"],
            ["connections that broke", f"{live['lost']:.0f}", "0"],
            ["longest time without data", f"{live['longest_gap_s']:.2f} s", ""],
            ["first byte, median and 99 %", _waits(live), ""],
            ["sent to listeners", f"{live['megabytes_a_second']:.0f} MB/s", ""],
            ["HLS segments a second", f"{hls['a_second']:,.0f}", f"{SEGMENTS_A_SECOND:,}"],
            ["sent as HLS", f"{hls['megabytes_a_second']:.0f} MB/s", ""],
            ["share of a core meanwhile", f"{hls_cpu / (seconds / 2):.0%}", ""],
        ],
    )
    return [*first_sound(effort), delivery, *idle_share(effort, IDLE_LISTENERS, KILOBITS * 125)]


def _waits(live: dict[str, float]) -> str:
    return f"{1e3 * live['first_byte_median_s']:.0f} ms, {1e3 * live['first_byte_p99_s']:.0f} ms"


def _clients(kind: str, port: int, count: int, seconds: float, last: object) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.radio_clients", kind, str(port), str(count), f"{seconds:g}", str(last)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    if done.returncode:
        raise RuntimeError(f"the listeners failed: {done.stderr.strip()[-500:]}")
    found: dict[str, float] = json.loads(done.stdout)
    return found


@contextmanager
def _sender(folder: Path) -> Iterator[None]:
    """Run a process that fills the rings of a station as a playout does."""
    command = [sys.executable, "-m", "bench.radio_sender", str(folder), str(KILOBITS)]
    with _child(command):
        yield


@contextmanager
def _server(folder: Path) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "dusktape.server", "--state", str(folder), "--port", "0"]
    with _child(command) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().rstrip("/\n").rpartition(":")[2])
        _sounding(port)
        yield port, server


@contextmanager
def _child(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    root = Path(__file__).parents[1]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()


def _sounding(port: int) -> None:
    """Wait until the station has sound for a new listener."""
    ends = time.monotonic() + _STARTS_S
    while time.monotonic() < ends:
        with suppress(OSError), urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5.0) as answer:
            if all(one["sounds"] for one in json.load(answer)["stations"].values()):
                return
        time.sleep(0.1)
    raise RuntimeError(f"the station did not sound within {_STARTS_S:g} s")


def _segment(port: int) -> str:
    """Return the path of a segment that stays for the next half minute."""
    with urlopen(f"http://127.0.0.1:{port}/hls/main/live.m3u8", timeout=5.0) as answer:
        return f"/hls/main/{answer.read().decode().split()[-1]}"


def _cpu(pid: int) -> float:
    """Return the processor seconds that a process has used."""
    import psutil

    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
