"""The dilated net in torch: what is trained. `infer.py` runs the same in numpy, sample by sample."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from dusktape.core.errors import InputError
from dusktape.data.crops import Crops, splits_of, spread_over, varied
from dusktape.data.dataset import SPLITS
from dusktape.data.sounds import Clip, SoundDataset
from dusktape.dsp import mulaw, prediction
from dusktape.models.wavenet import conditions
from dusktape.models.wavenet.shape import (
    EVEN,
    FEATURES,
    FRONT,
    KERNEL,
    LONGEST,
    MISSED_STEPS,
    OPTIONS,
    SETTINGS,
    Options,
)
from dusktape.nn import foresight
from dusktape.nn.training import Example, Splits

__all__ = ["OPTIONS", "SETTINGS", "Net", "augment", "build", "details", "export", "load_splits"]

COUNTED = "samples"
"""What its examples hold, where speed is told."""

_FIRST = 2_048
"""In training samples count from here on, though some of their past is silence; held out, those with all of it."""

_SHARES = {"train": 0.7, "valid": 0.2, "test": 0.1}
"""Of the files, where the dataset itself leaves a split empty."""

_RATE = 16_000
"""Usual, in Hz."""

_FITTED_WINDOWS = 48
_TABLE_ROWS = 48

augment = varied


class Net(nn.Module):
    """A convolution over the last 32 samples, gated dilated ones above it, and a mixture of logistics.

    The mixture stands around what linear prediction foresees, and its widths count in what that leaves; so the net
    begins as linear prediction, and learns what is better.
    """

    edges: torch.Tensor

    def __init__(self, options: Options, weights: Any, missed: float) -> None:
        super().__init__()
        self.options, self.missed = options, missed
        wide = options.residual
        self.register_buffer("edges", torch.tensor(mulaw.edges(), dtype=torch.float32), persistent=False)
        self.linear = nn.Parameter(torch.tensor(weights, dtype=torch.float32))  # newest first
        self.front = nn.Conv1d(FEATURES, wide, FRONT)
        self.dilated = nn.ModuleList(
            nn.Conv1d(wide, 2 * options.gates, KERNEL, dilation=dilation) for dilation in options.dilations
        )
        self.told = nn.ModuleList(nn.Linear(conditions.SIZE, 2 * options.gates, bias=False) for _ in options.dilations)
        self.residual = nn.ModuleList(nn.Conv1d(options.gates, wide, 1, bias=False) for _ in options.dilations)
        self.skip = nn.ModuleList(nn.Conv1d(options.gates, options.skip, 1, bias=False) for _ in options.dilations)
        self.skip_bias = nn.Parameter(torch.zeros(options.skip))
        self.out = nn.Conv1d(options.skip, 3 * options.components, 1)
        nn.init.zeros_(self.out.weight)
        even = torch.zeros(2 * options.components)
        self.out.bias = nn.Parameter(torch.cat([even, torch.linspace(-1.5, 1.0, options.components)]))

    def forward(self, sound: torch.Tensor, told: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the mixture's numbers (B, 3 K, T) and what linear prediction foresees (B, T), of the next samples.

        Parameters
        ----------
        sound
            (B, T), decoded from its bins.
        told
            (B, SIZE), as `conditions.told` gives it.
        """
        line = functional.conv1d(
            functional.pad(sound[:, None], (self.linear.shape[0] - 1, 0)), self.linear.flip(0)[None, None]
        )[:, 0]
        x = self.front(functional.pad(self.features(sound, line), (FRONT - 1, 0)))
        skipped = self.skip_bias[:, None]
        layers = zip(self.options.dilations, self.dilated, self.told, self.residual, self.skip, strict=True)
        for dilation, dilated, condition, residual, skip in layers:
            z = dilated(functional.pad(x, ((KERNEL - 1) * dilation, 0))) + condition(told)[:, :, None]
            a, b = z.chunk(2, 1)
            gated = torch.tanh(a) * torch.sigmoid(b)
            x = x + residual(gated)
            skipped = skipped + skip(gated)
        return self.out(torch.relu(skipped)), line

    def features(self, sound: torch.Tensor, line: torch.Tensor) -> torch.Tensor:
        """Return what the net hears of each sample, (B, 2, T)."""
        compressed = sound.sign() * torch.log1p(mulaw.MU * sound.abs()) / math.log1p(mulaw.MU)
        missed = (sound - functional.pad(line[:, :-1], (1, 0))) / self.missed
        return torch.stack([compressed, missed.clamp(-MISSED_STEPS, MISSED_STEPS) / MISSED_STEPS], 1)

    def nats(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the summed negative log-likelihood of the bins.

        In training it is that of samples whose past may be cut off, scaled to as many as are counted otherwise.
        """
        bins, told = batch["bins"], batch["told"][:, 0]
        numbers, line = self(self.decoded(bins), told)
        first, counted = self.options.receptive_field, bins.shape[1] - self.options.receptive_field
        if self.training:
            first = min(_FIRST, first)
        cost = self.costs(numbers[:, :, first - 1 : -1], line[:, first - 1 : -1], bins[:, first:])
        total: torch.Tensor = cost.sum() * (counted / cost.shape[1])
        return total

    def decoded(self, bins: torch.Tensor) -> torch.Tensor:
        """Return the sample in the middle of each bin."""
        middle = (bins + 0.5) / (mulaw.BINS / 2) - 1.0
        return middle.sign() * torch.expm1(middle.abs() * math.log1p(mulaw.MU)) / mulaw.MU

    def costs(self, numbers: torch.Tensor, line: torch.Tensor, bins: torch.Tensor) -> torch.Tensor:
        """Return the nats of each bin (B, T), by the mixture's numbers (B, 3 K, T) around a line (B, T)."""
        shares, means, widths = numbers.chunk(3, 1)
        mean = line[:, None] + self.missed * means
        inverse = torch.exp(-widths.clamp(-LONGEST / 4.0, LONGEST / 4.0)) / self.missed
        above = torch.sigmoid((self.edges[bins + 1][:, None] - mean) * inverse)
        below = torch.sigmoid((self.edges[bins][:, None] - mean) * inverse)
        above = torch.where((bins == mulaw.BINS - 1)[:, None], 1.0, above)
        below = torch.where((bins == 0)[:, None], 0.0, below)
        p = (torch.softmax(shares, 1) * (above - below)).sum(1)
        return -torch.log((1.0 - EVEN) * p.clamp(min=0.0) + EVEN / mulaw.BINS)


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read where the windows of a dataset of sounds lie, and measure tempo and style of every clip.

    Raises
    ------
    InputError
        If there is no clip as long as a window, or half a second is more than the net hears.
    """
    wanted = Options.of(options)
    dataset = SoundDataset.read(data)
    if wanted.receptive_field < dataset.sample_rate / 2:
        again = "make it again at 16000, or " if wanted.receptive_field >= _RATE / 2 < dataset.sample_rate / 2 else ""
        raise InputError(
            f"{data} is at {dataset.sample_rate} Hz, where the {wanted.receptive_field} samples that the net hears are "
            f"less than half a second; {again}choose larger model.dilations"
        )
    crops = Crops(dataset, wanted.frames)
    long_enough = [clip for clip in dataset.clips if clip.frames >= wanted.frames]
    clips = splits_of(dataset, _SHARES)
    learned = [clip for clip in clips["train"] if clip.frames >= wanted.frames]
    if not learned:
        seconds = wanted.frames / dataset.sample_rate
        raise InputError(
            f"no clip of {data} to learn from has {wanted.frames} samples ({seconds:.1f} s); "
            "make it again with longer ones (--seconds, or --count of bars), or say a smaller model.frames"
        )
    found = {clip.name: _measured(dataset, clip) for clip in long_enough}
    styles = np.array([found[clip.name][1] for clip in learned])
    centre, spread = styles.mean(axis=0), styles.std(axis=0) + 1.0
    of = {name: conditions.told(bpm, style, centre, spread) for name, (bpm, style) in found.items()}

    def fetch(example: Example) -> Example:
        bins = mulaw.encode(crops.samples(example))
        told = np.broadcast_to(of[crops.clip_of(example).name].astype(np.float32), (len(bins), conditions.SIZE))
        return {"bins": bins, "told": told}

    examples = {split: crops.to_judge(clips[split], wanted.held_out_windows) for split in ("valid", "test")}
    heard = [mulaw.decode(mulaw.encode(crops.samples(example))) for example in crops.to_judge(learned, _FITTED_WINDOWS)]
    weights = prediction.fitted(heard, foresight.ORDER)
    missed = np.mean([np.abs(x - prediction.predicted(x, weights)).mean() for x in heard])
    rows = learned[:: -(-len(learned) // _TABLE_ROWS)]
    return Splits(
        crops.to_learn(learned, wanted.stretch_windows),
        examples["valid"],
        examples["test"],
        events=lambda example: wanted.frames - wanted.receptive_field,
        vocabulary={
            "sample_rate": dataset.sample_rate,
            "linear": [round(float(w), 6) for w in weights],
            "missed": round(float(missed), 8),
            "centre": [round(float(v), 3) for v in centre],
            "spread": [round(float(v), 3) for v in spread],
            "files": {split: sorted({clip.file for clip in clips[split]}) for split in SPLITS},
            "styles": [
                {
                    "label": clip.label,
                    "bpm": round(found[clip.name][0], 1),
                    "style": found[clip.name][1].round(2).tolist(),
                }
                for clip in rows
            ],
        },
        fetch=fetch,
    )


def _measured(dataset: SoundDataset, clip: Clip) -> tuple[float, np.ndarray[Any, Any]]:
    """Return tempo and style of a clip."""
    samples = dataset.load(clip).mean(axis=0, dtype=np.float64)
    bpm = clip.bpm or conditions.tempo(samples, dataset.sample_rate)
    return bpm, conditions.style(samples, dataset.sample_rate)


def build(seed: int, splits: Splits, options: Mapping[str, Any]) -> Net:
    """Return an untrained network: linear prediction."""
    torch.manual_seed(seed)
    return Net(Options.of(options), splits.vocabulary["linear"], splits.vocabulary["missed"])


def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as `infer.py` reads them."""
    return {name: value.detach().cpu().numpy() for name, value in net.state_dict().items()}


def details(net: Net, splits: Splits, batch: Callable[[Example], Any]) -> dict[str, float]:
    """Return what a sample of the test windows costs by rules, in bits, and how often each bin comes.

    The rules hear the same quantised sound; their widths are those of their errors on training windows.
    """

    def heard(examples: list[Example]) -> np.ndarray[Any, Any]:
        return np.array([mulaw.decode(splits.fetch(example)["bins"]) for example in examples])

    first = net.options.receptive_field
    learned, held_out = heard(spread_over(splits.train, _FITTED_WINDOWS)), heard(splits.test)
    rules = foresight.Rules.fitted(learned, first)
    found: dict[str, float] = {}
    for name, guess in rules.guesses(held_out).items():
        for law, cost in foresight.bits(guess[:, first:], held_out[:, first:], rules.spreads[name]).items():
            found[f"{name}, {law}: bits a sample"] = cost
    counts = np.bincount(mulaw.encode(learned[:, first:]).ravel(), minlength=mulaw.BINS) + 0.5
    shares = counts / counts.sum()
    found["each bin by itself: bits a sample"] = float(-np.log2(shares[mulaw.encode(held_out[:, first:])]).mean())
    return found
