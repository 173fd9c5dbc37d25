"""The pictures of a dataset of sounds: how long, loud and bright its files are, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.data.drawing import FIRST, FOURTH, SECOND, SOFT, THIRD, bare, beside, svg
from dusktape.data.sounds import SoundDataset

Row = Mapping[str, Any]
Draw = Callable[[Any, SoundDataset, Sequence[Row]], None]

_HEIGHT = 2.5
_ROW, _MARGIN = 0.26, 0.35
_MOST_BINS, _FEWEST_BINS = 40, 8
_MOST_LABELS = 18


def pictures(data: SoundDataset, files: Sequence[Row]) -> dict[str, str]:
    """Return all pictures: name to an SVG element.

    Parameters
    ----------
    data
        The dataset.
    files
        Of its manifest.

    Raises
    ------
    PluginError
        If matplotlib is missing.
    """
    measured = [file for file in files if "lufs" in file["found"]]
    drawn = {name: svg(name, partial(_on, draw, data, measured), height=_HEIGHT) for name, draw in _PICTURES.items()}
    rows = _fates(files)
    drawn["fates"] = svg("fates", partial(_bars, rows), height=_MARGIN + _ROW * len(rows))
    if labels := _labels(data):
        drawn["labels"] = svg("labels", partial(_bars, labels), height=_MARGIN + _ROW * len(labels))
    return drawn


def _on(draw: Draw, data: SoundDataset, files: Sequence[Row], axes: Any) -> None:
    draw(axes, data, files)


def _fates(files: Sequence[Row]) -> list[tuple[str, int, str]]:
    """What became of files and what they are marked with: word, count, colour."""
    kept = [file for file in files if file["kept"]]
    clean = sum(not file["flags"] for file in kept)
    rows = [("kept, nothing odd", clean, FOURTH), ("kept, marked", len(kept) - clean, FIRST)]
    flags: dict[str, int] = {}
    why: dict[str, int] = {}
    for file in files:
        for flag in file["flags"] if file["kept"] else ():
            flags[flag] = flags.get(flag, 0) + 1
        if not file["kept"]:
            why[file["why"]] = why.get(file["why"], 0) + 1
    rows += [(f"marked {flag}", count, FIRST) for flag, count in sorted(flags.items(), key=lambda f: -f[1])]
    return rows + [(f"left out: {word}", count, THIRD) for word, count in sorted(why.items(), key=lambda f: -f[1])]


def _labels(data: SoundDataset) -> list[tuple[str, int, str]]:
    counts: dict[str, int] = {}
    for clip in data.clips:
        counts[clip.label or "no label"] = counts.get(clip.label or "no label", 0) + 1
    rows = sorted(counts.items(), key=lambda item: -item[1])[:_MOST_LABELS]
    return [(name, count, SECOND) for name, count in rows] if len(rows) > 1 else []


def _bars(rows: Sequence[tuple[str, int, str]], axes: Any) -> None:
    place = np.arange(len(rows))[::-1]
    counts = [count for _, count, _ in rows]
    axes.barh(place, counts, 0.62, color=[colour for *_, colour in rows])
    for y, count in zip(place, counts, strict=True):
        beside(axes, count, y, f"{count:,}")
    axes.set_yticks(place, [word for word, *_ in rows])
    axes.set_xlim(0, 1.15 * max(counts, default=1))
    axes.set_ylim(-0.6, len(rows) - 0.4)
    bare(axes)


def _lengths(axes: Any, data: SoundDataset, files: Sequence[Row]) -> None:
    seconds = np.array([file["found"]["sound_to_s"] - file["found"]["sound_from_s"] for file in _measured(files)])
    _over_octaves(axes, seconds, ("files", FIRST), "seconds from first to last sound")
    clips = np.array([clip.frames / data.sample_rate for clip in data.clips])
    if len(clips) and np.ptp(clips) > 0.01:
        _over_octaves(axes, clips, ("clips", SECOND), "seconds")
        _legend(axes)
    elif len(clips):
        axes.axvline(clips[0], color=SECOND, linewidth=2)
        _above(axes, clips[0], f"every clip: {clips[0]:g} s")


def _above(axes: Any, x: float, word: str) -> None:
    """Write what a line means above its upper end, where no bar can be."""
    axes.annotate(word, (x, 1.0), (0, 3), xycoords=("data", "axes fraction"), textcoords="offset points",
                  ha="center", va="bottom", color=SOFT, annotation_clip=False)  # fmt: skip


def _legend(axes: Any) -> None:
    """Say above the picture what its colours mean."""
    axes.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0.0, 1.0), borderaxespad=0.0)


def _loudness(axes: Any, data: SoundDataset, files: Sequence[Row]) -> None:
    levels = np.array([file["found"]["lufs"] for file in files])
    bins = np.arange(np.floor(levels.min(initial=-40.0) / 2) * 2, levels.max(initial=0.0) + 3, 2.0)
    axes.hist(levels, bins, color=FIRST, label="files, LUFS")
    peaks = np.array([file["found"]["peak_db"] for file in files])
    axes.hist(np.maximum(peaks, bins[0]), bins, histtype="step", color=SOFT, linewidth=1.2, label="their peaks, dBFS")
    axes.set_xlabel("before they were brought to one level")
    axes.set_ylabel("files")
    _legend(axes)


def _brightness(axes: Any, data: SoundDataset, files: Sequence[Row]) -> None:
    centre = np.array([file["found"]["brightness_hz"] for file in _measured(files)])
    _over_octaves(axes, centre, ("files", FIRST), "Hz, the spectrum's centre of gravity")
    axes.axvline(data.sample_rate / 2.0, color=SOFT, linewidth=1)
    _above(axes, data.sample_rate / 2.0, "clips end here")


def _bands(axes: Any, data: SoundDataset, files: Sequence[Row]) -> None:
    """Where each file's spectrum ends against where it holds its energy."""
    rows = [file["found"] for file in _measured(files)]
    ends = [row["cutoff_hz"] or row["rate"] / 2.0 for row in rows]
    cut = [bool(row["cutoff_hz"]) for row in rows]
    colours = [FIRST if c else SECOND for c in cut]
    axes.scatter([row["rolloff_hz"] for row in rows], ends, s=14, c=colours, linewidths=0, alpha=0.75)
    axes.axhline(data.sample_rate / 2.0, color=SOFT, linewidth=1)
    axes.set_xscale("log")
    axes.set_xlabel("Hz below which 95 % of the energy lies")
    axes.set_ylabel("Hz where it ends")
    _plain(axes.xaxis)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _measured(files: Sequence[Row]) -> list[Row]:
    """Those that are not silent: the others have no spectrum."""
    return [file for file in files if "brightness_hz" in file["found"]]


def _over_octaves(axes: Any, values: Floats, said: tuple[str, str], unit: str) -> None:
    values = values[values > 0.0]
    if not len(values):
        return
    low, high = np.log2(values.min()), np.log2(values.max())
    count = int(np.clip(3.0 * (high - low), _FEWEST_BINS, _MOST_BINS))
    bins = np.exp2(np.linspace(low - 0.2, high + 0.2, count + 1))
    name, colour = said
    axes.hist(values, bins, color=colour, label=name, alpha=0.75)
    axes.set_xscale("log")
    _plain(axes.xaxis)
    axes.set_xlabel(unit)
    axes.set_ylabel("how many")


def _plain(axis: Any) -> None:
    """Write 0.1, 1 and 2,000 in place of powers of ten."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(base=10.0, subs=(1.0, 2.0, 5.0), numticks=12))
    axis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axis.set_minor_formatter(NullFormatter())


_PICTURES: dict[str, Draw] = {
    "lengths": _lengths,
    "loudness": _loudness,
    "brightness": _brightness,
    "bands": _bands,
}
