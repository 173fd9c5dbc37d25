"""At which times a training looks: even numbers by their place in a sequence, and the schedule that bends them."""

from __future__ import annotations

from typing import Any

import torch

from dusktape.models.diffusion.schedule import crash, noised, velocity


def times(u: torch.Tensor, objective: str) -> torch.Tensor:
    """Return the times that a training sees for even numbers in [0, 1]: crash for `v`, as they are for `flow`."""
    bent: torch.Tensor = crash(u) if objective == "v" else u
    return bent


def noisy(
    sound: torch.Tensor, noise: torch.Tensor, t: torch.Tensor, objective: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what the network is given and what it has to answer, (B, C, T) each, at times (B,)."""
    t = t[:, None, None]
    return noised(sound, noise, t, objective), velocity(sound, noise, t, objective)


class Sobol:
    """Even numbers in [0, 1) by their place in a scrambled Sobol sequence: every stretch of it fills the range.

    Parameters
    ----------
    seed
        Of the scrambling.

    Source
    ------
    Owen, "Scrambling Sobol' and Niederreiter-Xing Points", 1998; torch.quasirandom. What a resume restores is the
    place: how many examples have been seen.
    """

    def __init__(self, seed: int) -> None:
        engine: Any = torch.quasirandom.SobolEngine  # has no types
        self._engine = engine(1, scramble=True, seed=seed)

    def at(self, first: int, count: int, every: int = 1) -> torch.Tensor:
        """Return numbers `first`, `first + every`, ... of the sequence, (count,), on the CPU."""
        if self._engine.num_generated > first:
            self._engine.reset()
        if ahead := first - self._engine.num_generated:
            self._engine.fast_forward(ahead)
        drawn: torch.Tensor = self._engine.draw((count - 1) * every + 1)[:, 0]
        return drawn[::every]
