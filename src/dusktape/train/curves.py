"""The curves of a training, as a picture."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

TRAIN, VALID, PAPER = "#4f7a8c", "#b5523b", "#fbf7f0"


def draw(history: Sequence[Mapping[str, Any]], best_step: int, unit: str) -> bytes:
    """Return a PNG of training and validation loss by step, the kept weights marked.

    Parameters
    ----------
    history
        One row for each validation, as `train.loop.State` keeps it.
    best_step
        Which weights were kept.
    unit
        Of the loss.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 4.0), dpi=110, facecolor=PAPER, layout="constrained")
    axes = figure.add_subplot(facecolor=PAPER)
    for name, label, colour in (("train_loss", "training", TRAIN), ("valid_loss", "validation", VALID)):
        points = [(row["step"], row[name]) for row in history if row[name] is not None]
        if points:
            axes.plot(*zip(*points, strict=True), color=colour, label=label, marker="o", markersize=2.5, linewidth=1.4)
    axes.axvline(best_step, color="#3b3340", linewidth=0.8, linestyle=":", label=f"kept, step {best_step}")
    axes.set_xlabel("step")
    axes.set_ylabel(unit)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()
