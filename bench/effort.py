"""How long and how often is measured, and the clock."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Act = Callable[[], object]

_LAUNCHER = Path(__file__).with_name("launch.py")


@dataclass(frozen=True, slots=True)
class Effort:
    """What the options asked for."""

    quick: bool = False
    hour: bool = False

    @property
    def repeats(self) -> int:
        """Runs that a median is taken of."""
        return 2 if self.quick else 5

    @property
    def minutes(self) -> float:
        """Length of the songs that are made."""
        return 1.0 if self.quick else 3.0

    @property
    def seconds(self) -> float:
        """Length of the sounds that effects and filters hear."""
        return 10.0 if self.quick else 60.0


def median_s(act: Act, repeats: int) -> float:
    """Return the median wall time of an act, after one run that is not counted."""
    act()
    return statistics.median(_timed(act) for _ in range(repeats))


def race(ours: Act, reference: Act, repeats: int) -> tuple[float, float]:
    """Return the median times of two acts, run in turns, so that a busy machine slows both alike."""
    mine, other = relay((ours, reference), repeats)
    return mine, other


def relay(acts: Sequence[Act], repeats: int) -> list[float]:
    """Return the median times of some acts, run in turns, after one run of each that is not counted."""
    for act in acts:
        act()
    rounds = [[_timed(act) for act in acts] for _ in range(repeats)]
    return [statistics.median(times) for times in zip(*rounds, strict=True)]


def _timed(act: Act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process took: wall and processor seconds, and its largest resident memory in MB (10^6 bytes)."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def launch(command: Sequence[str], cwd: Path | None = None) -> Usage:
    """Run a command in a fresh process and return what it took.

    A small process stands between us and it: Linux counts the memory of whoever starts a process towards its peak.
    """
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(_LAUNCHER), *command], cwd=cwd, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr.strip()}")
    return Usage(**json.loads(done.stdout.splitlines()[-1]))
