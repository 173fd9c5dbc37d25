"""Samplers that use what they saw in earlier steps: one evaluation a step and a higher order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dusktape.models.diffusion.samplers.steps import Denoiser, Noise, levels, ratio, seen, towards
from dusktape.models.diffusion.schedule import Array

_ADAMS = ((1.0,), (3 / 2, -1 / 2), (23 / 12, -16 / 12, 5 / 12), (55 / 24, -59 / 24, 37 / 24, -9 / 24))
"""Adams and Bashforth's weights for even steps, the newest first."""

_LMS_ORDER = 4


def iplms(
    denoiser: Denoiser, x: Array, times: Sequence[float], *, objective: str, noise: Noise, eta: float = 0.0
) -> Array:
    """Extrapolate the noise from up to four looks, as if steps were even; second order on smooth schedules.

    What Dance Diffusion samples with.

    Source
    ------
    Liu, Ren, Lin, Zhao, "Pseudo Numerical Methods for Diffusion Models on Manifolds", ICLR 2022, without its
    Runge-Kutta start: Zhang and Chen, "Fast Sampling of Diffusion Models with Exponential Integrator", ICLR 2023, who
    call it iPNDM.
    """
    past: list[Array] = []
    for t, then in pairwise(times):
        sound, rest = seen(denoiser, x, t, objective)
        past = [rest, *past[:3]]
        if len(past) > 1:
            rest = sum(weight * old for weight, old in zip(_ADAMS[len(past) - 1], past, strict=True))
        x = _by_noise(x, sound, rest, t, then, objective)
    return x


def dpmpp_2m(
    denoiser: Denoiser, x: Array, times: Sequence[float], *, objective: str, noise: Noise, eta: float = 0.0
) -> Array:
    """Extrapolate the sound from the last two looks, by log-SNR; second order, the first and last step excepted.

    Source
    ------
    Lu et al., "DPM-Solver++", 2022, algorithm 2.
    """
    before: Array = None
    last = math.inf
    for t, then in pairwise(times):
        sound, _ = seen(denoiser, x, t, objective)
        here, there = ratio(t, objective), ratio(then, objective)
        best = sound
        if before is not None and there > 0.0 and not math.isinf(last):
            share = 0.5 * math.log(here / there) / math.log(last / here)
            best = (1.0 + share) * sound - share * before
        before, last = sound, here
        x = towards(x, best, t, then, objective)
    return x


def lms(
    denoiser: Denoiser, x: Array, times: Sequence[float], *, objective: str, noise: Noise, eta: float = 0.0
) -> Array:
    """Lay a polynomial through the noise seen at up to four noise levels and integrate it over the step.

    Source
    ------
    Adams and Bashforth's method for uneven steps: Crowson, k-diffusion (2022), `sample_lms`; Zhang and Chen, 2023,
    derive it as rho-AB-DEIS.
    """
    past: list[tuple[float, Array]] = []
    for t, then in pairwise(times):
        sound, rest = seen(denoiser, x, t, objective)
        here, there = ratio(t, objective), ratio(then, objective)
        if not math.isinf(here):  # a polynomial has no place for infinity
            past = [(here, rest), *past[: _LMS_ORDER - 1]]
            weights = _weights([level for level, _ in past], here, there)
            rest = sum(weight * old for weight, (_, old) in zip(weights, past, strict=True))
        x = _by_noise(x, sound, rest, t, then, objective)
    return x


def _by_noise(x: Array, sound: Array, rest: Array, t: float, then: float, objective: str) -> Array:
    """Return x at the time `then` if the noise in it is `rest`; by the sound where x holds nothing else than noise."""
    (alpha, sigma), (alpha_then, sigma_then) = levels(t, objective), levels(then, objective)
    if alpha <= 0.0:
        return alpha_then * sound + sigma_then * rest
    keep = alpha_then / alpha
    return keep * x + (sigma_then - sigma * keep) * rest


def _weights(nodes: Sequence[float], start: float, end: float) -> list[float]:
    """Return the mean over a step of the polynomials that are 1 at one node and 0 at the others."""
    points, shares = np.polynomial.legendre.leggauss(2)
    at = 0.5 * (start + end) + 0.5 * (end - start) * points
    found = []
    for k, node in enumerate(nodes):
        others = [other for j, other in enumerate(nodes) if j != k]
        values = np.prod([(at - other) / (node - other) for other in others], axis=0) if others else np.ones(2)
        found.append(float(0.5 * (shares * values).sum()))
    return found
