"""Plots for pages: small, quiet, as SVG that sits in the HTML. Needs the extra `dusktape[evaluate]`."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from dusktape.core.errors import PluginError

OURS, PEOPLE, OTHERS = "#c8763a", "#4d6a8f", ("#8a5a83", "#5c8a5a", "#b09a3c", "#3f8f8f", "#a04848")
"""Colours of our curve, of people's, and of further ones."""


def figure(width: float = 6.4, height: float = 2.9) -> tuple[Any, Any]:
    """Return a figure and its axes, without a frame. Inches.

    Raises
    ------
    PluginError
        If matplotlib is missing.
    """
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise PluginError(
            "a report with pictures needs matplotlib; install it with: pip install 'dusktape[evaluate]'"
        ) from error
    drawn = Figure(figsize=(width, height), layout="constrained")
    axes = drawn.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.25, linewidth=0.6)
    return drawn, axes


def svg(drawn: Any) -> str:
    """Return the figure as an SVG element that takes the page's text colour; the same figure, the same text."""
    from matplotlib import rc_context

    out = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "dusktape", "font.family": "sans-serif", "font.size": 9}):
        drawn.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return text.replace("#000000", "currentColor").replace("stroke: black", "stroke: currentColor")


def curves(lines: Mapping[str, tuple[Sequence[float], Sequence[float]]], *, x: str, y: str, log: bool = False) -> str:
    """Return a plot of named curves (x values, y values).

    A name is a writer's, or a writer's and a manner's: `embeddings3, argmax`. A writer has one colour, and their first
    manner a whole line; `people` are dashed.
    """
    drawn, axes = figure()
    others = iter(OTHERS * 3)
    colours = {"people": PEOPLE, "dusktape": OURS}
    manners: dict[str, int] = {}
    for name, (across, up) in lines.items():
        writer = name.partition(",")[0]
        if writer not in colours:
            colours[writer] = next(others)
        manners[writer] = manners.get(writer, -1) + 1
        style = "--" if writer == "people" else ("-", ":", "-.")[manners[writer] % 3]
        axes.plot(across, up, label=name, color=colours[writer], linestyle=style, linewidth=1.6)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if log:
        axes.set_yscale("symlog", linthresh=1e-3)
        axes.set_ylim(bottom=0.0)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.01, 0.5))
    return svg(drawn)


def spread(rows: Mapping[str, Sequence[float]], *, title: str, bounds: Sequence[float] = ()) -> str:
    """Return one strip of dots per named row, medians marked, and bounds as lines."""
    drawn, axes = figure(height=0.6 + 0.45 * max(1, len(rows)))
    axes.grid(visible=False)
    for place, (name, values) in enumerate(rows.items()):
        colour = PEOPLE if name == "people" else OURS
        axes.scatter(values, [place] * len(values), s=14, alpha=0.45, color=colour, linewidths=0)
        if len(values):
            middle = sorted(values)[len(values) // 2]
            axes.plot([middle, middle], [place - 0.3, place + 0.3], color=colour, linewidth=2.2)
    for bound in bounds:
        axes.axvline(bound, color="#888888", linewidth=0.8, linestyle=":")
    axes.set_yticks(range(len(rows)), list(rows))
    axes.set_title(title, loc="left", fontsize=10)
    return svg(drawn)
