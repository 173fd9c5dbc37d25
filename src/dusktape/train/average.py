"""Copies of the weights: as they are, and an exponential moving average, and how long that remembers."""

from __future__ import annotations

from typing import Any

import torch

from dusktape.train.settings import Settings


def decay(step: int, settings: Settings) -> float:
    """Return the decay of the average at a step."""
    return settings.ema_early if step < settings.ema_early_steps else settings.ema


def copied(net: Any) -> dict[str, torch.Tensor]:
    """Return a copy of the weights."""
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def finite(net: Any) -> bool:
    """Return whether all weights are numbers."""
    return all(bool(torch.isfinite(value).all()) for value in net.state_dict().values())


@torch.no_grad()
def follow(average: dict[str, torch.Tensor], net: Any, decay: float) -> None:
    """Move an exponential moving average one step towards the weights; what is no float is copied."""
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            average[name].lerp_(value, 1.0 - decay)
        else:
            average[name].copy_(value)
