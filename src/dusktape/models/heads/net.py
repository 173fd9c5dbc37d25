"""The three heads in torch: what is trained. `infer.py` runs the same in numpy."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dusktape.core.errors import InputError
from dusktape.data.dataset import Dataset
from dusktape.models.heads.timing import COMPONENTS, NARROWEST
from dusktape.models.heads.tokens import (
    DURATIONS,
    NO_VELOCITY,
    PITCHES,
    STEPS,
    WINDOW_NOTES,
    Harmony,
    Options,
    home,
    past,
    velocities_before,
)
from dusktape.nn.line import STEPS_PER_BEAT, VELOCITY_BINS, Line
from dusktape.nn.training import Example, Splits
from dusktape.theory.chord import FAMILIES

SETTINGS: dict[str, Any] = {"epochs": 60, "batch_size": 8, "learning_rate": 5e-3, "weight_decay": 0.0, "patience": 8}
OPTIONS: dict[str, Any] = {name: field.default for name, field in Options.__dataclass_fields__.items()}

PITCH_SHARE = 0.05
"""Weight of the pitch in the published loss: 1 for step and duration."""

PRESSURE = 10.0
"""For each beat that step or duration lie below zero."""

PITCH_GAIN, MIDDLE_PITCH = 25.0, 70.0
"""The first layer starts with the pitch spread out around the middle of melodies: they lie within a fifth of the
published 0 to 1, and a network spends its first ten epochs on finding that out."""

FLAT_VOCABULARY = PITCHES + len(STEPS) + len(DURATIONS)

_VALUES = (STEPS, DURATIONS)
_NEVER = 7.9  # nats; weights end at 8


class Net(nn.Module):
    """Two LSTM layers and an output each for the pitch, the step and the duration of the next note.

    Source
    ------
    TensorFlow's tutorial "Generate music with an RNN": inputs, losses and their weights; it has one layer of 128 and
    windows of 25 notes, the generators that grew from it two layers and 30.
    """

    laplace_steps: torch.Tensor
    velocity: torch.Tensor

    def __init__(self, options: Options) -> None:
        super().__init__()
        self.options = options
        self.lstm = nn.LSTM(options.columns, options.hidden, num_layers=2, batch_first=True)
        self.pitch = nn.Linear(options.hidden, PITCHES)
        sizes = [{"squared": 1, "bins": len(v), "mixture": 3 * COMPONENTS}[options.time] for v in _VALUES]
        self.step, self.duration = (nn.Linear(options.hidden, size) for size in sizes)
        with torch.no_grad():
            of_pitch = self.lstm.get_parameter("weight_ih_l0")[:, 0]
            of_pitch *= PITCH_GAIN
            self.lstm.get_parameter("bias_ih_l0").sub_(of_pitch * MIDDLE_PITCH / PITCHES)
        if options.time == "mixture":
            for head in (self.step, self.duration):
                spread = torch.tensor([0.25, 0.5, 1.0, 2.0, 5.0])
                head.bias.data = torch.cat([torch.zeros(COMPONENTS), spread, torch.zeros(COMPONENTS)])
        self.register_buffer("laplace_steps", torch.ones(2))
        self.register_buffer("velocity", torch.full((*[NO_VELOCITY + 1] * 2, VELOCITY_BINS), -math.log(VELOCITY_BINS)))

    def forward(self, batch: Mapping[str, torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return the heads' outputs: (B, T, 128) for pitch, (B, T, outputs) for step and duration."""
        hidden = self._hidden(self._features(batch))
        return self.pitch(hidden), self.step(hidden), self.duration(hidden)

    def _hidden(self, x: torch.Tensor) -> torch.Tensor:
        """Run songs (B, T, columns): in training window after window, each from rest; otherwise from end to end."""
        if not self.training:
            played: torch.Tensor = self.lstm(x)[0]
            return played
        batch, time, columns = x.shape
        windows = functional.pad(x, (0, 0, 0, -time % WINDOW_NOTES)).reshape(-1, WINDOW_NOTES, columns)
        hidden: torch.Tensor = self.lstm(windows)[0]
        return hidden.reshape(batch, -1, self.options.hidden)[:, :time]

    def _features(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """As `tokens.features`, (B, T, columns)."""
        scale = torch.tensor([1.0 / PITCHES, 1.0 / STEPS_PER_BEAT, 1.0 / STEPS_PER_BEAT], device=batch["past"].device)
        x = batch["past"] * scale
        if not self.options.chords:
            return x
        sizes = (12, len(FAMILIES)) * 2
        words = [functional.one_hot(batch["chords"][..., i], n + 1)[..., :n] for i, n in enumerate(sizes)]
        return torch.cat([x, *words], dim=-1)

    def costs(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return nats (3, B, T) of pitch, step and duration."""
        pitch, *times = self(batch)
        y = batch["y"]
        log_times = [self._log_time(out, which) for which, out in enumerate(times)]
        log_p = [pitch.log_softmax(-1), *log_times]
        index = (y[..., 0], y[..., 1], (y[..., 2] - 1).clamp(min=0))  # padding has no duration
        return torch.stack([-p.gather(-1, i[..., None])[..., 0] for p, i in zip(log_p, index, strict=True)])

    def nats(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of a padded batch, without velocities."""
        return (self.costs(batch).sum(0) * batch["mask"]).sum()

    def _log_time(self, out: torch.Tensor, which: int) -> torch.Tensor:
        """As `timing`: (B, T, V)."""
        out = out.float()  # sixteen bits are too few for what follows
        if self.options.time == "bins":
            return out.log_softmax(-1)
        values = torch.as_tensor(_VALUES[which], dtype=out.dtype, device=out.device)
        if self.options.time == "squared":
            return _laplace(STEPS_PER_BEAT * out, self.laplace_steps[which], values)
        return _mixture(out, values)


class PublishedNet(Net):
    """The same with times by squared error, and the loss that goes with them."""

    def loss(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return what is minimised, summed over a padded batch."""
        pitch, *times = self(batch)
        y, mask = batch["y"], batch["mask"]
        loss = PITCH_SHARE * functional.cross_entropy(pitch.flatten(0, 1), y[..., 0].flatten(), reduction="none")
        loss = loss.view_as(mask)
        for which, out in enumerate(times):
            wrong = out[..., 0] - y[..., 1 + which] / STEPS_PER_BEAT
            loss = loss + wrong**2 + PRESSURE * functional.relu(-out[..., 0])
            if self.training:
                with torch.no_grad():
                    deviation = STEPS_PER_BEAT * (wrong.abs() * mask).sum() / mask.sum()
                    self.laplace_steps[which].lerp_(deviation.clamp(0.05, 7.9), 0.02)
        return (loss * mask).sum()


def _laplace(centre: torch.Tensor, scale: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    low, high = (values - 0.5 - centre) / scale, (values + 0.5 - centre) / scale
    edge = torch.full_like(low[..., :1], 60.0)
    low, high = torch.cat([-edge, low[..., 1:]], -1), torch.cat([high[..., :-1], edge], -1)
    near = torch.where(low >= 0, low, -high).clamp(0.0, 80.0)
    beyond = -math.log(2.0) - near + torch.log1p(-torch.exp(-(high - low).clamp(min=1e-6)))
    inside = 1.0 - 0.5 * torch.exp(-(-low).clamp(min=0.0)) - 0.5 * torch.exp(-high.clamp(min=0.0))
    return torch.where((low < 0) & (high > 0), inside.clamp(min=1e-30).log(), beyond)


def _mixture(out: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    weights, means, scales = out[..., None].chunk(3, dim=-2)  # each (B, T, K, 1)
    rate = torch.exp(-scales.clamp(min=NARROWEST))
    low = (values - 0.5 - STEPS_PER_BEAT * means) * rate
    high = low + rate
    middle = functional.logsigmoid(high) + functional.logsigmoid(-low) + torch.log1p(-torch.exp(-rate))
    ends = functional.logsigmoid(high[..., :1]), functional.logsigmoid(-low[..., -1:])
    log_p = torch.cat([ends[0], middle[..., 1:-1], ends[1]], dim=-1)
    return torch.logsumexp(weights.log_softmax(-2) + log_p, dim=-2)


def example(line: Line, number: int, *, free: bool) -> Example:
    """Return a whole song: `past` (T, 3), `chords` (T, 4), `y` (T, 4), and whether its key is free."""
    classes = line.classes
    return {
        "past": past(classes),
        "chords": Harmony(line.chords).before(line),
        "y": classes,
        "free": np.full(len(line), free),
        "song": np.full(len(line), number, np.int32),
    }


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read a dataset, one example a song.

    Raises
    ------
    InputError
        If it has no melodies to learn from.
    """
    o, dataset = Options.of(options), Dataset.read(data)
    sides = {side: [home(line) if o.keys == "home" else line for line in dataset.lines(side)] for side in
             ("train", "valid", "test")}  # fmt: skip
    songs: dict[str, list[Example]] = {}
    for side, lines in sides.items():
        first = sum(map(len, songs.values()))
        songs[side] = [example(line, first + i, free=o.keys == "augment") for i, line in enumerate(lines)]
    if not songs["train"]:
        raise InputError(f"{data} has no melodies of 16 notes or more to learn from; make it from other files")
    return Splits(songs["train"], songs["valid"], songs["test"], events=lambda e: len(e["song"]))


def lines(data: Path) -> list[Line]:
    """Return the melodies that training hears."""
    return Dataset.read(data).lines("train")


def augment(song: Example, rng: np.random.Generator) -> Example:
    """Return the song with its windows cut elsewhere, every other time from its beginning; in any key where it is free.

    The cut drops less than a window of notes.
    """
    first = int(rng.integers(0, WINDOW_NOTES)) if rng.random() < 0.5 and len(song["song"]) > WINDOW_NOTES else 0
    out = {name: array[first:] for name, array in song.items()}
    if out["free"].any():
        low, high = int(out["y"][:, 0].min()), int(out["y"][:, 0].max())
        up = int(np.clip(rng.integers(-6, 6), -low, PITCHES - 1 - high))
        before = np.where(out["past"][:, 2] > 0, up, 0)  # ahead of the first note there is nothing to move
        out["past"] = out["past"] + before[:, None] * np.array([1, 0, 0])
        out["y"] = out["y"] + np.array([up, 0, 0, 0])
        roots = out["chords"] * np.array([1, 0, 1, 0])
        moved = np.where(roots < 12, (roots + up) % 12, roots)
        out["chords"] = np.where([True, False, True, False], moved, out["chords"])
    return out


def build(seed: int, splits: Splits, options: Mapping[str, Any]) -> Net:
    """Return an untrained network. It starts from how often things are in the training songs, and counts velocities.

    A head that has to learn that most of the keyboard is silent drives the layers below it into saturation first,
    where they stay for ten epochs.
    """
    torch.manual_seed(seed)
    chosen = Options.of(options)
    net = PublishedNet(chosen) if chosen.time == "squared" else Net(chosen)
    y = np.concatenate([e["y"] for e in splits.train])
    sizes = (PITCHES, len(STEPS), len(DURATIONS))
    for i, (head, size) in enumerate(zip((net.pitch, net.step, net.duration), sizes, strict=True)):
        if len(head.bias) == size:
            count = np.bincount(y[:, i] - (i == 2), minlength=size) + 0.1
            head.bias.data = torch.from_numpy(np.maximum(np.log(count / count.sum()), -_NEVER)).float()
        elif net.options.time == "squared":
            head.bias.data.fill_(float(np.median(y[:, i])) / STEPS_PER_BEAT)
    net.velocity.copy_(torch.from_numpy(velocity_table(splits.train)))
    return net


def velocity_table(songs: Sequence[Example]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Count log-probabilities (9, 9, 8) of a velocity after the last one and the one before it; rare pairs borrow."""
    count = np.zeros((NO_VELOCITY + 1, NO_VELOCITY + 1, VELOCITY_BINS))
    for e in songs:
        velocity, before = e["y"][:, 3], velocities_before(e["y"][:, 3])
        np.add.at(count, (before[:, 0], before[:, 1], velocity), 1.0)
    ever = count.sum((0, 1)) + 0.5
    once = count.sum(1) + 4.0 * ever / ever.sum()
    once /= once.sum(-1, keepdims=True)
    twice = count + 8.0 * once[:, None]
    return np.asarray(np.maximum(np.log(twice / twice.sum(-1, keepdims=True)), -_NEVER))


@torch.no_grad()
def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as `infer.py` reads them.

    With squared error the scales of the Laplace distributions are those that make the validation songs (the training
    songs, where there are none) likeliest.
    """
    songs = splits.valid or splits.train
    if net.options.time == "squared" and songs:
        net.eval()
        scales = np.geomspace(0.05, 7.9, 80)
        cost = np.zeros((2, len(scales)))
        for e in songs:
            alone = {k: torch.from_numpy(v)[None].to(net.velocity.device) for k, v in e.items()}
            _, *times = net(alone)
            for which, out in enumerate(times):
                values = torch.as_tensor(_VALUES[which], dtype=out.dtype, device=out.device)
                index = (alone["y"][..., 1 + which] - int(values[0]))[..., None]
                for k, scale in enumerate(scales):
                    log_p = _laplace(STEPS_PER_BEAT * out, torch.as_tensor(scale, device=out.device), values)
                    cost[which, k] -= float(log_p.gather(-1, index).sum())
        net.laplace_steps.copy_(torch.from_numpy(scales[cost.argmin(1)]))
    return {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}


def flat_tokens(example: Example) -> list[int]:
    """Return three tokens a note: pitch, step, duration."""
    offsets = np.array([0, PITCHES, PITCHES + len(STEPS) - 1])
    return [int(t) for t in (example["y"][:, :3] + offsets).ravel()]


@torch.no_grad()
def details(net: Net, splits: Splits, collate: Callable[[Example], dict[str, torch.Tensor]]) -> dict[str, float]:
    """Return bits per test note of each head."""
    net.eval()
    notes = sum(len(e["song"]) for e in splits.test)
    total = sum((net.costs(collate(e)).sum((1, 2)) for e in splits.test), torch.zeros(3))
    names = ("pitch", "step", "duration")
    return {name: float(t) / math.log(2.0) / max(1, notes) for name, t in zip(names, total, strict=True)}
