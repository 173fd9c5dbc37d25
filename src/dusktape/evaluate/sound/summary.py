"""Many tracks: how far they spread, beside how far people's do."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.errors import InputError
from dusktape.evaluate.sound import extra
from dusktape.evaluate.sound.bands import bands, outside, share_in_band
from dusktape.evaluate.sound.measure import measure
from dusktape.evaluate.sound.panels import number

WIDE_ENOUGH = (0.6, 1.6)
"""Inter-quartile ranges, as multiples of people's, within which tracks spread as people's do."""

Measures = Mapping[str, float]


def measure_all(
    paths: Sequence[Path], *, jobs: int | None = None, told: Callable[[str, float], None] = lambda *_: None
) -> tuple[dict[str, dict[str, float]], dict[str, str]]:
    """Measure many tracks, several at once.

    Parameters
    ----------
    paths
        Sound files.
    jobs
        Processes; None takes as many as there are processors, but four at most. Each wants up to 1.5 GB.
    told
        Called with a stage and how much of it is done, 0 to 1.

    Returns
    -------
    Path to measures, in the order given, and path to the reason for what could not be measured.

    Raises
    ------
    PluginError
        If the extra is missing.
    """
    extra.check()
    workers = min(len(paths), jobs or min(4, os.cpu_count() or 1))
    answers: dict[Path, dict[str, float] | str] = {}
    for done, (path, answer) in enumerate(_answers(paths, workers)):
        answers[path] = answer
        told("measuring", (done + 1) / len(paths))
    found = {str(p): a for p in paths if isinstance(a := answers[p], dict)}
    return found, {str(p): a for p in paths if isinstance(a := answers[p], str)}


def _answers(paths: Sequence[Path], workers: int) -> Any:
    if workers <= 1:
        yield from ((path, _measured(path)) for path in paths)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        waiting = {pool.submit(_measured, path): path for path in paths}
        try:
            for future in as_completed(waiting):
                try:
                    yield waiting[future], future.result()
                except BrokenProcessPool:
                    yield waiting[future], "the process that measured ended; is there enough memory? Say --jobs 1"
        finally:
            pool.shutdown(cancel_futures=True)


def _measured(path: Path) -> dict[str, float] | str:
    try:
        return measure(path)
    except InputError as error:
        return str(error)


def spread(found: Sequence[Measures]) -> dict[str, dict[str, float]]:
    """Return for each measure of the table: percentiles of these tracks, and how they compare with people's.

    Returns
    -------
    Name to `p5`, `p25`, `p50`, `p75`, `p95`, `iqr_ratio` (inter-quartile range over people's) and `in_band` (share of
    the tracks). Tracks in which it could not be measured don't count; nan where there is none.
    """
    rows = {}
    for name, band in bands().items():
        values = np.array([m[name] for m in found], float)
        values = values[np.isfinite(values)]
        shares = np.percentile(values, (5, 25, 50, 75, 95)) if len(values) else np.full(5, np.nan)
        row = dict(zip(("p5", "p25", "p50", "p75", "p95"), map(float, shares), strict=True))
        row["iqr_ratio"] = (row["p75"] - row["p25"]) / band.quartiles_apart
        row["in_band"] = float(np.mean([band.holds(v) for v in values])) if len(values) else float("nan")
        rows[name] = row
    return rows


def verdict(found: Sequence[Measures]) -> dict[str, float]:
    """Return median and lowest share in band over the tracks, and the share of measures that spread as people's do."""
    shares = [share_in_band(m) for m in found]
    low, high = WIDE_ENOUGH
    ratios = [row["iqr_ratio"] for row in spread(found).values()]
    return {
        "tracks": float(len(found)),
        "median_in_band": float(np.median(shares)),
        "lowest_in_band": float(min(shares)),
        "wide_enough": float(np.mean([low <= r <= high for r in ratios])),
    }


def spread_rows(found: Sequence[Measures]) -> list[list[str]]:
    """Return head and rows of the table of measures."""
    rows = [["measure", "5 %", "25 %", "50 %", "75 %", "95 %", "people 5 %", "50 %", "95 %", "IQR ratio", "in band"]]
    for name, row in spread(found).items():
        band = bands()[name]
        ours = (row[k] for k in ("p5", "p25", "p50", "p75", "p95"))
        theirs = (band.low, band.percentiles[2], band.high)
        last = (f"{row[k]:.2f}" if np.isfinite(row[k]) else "-" for k in ("iqr_ratio", "in_band"))
        rows.append([name, *map(number, (*ours, *theirs)), *last])
    return rows


def track_lines(found: Mapping[str, Measures]) -> str:
    """Return a line a track: share in band, name, what lies outside."""
    width = max(map(len, found), default=0)
    lines = []
    for name, one in found.items():
        strays = ", ".join(f"{stray} {number(one[stray])}" for stray in outside(one))
        lines.append(f"{share_in_band(one):.2f}  {name.ljust(width)}  {strays or 'nothing outside'}")
    return "\n".join(lines)
