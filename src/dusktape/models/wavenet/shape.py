"""The shape of the dilated net, and what every sample of it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from dusktape.core.errors import InputError

KERNEL = 4
FRONT = 32
"""Samples that the first, ungated convolution hears. Every dilation is a multiple of it."""

FEATURES = 2
"""Of a sample: its compressed amplitude, and how far linear prediction missed it."""

MISSED_STEPS = 8.0
"""Misses count up to so many of their usual size."""

LONGEST = 20.0
"""The logarithm of a component's width is kept within plus and minus this over 4."""

EVEN = 1e-4
"""Share of the probability that is spread evenly over all bins when bits are counted: nothing is impossible."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a config may change.

    Parameters
    ----------
    dilations
        Of the gated layers, multiples of 32.
    residual, gates, skip
        Widths.
    components
        Logistics in the mixture.
    frames
        Of a window.
    stretch_windows
        A window to learn from is cut somewhere in a stretch of so many.
    held_out_windows
        How many windows are validated and tested on, at most.
    """

    dilations: tuple[int, ...] = (32, 128, 512, 2048, 32, 128, 512)
    residual: int = 48
    gates: int = 32
    skip: int = 64
    components: int = 4
    frames: int = 24_576
    stretch_windows: int = 3
    held_out_windows: int = 32

    def __post_init__(self) -> None:
        if not self.dilations or any(d < FRONT or d % FRONT for d in self.dilations):
            raise InputError(f"model.dilations are multiples of {FRONT}, got {list(self.dilations)}; choose others")
        for field in fields(self)[1:]:
            if getattr(self, field.name) < 1:
                raise InputError(f"model.{field.name} is 1 or more, got {getattr(self, field.name)!r}; choose more")
        if self.frames < 2 * self.receptive_field:
            raise InputError(
                f"model.frames is {self.frames}, and the net hears {self.receptive_field} samples; "
                f"take {2 * self.receptive_field} or more"
            )

    @staticmethod
    def of(table: Mapping[str, Any]) -> Options:
        """Take them from a table as a config has it."""
        known = {field.name: table[field.name] for field in fields(Options)}
        return Options(**{**known, "dilations": tuple(known["dilations"])})

    @property
    def receptive_field(self) -> int:
        """How many samples, the present one included, the next one is foreseen from."""
        return FRONT + (KERNEL - 1) * sum(self.dilations)


SETTINGS: dict[str, Any] = {
    "epochs": 20,
    "batch_size": 4,
    "learning_rate": 3e-3,
    "weight_decay": 0.0,
    "clip": 2000.0,
    "patience": 8,
}
"""Of its training."""

OPTIONS: dict[str, Any] = {**asdict(Options()), "dilations": list(Options().dilations)}
"""The table `[model]`, if nothing is asked for."""
