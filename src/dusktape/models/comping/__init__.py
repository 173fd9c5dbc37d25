"""When chords are struck and for how long: a chain over bars, counted from pop pianists."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model, Source


def _open(weights: Path, sha256: str | None) -> Any:
    from dusktape.models.comping.infer import open_writer

    return open_writer(weights, sha256)


MODEL = Model(
    name="comping",
    role="comping",
    summary="writes when chords are struck and for how long",
    folder=Path(__file__).parent,
    sources=(
        Source(
            name="POP909-CL",
            licence="MIT",
            attribution="Wang et al., POP909, ISMIR 2020 (MIT, Copyright (c) 2020 Music X Lab); "
            "POP909-CL, arXiv:2510.06528 (MIT, Copyright (c) 2025 AndyWeasley2004)",
        ),
    ),
    opener=_open,
    trainer="dusktape.models.comping.net",
)
