"""Dark pictures that lie well on light pages and dark ones; one size, one set of colours."""

from __future__ import annotations

import io
import warnings
from typing import Any

from dusktape.evaluate.sound.extra import needed

PAPER, INK, DIM, LINE = "#17151b", "#ece6df", "#a59daa", "#3a3541"
AMBER, VIOLET, TEAL, ROSE = "#e6a25c", "#8f83d6", "#6cc0b0", "#e07a7a"
HUES = (AMBER, TEAL, VIOLET, ROSE, "#a8c66c", "#6ca6e0", "#d490c6", "#d8cf8a", "#9a8f85")
WIDTH_IN, DPI = 10.0, 120


def canvas(height_in: float, columns: tuple[float, ...] = (1.0,)) -> tuple[Any, list[Any]]:
    """Return a figure and its axes side by side, in these shares of the width.

    Raises
    ------
    PluginError
        If matplotlib is missing.
    """
    figure = needed("matplotlib.figure").Figure(figsize=(WIDTH_IN, height_in), layout="constrained", facecolor=PAPER)
    found = figure.subplots(1, len(columns), squeeze=False, width_ratios=columns)[0]
    for axes in found:
        axes.set_facecolor(PAPER)
        axes.spines[["top", "right"]].set_visible(False)
        for side in ("left", "bottom"):
            axes.spines[side].set_color(LINE)
        axes.tick_params(colors=DIM, labelsize=10)
        axes.grid(axis="y", color=LINE, linewidth=0.6)
        axes.set_axisbelow(True)
    return figure, list(found)


def time_axis(axes: Any, start_s: float, end_s: float) -> None:
    """Let the horizontal axis run in minutes and seconds."""
    ticker = needed("matplotlib.ticker")
    steps = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 1200, 3600)
    step = next((s for s in steps if (end_s - start_s) / s <= 12), steps[-1])
    axes.set_xlim(start_s, end_s)
    axes.xaxis.set_major_locator(ticker.MultipleLocator(step))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda second, _: clock(second)))


def label(axes: Any, text: str) -> None:
    """Say what the vertical axis is."""
    axes.set_ylabel(text, color=DIM, fontsize=10)


def legend(axes: Any) -> None:
    """Name the curves above the axes."""
    axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=9, frameon=False, labelcolor=INK, fontsize=10, borderpad=0.2
    )


def clock(seconds: float) -> str:
    """Return `2:05`, or `1:00:00` from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"


def plain(text: str) -> str:
    """Return a name as matplotlib shows it letter by letter, not as a formula."""
    return text.replace("$", r"\$")


def png(figure: Any) -> bytes:
    """Return the figure as PNG, 1200 pixels wide; the same figure, the same bytes."""
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a name in letters that the font lacks is shown as boxes
        figure.savefig(out, format="png", dpi=DPI, metadata={"Software": None})
    return out.getvalue()
