"""The three-head LSTM: pitch, step and duration of the next note, each from an output of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.heads.infer import Heads

    return Heads.load(weights, expected_sha256)


MODEL = Model(
    name="heads",
    role="melody",
    summary="two LSTM layers over pitch, step and duration, an output for each, as in a well-known tutorial",
    folder=Path(__file__).parent,
    sources=(),
    opener=_open,
    trainer="dusktape.models.heads.net",
    ships=False,
)
