"""Diffusion of sound: noise becomes a drum, a texture, a stretch of music, by a network that learned a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.models.diffusion.options import OPTIONS, SETTINGS
from dusktape.models.diffusion.options import Options as _Options
from dusktape.nn.model import Model

__all__ = ["MODEL", "OPTIONS", "SETTINGS", "check"]

check = _Options.of
"""Refuses options that cannot be."""


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.diffusion.checkpoints import writer

    return writer(weights, expected_sha256)


def _takes(place: Path) -> bool:
    from dusktape.models.diffusion.checkpoints import foreign

    return foreign(place)


MODEL = Model(
    name="diffusion",
    role="sound",
    summary="sounds that were not there before, from noise, by a network trained on a folder of them",
    folder=Path(__file__).parent,
    sources=(),
    opener=_open,
    trainer="dusktape.models.diffusion.net",
    ships=False,
    takes=_takes,
)
