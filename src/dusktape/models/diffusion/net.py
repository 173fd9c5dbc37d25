"""Training: noise is added to sounds, the network says what it was. What `dusktape train diffusion` runs.

Dance Diffusion's training as published (v-objective, crash schedule over Sobol times, UNet, an average of the weights
that follows fast first), and what keeps it from falling apart: bf16 instead of fp16, clipping, warm-up, a held-out
loss at fixed times and noises.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from dusktape.data.sounds import SoundDataset
from dusktape.models.diffusion import checkpoints, clips, unet
from dusktape.models.diffusion.objective import Sobol, noisy, times
from dusktape.models.diffusion.options import OPTIONS, SETTINGS, Options
from dusktape.nn.training import Splits

__all__ = ["OPTIONS", "SETTINGS", "Net", "augment", "begin", "build", "export", "load_splits"]

ON_CPU: dict[str, dict[str, Any]] = {"train": {"steps": 4_000, "batch_size": 4}, "model": {"size": "tiny"}}
"""What is trained where there is no GPU, unless somebody asks for a size."""

FINE_TUNING: dict[str, Any] = {"learning_rate": 4e-5}
"""Settings of a training that goes on from other weights: the published rate."""

STORED = "float32"
"""Weights are stored as they are: convolutions of this size are not run on the grid of small networks."""

MEASURE = "squared error of v"

COUNTED = "sounds"
"""What its examples are, where speed is told."""

UNTOLD_SHARE = 0.2
"""So many examples do not say where their sound ends: the network can then be asked without saying it, too."""

augment = clips.augment


class Net(torch.nn.Module):
    """The UNet and its loss.

    Parameters
    ----------
    options
        Of the network.
    channels
        Of the sounds.
    seed
        Of the sequence that times are drawn from.
    """

    def __init__(self, options: Options, channels: int, seed: int = 0) -> None:
        super().__init__()
        self.options = options
        self.unet = unet.build(options, channels)
        self._sobol = Sobol(seed)
        self._place = (0, 1)

    def seek(self, seen: int, process: int, processes: int) -> None:
        """Say where in the sequence of times the next batch begins; every process takes its share of it."""
        self._place = (seen + process, processes)

    def answer(self, x: torch.Tensor, t: torch.Tensor, frames: torch.Tensor) -> torch.Tensor:
        """Return v, or the flow, of noisy sounds (B, C, T) at times (B,), which end after so many frames (B,)."""
        given = unet.told(x, frames) if self.options.length else x
        out: torch.Tensor = self.unet(given, t, return_dict=False)[0]
        return out

    def loss(self, batch: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Return the mean squared error of each example, summed over the batch."""
        sound, frames = batch["sound"].transpose(1, 2), batch["frames"][:, 0]  # (B, C, T), (B,)
        if "noise" in batch:
            u, noise = batch["time"][:, 0], batch["noise"].transpose(1, 2)
        else:
            first, every = self._place
            u = self._sobol.at(first, len(sound), every).to(sound.device)
            noise = torch.randn_like(sound)
            untold = torch.rand(len(sound), device=sound.device) < UNTOLD_SHARE
            frames = torch.where(untold, unet.UNTOLD, frames)
        t = times(u, self.options.objective)
        x, wanted = noisy(sound, noise, t, self.options.objective)
        found = self.answer(x, t, frames)
        return (found.float() - wanted).square().mean((1, 2)).sum()

    def compile_parts(self) -> None:
        """Let torch fuse what is run again and again. The names of the parameters stay."""
        self.unet.compile()


def load_splits(data: Path, options: Mapping[str, Any]) -> Splits:
    """Read a dataset of sounds.

    Raises
    ------
    InputError
        If it is none, or of another rate or number of channels than the options ask for.
    """
    return clips.splits(SoundDataset.read(data), Options.of(options))


def build(seed: int, splits: Splits, options: Mapping[str, Any] = OPTIONS) -> Net:
    """Return an untrained network."""
    torch.manual_seed(seed)
    return Net(Options.of(options), int(splits.vocabulary["channels"]), seed)


def export(net: Net, splits: Splits) -> dict[str, Any]:
    """Return name to array, as `infer.py` reads them."""
    return {name: value.detach().cpu().numpy() for name, value in net.unet.state_dict().items()}


def begin(word: str) -> checkpoints.Begun:
    """Return what a training that goes on from a checkpoint has to be like, and its weights."""
    return checkpoints.begin(word)
