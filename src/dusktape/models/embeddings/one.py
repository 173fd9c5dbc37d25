"""Trains `embeddings1`: note, duration and velocity in one vocabulary."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dusktape.models.embeddings import net
from dusktape.models.embeddings.net import (
    FLAT_VOCABULARY,
    OPTIONS,
    SETTINGS,
    augment,
    build,
    details,
    export,
    flat_tokens,
    lines,
)
from dusktape.nn.training import Splits

__all__ = [
    "FLAT_VOCABULARY",
    "OPTIONS",
    "SETTINGS",
    "augment",
    "build",
    "details",
    "export",
    "flat_tokens",
    "lines",
    "load_splits",
]


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """See `net.load_splits`."""
    return net.load_splits("embeddings1", data, options)
