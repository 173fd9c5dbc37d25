"""The pictures of a dataset's page, as SVG that takes the page's colours. Needs matplotlib."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.errors import PluginError
from dusktape.core.score import PITCH_NAMES
from dusktape.data.dataset import PARTS
from dusktape.data.midi.survey import LONGEST, Survey, pitch_name
from dusktape.theory.chord import QUALITIES

INK, SOFT, LINE = "#010101", "#010102", "#010103"
FIRST, SECOND, THIRD, FOURTH, FIFTH = "#010104", "#010105", "#010106", "#010107", "#010108"
_COLOURS = dict(
    zip(
        (INK, SOFT, LINE, FIRST, SECOND, THIRD, FOURTH, FIFTH),
        ("ink", "soft", "line", "c1", "c2", "c3", "c4", "c5"),
        strict=True,
    )
)
"""Stand-ins that become the page's variables, so one picture is right in the light and in the dark."""

_PART_COLOURS = dict(zip(PARTS, (FIRST, SECOND, THIRD, FOURTH, FIFTH), strict=True))
_DEGREES = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
_FIFTHS = [(7 * k) % 12 for k in range(-5, 7)]
_STACKED = ("bass", "chords", "other", "melody")
_WIDTH, _HEIGHT = 5.6, 2.7
_MOST_QUALITIES = 14

_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "dusktape",
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": LINE,
    "axes.titlecolor": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "grid.color": LINE,
}

Draw = Callable[[Any, Survey], None]


def pictures(found: Survey) -> dict[str, str]:
    """Return all pictures: name to an SVG element.

    Raises
    ------
    PluginError
        If matplotlib is missing.
    """
    return {name: _svg(name, draw, found, height) for name, (draw, height) in _PICTURES.items()}


def _svg(name: str, draw: Draw, found: Survey, height: float) -> str:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise PluginError(
            "the page of a dataset needs matplotlib; install it with: pip install 'dusktape[train]'"
        ) from error
    with rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH, height), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0)
        axes.set_axisbelow(True)
        axes.grid(axis="y", linewidth=0.7)
        draw(axes, found)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _inline(out.getvalue(), name)


def _inline(text: str, name: str) -> str:
    """An SVG file as an element of a page: names of its own, the page's font and colours."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", text)
    text = re.sub(r"font(-family)?: [^;\"]*sans-serif[^;\"]*", lambda m: _font(m.group()), text)
    for stand_in, variable in _COLOURS.items():
        text = text.replace(stand_in, f"var(--{variable})")
    label = name.replace("-", " ")
    return text.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _font(style: str) -> str:
    size = re.search(r"[\d.]+px", style)
    return f"font-size: {size.group()}; font-family: inherit" if size else "font-family: inherit"


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
        _beside(axes, count, y, f"{count:,}")
    axes.set_yticks(range(len(rows)), labels)
    axes.set_xscale("symlog", linthresh=10)
    axes.set_xlim(0, 3 * max(counts, default=1))
    _bare(axes)


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
    shares = [f"{q}  {by_quality[q] / total:.0%}" if by_quality[q] / total >= 0.01 else f"{q}  <1%" for q in shown]
    axes.set_yticks(range(len(shown)), shares)
    axes.set_xticks(range(12), _DEGREES)
    axes.set_xlim(-0.7, 11.7)
    axes.set_ylim(-0.7, max(len(shown) - 0.3, 0.7))
    axes.grid(axis="both", linewidth=0.5)
    axes.spines["bottom"].set_visible(False)


def _roles(axes: Any, found: Survey) -> None:
    shares = [100.0 * found.with_part.get(part, 0) / max(found.songs, 1) for part in PARTS]
    _shares(axes, PARTS, shares, [_PART_COLOURS[part] for part in PARTS])


def _shares(axes: Any, labels: Sequence[str], shares: Sequence[float] | Floats, colours: Sequence[str]) -> None:
    place = np.arange(len(labels))[::-1]
    axes.barh(place, shares, 0.6, color=list(colours))
    for y, share in zip(place, shares, strict=True):
        _beside(axes, share, y, f"{share:.0f} %")
    axes.set_yticks(place, labels)
    axes.set_xlim(0, 115)
    _bare(axes)


def _beside(axes: Any, x: float, y: float, text: str) -> None:
    axes.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", color=SOFT)


def _bare(axes: Any) -> None:
    """Without a horizontal axis: the figures stand beside the bars."""
    axes.xaxis.set_visible(False)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)


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
