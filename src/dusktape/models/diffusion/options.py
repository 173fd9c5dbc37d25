"""How large the network is, what it is given and what it learns to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from dusktape.core.errors import InputError, suggestion

SIZES: dict[str, tuple[tuple[int, ...], int]] = {
    "tiny": ((16, 16, 24, 32, 48, 64, 64, 96, 96), 3),
    "small": ((32, 64, 64, 96, 96, 128, 128, 192, 192, 192), 4),
    "medium": ((96, 96, 192, 192, *(320,) * 9), 5),
    "full": ((128, 128, 256, 256, *(512,) * 10), 6),
}
"""Widths of the levels from the sample rate down, each at half the rate of the one before, and how many of the deepest
attend to themselves. `full` is that of the published checkpoints: 14 levels, 221 million parameters."""

OBJECTIVES = ("v", "flow")

LONGEST = 65_536
"""Frames of the published training; longer clips are cropped to them unless `frames` says otherwise."""

_HEAD = 32


@dataclass(frozen=True, slots=True)
class Options:
    """The table `[model]` of a training of diffusion.

    Parameters
    ----------
    size
        One of `SIZES`: tiny (2 million parameters), small (13), medium (79), full (221).
    widths, attention
        Channels of each level and how many of the deepest attend to themselves, if not those of the size. The two
        deepest are of one width; widths that attend are multiples of 32.
    objective
        `v` (Salimans and Ho 2022), as published, or `flow`: the straight path from noise to sound (Liu et al. 2022).
    crop
        Whether stretches of clips longer than `frames` are drawn anew each time. Off, clips are always heard from
        their start: one-shots.
    flip
        Whether the phase of half of the examples is turned.
    length
        Whether the network is told where a sound ends, so that it is silent from there on.
    sample_rate, channels
        Of the sounds; 0 for those of the dataset. What is not that of the dataset is refused.
    frames
        How much is heard at once; 0 for as much as the longest clip takes, at most 65,536. Rounded up to what the
        levels can halve.
    held_out_times
        At how many levels of noise each held-out clip is measured.
    """

    size: str = "small"
    widths: tuple[int, ...] = ()
    attention: int = 0
    objective: str = "v"
    crop: bool = True
    flip: bool = True
    length: bool = True
    sample_rate: int = 0
    channels: int = 0
    frames: int = 0
    held_out_times: int = 4

    def __post_init__(self) -> None:
        if self.size not in SIZES:
            raise InputError(f"model.size: there is no {self.size!r}{suggestion(self.size, SIZES)}")
        if self.objective not in OBJECTIVES:
            raise InputError(f"model.objective: there is no {self.objective!r}{suggestion(self.objective, OBJECTIVES)}")
        for name, (low, high) in _RANGES.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"model.{name} is from {low} to {high}, got {getattr(self, name)!r}; choose another")
        _check_levels(self.levels, self.attending)

    @property
    def levels(self) -> tuple[int, ...]:
        """Widths of the levels, from the sample rate down."""
        return tuple(self.widths) or SIZES[self.size][0]

    @property
    def attending(self) -> int:
        """How many of the deepest levels attend to themselves; at least the last does."""
        return self.attention or (SIZES[self.size][1] if not self.widths else 1)

    @property
    def step(self) -> int:
        """Lengths are multiples of so many frames: the levels halve them."""
        return 1 << (len(self.levels) - 1)

    def rounded(self, frames: int) -> int:
        """Return the next length that the levels can halve, four frames at least in the deepest."""
        return max(4, -(-frames // self.step)) * self.step

    def table(self) -> dict[str, Any]:
        """Return name to value, lists for tuples."""
        return {**asdict(self), "widths": list(self.widths)}

    @staticmethod
    def of(values: Mapping[str, Any]) -> Options:
        """Read them from a configuration.

        Raises
        ------
        InputError
            If one is unknown or not what it should be.
        """
        known = Options.__dataclass_fields__
        unknown = sorted(set(values) - set(known))
        if unknown:
            raise InputError(f"diffusion: there is no option {unknown[0]!r}{suggestion(unknown[0], known)}")
        return Options(**{**values, "widths": tuple(values.get("widths") or ())})


_RANGES = {
    "attention": (0, 32),
    "sample_rate": (0, 384_000),
    "channels": (0, 2),
    "frames": (0, 1 << 24),
    "held_out_times": (1, 64),
}


def _check_levels(widths: tuple[int, ...], attending: int) -> None:
    if not all(isinstance(w, int) and 1 <= w <= 4096 for w in widths) or not 3 <= len(widths) <= 20:
        raise InputError(f"model.widths are 3 to 20 whole numbers from 1 to 4096, got {list(widths)}; change them")
    if widths[-1] != widths[-2]:
        raise InputError(f"model.widths: the two deepest levels are of one width, got {list(widths[-2:])}; change one")
    if not attending <= len(widths) - 1:
        raise InputError(f"model.attention is below the number of levels, {len(widths)}, got {attending}; lower it")
    odd = [w for w in widths[-attending - 1 :] if w % _HEAD]
    if odd and any(w % _HEAD for w in widths[-attending:]):
        raise InputError(f"model.widths of levels that attend are multiples of {_HEAD}, got {odd[0]}; change it")


SETTINGS: dict[str, Any] = {
    "epochs": 100_000,
    "steps": 20_000,
    "batch_size": 16,
    "learning_rate": 3e-4,
    "warmup_steps": 200,
    "weight_decay": 0.001,
    "clip": 1.0,
    "ema": 0.995,
    "ema_early": 0.95,
    "ema_early_steps": 500,
    "patience": 40,
    "validate_epochs": 0,
    "validate_steps": 250,
    "checkpoint_steps": 250,
    "demo_steps": 250,
}
"""Of its training."""

OPTIONS: dict[str, Any] = Options().table()
"""The table `[model]`, if nothing is asked for."""
