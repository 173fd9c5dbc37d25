"""The chord LSTM: one token a chord, the next from the four before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.chords.infer import ChordLSTM

    return ChordLSTM.load(weights, expected_sha256)


MODEL = Model(
    name="chords",
    role="harmony",
    summary="an LSTM over whole chords as tokens, four at a time, as a published lo-fi generator has it",
    folder=Path(__file__).parent,
    sources=(),
    opener=_open,
    trainer="dusktape.models.chords.net",
    ships=False,
)
