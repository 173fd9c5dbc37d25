"""The harmony network in torch, for training: one GRU step a chord, three heads in a chain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dusktape.data import billboard, midi_chords, openewld, pop909_chords, rock_corpus
from dusktape.data.changes import Changes
from dusktape.data.split import fold
from dusktape.models.harmony.tokens import (
    COLUMNS,
    FLAT_VOCABULARY,
    LENGTHS,
    NAMES,
    NO_DEGREE,
    NO_LENGTH,
    NO_QUALITY,
    NOTHING_LEFT,
    QUALITY_NAMES,
    condition,
    events,
    inputs,
    place,
)
from dusktape.nn.training import Example, Splits

__all__ = ["FLAT_VOCABULARY", "OPTIONS", "SETTINGS", "Net", "augment", "build", "export", "flat_tokens", "load_splits"]

SETTINGS = {"epochs": 24, "batch_size": 16, "learning_rate": 2e-3, "weight_decay": 0.05, "patience": 6}
"""For `train.settings.Settings`."""

OPTIONS: dict[str, Any] = {"hidden": 384, "shared": 128, "dropout": 0.4}
"""For `Net`."""

WIDTHS = {
    "degree": 12,
    "quality": 12,
    "length": 6,
    "left": 4,
    "match": 4,
    "mode": 4,
    "mood": 8,
    "style": 8,
    "place": 12,
}
"""Width of each input's embedding, by the last word of its name."""

TAGGED_BEATS = (4, 4, 4, 2, 2, 8)
"""The few progressions with a mood are seen so often in each epoch, with chords of so many beats."""


