"""The latent song: a variational autoencoder over eight bars of chords and melody, and what can be heard of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.latent.infer import Latent

    return Latent.load(weights, expected_sha256)


MODEL = Model(
    name="latent",
    role="song",
    summary="a space of songs: 96 numbers for eight bars of chords and melody, to move in, mix and compare",
    folder=Path(__file__).parent,
    sources=(),
    opener=_open,
    trainer="dusktape.models.latent.net",
    ships=False,
)
