"""The melody network in torch: what is trained. `infer.py` runs the same in numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dusktape.models.melody import touch
from dusktape.models.melody.corpus import examples, melodies
from dusktape.models.melody.memory import (
    COPY_COLUMNS,
    FORGOTTEN,
    LAST_PITCH_COLUMN,
    MEMORY_COLUMNS,
    MEMORY_GROUPS,
    PAST_SIZES,
)
from dusktape.models.melody.song import count_notes
from dusktape.models.melody.tokens import FIRST_PITCH, NO_CHORD, NONE, PLAN_SIZES, REACH, VOCABULARY
from dusktape.nn.line import VELOCITY_BINS, Line
from dusktape.nn.training import Example, Splits

SETTINGS: dict[str, Any] = {"epochs": 24, "batch_size": 16, "learning_rate": 3e-3, "weight_decay": 0.02, "patience": 8}
OPTIONS: dict[str, Any] = {"width": 128, "hidden": 320, "dropout": 0.25, "memory": True, "half_time": True}
TOUCH_WIDTH, TOUCH_HIDDEN, TOUCH_DROPOUT = 96, 48, 0.2
STRETCH_STEPS = 512
"""Training sees stretches of songs this long, cut at a new place each epoch."""
BLOCK_STEPS, HIDE_ALL, HIDE_SOME = 32, 0.125, 0.25

FLAT_VOCABULARY = VOCABULARY
SIZES = (*PLAN_SIZES, *PAST_SIZES)
OFFSETS = np.concatenate([[0], np.cumsum(SIZES)[:-1]])
FIRST_PAST = len(PLAN_SIZES)
INTERVALS = 4 * REACH + 1
PITCHES = VOCABULARY - FIRST_PITCH


class Touch(nn.Module):
    """How hard notes are played: summed embeddings, two layers, and a direct word for what each match shows."""

    offsets: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("offsets", torch.tensor(touch.OFFSETS), persistent=False)
        self.table = nn.EmbeddingBag(int(sum(touch.SIZES)), TOUCH_WIDTH, mode="sum")
        self.cross = nn.EmbeddingBag(3 * touch.CROSS_SIZE, VELOCITY_BINS, mode="sum")
        self.bias = nn.Parameter(torch.zeros(TOUCH_WIDTH))
        self.hidden = nn.Linear(TOUCH_WIDTH, TOUCH_HIDDEN)
        self.out = nn.Linear(TOUCH_HIDDEN, VELOCITY_BINS)
        self.drop = nn.Dropout(TOUCH_DROPOUT)
        nn.init.normal_(self.table.weight, std=0.1)
        nn.init.zeros_(self.cross.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (N, 8) from `touch.features` (N, columns)."""
        x = x.long()
        h = self.drop(torch.tanh(self.table(x + self.offsets) + self.bias))
        crossed = torch.from_numpy(touch.crossed(x.cpu().numpy())).to(x.device)
        logits: torch.Tensor = self.out(self.drop(torch.tanh(self.hidden(h)))) + self.cross(crossed)
        return logits

    def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of the velocities that are known."""
        played = (batch["velocity"] != touch.NO_VELOCITY) & (batch["mask"] > 0)
        return functional.cross_entropy(self(batch["touch"][played]), batch["velocity"][played].long(), reduction="sum")


class Net(nn.Module):
    """Summed embeddings, one GRU, and three ways to name a pitch: in the key, above the chord, from the last note.

    A fourth head points: it adds to the tokens that the memory shows. Without `memory` the network is what it must
    beat: the same, but for the inputs that look back further than a note.
    """

    columns: torch.Tensor
    offsets: torch.Tensor

    def __init__(self, *, width: int, hidden: int, dropout: float, memory: bool) -> None:
        super().__init__()
        used = [c for c in range(len(SIZES)) if memory or c - FIRST_PAST not in MEMORY_COLUMNS]
        self.memory = memory
        self.register_buffer("columns", torch.tensor(used), persistent=False)
        self.register_buffer("offsets", torch.tensor(OFFSETS[used]), persistent=False)
        self.embed = nn.EmbeddingBag(int(sum(SIZES)), width, mode="sum")
        nn.init.normal_(self.embed.weight, std=0.1)
        self.body = nn.GRU(width, hidden, batch_first=True)
        self.drop_in, self.drop_out = nn.Dropout(dropout / 2), nn.Dropout(dropout)
        self.out = nn.Linear(hidden, VOCABULARY + 12 + INTERVALS + len(COPY_COLUMNS))
        self.touch = Touch()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return logits (B, T, V) from inputs (B, T, columns)."""
        batch, time, _ = x.shape
        x = x.long()
        rows = x[:, :, self.columns] + self.offsets  # (B, T, used)
        embedded = self.embed(rows.reshape(batch * time, -1)).reshape(batch, time, -1)  # (B, T, W)
        hidden, _ = self.body(self.drop_in(embedded))  # (B, T, H)
        raw = self.out(self.drop_out(hidden))
        token, above, leap, copy = raw.split([VOCABULARY, 12, INTERVALS, len(COPY_COLUMNS)], dim=-1)
        pitch = torch.arange(PITCHES, device=x.device)
        chord, last = x[:, :, :1], x[:, :, FIRST_PAST + LAST_PITCH_COLUMN, None]
        over = above.gather(2, (pitch - REACH - chord) % 12)  # (B, T, 37)
        over = over * (chord != NO_CHORD)
        moved = leap.gather(2, (pitch + FIRST_PITCH - last + 2 * REACH).clamp(0, INTERVALS - 1))
        moved = moved * (last != NONE)
        logits: torch.Tensor = token + functional.pad(over + moved, (FIRST_PITCH, 0))
        if self.memory:
            shown = x[:, :, [FIRST_PAST + c for c in COPY_COLUMNS]]  # (B, T, copies); NONE falls off the end
            spread = torch.zeros(batch, time, VOCABULARY + 1, device=x.device).scatter_add(2, shown, copy)
            logits = logits + spread[:, :, :VOCABULARY]
        return logits

    def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of a padded batch, of its notes alone."""
        logits = self(batch["x"])
        each = functional.cross_entropy(logits.flatten(0, 1), batch["token"].long().flatten(), reduction="none")
        return (each * batch["mask"].flatten()).sum()

    def loss(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return what is minimised: the notes and their velocities. The two share no weights."""
        return self.nats(batch) + self.touch.nats(batch)


