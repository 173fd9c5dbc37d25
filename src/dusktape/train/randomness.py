"""Every random generator that a network may draw from: seeded, read and set."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from dusktape.core.seed import Seed


def seed_torch(seed: Seed) -> None:
    """Seed torch on all devices."""
    torch.manual_seed(seed.key % (1 << 63))


@contextmanager
def undrawn() -> Iterator[None]:
    """Let others draw from torch's generators and set these back afterwards."""
    with torch.random.fork_rng():
        yield


def random_states() -> dict[str, Any]:
    """Return the states of all random generators that a network may draw from."""
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        "numpy": [kind, torch.from_numpy(np.asarray(keys, np.int64)), *rest],
        "python": random.getstate(),
    }


def set_random_states(states: Mapping[str, Any]) -> None:
    """Set what `random_states` returned."""
    torch.set_rng_state(states["torch"])
    if states["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(states["cuda"])
    kind, keys, *rest = states["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))  # noqa: NPY002
    version, words, gauss = states["python"]
    random.setstate((version, tuple(words), gauss))
