"""A seed is an address, not a counter: every consumer of randomness has its own place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

T = TypeVar("T")

_PLAIN = frozenset((str, int))
"""Types whose repr is the same everywhere: a numpy integer names its type."""


@dataclass(frozen=True, slots=True)
class Seed:
    """A number and a path below it. `Seed(7).at("drums", 3)` never changes what `Seed(7).at("bass", 3)` draws.

    Parameters
    ----------
    value
        The song's seed, 0 or more.
    path
        Where below the song we are. Strings and integers are kept apart: `at(1)` is not `at("1")`.
    """

    value: int
    path: tuple[str | int, ...] = ()

    def at(self, *keys: str | int) -> Seed:
        """Return the seed at a place below this one."""
        return Seed(self.value, self.path + keys)

    @property
    def key(self) -> int:
        """128 bits that depend on the value and the whole path (BLAKE2b of their repr)."""
        path = (self.value, *self.path)
        if not _PLAIN.issuperset(map(type, path)):
            path = tuple(k if isinstance(k, str) else int(k) for k in path)
        text = repr(path)
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "little")

    def rng(self) -> np.random.Generator:
        """Return a fresh PCG64 generator at this place. Asking twice gives the same draws twice."""
        return np.random.Generator(np.random.PCG64(self.key))

    def unit(self) -> float:
        """Return one number in [0, 1), from the hash alone: the same on every machine and numpy version."""
        return (self.key >> 75) / 2.0**53

    def between(self, low: float, high: float) -> float:
        """Return one number in [low, high)."""
        return low + (high - low) * self.unit()

    def pick(self, choices: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """Return one of the choices, evenly or by weight."""
        if weights is None:
            return choices[int(self.unit() * len(choices))]
        target, total = self.unit() * sum(weights), 0.0
        for choice, weight in zip(choices, weights, strict=True):
            total += weight
            if target < total:
                return choice
        return choices[-1]

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.unit() < probability
