"""Chord loops, from a network that knows where in the loop it stands and what stood there before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.nn.model import Model, Source


def _open(weights: Path, expected_sha256: str | None) -> Any:
    from dusktape.models.harmony.infer import HarmonyWriter
    from dusktape.nn.weights import load

    return HarmonyWriter(load(weights, expected_sha256))


MODEL = Model(
    name="harmony",
    role="harmony",
    summary="writes loops of chords that want to turn around, for a mode and a mood",
    folder=Path(__file__).parent,
    sources=(
        Source("POP909 chord labels", "MIT", "Wang et al., POP909, ISMIR 2020 (c) 2020 Music X Lab"),
        Source(
            "OpenEWLD up to 1930",
            "MIT; public-domain works",
            "Simonetta, OpenEWLD, doi 10.5281/zenodo.4332855 (c) 2018 00sapo",
        ),
        Source("McGill Billboard", "CC0-1.0", "Burgoyne, Wild, Fujinaga, An Expert Ground Truth Set, ISMIR 2011"),
        Source(
            "Rock corpus (RS 200)",
            "CC-BY-4.0",
            "T. de Clercq and D. Temperley, A corpus analysis of rock harmony, Popular Music 30 (2011)",
        ),
        Source("Free MIDI Chords", "MIT", "Copyright (c) 2019-2026 Ludovic Drolez"),
    ),
    opener=_open,
    trainer="dusktape.models.harmony.net",
)
