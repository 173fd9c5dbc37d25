"""What a finished network measures on songs it has not seen, beside what counting reaches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from dusktape.nn.exact import WEIGHT_STEP
from dusktape.nn.ngram import baselines
from dusktape.nn.training import Example, Splits
from dusktape.train.batches import collate
from dusktape.train.costs import bits
from dusktape.train.loop import State
from dusktape.train.settings import Settings


def on_grid(net: Any) -> None:
    """Round the weights to what is stored, so that what is measured is what ships."""
    net.load_state_dict({name: _rounded(value) for name, value in net.state_dict().items()})


def _rounded(value: torch.Tensor) -> torch.Tensor:
    if not value.is_floating_point():
        return value
    whole: torch.Tensor = torch.round(torch.nan_to_num(value) / WEIGHT_STEP).clamp(-32767, 32767)
    return whole * WEIGHT_STEP


def measured(trainer: Any, net: Any, splits: Splits, settings: Settings, state: State) -> dict[str, Any]:
    """Return the figures of `weights.json`. A side without examples has None."""
    sides = {"train": splits.train, "valid": splits.valid, "test": splits.test}
    events = {side: sum(map(splits.events, examples)) for side, examples in sides.items()}
    best = next((row for row in state.history if row["step"] == state.best_step), {})
    device = next(iter(net.parameters())).device

    def cost(side: str) -> float | None:
        return bits(net, sides[side], settings, splits.fetch) / events[side] if events[side] else None

    kind = "bits_per_event" if hasattr(net, "nats") else "loss"
    minimised = best.get("train_loss")
    figures = {
        "parameters": sum(p.numel() for p in net.parameters()),
        "songs": {
            side: len({int(e["song"][0]) if "song" in e else i for i, e in enumerate(examples)})
            for side, examples in sides.items()
        },
        "events": events,
        "epochs": state.epoch,
        "steps": state.step,
        "best_step": state.best_step,
        "stopped": state.stopped,
        f"train_{kind}": cost("train") if hasattr(net, "nats") and hasattr(net, "loss") else minimised,
        f"valid_{kind}": cost("valid"),
        f"test_{kind}": cost("test"),
        "events_per_s": state.learned / state.learning_s if state.learning_s else None,
        "seconds": round(state.seconds, 1),
    }
    if hasattr(trainer, "flat_tokens") and events["test"]:
        figures["baselines"] = baselines(
            [trainer.flat_tokens(e) for e in splits.train],
            [trainer.flat_tokens(e) for e in splits.test],
            vocabulary=trainer.FLAT_VOCABULARY,
            events=events["test"],
        )
    if hasattr(trainer, "details") and events["test"]:
        figures["details"] = trainer.details(net, splits, lambda example: collate([splits.fetch(example)], device))
    return figures


def _songs(examples: Sequence[Example]) -> int:
    """Return how many songs examples were cut from, or, where they do not say, how many examples there are."""
    return len({int(e["song"][0]) if "song" in e else -1 - i for i, e in enumerate(examples)})


def finite(value: Any) -> Any:
    """Return a tree with None for numbers that JSON cannot say."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(v) for key, v in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [finite(v) for v in value]
    return value
