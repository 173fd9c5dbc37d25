"""Notes as words: three LSTMs that a published generator compared, with one, two and three vocabularies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.embeddings.infer import Embeddings

    return Embeddings.load(weights, expected_sha256)


def _model(name: str, trainer: str, summary: str) -> Model:
    return Model(
        name=name,
        role="melody",
        summary=summary,
        folder=Path(__file__).parent,
        sources=(),
        opener=_open,
        trainer=f"dusktape.models.embeddings.{trainer}",
        ships=False,
    )


ONE = _model("embeddings1", "one", "an LSTM over words of note, duration and velocity in one vocabulary")
TWO = _model("embeddings2", "two", "an LSTM over words of note and duration, velocity in a vocabulary of its own")
THREE = _model("embeddings3", "three", "an LSTM over note, duration and velocity, each with a vocabulary of its own")
