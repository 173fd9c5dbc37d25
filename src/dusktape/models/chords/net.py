"""The chord LSTM in torch: what is trained. `infer.py` runs the same in numpy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from dusktape.core.errors import InputError
from dusktape.data.dataset import SPLITS, Dataset
from dusktape.models.chords.tokens import SEQUENCE_CHORDS, Options, Vocabulary, Word, windows
from dusktape.nn.training import Example, Splits

SETTINGS: dict[str, Any] = {"epochs": 30, "batch_size": 16, "learning_rate": 1e-3, "weight_decay": 0.0, "patience": 4}
OPTIONS: dict[str, Any] = {name: field.default for name, field in Options.__dataclass_fields__.items()}

LEAST_CHORDS = 2 * (SEQUENCE_CHORDS + 1)


class Net(nn.Module):
    """Embedding, LSTM, one output.

    Every chord is asked for after the song's mode and at most the four chords before it, in training as in playing.
    """

    def __init__(self, vocabulary: int, options: Options) -> None:
        super().__init__()
        self.embed = nn.Embedding(vocabulary, options.width)
        self.drop = nn.Dropout(options.dropout)
        self.lstm = nn.LSTM(options.width, options.hidden, batch_first=True)
        self.out = nn.Linear(options.hidden, vocabulary)

    def forward(self, windows: torch.Tensor) -> torch.Tensor:
        """Return logits (B, T, V) of the chord after each place of some windows (B, T), each run from rest."""
        hidden, _ = self.lstm(self.drop(self.embed(windows)))
        logits: torch.Tensor = self.out(hidden)
        return logits

    def nats(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of a padded batch.

        In training all places of a window are asked for, which is five times as much to learn from, and the sum is
        scaled back to one a chord; otherwise a chord is asked for where it has all the chords before it that it may
        have.
        """
        windows, after = batch["windows"].flatten(0, 1), batch["after"].flatten(0, 1)  # (B T, 5)
        here, asked = batch["mask"].flatten() > 0, batch["asked"].flatten(0, 1) > 0
        logits, after, asked = self(windows[here]), after[here], asked[here]
        nats = cross_entropy(logits.flatten(0, 1), after.flatten(), reduction="none").view_as(after)
        if self.training:
            return nats.sum() / after.shape[1]
        return (nats * asked).sum()


def augment(song: Example, rng: np.random.Generator) -> Example:
    """Return every fifth window, so that each chord of the song is asked for about once."""
    first = int(rng.integers(0, SEQUENCE_CHORDS + 1))
    return {name: array[first :: SEQUENCE_CHORDS + 1] for name, array in song.items()}


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read the chords of a dataset's songs; the vocabulary is that of the training songs.

    Raises
    ------
    InputError
        If it has no chords to learn from.
    """
    Options.of(options)
    dataset = Dataset.read(data)
    songs = {split: [s for s in dataset.songs(split) if len(s.chords) >= LEAST_CHORDS] for split in SPLITS}
    vocabulary = Vocabulary.found([Word.of(c, s.key) for c in s.chords] for s in songs["train"])
    if not vocabulary.words:
        raise InputError(f"{data} has no songs with {LEAST_CHORDS} chords or more to learn from; make it from others")
    examples: dict[str, list[Example]] = {}
    number = 0
    for split, own in songs.items():
        examples[split] = []
        for song in own:
            read, after, asked = windows(np.array(vocabulary.read(song.key, song.chords), np.int64))
            numbers = np.full(len(read), number, np.int32)
            examples[split].append({"windows": read, "after": after, "asked": asked, "song": numbers})
            number += 1
    return Splits(
        examples["train"],
        examples["valid"],
        examples["test"],
        events=lambda e: len(e["song"]),
        vocabulary=vocabulary.to_json(),
    )


def build(seed: int, splits: Splits, options: Mapping[str, Any]) -> Net:
    """Return an untrained network."""
    torch.manual_seed(seed)
    return Net(len(Vocabulary.from_json(splits.vocabulary)), Options.of(options))


def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as `infer.py` reads them."""
    return {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}
