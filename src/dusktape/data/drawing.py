"""Pictures for the page of a dataset, as SVG that takes the page's colours. Needs matplotlib."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.errors import PluginError

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

WIDTH = 5.6

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


def svg(name: str, draw: Callable[[Any], None], *, height: float, width: float = WIDTH) -> str:
    """Return a picture as an SVG element.

    Parameters
    ----------
    name
        Unique on the page; read out to those who do not see it.
    draw
        Fills the axes that it is given.
    height, width
        In inches.

    Raises
    ------
    PluginError
        If matplotlib is missing.
    """
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise PluginError(
            "the page of a dataset needs matplotlib; install it with: pip install 'dusktape[train]'"
        ) from error
    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(length=0)
        axes.set_axisbelow(True)
        axes.grid(axis="y", linewidth=0.7)
        draw(axes)
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


def shares(axes: Any, labels: Sequence[str], percent: Sequence[float] | Floats, colours: Sequence[str]) -> None:
    """Draw shares in percent as bars, each with its figure beside it."""
    place = np.arange(len(labels))[::-1]
    axes.barh(place, percent, 0.6, color=list(colours))
    for y, share in zip(place, percent, strict=True):
        beside(axes, share, y, f"{share:.0f} %")
    axes.set_yticks(place, labels)
    axes.set_xlim(0, 115)
    bare(axes)


def beside(axes: Any, x: float, y: float, text: str) -> None:
    """Write a figure beside the end of a bar."""
    axes.annotate(text, (x, y), (5, 0), textcoords="offset points", va="center", color=SOFT)


def bare(axes: Any) -> None:
    """Leave out the horizontal axis: the figures stand beside the bars."""
    axes.xaxis.set_visible(False)
    axes.grid(visible=False)
    axes.spines["bottom"].set_visible(False)
