"""Telling silence from sound, so that what rests costs nothing."""

from __future__ import annotations

from typing import Final

from dusktape.core.audio import Block

_EVERY: Final = 509


def silent(block: Block) -> bool:
    """Return whether all samples are 0. A few are looked at first: sound is told from silence at once."""
    return not (block[:, ::_EVERY].any() or block.any())
