"""What a model's `net.py` hands to the training loop. Knows nothing of torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Example = dict[str, np.ndarray[Any, Any]]
"""One song or stretch of it: name to array, time first, all of equal length. `song` (T,) holds the song's number."""

Fetch = Callable[[Example], Example]


def same(example: Example) -> Example:
    """Return an example that holds its data."""
    return example


@dataclass(frozen=True, slots=True)
class Splits:
    """Examples, split by song.

    Parameters
    ----------
    train, valid, test
        What to learn from, to stop by and to judge on.
    events
        How many notes, chords, hits or sounds an example holds.
    vocabulary
        What the numbers in the examples stand for, as JSON, where the data decides that; travels with the weights.
    fetch
        From an example, varied or not, to what the network is given, when its batch is made. Examples that are too
        large to be held say where their data lie; this reads them.
    valid_to_learn
        The songs of `valid` as training examples, where they are others: for trainings that hold nothing out.
    """

    train: list[Example]
    valid: list[Example]
    test: list[Example]
    events: Callable[[Example], int]
    vocabulary: Mapping[str, Any] = field(default_factory=dict)
    fetch: Fetch = same
    valid_to_learn: list[Example] | None = None

    @property
    def all_to_learn(self) -> list[Example]:
        """What a training learns from that holds nothing out to stop by."""
        return [*self.train, *(self.valid if self.valid_to_learn is None else self.valid_to_learn)]
