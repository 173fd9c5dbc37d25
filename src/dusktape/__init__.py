"""An AI lo-fi studio: composes, performs, mixes and masters lo-fi hip-hop.

>>> import dusktape
>>> track = dusktape.make("rainy", seed=7)  # doctest: +SKIP
>>> track.write("night.flac")  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dusktape.core.version import __version__

if TYPE_CHECKING:
    from dusktape.api import (
        DusktapeError,
        Score,
        Seed,
        Track,
        make,
        parts,
        recipes,
        score_from_midi,
        score_to_midi,
        stream,
    )

__all__ = [
    "DusktapeError",
    "Score",
    "Seed",
    "Track",
    "__version__",
    "make",
    "parts",
    "recipes",
    "score_from_midi",
    "score_to_midi",
    "stream",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from dusktape import api

        return getattr(api, name)
    raise AttributeError(f"module 'dusktape' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
