"""The drummer's network in torch, for training: a GRU over hits with three chained heads and a memory of bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from dusktape.core.roles import DRUM_STYLES
from dusktape.data import groove
from dusktape.models.drums.tokens import (
    FIELDS,
    LAGS,
    MEMORY,
    REST,
    TIMINGS,
    VELOCITIES,
    WHAT,
    encode,
)
from dusktape.nn.training import Example, Splits

SETTINGS: dict[str, Any] = {
    "epochs": 24,
    "batch_size": 16,
    "learning_rate": 3e-3,
    "weight_decay": 0.02,
    "warmup_steps": 100,
    "patience": 8,
}

OPTIONS: dict[str, Any] = {"hidden": 384, "recall": 64, "dropout": 0.5}
"""For `Net`."""

STRETCH = 384
"""Longest run of events in one example; longer performances are cut, memory and bar count carry over the cut."""

TEST_SESSIONS = frozenset({"drummer7/session1", "drummer1/session2"})
VALID_SESSIONS = frozenset(
    {"drummer7/session3", "drummer3/session1", "drummer10/session1", "drummer4/session1", "drummer6/session3"}
)
"""Whole recording sessions are held out, chosen so that each side has hip-hop, soul or funk, jazz and rock."""

WIDTHS = (8, 8, 6, 8, 12, 4, 6, 4, 4, 4, 6, 6, 6)
"""Width of the embedding of each of `FIELDS`."""


class Net(nn.Module):
    """What and when, then velocity, then timing: p(hit) = p(what) p(velocity | what) p(timing | what, velocity).

    Parameters
    ----------
    hidden
        Width of the GRU.
    recall
        Width of the summary of the memory.
    dropout
        On the GRU's input and output.
    remember
        Without memory the network sees only the events before; to measure what memory is worth.
    """

    def __init__(self, hidden: int = 384, recall: int = 64, dropout: float = 0.5, *, remember: bool = True) -> None:
        super().__init__()
        self.remember = remember
        self.tables = nn.ModuleList(nn.Embedding(n, w) for (_, n), w in zip(FIELDS, WIDTHS, strict=True))
        self.recall = nn.Linear(MEMORY, recall)
        self.copy = nn.Linear(MEMORY, WHAT, bias=False)
        self.body = nn.GRU(sum(WIDTHS) + recall, hidden, batch_first=True)
        self.what = nn.Linear(hidden + recall, WHAT)
        self.recall_velocity = nn.ModuleList(nn.Embedding(VELOCITIES + 1, 6) for _ in LAGS)
        self.recall_timing = nn.ModuleList(nn.Embedding(TIMINGS + 1, 6) for _ in LAGS)
        chosen = WIDTHS[0] + WIDTHS[1] + WIDTHS[4]
        self.velocity_in = nn.Linear(hidden + chosen + 18, 64)
        self.velocity_out = nn.Linear(64, VELOCITIES)
        self.timing_in = nn.Linear(hidden + chosen + WIDTHS[2] + 18, 64)
        self.timing_out = nn.Linear(64, TIMINGS)
        self.dropout = nn.Dropout(dropout)
        nn.init.zeros_(self.copy.weight)

    def logits(self, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return logits of what (B, T, WHAT), velocity (B, T, 8) and timing (B, T, 15), given the true events."""
        fields, target = batch["fields"].long(), batch["target"].long()
        memory = batch["memory"].float() * float(self.remember)
        recall = torch.tanh(self.recall(memory))
        inputs = [table(fields[..., k]) for k, table in enumerate(self.tables)]
        h, _ = self.body(self.dropout(torch.cat([*inputs, recall], dim=-1)))
        h = self.dropout(h)
        what = self.what(torch.cat([h, recall], dim=-1)) + self.copy(memory)
        chosen = [self.tables[0](target[..., 1]), self.tables[1](target[..., 2]), self.tables[4](target[..., 3])]
        loud = [t(batch["recalled_velocity"][..., k].long()) for k, t in enumerate(self.recall_velocity)]
        late = [t(batch["recalled_timing"][..., k].long()) for k, t in enumerate(self.recall_timing)]
        if not self.remember:
            loud, late = [torch.zeros_like(x) for x in loud], [torch.zeros_like(x) for x in late]
        velocity = self.velocity_out(torch.tanh(self.velocity_in(torch.cat([h, *chosen, *loud], dim=-1))))
        played = self.tables[2](target[..., 4])
        timing = self.timing_out(torch.tanh(self.timing_in(torch.cat([h, *chosen, played, *late], dim=-1))))
        return what, velocity, timing

    def parts(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return summed nats of what and when, velocity, timing. Shape (3,)."""
        target = batch["target"].long()
        weight = batch["mask"] * (batch["weight"] if self.training else 1.0)
        hit = weight * (target[..., 0] != REST)
        sums = []
        for logits, column, mask in zip(self.logits(batch), (0, 4, 5), (weight, hit, hit), strict=True):
            nats = nn.functional.cross_entropy(logits.flatten(0, 1), target[..., column].flatten(), reduction="none")
            sums.append((nats * mask.flatten()).sum())
        return torch.stack(sums)

    def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood; in training, lo-fi's own styles and tempi weigh more."""
        return self.parts(batch).sum()


def build(seed: int, splits: Splits, options: Mapping[str, Any]) -> Net:
    """Return a fresh network. `options` as for `Net`."""
    torch.manual_seed(seed)
    return Net(**options)


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read, encode and split the performances: whole recording sessions go to one side."""
    sides: tuple[list[Example], list[Example], list[Example]] = ([], [], [])
    for song, performance in enumerate(groove.read(data)):
        side = 2 if performance.session in TEST_SESSIONS else 1 if performance.session in VALID_SESSIONS else 0
        encoded = encode(performance)
        length = len(encoded["target"])
        encoded["song"] = np.full(length, song, np.int32)
        encoded["weight"] = np.full(length, weight(performance), np.float32)
        sides[side].extend(
            {name: array[start : start + STRETCH] for name, array in encoded.items()}
            for start in range(0, length, STRETCH)
        )
    mean = float(np.mean(np.concatenate([e["weight"] for e in sides[0]])))
    for example in sides[0]:
        example["weight"] = np.asarray(example["weight"] / mean, np.float32)
    return Splits(*sides, events=count_hits)


def weight(performance: groove.Performance) -> float:
    """Return how much a performance matters for lo-fi: by style, slower ones more."""
    near = {"hiphop": 3.0, "soul": 2.0, "funk": 1.5, "jazz": 1.5}.get(performance.style, 1.0)
    return near * (1.5 if performance.bpm <= 110.0 else 1.0)


STUMBLE = 0.15
"""How often a remembered velocity or timing is falsified in training."""


def augment(example: Example, rng: np.random.Generator) -> Example:
    """Return the example as played by someone who remembers badly: its inputs change, its targets do not.

    Without this the network trusts its last timing so much that, playing alone, it wanders off the grid.
    """
    fields = example["fields"].copy()
    for column, bins in ((2, VELOCITIES), (3, TIMINGS)):
        falsified = (rng.random(len(fields)) < STUMBLE) & (fields[:, column] < bins)
        moved = fields[:, column] + rng.integers(-3, 4, len(fields))
        fields[:, column] = np.where(falsified, np.clip(moved, 0, bins - 1), fields[:, column])
    recalled = {}
    for name in ("recalled_velocity", "recalled_timing"):
        forgotten = rng.random(example[name].shape) < STUMBLE
        recalled[name] = np.where(forgotten, 0, example[name]).astype(np.int16)
    kept = rng.random(example["memory"].shape) >= STUMBLE / 3.0
    return {**example, **recalled, "fields": fields, "memory": example["memory"] * kept}


def count_hits(example: Example) -> int:
    """Return how many hits an example holds."""
    return int((example["target"][:, 0] != REST).sum())


FLAT_VOCABULARY = WHAT + VELOCITIES + TIMINGS


def flat_tokens(example: Example) -> list[int]:
    """Return what and when, velocity and timing of each event, one after the other."""
    flat: list[int] = []
    for what, _, _, _, velocity, timing in example["target"].tolist():
        flat.append(what)
        if what != REST:
            flat.extend((WHAT + velocity, WHAT + VELOCITIES + timing))
    return flat


def export(net: Net, splits: Splits) -> dict[str, NDArray[Any]]:
    """Return the weights as numpy arrays, under torch's names."""
    return {name: tensor.detach().cpu().numpy() for name, tensor in net.state_dict().items()}


@torch.no_grad()
def details(net: Net, splits: Splits, batch_of: Callable[[Example], dict[str, torch.Tensor]]) -> dict[str, float]:
    """Return test bits a hit of each part, and of all parts on hip-hop and soul alone.

    Parameters
    ----------
    net
        Trained.
    splits
        Only `test` is read.
    batch_of
        Makes a batch of one example, where the network is.
    """
    net.eval()
    sums, hits = torch.zeros(3), 0
    near, near_hits = 0.0, 0
    lofi = {DRUM_STYLES.index("hiphop"), DRUM_STYLES.index("soul")}
    for example in splits.test:
        nats = net.parts(batch_of(example)).cpu() / float(np.log(2.0))
        sums, hits = sums + nats, hits + count_hits(example)
        if int(example["fields"][0, 6]) in lofi:
            near, near_hits = near + float(nats.sum()), near_hits + count_hits(example)
    what, velocity, timing = (sums / hits).tolist()
    return {"what": what, "velocity": velocity, "timing": timing, "hiphop_and_soul": near / max(near_hits, 1)}
