"""Ways from noise to sound, as pure functions of any denoiser, in numpy or torch.

sample(denoiser, noise, steps=20, sampler="dpm++2m", seeds=[seed.at("sound", k) for k in range(len(noise))])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from dusktape.core.errors import InputError, suggestion
from dusktape.core.seed import Seed
from dusktape.models.diffusion.samplers.adaptive import TOLERANCE, adaptive
from dusktape.models.diffusion.samplers.multistep import dpmpp_2m, iplms, lms
from dusktape.models.diffusion.samplers.single import ddim, dpmpp_2s, euler, heun
from dusktape.models.diffusion.samplers.steps import Counted, Denoiser, Noise, Sampler, seeded
from dusktape.models.diffusion.schedule import Array, times

__all__ = [
    "DEFAULT",
    "SAMPLERS",
    "Counted",
    "Denoiser",
    "Kind",
    "Noise",
    "Sampler",
    "check",
    "sample",
    "seeded",
]


@dataclass(frozen=True, slots=True)
class Kind:
    """A sampler and what is to be known of it.

    Parameters
    ----------
    run
        The function.
    evaluations
        Of the network for each step; 0 if it decides itself.
    eta
        Its own share of fresh noise; None if it never adds any.
    order
        How fast its error falls with the number of steps.
    """

    run: Sampler
    evaluations: int
    eta: float | None
    order: int


SAMPLERS = {
    "ddim": Kind(ddim, 1, 0.0, 1),
    "euler": Kind(euler, 1, None, 1),
    "iplms": Kind(iplms, 1, None, 2),
    "lms": Kind(lms, 1, None, 2),
    "dpm++2m": Kind(dpmpp_2m, 1, None, 2),
    "dpm++2s": Kind(dpmpp_2s, 2, 1.0, 2),
    "heun": Kind(heun, 2, None, 2),
    "adaptive": Kind(adaptive, 0, None, 3),
}
"""By the names that users give. `dpm++2s` adds noise unless `eta` is 0."""

DEFAULT = "dpm++2m"
"""Of those with one evaluation a step, on the trained network of `bench`, the nearest to where finer ones lead."""


def check(sampler: str, eta: float | None = None) -> Kind:
    """Return a sampler by its name.

    Raises
    ------
    InputError
        If there is none of that name, or `eta` is given to one that adds no noise, or lies outside [0, 1].
    """
    if sampler not in SAMPLERS:
        raise InputError(f"there is no sampler {sampler!r}{suggestion(sampler, SAMPLERS)}")
    kind = SAMPLERS[sampler]
    if eta is not None and not 0.0 <= eta <= 1.0:
        raise InputError(f"eta is 0 (no fresh noise) to 1, got {eta!r}")
    if eta and kind.eta is None:
        able = " or ".join(name for name, each in SAMPLERS.items() if each.eta is not None)
        raise InputError(f"sampler {sampler!r} adds no noise, so eta is for {able}; leave it out")
    return kind


def sample(
    denoiser: Denoiser,
    x: Array,
    *,
    steps: int,
    seeds: Sequence[Seed],
    sampler: str = DEFAULT,
    eta: float | None = None,
    start: float = 1.0,
    objective: str = "v",
    spacing: str = "",
    tolerance: float = TOLERANCE,
) -> Array:
    """Return sounds, made from noise.

    Parameters
    ----------
    denoiser
        From x (B, ...) and times (B,) to v (B, ...).
    x
        Normal noise, (B, ...); for a `start` below 1, sounds that were noised up to there (`schedule.noised`).
    steps
        1 or more; `adaptive` decides itself.
    seeds
        One for each sound, for samplers that add noise.
    sampler
        One of `SAMPLERS`.
    eta
        Share of fresh noise, 0 to 1; the sampler's own if not given.
    start
        Time at which x is, in (0, 1].
    objective
        `v` or `flow`: what the denoiser says.
    spacing
        Of the times: `crash` or `even`; the objective's own if not given.
    tolerance
        Of `adaptive`.

    Raises
    ------
    InputError
        As `check`.
    """
    kind = check(sampler, eta)
    run = partial(adaptive, tolerance=tolerance) if sampler == "adaptive" else kind.run
    grid = times(steps, start=start, objective=objective, spacing=spacing)
    share = (kind.eta or 0.0) if eta is None else eta
    return run(denoiser, x, grid, objective=objective, noise=seeded(seeds), eta=share)
