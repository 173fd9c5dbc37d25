"""The training loop that every network shares.

A network's `net.py` gives `build() -> Net`, `load_splits(folder) -> Splits` and `Net.nats(batch)`; this file does the
rest: shuffling, padding, AdamW with warm-up and cosine decay, clipping, early stopping on the validation songs, a
log with one JSON line an epoch.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from dusktape.core.seed import Seed
from dusktape.nn.training import Example, Splits


class Net(Protocol):
    """What the loop asks of a `torch.nn.Module`."""

    def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of a padded batch, masked by `batch["mask"]` (B, T)."""
        ...


@dataclass(slots=True)
class Run:
    """Settings of one training."""

    epochs: int = 30
    batch_size: int = 32
    learning_rate: float = 2e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    warmup_steps: int = 100
    patience: int = 5
    device: str = "cpu"
    seed: int = 0
    log: Path | None = None
    history: list[dict[str, float]] = field(default_factory=list)


def collate(examples: Sequence[Example], device: str) -> dict[str, torch.Tensor]:
    """Pad with zeros to the longest and add `mask` (B, T), 1 where there is something."""
    longest = max(len(next(iter(e.values()))) for e in examples)
    batch = {}
    for name, first in examples[0].items():
        out = np.zeros((len(examples), longest, *first.shape[1:]), first.dtype)
        for row, e in zip(out, examples, strict=True):
            row[: len(e[name])] = e[name]
        batch[name] = torch.from_numpy(out).to(device)
    mask = np.zeros((len(examples), longest), np.float32)
    for row, e in zip(mask, examples, strict=True):
        row[: len(next(iter(e.values())))] = 1.0
    batch["mask"] = torch.from_numpy(mask).to(device)
    return batch


def batches(
    examples: Sequence[Example], size: int, device: str, rng: np.random.Generator | None
) -> Iterator[dict[str, torch.Tensor]]:
    """Yield batches of examples of similar length, in random order; in the given order without a generator."""
    if rng is None:
        order = np.arange(len(examples))
    else:
        noisy = [len(next(iter(e.values()))) * (1 + 0.1 * rng.random()) for e in examples]
        order = np.argsort(noisy, kind="stable")
    starts = np.arange(0, len(order), size)
    if rng is not None:
        rng.shuffle(starts)
    for s in starts:
        yield collate([examples[i] for i in order[s : s + size]], device)


@torch.no_grad()
def bits(net: Any, examples: Sequence[Example], run: Run) -> float:
    """Return the total code length of the examples under the network, in bits."""
    net.eval()
    nats = sum(float(net.nats(b)) for b in batches(examples, run.batch_size, run.device, None))
    return nats / math.log(2.0)


def fit(
    net: Any, splits: Splits, run: Run, augment: Callable[[Example, np.random.Generator], Example] | None = None
) -> Any:
    """Train in place and return the network with the weights of its best epoch on the validation songs.

    Parameters
    ----------
    net
        A `torch.nn.Module` with `nats(batch)`.
    splits
        What to learn from and what to stop by.
    run
        Settings; `run.history` receives one row an epoch, and so does the log file.
    augment
        Called on each training example, each epoch.
    """
    torch.manual_seed(run.seed)
    net.to(run.device)
    steps = run.epochs * math.ceil(len(splits.train) / run.batch_size)
    optimiser = torch.optim.AdamW(net.parameters(), lr=run.learning_rate, weight_decay=run.weight_decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda s: min(1.0, (s + 1) / run.warmup_steps) * (0.02 + 0.49 * (1 + math.cos(math.pi * s / steps)))
    )
    valid_events = sum(splits.events(e) for e in splits.valid)
    best, best_state, since = math.inf, None, 0
    for epoch in range(run.epochs):
        started = time.perf_counter()
        rng = Seed(run.seed).at("epoch", epoch).rng()
        examples = [augment(e, rng) for e in splits.train] if augment else splits.train
        net.train()
        total, events = torch.zeros((), dtype=torch.float64, device=run.device), sum(splits.events(e) for e in examples)
        for batch in batches(examples, run.batch_size, run.device, rng):
            optimiser.zero_grad(set_to_none=True)
            nats = net.nats(batch)
            (nats / batch["mask"].sum()).backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), run.clip)
            optimiser.step()
            schedule.step()
            total += nats.detach()
        row = {
            "epoch": epoch + 1,
            "train_bits_per_event": float(total) / math.log(2.0) / events,
            "valid_bits_per_event": bits(net, splits.valid, run) / valid_events,
            "seconds": time.perf_counter() - started,
        }
        run.history.append(row)
        if run.log:
            with run.log.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
        since += 1
        if row["valid_bits_per_event"] < best:
            best, since = row["valid_bits_per_event"], 0
            best_state = {k: v.detach().cpu().clone() for k, v in net.state_dict().items()}
        if since >= run.patience:
            break
    if best_state is not None:
        net.load_state_dict(best_state)
    return net
