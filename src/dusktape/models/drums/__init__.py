"""A drummer that learned from human performances: pattern, velocity and timing of every hit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model, Source


def _open(weights: Path, sha256: str | None) -> Any:
    from dusktape.models.drums.infer import open_writer

    return open_writer(weights, sha256)


MODEL = Model(
    name="drums",
    role="drums",
    summary="writes drum parts with the velocity and timing of a player",
    folder=Path(__file__).parent,
    sources=(
        Source(
            name="Groove MIDI Dataset v1.0.0",
            licence="CC BY 4.0",
            attribution="Groove MIDI Dataset, Gillick, Roberts, Engel, Eck, Bamman, "
            "Learning to Groove with Inverse Sequence Transformations, ICML 2019, CC BY 4.0",
        ),
    ),
    opener=_open,
    trainer="dusktape.models.drums.net",
)
