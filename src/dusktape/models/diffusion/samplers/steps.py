"""What all samplers share: what a denoiser is, where noise comes from, one step when the sound is known."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import numpy as np

from dusktape.core.seed import Seed
from dusktape.models.diffusion.schedule import Array, alpha_sigma, split

Denoiser: TypeAlias = Callable[[Array, Array], Array]
"""From x (B, ...) and times (B,) to v (B, ...): what the network says. Numpy in, numpy out; torch in, torch out."""

Noise: TypeAlias = Callable[[Array, int], Array]
"""From x and the number of a step to normal noise of x's shape and kind."""


class Sampler(Protocol):
    """A pure function from noise to sound."""

    def __call__(
        self, denoiser: Denoiser, x: Array, times: Sequence[float], *, objective: str, noise: Noise, eta: float
    ) -> Array:
        """Return x at the last of the times.

        Parameters
        ----------
        denoiser
            What says v.
        x
            As it is at the first of the times, (B, ...). It is not changed.
        times
            Descending, as from `schedule.times`.
        objective
            Of the denoiser.
        noise
            Asked by those that add some.
        eta
            How much they add: 0 none, 1 as much as diffusion itself.
        """
        ...


class Counted:
    """A denoiser that counts how often it was asked: `evaluations`."""

    def __init__(self, denoiser: Denoiser) -> None:
        self._denoiser = denoiser
        self.evaluations = 0

    def __call__(self, x: Array, t: Array) -> Array:
        """Return what the denoiser says."""
        self.evaluations += 1
        return self._denoiser(x, t)


def seeded(seeds: Sequence[Seed]) -> Noise:
    """Return noise in which each sound of a batch has its own seed, so that no sound depends on its neighbours."""

    def noise(x: Array, step: int) -> Array:
        if len(seeds) != len(x):
            raise ValueError(f"{len(seeds)} seeds for {len(x)} sounds")
        drawn = np.stack([seed.at("step", step).rng().standard_normal(tuple(x.shape[1:])) for seed in seeds])
        return like(drawn, x)

    return noise


def like(values: Array, x: Array) -> Array:
    """Return numpy values as an array of x's kind, precision and device."""
    return values.astype(x.dtype) if isinstance(x, np.ndarray) else x.new_tensor(values)


def said(denoiser: Denoiser, x: Array, t: float) -> Array:
    """Return v at one time for the whole batch."""
    full = np.full(len(x), t, x.dtype) if isinstance(x, np.ndarray) else x.new_full((len(x),), t)
    return denoiser(x, full)


def seen(denoiser: Denoiser, x: Array, t: float, objective: str) -> tuple[Array, Array]:
    """Return the sound and the noise that the denoiser sees in x."""
    return split(x, said(denoiser, x, t), t, objective)


def levels(t: float, objective: str) -> tuple[float, float]:
    """Return alpha and sigma as plain numbers, exact at both ends."""
    if t <= 0.0 or t >= 1.0:
        return (1.0, 0.0) if t <= 0.0 else (0.0, 1.0)
    alpha, sigma = alpha_sigma(t, objective)
    return float(alpha), float(sigma)


def towards(x: Array, sound: Array, t: float, then: float, objective: str) -> Array:
    """Return x at the time `then` if the sound is seen the same all the way: exact for a sound that is known.

    In the variables x / sigma and alpha / sigma the way is straight, also from pure noise, where alpha is 0.
    """
    (alpha, sigma), (alpha_then, sigma_then) = levels(t, objective), levels(then, objective)
    keep = sigma_then / sigma
    return keep * x + (alpha_then - alpha * keep) * sound


def ratio(t: float, objective: str) -> float:
    """Return sigma / alpha, infinite for pure noise: the noise level of Karras et al."""
    alpha, sigma = levels(t, objective)
    return sigma / alpha if alpha > 0.0 else math.inf
