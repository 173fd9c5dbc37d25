"""What a user waits for: a cold process, from the command to the finished file."""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from bench.effort import Effort, Usage, launch
from bench.page import Table, milliseconds, times
from dusktape.studio.batch import ALL, recipe_names
from dusktape.studio.wish import DEFAULT_RECIPE

TITLE = "End to end"

_LONG_MINUTES = 60.0
_RECIPES_SEED = 3


def run(effort: Effort) -> list[Table]:
    """Measure making, memory and starting up."""
    tables = [_making(effort), _recipes(effort), _starting(effort)]
    return [*tables, _hour()] if effort.hour else tables


def dusktape() -> str:
    """Return the program that a user would call."""
    found = shutil.which("dusktape", path=str(Path(sys.executable).parent))
    if found is None:
        raise RuntimeError("dusktape is not installed beside this Python; run make bench")
    return found


def _make(seed: int, minutes: float, recipe: str = DEFAULT_RECIPE) -> Usage:
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "track.flac")
        how = ["--seed", str(seed), "--minutes", f"{minutes:g}", "--quiet", "-o", path]
        return launch([dusktape(), "make", recipe, *how])


def _making(effort: Effort) -> Table:
    sound_s = 60.0 * effort.minutes
    rows, runs = [], []
    for seed in range(1, effort.repeats + 1):
        used = _make(seed, effort.minutes)
        runs.append(used)
        rows.append([f"seed {seed}", *_cells(used, sound_s)])
    middle = Usage(*(statistics.median(getattr(u, k) for u in runs) for k in ("wall_s", "cpu_s", "peak_mb")))
    rows.append(["**median**", *_cells(middle, sound_s)])
    return Table(
        f"`dusktape make --minutes {effort.minutes:g}` with a seed each, a new process every time: {sound_s:.0f} s of "
        "music, tagged FLAC with its cover. Aim 2 s, limit 4 s on two idle cores for 180 s; limit 500 MB.",
        ["", "wall", "processor", "peak memory", "times real time"],
        rows,
    )


def _recipes(effort: Effort) -> Table:
    sound_s = 60.0 * effort.minutes
    used = {name: _make(_RECIPES_SEED, effort.minutes, name) for name in recipe_names([ALL])}
    first, *others = sorted(used, key=lambda name: used[name].wall_s)
    rows = [[name, *_cells(used[name], sound_s)] for name in (first, others[len(others) // 2 - 1], others[-1])]
    return Table(
        f"All {len(used)} recipes once, with seed {_RECIPES_SEED}: the quickest, a middle one and the richest. "
        "Limit 8 s for 180 s.",
        ["recipe", "wall", "processor", "peak memory", "times real time"],
        rows,
    )


def _cells(used: Usage, sound_s: float) -> list[str]:
    return [f"{used.wall_s:.2f} s", f"{used.cpu_s:.2f} s", f"{used.peak_mb:.0f} MB", times(sound_s, used.wall_s)]


def _starting(effort: Effort) -> Table:
    python = sys.executable
    commands = {
        "`python -c pass`, the reference": [python, "-c", "pass"],
        "`import dusktape`": [python, "-c", "import dusktape"],
        "`import dusktape; dusktape.make`": [python, "-c", "import dusktape; dusktape.make"],
        "`import numpy`, the reference": [python, "-c", "import numpy"],
        "`dusktape --help`": [dusktape(), "--help"],
        "`dusktape make --help`": [dusktape(), "make", "--help"],
    }
    rows = []
    for name, command in commands.items():
        launch(command)
        used = [launch(command) for _ in range(2 * effort.repeats + 1)]
        wall, peak = (statistics.median(getattr(u, k) for u in used) for k in ("wall_s", "peak_mb"))
        rows.append([name, milliseconds(wall), f"{peak:.0f} MB"])
    return Table("Starting up, process start included. Limit 300 ms for `--help`.", ["", "wall", "peak memory"], rows)


def _hour() -> Table:
    short, long = _make(1, 3.0), _make(1, _LONG_MINUTES)
    rows = [
        ["3 minutes", *_cells(short, 180.0), ""],
        ["60 minutes", *_cells(long, 3600.0), f"{long.peak_mb / short.peak_mb:.2f}"],
    ]
    return Table(
        "The stream is written as it is made; the sound is never held whole. Limit 1.5 times the memory of 3 minutes.",
        ["", "wall", "processor", "peak memory", "times real time", "memory ratio"],
        rows,
    )