def build(seed: int, splits: Splits | None = None, options: Mapping[str, Any] = OPTIONS) -> Net:
    """Return a network with initial weights from the seed. `options` as `OPTIONS`, where they differ."""
    torch.manual_seed(seed)
    return Net(**{name: options.get(name, OPTIONS[name]) for name in ("width", "hidden", "dropout", "memory")})


def load_splits(data: Path, options: Mapping[str, Any] = OPTIONS) -> Splits:
    """Read the songs and cut them into what is learned from, stopped by and judged on.

    Parameters
    ----------
    data
        A dataset, or the folder that holds the sources of the weights that ship.
    options
        `half_time` counts here.
    """
    parts = examples(data, half_time=bool(options.get("half_time", True)))
    return Splits(parts["train"], parts["valid"], parts["test"], count_notes)


def lines(data: Path) -> list[Line]:
    """Return the lines that are learned from, as written; their copies in half time hold the same notes."""
    return [melody.line() for split, melody in melodies(data) if split == "train"]


def held_out_lines(data: Path) -> list[Line]:
    """Return the lines that stop and judge: how much people share with each other."""
    return [melody.line() for split, melody in melodies(data) if split != "train"]


def augment(example: Example, rng: np.random.Generator) -> Example:
    """Return a stretch of the song with holes in its memory, so that the writer may ask for something new.

    In one block of two bars out of eight all memory is hidden, in one out of four some of it.
    """
    spare = max(0, len(example["token"]) - STRETCH_STEPS)
    start = int(rng.integers(0, spare + 1))
    cut = {name: array[start : start + STRETCH_STEPS] for name, array in example.items()}
    x = cut["x"].copy()
    for block in range(0, len(x), BLOCK_STEPS):
        chance = rng.random()
        if chance < HIDE_ALL:
            groups: Any = MEMORY_GROUPS
        elif chance < HIDE_ALL + HIDE_SOME:
            groups = [g for g, gone in zip(MEMORY_GROUPS, rng.random(len(MEMORY_GROUPS)) < 0.5, strict=True) if gone]
        else:
            continue
        columns = np.array([c for group in groups for c in group], np.int64)
        x[block : block + BLOCK_STEPS, FIRST_PAST + columns] = FORGOTTEN[columns - MEMORY_COLUMNS[0]]
    return {**cut, "x": x}


def flat_tokens(example: Example) -> list[int]:
    """Return the tokens the network predicts, for the counting baselines."""
    return [int(t) for t in example["token"]]


@torch.no_grad()
def details(net: Net, splits: Splits, batch_of: Callable[[Example], dict[str, torch.Tensor]]) -> dict[str, float]:
    """Return what the velocities of the test songs cost, in bits a note that has one."""
    net.eval()
    played = [example for example in splits.test if (example["velocity"] != touch.NO_VELOCITY).any()]
    nats = sum(float(net.touch.nats(batch_of(example))) for example in played)
    return {"velocity": nats / math.log(2.0) / max(1, sum(map(count_notes, played)))}


def export(net: Net, splits: Splits | None = None) -> dict[str, Any]:
    """Return name to array, as they ship."""
    return {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}
