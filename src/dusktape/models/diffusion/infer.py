"""A trained network at work: what it says of noisy sounds, and sounds made with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from dusktape.core.audio import Block
from dusktape.core.errors import InputError
from dusktape.core.seed import Seed
from dusktape.models.diffusion import unet
from dusktape.models.diffusion.checkpoints import Begun
from dusktape.models.diffusion.modes import Plan, generate
from dusktape.models.diffusion.options import Options
from dusktape.models.diffusion.samplers import DEFAULT, check

STEPS = 20
"""Of the sampler, unless somebody asks for others."""


@dataclass(frozen=True, slots=True, eq=False)
class Denoiser:
    """What the network says of noisy sounds: a function for `samplers` and `modes`.

    Parameters
    ----------
    unet
        The network, in evaluation.
    sample_rate, channels, frames
        What it was trained on.
    objective
        `v` or `flow`: what it says.
    step
        Lengths that are no multiple of this are filled up with silence for it, and cut again.
    lengths
        After how many frames each sound of a batch ends, if it is told; it decides itself where this is empty.
    takes_lengths
        Whether it can be told.
    """

    unet: Any
    sample_rate: int
    channels: int
    frames: int
    objective: str
    step: int
    takes_lengths: bool
    lengths: tuple[int, ...] = ()

    def __call__(self, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        """Return v, or the flow, (B, C, T), for x (B, C, T) at times t (B,), 0 the sound and 1 noise."""
        frames = x.shape[-1]
        missing = max(4 * self.step, -(-frames // self.step) * self.step) - frames
        given = torch.nn.functional.pad(x, (0, missing)).to(self.device, torch.float32)
        if self.takes_lengths:
            given = unet.told(given, self._told(len(x)))
        with torch.inference_mode():
            out: torch.Tensor = self.unet(given, t.to(self.device, torch.float32), return_dict=False)[0]
        return out[..., :frames].to(x.device, x.dtype, copy=True)

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        found: torch.device = next(self.unet.parameters()).device
        return found

    def array(self, values: NDArray[Any]) -> torch.Tensor:
        """Return numpy values as it takes them."""
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(self.device)

    def told(self, lengths: Sequence[int]) -> Denoiser:
        """Return a denoiser of sounds that end after so many frames, one number for each sound of a batch."""
        return replace(self, lengths=tuple(lengths))

    def _told(self, count: int) -> torch.Tensor:
        if not self.lengths:
            return torch.full((count,), unet.UNTOLD, device=self.device)
        if len(self.lengths) != count:
            raise ValueError(f"{len(self.lengths)} lengths for {count} sounds")
        return torch.tensor(self.lengths, device=self.device)


@dataclass(frozen=True, slots=True, eq=False)
class Writer:
    """Makes sounds that were not there before: a `core.roles.SoundWriter`.

    Parameters
    ----------
    denoiser
        The network.
    quantiles
        Of the lengths of the sounds it learned, ascending; empty where it does not take lengths.
    sha256
        Of the weights.
    sampler
        One of `samplers.SAMPLERS`, which `write_sounds` takes.
    """

    denoiser: Denoiser
    quantiles: tuple[int, ...]
    sha256: str = ""
    sampler: str = DEFAULT

    def sampling(self, sampler: str) -> Writer:
        """Return the same writer with another sampler.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        check(sampler)
        return replace(self, sampler=sampler)

    @staticmethod
    def of(begun: Begun, options: Options) -> Writer:
        """Return a writer over a checkpoint, on the GPU if there is one."""
        with torch.device("meta"):
            net = unet.build(options, options.channels)
        net = net.to_empty(device="cpu")
        unet.fill_kernels(net)
        net.load_state_dict(begun.read(net.state_dict()))
        net.eval().requires_grad_(False)
        net.to("cuda" if torch.cuda.is_available() else "cpu")
        frames = options.rounded(options.frames)
        denoiser = Denoiser(
            net, options.sample_rate, options.channels, frames, options.objective, options.step, options.length
        )
        return Writer(denoiser, begun.lengths if options.length else (), begun.sha256)

    def on(self, device: str) -> Writer:
        """Return this writer, computing on a torch device.

        Raises
        ------
        InputError
            If torch cannot use it.
        """
        try:
            self.denoiser.unet.to(device)
            torch.zeros(1, device=device).item()
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            reason = str(error).partition("\n")[0].rstrip(".")
            raise InputError(f"torch cannot use the device {device!r}: {reason}; take --device cpu") from error
        return self

    @property
    def sample_rate(self) -> int:
        """Of what it makes, in Hz."""
        return self.denoiser.sample_rate

    @property
    def channels(self) -> int:
        """1 or 2."""
        return self.denoiser.channels

    @property
    def frames(self) -> int:
        """Length that it was trained on."""
        return self.denoiser.frames

    @property
    def labels(self) -> tuple[str, ...]:
        """None: it knows no kinds."""
        return ()

    def write_sounds(self, count: int, *, seed: Seed, label: str = "", frames: int = 0, steps: int = 0) -> list[Block]:
        """Return sounds, each (channels, frames); sound number i is drawn from `seed.at("sound", i)` alone.

        Each ends where a sound that was learned ends, by its own draw, and is silent from there on.

        Parameters
        ----------
        count, seed, steps
            As for `core.roles.SoundWriter`.
        label
            Empty: it knows none.
        frames
            Length of the result; sounds longer than it was trained on are made in windows that overlap.

        Raises
        ------
        InputError
            If a label is asked for, or no sound can be that long.
        """
        if label:
            raise InputError(f"this model was trained without labels and cannot make a {label!r}; leave the label out")
        if frames < 0 or steps < 0 or count < 0:
            raise InputError(f"{count} sounds of {frames} frames in {steps} steps cannot be; give 0 or more")
        if not count:
            return []
        plan = Plan(steps or STEPS, self.sampler)
        return list(generate(self.denoiser, count, plan=plan, seed=seed, frames=frames, lengths=self.quantiles))
