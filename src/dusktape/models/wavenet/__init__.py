"""The dilated net: gated causal convolutions that know what the next of 256 mu-law steps may be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.models.wavenet.shape import OPTIONS, SETTINGS
from dusktape.models.wavenet.shape import Options as _Options
from dusktape.nn.model import Model

__all__ = ["MODEL", "OPTIONS", "SETTINGS", "check"]

check = _Options.of
"""Refuses options that cannot be."""


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.wavenet.infer import WaveNet

    return WaveNet.load(weights, expected_sha256)


MODEL = Model(
    name="wavenet",
    role="sound",
    summary="gated dilated convolutions over mu-law samples, told a tempo and a style, sample by sample",
    folder=Path(__file__).parent,
    sources=(),
    opener=_open,
    trainer="dusktape.models.wavenet.net",
    ships=False,
)
