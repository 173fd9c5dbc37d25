"""What a station costs when its reserve is full: all processes of `dusktape radio`, with listeners."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from bench.effort import Effort
from bench.end_to_end import dusktape
from bench.page import Table

LIMIT = 0.10
_FILLED_S = 900.0
_STILL_S = 5.0


def idle_share(effort: Effort, listeners: int, rate: float) -> list[Table]:
    """Start a radio, wait until nothing is left to make, let people listen, and count processor seconds."""
    from bench.radio_load import _clients, _sounding

    seconds = 15.0 if effort.quick else 60.0
    with tempfile.TemporaryDirectory(prefix="dusktape-", ignore_cleanup_errors=True) as folder:
        command = [dusktape(), "radio", "--no-open", "--quiet", "--port", "0", "--state", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as house:
            try:
                assert house.stdout is not None
                port = int(urlsplit(house.stdout.readline().strip()).port or 0)
                _sounding(port)
                if not _filled(Path(folder)):
                    return [Table(f"No idle station: its reserve was not full after {_FILLED_S:g} s.", ["", ""], [])]
                before, start = _seconds_of(house.pid), time.monotonic()
                live = _clients("live", port, listeners, seconds, rate)
                took = time.monotonic() - start
                after = _seconds_of(house.pid)
            finally:
                house.terminate()
                house.wait(30.0)
    shares = {name: (used - before.get(name, 0.0)) / took for name, used in after.items()}
    rows = [[name, f"{share:.1%}", ""] for name, share in sorted(shares.items())]
    rows.append(["**together**", f"{sum(shares.values()):.1%}", f"{LIMIT:.0%}"])
    return [
        Table(
            f"`dusktape radio` with a full reserve and {live['served']:.0f} listeners, {live['starved']:.0f} of them "
            f"starved, for {seconds:.0f} s: share of a core by process.",
            ["", "share of a core", "limit"],
            rows,
        )
    ]


def _filled(folder: Path) -> bool:
    """Wait until workers have had nothing to do for a while."""
    from dusktape.radio.state import State

    ends, still = time.monotonic() + _FILLED_S, 0.0
    with State.open(folder) as state:
        while time.monotonic() < ends:
            busy = bool(state.jobs(states=("queued", "running"), limit=1)) or not state.tracks(limit=1)
            still = 0.0 if busy else still + 0.5
            if still >= _STILL_S:
                return True
            time.sleep(0.5)
    return False


def _seconds_of(house: int) -> dict[str, float]:
    """Return processor seconds by the module that a process runs."""
    import psutil

    found: dict[str, float] = {}
    family = [psutil.Process(house), *psutil.Process(house).children(recursive=True)]
    for process in family:
        words = process.cmdline()
        name = words[words.index("-m") + 1].removeprefix("dusktape.") if "-m" in words else "house"
        times = process.cpu_times()
        found[name] = found.get(name, 0.0) + times.user + times.system
    return found
