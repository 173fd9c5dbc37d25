"""From sound to noise and back: how much of either there is at a time, and what a network says of both.

Time runs from 0 (sound) to 1 (noise). Two objectives share everything else: `v`, where sound and noise lie on a quarter
of a circle, and `flow`, where they lie on a straight line. Arrays may be numpy's or torch's.

Source
------
Salimans and Ho, "Progressive Distillation for Fast Sampling of Diffusion Models", ICLR 2022 (v and its circle). Liu,
Gong, Liu, "Flow Straight and Fast: Learning to Generate and Transfer Data with Rectified Flow", ICLR 2023 (the line).
"""

from __future__ import annotations

import math
import sys
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any
"""A numpy array or a torch tensor of floats; what comes out is of the kind that went in."""

OBJECTIVES = ("v", "flow")
"""What a network may have learned to say."""


def alpha_sigma(t: Array, objective: str = "v") -> tuple[Array, Array]:
    """Return how much sound (alpha) and how much noise (sigma) there is at a time.

    Parameters
    ----------
    t
        In [0, 1]; a number or an array.
    objective
        `v`: cos and sin of t·π/2, so that the variance is kept. `flow`: 1 - t and t.
    """
    if objective == "flow":
        return 1.0 - t, t
    if isinstance(t, float):  # numpy's own numbers would turn float32 arrays into float64
        return math.cos(float(t) * (math.pi / 2.0)), math.sin(float(t) * (math.pi / 2.0))
    lib = _library(t)
    return lib.cos(t * (math.pi / 2.0)), lib.sin(t * (math.pi / 2.0))


def noised(sound: Array, noise: Array, t: Array, objective: str = "v") -> Array:
    """Return sound with noise over it, as it is at a time. `t` broadcasts: (B, 1, 1) for (B, C, T)."""
    alpha, sigma = alpha_sigma(t, objective)
    return alpha * sound + sigma * noise


def velocity(sound: Array, noise: Array, t: Array, objective: str = "v") -> Array:
    """Return what a network shall say of `noised`: where it moves as time goes on. `t` broadcasts.

    v: alpha · noise - sigma · sound, the derivative along the circle by its angle. flow: noise - sound.
    """
    if objective == "flow":
        return noise - sound
    alpha, sigma = alpha_sigma(t, objective)
    return alpha * noise - sigma * sound


def split(x: Array, v: Array, t: Array, objective: str = "v") -> tuple[Array, Array]:
    """Return the sound and the noise that a network sees in x, given what it says. The inverse of the two above."""
    alpha, sigma = alpha_sigma(t, objective)
    if objective == "flow":
        return x - sigma * v, x + alpha * v
    return alpha * x - sigma * v, sigma * x + alpha * v


def renoised(x: Array, noise: Array, low: float, high: float, objective: str = "v") -> Array:
    """Return x at time `low` as it may have been at the later time `high`: the way of diffusion, not its average."""
    (alpha, sigma), (alpha_high, sigma_high) = alpha_sigma(low, objective), alpha_sigma(high, objective)
    keep = alpha_high / alpha
    return keep * x + math.sqrt(max(0.0, sigma_high**2 - (keep * sigma) ** 2)) * noise


def log_snr(t: Array, objective: str = "v") -> Array:
    """Return the natural logarithm of alpha² / sigma²; infinite at 0, -infinite (or nearly so) at 1."""
    lib = _library(t)
    alpha, sigma = alpha_sigma(t, objective)
    with np.errstate(divide="ignore"):
        return 2.0 * (lib.log(alpha) - lib.log(sigma))


def time_of(ratio: float, objective: str = "v") -> float:
    """Return the time at which sigma / alpha is `ratio` (0 to infinity)."""
    if objective == "flow":
        return 1.0 if math.isinf(ratio) else ratio / (1.0 + ratio)
    return math.atan(ratio) * 2.0 / math.pi


def crash(t: Array) -> Array:
    """Return the times of the crash schedule for evenly spaced ones: sigma is the squared sine of t·π/2.

    Spends more steps on what is nearly sound. Dance Diffusion trains and samples with it.

    Source
    ------
    Crowson, v-diffusion-pytorch (2021), and sample-generator by Harmonai (2022), where it is called `crash`.
    """
    lib = _library(t)
    sine = lib.sin(t * (math.pi / 2.0))
    squared = sine * sine
    return lib.arctan2(squared, lib.sqrt(1.0 - squared * squared)) * (2.0 / math.pi)


def uncrash(t: Array) -> Array:
    """Return the evenly spaced time that `crash` maps to `t`."""
    lib = _library(t)
    sine = lib.sqrt(lib.sin(t * (math.pi / 2.0)))
    return lib.arctan2(sine, lib.sqrt(1.0 - sine * sine)) * (2.0 / math.pi)


def times(steps: int, *, start: float = 1.0, objective: str = "v", spacing: str = "") -> list[float]:
    """Return the times that a sampler visits, `steps` + 1 of them, from `start` down to 0.

    Parameters
    ----------
    steps
        1 or more.
    start
        In (0, 1].
    objective
        Of the network.
    spacing
        `crash` or `even`; the objective's own (crash for v, even for flow) if not given.
    """
    if steps < 1 or not 0.0 < start <= 1.0:
        raise ValueError(f"{steps} steps from {start}: at least one, from above 0 to 1")
    crashed = (spacing or ("crash" if objective == "v" else "even")) == "crash"
    even = np.linspace(uncrash(start) if crashed else start, 0.0, steps + 1)
    grid = [float(t) for t in (crash(even) if crashed else even)]
    return [start, *grid[1:]]


def _library(t: Array) -> Any:
    """Return numpy, or torch for a tensor, which is loaded then."""
    return sys.modules["torch"] if type(t).__module__.split(".")[0] == "torch" else np
