"""A sampler that chooses its steps."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dusktape.models.diffusion.samplers.single import unit
from dusktape.models.diffusion.samplers.steps import Denoiser, Noise, said
from dusktape.models.diffusion.schedule import Array

TOLERANCE = 0.003
"""Error that a step may make, relative to the size of x and 1, root mean square over a sound."""

_SAFETY, _LEAST, _MOST, _SHORTEST = 0.9, 0.2, 5.0, 1e-5


def adaptive(
    denoiser: Denoiser,
    x: Array,
    times: Sequence[float],
    *,
    objective: str,
    noise: Noise,
    eta: float = 0.0,
    tolerance: float = TOLERANCE,
) -> Array:
    """Take steps as long as the error allows: two orders of one method tell it; three evaluations a step, third order.

    Of the times only the first and the last count. Each sound of a batch goes its own way, so that none depends on its
    neighbours. How many evaluations it took, `Counted` tells.

    Source
    ------
    Bogacki and Shampine, "A 3(2) pair of Runge-Kutta formulas", Applied Mathematics Letters 2(4), 1989; step control
    as in Hairer, Nørsett, Wanner, "Solving Ordinary Differential Equations I", II.4. That the way from noise to sound
    is an equation for such solvers: Song et al., "Score-Based Generative Modeling through SDEs", ICLR 2021.
    """
    out = 0.0 * x
    for k in range(len(x)):
        out[k : k + 1] = _alone(denoiser, x[k : k + 1], times[0], times[-1], objective, tolerance)
    return out


def _alone(denoiser: Denoiser, x: Array, start: float, end: float, objective: str, tolerance: float) -> Array:
    """Return one sound, (1, ...)."""
    scale, sign = unit(objective), math.copysign(1.0, end - start)
    t, step = start, sign * min(0.05, abs(end - start))
    slope = said(denoiser, x, t)
    while sign * (end - t) > 1e-12:
        step = sign * min(abs(step), abs(end - t))
        h = step * scale
        second = said(denoiser, x + 0.5 * h * slope, t + 0.5 * step)
        third = said(denoiser, x + 0.75 * h * second, t + 0.75 * step)
        found = x + h * (2.0 / 9.0 * slope + 1.0 / 3.0 * second + 4.0 / 9.0 * third)
        last = said(denoiser, found, t + step)
        wrong = h * (-5.0 / 72.0 * slope + 1.0 / 12.0 * second + 1.0 / 9.0 * third - 1.0 / 8.0 * last)
        error = _size(wrong) / (tolerance * (1.0 + max(_size(x), _size(found))))
        if error <= 1.0 or abs(step) <= _SHORTEST:
            x, slope, t = found, last, t + step
        step *= min(_MOST, max(_LEAST, _SAFETY * max(error, 1e-9) ** (-1.0 / 3.0)))
        step = sign * max(abs(step), _SHORTEST)
    return x


def _size(x: Array) -> float:
    return math.sqrt(float((x * x).mean()))
