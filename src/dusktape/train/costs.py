"""What examples cost under a network: bits where it has `nats`, else its loss."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from dusktape.nn.training import Example, Fetch, same
from dusktape.train import batches
from dusktape.train.batches import collate
from dusktape.train.settings import Settings


class BrokenOffError(Exception):
    """Somebody could not wait until all examples were measured."""


def unit(net: Any) -> float:
    """Return what a network's sums are multiplied with: nats become bits."""
    return 1.0 / math.log(2.0) if hasattr(net, "nats") else 1.0


def bits(net: Any, examples: Sequence[Example], settings: Settings, fetch: Fetch = same) -> float:
    """Return the total code length of the examples under the network, in bits; where it has no `nats`, its loss."""
    return summed(net, batches.in_order(examples, settings.batch_size), fetch) * unit(net)


@torch.no_grad()
def summed(net: Any, some: Iterable[list[Example]], fetch: Fetch, hurry: Callable[[], bool] = lambda: False) -> float:
    """Return the sum over some batches.

    Raises
    ------
    BrokenOffError
        If `hurry` says yes between two of them.
    """
    training = net.training
    net.eval()
    measure = net.nats if hasattr(net, "nats") else net.loss
    device = next(iter(net.parameters())).device
    total = 0.0
    try:
        for examples in some:
            if hurry():
                raise BrokenOffError
            total += float(measure(collate([fetch(e) for e in examples], device)))
    finally:
        net.train(training)
    return total
