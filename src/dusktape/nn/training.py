"""What a model's `net.py` hands to the training loop. Knows nothing of torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Example = dict[str, np.ndarray[Any, Any]]
"""One song or stretch of it: name to array, time first, all of equal length. `song` (T,) holds the song's number."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Examples, split by song. `events` says how many notes, chords or hits an example holds."""

    train: list[Example]
    valid: list[Example]
    test: list[Example]
    events: Callable[[Example], int]
