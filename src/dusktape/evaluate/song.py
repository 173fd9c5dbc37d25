"""One song measured from all sides, and what people's songs measure."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from dusktape.core.score import Score
from dusktape.evaluate import harmony, rhythm, structure

PEOPLE = Path(__file__).parent / "people.json"
"""Held-out songs by people, measured the same way; `tools/people.py` writes it."""


def measure(score: Score) -> dict[str, float]:
    """Return all measures of one song; NaN where there is nothing to measure."""
    return {**harmony.measure(score), **rhythm.measure(score), **structure.measure(score)}


@lru_cache(maxsize=1)
def people() -> dict[str, dict[str, Any]]:
    """Return by measure: where the figures come from, how many songs, mean and percentiles."""
    found: dict[str, dict[str, Any]] = json.loads(PEOPLE.read_text(encoding="utf-8"))
    return found