class Net(nn.Module):
    """p(length), p(degree | length), p(quality | length, degree) of the next chord."""

    def __init__(self, hidden: int = 384, shared: int = 128, dropout: float = 0.4, *, memory: bool = True) -> None:
        super().__init__()
        self.memory = memory
        self.tables = nn.ModuleDict({n: nn.Embedding(size, WIDTHS[n.split("_")[-1]]) for n, size in COLUMNS.items()})
        width = sum(table.embedding_dim for table in self.tables.values())  # type: ignore[misc]
        self.body = nn.GRU(width, hidden, batch_first=True)
        self.shared = nn.Linear(hidden + width, shared)
        self.length = nn.Linear(shared, len(LENGTHS))
        self.length_table = nn.Embedding(len(LENGTHS), 8)
        self.degree_table = nn.Embedding(12, 16)
        self.degree_hidden = nn.Linear(shared + 8, shared)
        self.degree = nn.Linear(shared, 12)
        self.quality_hidden = nn.Linear(shared + 8 + 16, shared)
        self.quality = nn.Linear(shared, len(QUALITY_NAMES))
        self.drop = nn.Dropout(dropout)
        for table in [*self.tables.values(), self.length_table, self.degree_table]:
            nn.init.normal_(table.weight, std=0.3)  # type: ignore[arg-type]

    def logits(self, x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the three heads' logits, each (B, T, values), given `x` (B, T, columns) and `y` (B, T, 3)."""
        if not self.memory:
            x = torch.where(_REMEMBERED.to(x.device), _BLANK.to(x.device), x)
        read = torch.cat([self.tables[name](x[..., i]) for i, name in enumerate(NAMES)], -1)
        h, _ = self.body(self.drop(read))
        u = self.drop(torch.tanh(self.shared(torch.cat([self.drop(h), read], -1))))
        length, degree = self.length_table(y[..., 0]), self.degree_table(y[..., 1])
        return (
            self.length(u),
            self.degree(torch.tanh(self.degree_hidden(torch.cat([u, length], -1)))),
            self.quality(torch.tanh(self.quality_hidden(torch.cat([u, length, degree], -1)))),
        )

    def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of a padded batch."""
        y, mask = batch["y"], batch["mask"]
        heads = self.logits(batch["x"], y)
        nats = sum(
            cross_entropy(head.flatten(0, 1), y[..., i].flatten(), reduction="none") for i, head in enumerate(heads)
        )
        return (nats * mask.flatten()).sum()


_BLANK_BY_KIND = {"degree": NO_DEGREE, "quality": NO_QUALITY, "length": NO_LENGTH, "left": NOTHING_LEFT, "match": 0}
_BLANK = torch.tensor([_BLANK_BY_KIND.get(name.split("_")[-1], 0) for name in NAMES])
_REMEMBERED = torch.tensor([name.startswith(("four", "eight", "match")) for name in NAMES])
_FOUR, _EIGHT, _MATCH = (np.array([name.startswith(kind) for name in NAMES]) for kind in ("four", "eight", "match"))
_MOOD, _STYLE, _PLACE = NAMES.index("mood"), NAMES.index("style"), NAMES.index("place")


def build(seed: int, splits: Splits, options: Mapping[str, Any]) -> Net:
    """Return an untrained network. `options` as for `Net`."""
    torch.manual_seed(seed)
    return Net(**options)


def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as `infer.py` reads them."""
    return {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}


def flat_tokens(example: Example) -> list[int]:
    """Return one token a chord: the very events the network predicts."""
    length, degree, quality = example["y"].T
    return [int(t) for t in (length * 12 + degree) * len(QUALITY_NAMES) + quality]


def songs(data: Path) -> Iterator[Changes]:
    """Read every source; songs that seldom change on the first or third beat are in another metre and left out."""
    yield from pop909_chords.songs(data)
    yield from (sheet.changes() for sheet in openewld.songs(data))
    yield from billboard.songs(data)
    yield from rock_corpus.songs(data)
    yield from midi_chords.songs(data)


def example(changes: Changes, number: int, mood: str = "any") -> Example:
    """Return one song: `x` (T, columns), `y` (T, 3: length, degree, quality), `start`, `follower`, `song` (T,)."""
    chords, asked = events(changes), condition(changes, mood)
    rows, followers = [], []
    for i, event in enumerate(chords):
        row, follower = inputs(chords[:i], event.start, place(event.start, changes.sections), asked)
        rows.append(row)
        followers.append(follower)
    return {
        "x": np.array(rows, np.int64),
        "y": np.array([(e.length, e.degree, e.quality) for e in chords], np.int64),
        "start": np.array([e.start for e in chords], np.int32),
        "follower": np.array(followers, np.int32),
        "song": np.full(len(chords), number, np.int32),
    }


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read all sources below `data`, split by song.

    The progressions with moods come once for each mood and several times over in training; where they judge they
    come without their repeats, which any memory would get for nothing.
    """
    folds: dict[str, list[Example]] = {"train": [], "valid": [], "test": []}
    numbers: dict[str, int] = {}
    for changes in songs(data):
        if len(changes.chords) < 4 or not _in_four(changes):
            continue
        where, number = fold(changes.id), numbers.setdefault(changes.id, len(numbers))
        if changes.source == "loops" and where != "train":
            once = tuple(c for c in changes.chords if c[0] < changes.sections[1])
            folds[where].append(example(replace(changes, chords=once), number, (*changes.moods, "any")[0]))
        elif changes.source == "loops":
            paced = [_paced(changes, beats) for beats in TAGGED_BEATS]
            folds[where] += [example(song, number, mood) for song in paced for mood in changes.moods or ("any",)]
        else:
            folds[where].append(example(changes, number))
    return Splits(folds["train"], folds["valid"], folds["test"], events=lambda e: len(e["song"]))


def _paced(changes: Changes, beats: int) -> Changes:
    """Play a progression of one chord a bar faster or slower, so that mood and pace are learned apart."""
    return replace(
        changes,
        chords=tuple((start * beats // 4, length * beats // 4, root, q) for start, length, root, q in changes.chords),
        sections=tuple(start * beats // 4 for start in changes.sections),
    )


def _in_four(changes: Changes) -> bool:
    even = [place(start, changes.sections) % 2 == 0 for start, *_ in changes.chords]
    return sum(even) >= 0.6 * len(even)


def augment(song: Example, rng: np.random.Generator) -> Example:
    """Return the song, or one time in three a stretch from where a phrase starts, with what came before forgotten.

    Loops are written from nothing, so the network has to know how music starts. Mood and style are hidden now and
    then, so that both can be left open.
    """
    starts = np.flatnonzero(song["x"][:, _PLACE] % 16 == 0)
    if len(starts) > 1 and rng.random() < 0.35:
        first = int(rng.choice(starts))
        begin = int(song["start"][first])
        last = int(np.searchsorted(song["start"], begin + 16 * rng.integers(1, 7)))
        out = {name: array[first : max(last, first + 2)].copy() for name, array in song.items()}
        blank = _BLANK.numpy()
        out["x"] = np.where(_FOUR & (out["start"][:, None] - 16 < begin), blank, out["x"])
        out["x"] = np.where(_EIGHT & (out["start"][:, None] - 32 < begin), blank, out["x"])
        out["x"] = np.where(_MATCH & (out["follower"][:, None] <= first), blank, out["x"])
        out["x"][0] = np.where([name.startswith("last") for name in NAMES], blank, out["x"][0])
    else:
        out = {**song, "x": song["x"].copy()}
    if rng.random() < 0.25:
        out["x"][:, _MOOD] = 0
    if rng.random() < 0.25:
        out["x"][:, _STYLE] = 0
    return out
