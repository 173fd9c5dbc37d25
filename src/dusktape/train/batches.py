"""From examples to batches. What stands where is a function of seed, epoch and place, so it can be skipped to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from dusktape.core.seed import Seed
from dusktape.nn.training import Example

Augment = Callable[[Example, np.random.Generator], Example]

POOL_BATCHES = 64
"""Examples are varied, and put beside others of their length, in pools of so many batches."""


def count(examples: Sequence[Example], size: int) -> int:
    """Return how many batches an epoch has."""
    return math.ceil(len(examples) / size)


def epoch(
    examples: Sequence[Example], size: int, *, seed: Seed, augment: Augment | None = None, first: int = 0
) -> Iterator[list[Example]]:
    """Yield an epoch's batches of examples of similar length, in random order, from batch number `first` on.

    Parameters
    ----------
    examples
        To be seen once each.
    size
        Examples in a batch; the last of a pool may be smaller.
    seed
        Of this epoch.
    augment
        Called on each example with a generator of its own.
    first
        Where to start; what comes before is not even augmented, but for its pool.
    """
    order = seed.at("order").rng().permutation(len(examples))
    for number, start in enumerate(range(0, len(order), POOL_BATCHES * size)):
        members = order[start : start + POOL_BATCHES * size].tolist()
        batches = math.ceil(len(members) / size)
        if first >= batches:
            first -= batches
            continue
        pool = [examples[i] for i in members]
        if augment:
            pool = [augment(e, seed.at("example", i).rng()) for e, i in zip(pool, members, strict=True)]
        rng = seed.at("pool", number).rng()
        by_length = np.argsort([length(e) * (1.0 + 0.1 * rng.random()) for e in pool], kind="stable")
        starts = np.arange(0, len(pool), size)
        rng.shuffle(starts)
        for s in starts[first:].tolist():
            yield [pool[i] for i in by_length[s : s + size].tolist()]
        first = 0


def in_order(examples: Sequence[Example], size: int) -> Iterator[list[Example]]:
    """Yield batches from the shortest example to the longest."""
    ordered = sorted(examples, key=length)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


def length(example: Example) -> int:
    """Return how many places an example has."""
    return len(next(iter(example.values())))


def collate(examples: Sequence[Example], device: Any) -> dict[str, torch.Tensor]:
    """Pad each name with zeros to its longest and add `mask` (B, T) of the first one, 1 where there is something."""
    longest = max(map(length, examples))
    batch = {}
    for name, first in examples[0].items():
        out = np.zeros((len(examples), max(len(e[name]) for e in examples), *first.shape[1:]), first.dtype)
        for row, e in zip(out, examples, strict=True):
            row[: len(e[name])] = e[name]
        batch[name] = torch.from_numpy(out).to(device)
    mask = np.zeros((len(examples), longest), np.float32)
    for row, e in zip(mask, examples, strict=True):
        row[: length(e)] = 1.0
    batch["mask"] = torch.from_numpy(mask).to(device)
    return batch
