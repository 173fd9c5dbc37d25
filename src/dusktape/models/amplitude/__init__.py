"""The amplitude net: causal convolutions that foresee the next sample of lo-fi at 8 kHz, as published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.amplitude.infer import Amplitude

    return Amplitude.load(weights, expected_sha256)


MODEL = Model(
    name="amplitude",
    role="sound",
    summary="causal convolutions over amplitudes at 8 kHz, sample by sample, as a published lo-fi generator has it",
    folder=Path(__file__).parent,
    sources=(),
    opener=_open,
    trainer="dusktape.models.amplitude.net",
    ships=False,
)
