"""The latent song: a variational autoencoder over eight bars of chords and melody, and what can be heard of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model, Source


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.latent.infer import Latent

    return Latent.load(weights, expected_sha256)


MODEL = Model(
    name="latent",
    role="song",
    summary="a space of songs: 96 numbers for eight bars of chords and melody, to move in, mix and compare",
    folder=Path(__file__).parent,
    sources=(
        Source(
            name="POP909 (melody and bridge tracks), with the corrected chords and keys of POP909-CL",
            licence="MIT",
            attribution="Wang et al., POP909, ISMIR 2020 (c) 2020 Music X Lab; BACHI/POP909-CL, arXiv:2510.06528 "
            "(c) 2025 AndyWeasley2004",
        ),
        Source(
            name="OpenEWLD, the works published up to 1930",
            licence="public-domain works; files MIT",
            attribution="Simonetta, OpenEWLD, doi 10.5281/zenodo.4332855 (c) 2018 00sapo",
        ),
    ),
    opener=_open,
    trainer="dusktape.models.latent.net",
)
