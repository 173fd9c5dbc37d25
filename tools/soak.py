"""Lets a real radio play for hours and looks for gaps and growth: `python tools/soak.py --minutes 120`.

Starts `dusktape radio` on a folder of its own, listens, reads every slot of its ring, and notes the memory of each
process every half minute. Growth is the median of the last quarter over the median of the second one: the first is
left out, while the reserve is filled. Prints tables; exits 1 at a gap, at silence of two seconds, or at
growth of 5 % and more. Loopback only; needs psutil.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from radio_runs import RATE, Listener, Radio, Watcher, table

EVERY_S = 30.0
MOST_GROWTH = 0.05
MIB = 2.0**20
LONGEST_BREAK_S = 2.0
"""Music may stop for a moment (a cut, a tape that is stopped); longer is silence."""


def main() -> int:
    """Run, print, and return the exit code."""
    parser = argparse.ArgumentParser(description="Let a radio play and look for gaps and growth.")
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--every", type=float, default=EVERY_S, metavar="S", help="between two looks at the memory")
    parser.add_argument("--skips", type=int, default=0, help="so many skips, evenly over the time")
    parser.add_argument("options", nargs="*", help="of dusktape radio, after --; as in -- --workers 2")
    options = parser.parse_args()
    memory: dict[str, list[float]] = {}
    cpu: dict[str, float] = {}
    pids: dict[str, set[int]] = {}
    with Radio(options=options.options) as radio:
        watcher, listener = Watcher(radio.ring).start(), Listener(radio).start()
        if radio.wait(lambda: listener.received, 60.0) is None:
            raise SystemExit("no sound after a minute")
        begun = time.monotonic()
        skips = 0
        while (elapsed := time.monotonic() - begun) < 60.0 * options.minutes:
            for role, process in radio.processes().items():
                with suppress(psutil.Error):
                    memory.setdefault(role, []).append(_private(process))
                    times = process.cpu_times()
                    cpu[role] = times.user + times.system
                    pids.setdefault(role, set()).add(process.pid)
            if skips < options.skips * elapsed / (60.0 * options.minutes):
                skips += radio.ask("/api/v1/stations/main/skip", {}) is not None
            if len(memory["house"]) % 10 == 0:
                print(f"{elapsed / 60:.0f} min: {_line(memory)}", file=sys.stderr, flush=True)
            time.sleep(options.every)
        programme = radio.ask("/api/v1/stations/main/history?limit=200") or []
        tracks = len(radio.ask("/api/v1/tracks?limit=200") or ())
        watcher.stop()
        listener.stop()
    seconds = time.monotonic() - begun
    growth = {role: _growth(values) for role, values in memory.items()}
    silence_s = _longest(watcher.silent)
    rows = [
        [
            role,
            f"{values[0]:.0f}",
            f"{max(values):.0f}",
            f"{values[-1]:.0f}",
            _share(growth[role]),
            f"{cpu[role] / seconds:.1%}",
            len(pids[role]) - 1,
        ]
        for role, values in memory.items()
    ]
    head = ["process", "at first (MiB)", "at most", "at last", "growth", "CPU, of a core", "new ones"]
    facts = [
        ["time", f"{seconds / 60:.1f} min"],
        ["frames of the ring", f"{watcher.slots} slots, {watcher.missing} missing, {watcher.repeated} repeated"],
        ["slots that came too fast to be looked at", watcher.skipped],
        ["silent slots, longest silence", f"{len(watcher.silent)}, {silence_s:.2f} s"],
        ["steepest seam, of the steps beside it", f"{watcher.steepest:.2f}"],
        ["listener: heard", f"{listener.received / RATE / 60:.1f} min, connected {listener.reconnects} times"],
        ["listener: without sound", f"{listener.dry_s:.2f} s in all, {listener.longest_dry_s:.2f} s at once"],
        ["tracks made, skips", f"{tracks}, {skips}"],
    ]
    print(
        "\n\n".join(
            [
                table(head, rows),
                table(["what", "found"], facts),
                *watcher.log[:20],
                *_silences(watcher.silent, programme),
            ]
        )
    )
    grown = any(value is not None and value >= MOST_GROWTH for value in growth.values())
    return (
        1 if grown or watcher.missing or watcher.repeated or silence_s >= LONGEST_BREAK_S or listener.dry_s > 0.1 else 0
    )


def _longest(frames: list[int]) -> float:
    """Return the longest silence, in seconds; a slot is a quarter of one."""
    longest = run = 0
    for before, frame in zip([None, *frames], frames, strict=False):
        run = run + 1 if before is not None and frame - before == RATE // 4 else 1
        longest = max(longest, run)
    return longest / 4


def _silences(frames: list[int], programme: list[dict[str, Any]]) -> list[str]:
    """Return where in what it was silent."""
    told = []
    for frame in frames[:20]:
        for entry in programme:
            if entry["start"] <= frame < entry["end"]:
                at, length = (frame - entry["start"]) / RATE, (entry["end"] - entry["start"]) / RATE
                told.append(f"silent at {at:.2f} of {length:.2f} s of {entry['kind']} {entry['title']!r}")
    return told


def _private(process: psutil.Process) -> float:
    """Return what is a process's own, in MiB: neither the ring's shared pages nor a library's.

    Pages of a library count as one process's own until another loads the same (a player that reads a stream back takes
    15 MiB off the playout), so they tell nothing of growth.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
                if line.startswith("RssAnon"):
                    return float(line.split()[1]) / 1024.0
        raise psutil.NoSuchProcess(process.pid)
    return float(process.memory_info().rss) / MIB


def _growth(values: list[float]) -> float | None:
    quarter = len(values) // 4
    if quarter < 2:
        return None
    return statistics.median(values[-quarter:]) / statistics.median(values[quarter : 2 * quarter]) - 1.0


def _share(value: float | None) -> str:
    return "too short" if value is None else f"{value:+.1%}"


def _line(memory: dict[str, list[float]]) -> str:
    return ", ".join(f"{role} {values[-1]:.0f} MiB" for role, values in memory.items())


if __name__ == "__main__":
    sys.exit(main())
