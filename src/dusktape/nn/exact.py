"""Numbers on a grid, so that matrix products come out the same whatever order they are summed in.

Weights are whole multiples of 2^-12 below 8, activations of 2^-20 below 8. A product then needs at most
15 + 23 bits, and a float64 holds 53: up to 2^15 products add up without any rounding. Threads, batches,
block sizes and the BLAS kernel of the day cannot change a bit of the sum, so they cannot change a score.
The nonlinearities may differ in their last bit between machines; rounding them to 2^-20 swallows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dusktape.core.audio import Floats

WEIGHT_STEP = 2.0**-12
"""Weights are stored as int16 multiples of this."""

ACTIVATION_STEP = 2.0**-20
"""Activations are rounded to multiples of this."""


def on_grid(x: Floats) -> Floats:
    """Round activations to the grid. Shape unchanged."""
    return _rounded(np.asarray(x * 2.0**20))


def to_int16(weights: Any) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Round trained weights to what is stored; what lies outside ±8 is clipped."""
    return np.asarray(np.clip(np.rint(np.asarray(weights, np.float64) / WEIGHT_STEP), -32767, 32767).astype(np.int16))


def from_int16(weights: Any) -> Floats:
    """Return stored weights as float64 on the weight grid."""
    return np.asarray(weights, np.float64) * WEIGHT_STEP


def sigmoid(x: Floats) -> Floats:
    """Return 1 / (1 + e^-x), on the grid."""
    y = np.asarray(np.negative(np.maximum(x, -60.0)))  # beyond, it is 0 on the grid, and e^-x would overflow
    np.exp(y, out=y)
    y += 1.0
    np.divide(2.0**20, y, out=y)
    return _rounded(y)


def tanh(x: Floats) -> Floats:
    """Return the hyperbolic tangent, on the grid."""
    y = np.asarray(np.tanh(x))
    y *= 2.0**20
    return _rounded(y)


def _rounded(steps: Floats) -> Floats:
    """Turn numbers counted in activation steps into whole ones and back, in place."""
    np.rint(steps, out=steps)
    steps *= ACTIVATION_STEP
    return steps
