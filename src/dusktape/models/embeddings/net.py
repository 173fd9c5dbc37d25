"""The three LSTMs in torch, and how songs become what they learn from. `network.py` runs the same in numpy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dusktape.core.errors import InputError
from dusktape.core.score import TICKS_PER_BEAT
from dusktape.data.dataset import PARTS, Dataset, Song
from dusktape.models.embeddings.infer import Embeddings
from dusktape.models.embeddings.tokens import (
    CHORDS,
    FIRST_PITCH,
    PITCHES,
    REST,
    SETS,
    Harmony,
    Ints,
    Vocabulary,
    learn,
    moved,
    moved_chords,
    shapes,
    words,
)
from dusktape.nn.exact import from_int16, to_int16
from dusktape.nn.line import LONGEST_STEPS, STEPS_PER_BEAT, VELOCITY_BINS, Line
from dusktape.nn.training import Example, Splits

SETTINGS: dict[str, Any] = {"epochs": 28, "batch_size": 24, "learning_rate": 2e-3, "weight_decay": 0.02, "patience": 4}

OPTIONS: dict[str, Any] = {
    "keys": "home",
    "stream": "melody",
    "chords": False,
    "width": 64,
    "hidden": 512,
    "dropout": 0.3,
}
"""`keys`: `home` moves every song to C major or A minor; `augment` leaves songs where they are and moves them about
at random, each epoch anew. `stream`: `melody`, or `all` pitched parts with chords as words. `chords`: also hear the
chord at the note and the next one. `width` of the embeddings, `hidden` cells, `dropout` before and after them."""

SEQUENCE = 100
"""Words that training sees at a time."""

FLAT_VOCABULARY = (FIRST_PITCH + PITCHES + 6) * (LONGEST_STEPS + 1) * (VELOCITY_BINS + 1)

_CHOICES = {"keys": ("home", "augment"), "stream": ("melody", "all"), "chords": (False, True)}


class Net(nn.Module):
    """Embeddings of the word before, summed; one LSTM; one head for each vocabulary."""

    offsets: torch.Tensor

    def __init__(
        self, vocabularies: list[Vocabulary], *, width: int, hidden: int, dropout: float, chords: bool
    ) -> None:
        super().__init__()
        self.sets = vocabularies
        self.sizes = [len(v) for v in vocabularies]
        self.chords = chords
        for i, v in enumerate(vocabularies):
            self.register_buffer(f"codes{i}", torch.tensor(v.codes), persistent=False)
            self.register_buffer(f"weights{i}", torch.tensor(v.weights), persistent=False)
            self.register_buffer(f"rests{i}", torch.tensor(v.rests), persistent=False)
        rows = [size + 1 for size in self.sizes] + [CHORDS] * (2 * chords)
        self.register_buffer("offsets", torch.tensor(np.cumsum([0, *rows[:-1]])), persistent=False)
        self.embed = nn.EmbeddingBag(sum(rows), width, mode="sum")
        nn.init.normal_(self.embed.weight, std=0.1)
        self.lstm = nn.LSTM(width, hidden, batch_first=True)
        self.drop = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, sum(self.sizes))

    def ids(self, i: int, word: torch.Tensor) -> torch.Tensor:
        """Return rows of vocabulary i (...) for words (..., 4), as `Vocabulary.ids`."""
        known: torch.Tensor = self.get_buffer(f"codes{i}")
        code = (word * self.get_buffer(f"weights{i}")).sum(-1)
        found = torch.searchsorted(known, code).clamp(max=len(known) - 1)
        return torch.where(known[found] == code, found + 1, 0)

    def hidden(self, before: torch.Tensor, chords: torch.Tensor) -> torch.Tensor:
        """Return the LSTM's output (B, T, H) from the words before (B, T, 4) and the chords (B, T, 2)."""
        ids = [self.ids(i, before) for i in range(len(self.sets))]
        rows = torch.stack([*ids, *(chords.unbind(-1) if self.chords else ())], dim=-1) + self.offsets
        embedded = self.embed(rows.flatten(0, 1)).reshape(*rows.shape[:2], -1)  # (B, T, W)
        out, _ = self.lstm(self.drop(embedded))
        dropped: torch.Tensor = self.drop(out)
        return dropped

    def forward(self, before: torch.Tensor, chords: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next words, (B, T, V): those of one vocabulary after those of the other."""
        logits: torch.Tensor = self.head(self.hidden(before.long(), chords.long()))
        return logits

    def nats(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of a padded batch: the code of `infer.Costs`, velocity included."""
        here = batch["mask"].bool()
        before, word = batch["before"].long(), batch["word"].long()
        hidden = self.hidden(before, batch["chords"].long())[here]  # (N, H): padding costs nothing
        before, word = before[here], word[here]
        total = hidden.new_zeros(())
        for i, (v, logits) in enumerate(zip(self.sets, self.head(hidden).split(self.sizes, dim=-1), strict=True)):
            if v.names_notes:
                resting = (before[:, 0] == REST)[:, None] & self.get_buffer(f"rests{i}")
                logits = logits.masked_fill(resting, -1e9)
            ids = self.ids(i, word)
            known = functional.cross_entropy(logits, (ids - 1).clamp(min=0), reduction="none")
            known = torch.where(ids > 0, known - np.log1p(-v.escape), 1e9)
            each = -torch.logaddexp(-known, known.new_tensor(np.log(v.escape / v.size)))
            total = total + (each if not v.only_velocity else each[word[:, 0] >= FIRST_PITCH]).sum()
        return total


def load_splits(model: str, data: Path, options: Mapping[str, Any]) -> Splits:
    """Read a dataset and cut its training songs into stretches of words.

    Raises
    ------
    InputError
        If it is no dataset, if an option has no such value, or if nothing is left to learn from.
    """
    _check(options)
    dataset, home = Dataset.read(data), options["keys"] == "home"
    numbers: dict[str, int] = {}
    songs: dict[str, list[Example]] = {"train": [], "valid": [], "test": []}
    for part, examples in songs.items():
        for name, word, chords in _songs(dataset, part, home=home, every_part=options["stream"] == "all"):
            before = np.concatenate([np.zeros((1, 4), np.int64), word[:-1]])
            number = np.full(len(word), numbers.setdefault(name, len(numbers)))
            moves, own = np.full(len(word), not home), np.ones(len(word))
            arrays = {"before": before, "word": word, "chords": chords, "moves": moves, "own": own}
            small = {column: array.astype(np.int16) for column, array in arrays.items()}
            examples.append({**small, "song": number.astype(np.int32)})
    if not songs["train"]:
        raise InputError(f"{data} has no songs in four quarters with 16 notes to learn from; make it from other files")
    heard = [example["word"] for example in songs["train"]]
    sets = [learn(columns, heard, all_keys=not home).to_json() for columns in SETS[model]]
    train = [stretch for example in songs["train"] for stretch in _stretches(example)]
    vocabulary = {"sets": sets, "keys": options["keys"]}
    return Splits(train, songs["valid"], songs["test"], notes, vocabulary)


def _check(options: Mapping[str, Any]) -> None:
    for name, choices in _CHOICES.items():
        if options[name] not in choices:
            known = " or ".join(str(c).lower() for c in choices)
            raise InputError(f"the option {name} is {known}, got {options[name]!r}")
    for name in ("width", "hidden"):
        if type(options[name]) is not int or not 1 <= options[name] <= 4096:
            raise InputError(f"the option {name} is a whole number from 1 to 4096, got {options[name]!r}")
    if not isinstance(options["dropout"], int | float) or not 0 <= options["dropout"] < 1:
        raise InputError(f"the option dropout lies between 0 and 1, got {options['dropout']!r}")


def _songs(dataset: Dataset, part: str, *, home: bool, every_part: bool) -> Iterator[tuple[str, Ints, Ints]]:
    """Yield name, words (T, 4) and chords (T, 2) of each song."""
    if every_part:
        both = [_all_parts(song) for song in dataset.songs(part) if song.beats_per_bar == 4]
        both = [(line, under) for line, under in both if len(line) >= 16]
    else:
        both = [(line, np.zeros(len(line), np.int64)) for line in dataset.lines(part)]
    for line, under in both:
        moved_line = line.in_c() if home else line
        word, place = words(moved_line, under)
        yield line.name, word, Harmony(moved_line.chords).along(place)


def _all_parts(song: Song) -> tuple[Line, Ints]:
    """Return the top voice of all pitched parts and the shape of the chord under each of its notes."""
    pitched = song.part != PARTS.index("drums")
    n = song.notes
    start, length, pitch, velocity = (c[pitched] for c in (n.start, n.length, n.pitch, n.velocity))
    beats = start / TICKS_PER_BEAT
    line = Line.of_notes(song.name, song.key, song.chords, beats, length / TICKS_PER_BEAT, pitch, velocity)
    return line, shapes(line, np.rint(beats * STEPS_PER_BEAT).astype(np.int64), pitch)


def _stretches(example: Example) -> Iterator[Example]:
    """Cut a song every `SEQUENCE` words; each stretch is nearly twice as long, for `augment` to cut anew.

    Its `own` words are those before the next stretch.
    """
    starts = range(0, max(1, len(example["word"]) - SEQUENCE // 2), SEQUENCE)
    for start in starts:
        stretch = {name: array[start : start + 2 * SEQUENCE - 1] for name, array in example.items()}
        if start != starts[-1]:
            stretch["own"] = (np.arange(len(stretch["own"])) < SEQUENCE).astype(np.int16)
        yield stretch


def augment(example: Example, rng: np.random.Generator) -> Example:
    """Return `SEQUENCE` words from anywhere in a stretch; with `keys = augment`, in any key."""
    spare = max(0, len(example["word"]) - SEQUENCE)
    start = int(rng.integers(0, spare + 1))
    cut = {name: array[start : start + SEQUENCE] for name, array in example.items()}
    cut["own"] = np.ones_like(cut["own"])
    if cut["moves"][0]:
        up = int(rng.integers(-6, 6))
        cut |= {"before": moved(cut["before"], up), "word": moved(cut["word"], up)}
        cut["chords"] = moved_chords(cut["chords"], up)
    return cut


def notes(example: Example) -> int:
    """Return how many notes of its own an example holds."""
    return int(((example["word"][:, 0] >= FIRST_PITCH) & (example["own"] > 0)).sum())


def build(seed: int, splits: Splits, options: Mapping[str, Any]) -> Net:
    """Return a network with initial weights from the seed, for the vocabulary of the splits."""
    torch.manual_seed(seed)
    sets = [Vocabulary.from_json(each) for each in splits.vocabulary["sets"]]
    return Net(sets, **{name: options[name] for name in ("width", "hidden", "dropout", "chords")})


def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as they are stored."""
    return {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}


def details(net: Net, splits: Splits, collate: Any) -> dict[str, float]:
    """Return bits per note of the test songs as the stored weights code them, without and with velocity."""
    stored = {name: from_int16(to_int16(array)) for name, array in export(net, splits).items()}
    model = Embeddings.of(stored, splits.vocabulary)
    songs = [(e["word"].astype(np.int64), e["chords"].astype(np.int64)) for e in splits.test]
    without, with_velocity = sum(bits.sum(axis=0) for bits in model.word_bits(songs)) / sum(map(notes, splits.test))
    return {"test_bits_per_note_without_velocity": float(without), "test_bits_per_note": float(with_velocity)}


def flat_tokens(example: Example) -> list[int]:
    """Return one number a word, for the counting baselines."""
    note, _, duration, velocity = example["word"][example["own"] > 0].astype(np.int64).T
    return [int(t) for t in (note * (LONGEST_STEPS + 1) + duration) * (VELOCITY_BINS + 1) + velocity]


def lines(data: Path) -> list[Line]:
    """Return the melodies that training learned from."""
    return Dataset.read(data).lines("train")
