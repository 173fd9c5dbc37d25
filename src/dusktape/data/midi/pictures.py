"""The pictures of a dataset's page, as SVG that takes the page's colours. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from dusktape.core.score import PITCH_NAMES
from dusktape.data.dataset import PARTS
from dusktape.data.drawing import FIFTH, FIRST, FOURTH, SECOND, SOFT, THIRD, bare, beside, shares, svg
from dusktape.data.midi.survey import LONGEST, Survey, pitch_name
from dusktape.theory.chord import QUALITIES

_PART_COLOURS = dict(zip(PARTS, (FIRST, SECOND, THIRD, FOURTH, FIFTH), strict=True))
_DEGREES = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
_FIFTHS = [(7 * k) % 12 for k in range(-5, 7)]
_STACKED = ("bass", "chords", "other", "melody")
_HEIGHT = 2.7
_MOST_QUALITIES = 14

Draw = Callable[[Any, Survey], None]


def pictures(found: Survey) -> dict[str, str]:
    """Return all pictures: name to an SVG element.

    Raises
    ------
    PluginError
        If matplotlib is missing.
    """
    return {name: svg(name, partial(_on, draw, found), height=height) for name, (draw, height) in _PICTURES.items()}


def _on(draw: Draw, found: Survey, axes: Any) -> None:
    draw(axes, found)


def _keys(axes: Any, found: Survey) -> None:
    place = np.arange(12)
    axes.bar(place - 0.2, found.keys[0][_FIFTHS], 0.38, color=FIRST, label="major")
    axes.bar(place + 0.2, found.keys[1][_FIFTHS], 0.38, color=SECOND, label="minor")
    axes.set_xticks(place, [PITCH_NAMES[k] for k in _FIFTHS])
    axes.set_ylabel("songs")
    axes.legend(frameon=False, ncols=2)


def _tempi(axes: Any, found: Survey) -> None:
    every = np.concatenate([found.bpm, found.file_bpm, [60.0, 95.0]])
    bins = np.arange(np.floor(every.min() / 5) * 5, min(every.max(), 240.0) + 10, 5)
    if len(found.file_bpm):
        said = np.minimum(found.file_bpm, bins[-1])
        axes.hist(said, bins, histtype="step", color=SOFT, linewidth=1.2, label="in the files")
    axes.hist(np.minimum(found.bpm, bins[-1]), bins, color=FIRST, label="in the dataset")
    axes.set_xlabel("beats a minute")
    axes.set_ylabel("songs")
    axes.legend(frameon=False)


def _metres(axes: Any, found: Survey) -> None:
    rows = sorted(found.metres.items(), key=lambda item: (item[1], item[0]))[-8:]
    labels = [_metre_label(written, beats) for (written, beats), _ in rows]
    counts = [count for _, count in rows]
    axes.barh(range(len(rows)), counts, 0.6, color=FIRST)
    for y, count in enumerate(counts):
        beside(axes, count, y, f"{count:,}")
    axes.set_yticks(range(len(rows)), labels)
    axes.set_xscale("symlog", linthresh=10)
    axes.set_xlim(0, 3 * max(counts, default=1))
    bare(axes)


def _metre_label(written: str, beats: int) -> str:
    if not written:
        return f"{beats}/4"
    return written if written == f"{beats}/4" else f"{written}, read as {beats}/4"


def _pitches(axes: Any, found: Survey) -> None:
    rows = {part: found.pitch[PARTS.index(part)] for part in _STACKED}
    sounding = np.flatnonzero(sum(rows.values()))
    low, high = (int(sounding[0]), int(sounding[-1])) if len(sounding) else (48, 72)
    _stack(axes, np.arange(low, high + 1), {part: row[low : high + 1] for part, row in rows.items()})
    marks = range(-(-low // 12) * 12, high + 1, 12)
    axes.set_xticks(list(marks), [pitch_name(p) for p in marks])


def _durations(axes: Any, found: Survey) -> None:
    _stack(axes, np.arange(1, LONGEST + 1), {part: found.duration[PARTS.index(part)] for part in _STACKED})
    axes.set_xticks([1, 2, 4, 8, 12, 16, 24, 32], ["1", "2", "4", "8", "12", "16", "24", "32+"])
    axes.set_xlabel("sixteenths")


def _velocities(axes: Any, found: Survey) -> None:
    rows = {part: found.velocity[PARTS.index(part)].reshape(32, 4).sum(axis=1) for part in _STACKED}
    _stack(axes, np.arange(32) * 4 + 2, rows, width=3.6)
    axes.set_xlabel("MIDI velocity")


def _stack(axes: Any, place: Any, rows: dict[str, Any], *, width: float = 0.85) -> None:
    floor = np.zeros(len(place))
    for part, row in rows.items():
        if row.sum():
            axes.bar(place, row, width, bottom=floor, color=_PART_COLOURS[part], label=part)
            floor = floor + row
    axes.set_ylabel("notes")
    if floor.any():
        axes.legend(frameon=False)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _density(axes: Any, found: Survey) -> None:
    top = float(np.percentile(found.density, 99.5)) if len(found.density) else 1.0
    axes.hist(np.minimum(found.density, top), 32, color=FIRST)
    axes.set_xlabel("notes per beat, without drums")
    axes.set_ylabel("songs")


def _chords(axes: Any, found: Survey) -> None:
    """One dot for each chord relative to its key; its area is its share of the time."""
    total = sum(found.chords.values()) or 1.0
    by_quality = {q: sum(v for (_, other), v in found.chords.items() if other == q) for q in QUALITIES}
    shown = sorted((q for q in QUALITIES if by_quality[q]), key=lambda q: by_quality[q])[-_MOST_QUALITIES:]
    for (degree, quality), beats in found.chords.items():
        if quality in shown:
            axes.scatter(degree, shown.index(quality), s=3000 * beats / total, color=FIRST, linewidths=0)
    labels = [f"{q}  {by_quality[q] / total:.0%}" if by_quality[q] / total >= 0.01 else f"{q}  <1%" for q in shown]
    axes.set_yticks(range(len(shown)), labels)
    axes.set_xticks(range(12), _DEGREES)
    axes.set_xlim(-0.7, 11.7)
    axes.set_ylim(-0.7, max(len(shown) - 0.3, 0.7))
    axes.grid(axis="both", linewidth=0.5)
    axes.spines["bottom"].set_visible(False)


def _roles(axes: Any, found: Survey) -> None:
    found_in = [100.0 * found.with_part.get(part, 0) / max(found.songs, 1) for part in PARTS]
    shares(axes, PARTS, found_in, [_PART_COLOURS[part] for part in PARTS])


_PICTURES: dict[str, tuple[Draw, float]] = {
    "keys": (_keys, _HEIGHT),
    "tempi": (_tempi, _HEIGHT),
    "metres": (_metres, 1.9),
    "roles": (_roles, 1.9),
    "pitches": (_pitches, _HEIGHT),
    "durations": (_durations, _HEIGHT),
    "velocities": (_velocities, _HEIGHT),
    "density": (_density, _HEIGHT),
    "chords": (_chords, 3.9),
}
