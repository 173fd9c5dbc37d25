"""Samplers that remember nothing from one step to the next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from dusktape.models.diffusion.samplers.steps import Denoiser, Noise, levels, ratio, said, seen
from dusktape.models.diffusion.schedule import Array, time_of


def ddim(
    denoiser: Denoiser, x: Array, times: Sequence[float], *, objective: str, noise: Noise, eta: float = 0.0
) -> Array:
    """Step from what is seen now straight to the next time; one evaluation a step, first order.

    With `eta` 1 it draws as much noise as the diffusion itself and forgets where it came from. Times may also ascend,
    which leads from a sound to its noise (`eta` 0 only).

    Source
    ------
    Song, Meng, Ermon, "Denoising Diffusion Implicit Models", ICLR 2021, eqs. 12 and 16; in v: Salimans and Ho, 2022.
    """
    for step, (t, then) in enumerate(pairwise(times)):
        sound, rest = seen(denoiser, x, t, objective)
        alpha, sigma = levels(then, objective)
        fresh = eta * _ancestral(ratio(t, objective), ratio(then, objective)) * alpha if eta else 0.0
        x = alpha * sound + math.sqrt(max(0.0, sigma**2 - fresh**2)) * rest
        if fresh:
            x = x + fresh * noise(x, step)
    return x


def euler(
    denoiser: Denoiser, x: Array, times: Sequence[float], *, objective: str, noise: Noise, eta: float = 0.0
) -> Array:
    """Go along v for the length of the step; one evaluation a step, first order.

    For a flow this and DDIM are the same. Times may also ascend.

    Source
    ------
    Liu, Gong, Liu, "Flow Straight and Fast", ICLR 2023: how rectified flow is sampled.
    """
    for t, then in pairwise(times):
        x = x + (then - t) * unit(objective) * said(denoiser, x, t)
    return x


def heun(
    denoiser: Denoiser, x: Array, times: Sequence[float], *, objective: str, noise: Noise, eta: float = 0.0
) -> Array:
    """Try a step, look where it led, and take the mean of both slopes; two evaluations a step, second order.

    The slope is that of x along its path, which v is by definition; nothing is divided, so that pure noise and pure
    sound need no exception. Times may also ascend.

    Source
    ------
    Karras, Aittala, Aila, Laine, "Elucidating the Design Space of Diffusion-Based Generative Models", NeurIPS 2022,
    algorithm 1; there in other variables, with Euler's method for the last step.
    """
    for t, then in pairwise(times):
        length = (then - t) * unit(objective)
        slope = said(denoiser, x, t)
        x = x + 0.5 * length * (slope + said(denoiser, x + length * slope, then))
    return x


def dpmpp_2s(
    denoiser: Denoiser, x: Array, times: Sequence[float], *, objective: str, noise: Noise, eta: float = 1.0
) -> Array:
    """Step past the next time by way of a midpoint, then add noise; two evaluations a step, second order.

    With `eta` 0 no noise is added and it is DPM-Solver++ (2S) itself.

    Source
    ------
    Lu, Zhou, Bao, Chen, Li, Zhu, "DPM-Solver++: Fast Solver for Guided Sampling of Diffusion Probabilistic Models",
    2022, algorithm 1 with r = 1/2. The noise as in Song et al., 2021, and Crowson, k-diffusion (2022).
    """
    for step, (t, then) in enumerate(pairwise(times)):
        sound, _ = seen(denoiser, x, t, objective)
        here, there = ratio(t, objective), ratio(then, objective)
        fresh = eta * _ancestral(here, there) if there else 0.0
        down = math.sqrt(max(0.0, there**2 - fresh**2))
        alpha_then = levels(then, objective)[0]
        if math.isinf(here) or down < 1e-9 * there or not there:
            # No midpoint lies between here and infinitely far.
            sigma, alpha = levels(t, objective)[1], levels(t, objective)[0]
            keep = alpha_then * down / sigma
            x = keep * x + (alpha_then - alpha * keep) * sound
        else:
            middle = math.sqrt(here * down)
            alpha, between = levels(t, objective)[0], time_of(middle, objective)
            alpha_between = levels(between, objective)[0]
            scaled = x / alpha
            halfway = (middle / here) * scaled + (1.0 - middle / here) * sound
            sound, _ = seen(denoiser, alpha_between * halfway, between, objective)
            x = alpha_then * ((down / here) * scaled + (1.0 - down / here) * sound)
        if fresh:
            x = x + alpha_then * fresh * noise(x, step)
    return x


def unit(objective: str) -> float:
    """Return by what time is multiplied so that v is the slope of x: a quarter of a circle for v, 1 for a flow."""
    return 1.0 if objective == "flow" else math.pi / 2.0


def _ancestral(here: float, there: float) -> float:
    """Return how much noise diffusion itself would draw between two noise levels sigma / alpha, at alpha 1."""
    if there >= here:
        raise ValueError("noise is drawn on the way from noise to sound only: times must descend")
    return there if math.isinf(here) else there * math.sqrt(1.0 - (there / here) ** 2)
