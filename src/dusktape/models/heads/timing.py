"""How likely each sixteenth is, from what a head for time puts out. `net.py` has the same in torch."""

from __future__ import annotations

import numpy as np

from dusktape.core.audio import Floats
from dusktape.nn.line import STEPS_PER_BEAT, Ints

COMPONENTS = 5
"""Logistics in a mixture."""

NARROWEST = -3.0
"""Least logarithm of a logistic's scale, in sixteenths: a hundredth of the mass lies beyond a quarter of one."""


def log_softmax(logits: Floats) -> Floats:
    """Return logarithms of probabilities, (N, V)."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def nearest(out: Floats, values: Ints) -> Ints:
    """Return the value that a head with squared error names, (N,). `out` (N, 1) in beats."""
    return np.clip(np.rint(STEPS_PER_BEAT * out[:, 0]), values[0], values[-1]).astype(np.int64)


def laplace(out: Floats, scale: float, values: Ints) -> Floats:
    """Return log-probabilities (N, V) of whole sixteenths under a Laplace distribution.

    Each value takes the mass from half a step below to half a step above it, the first and the last all that lies
    beyond.

    Parameters
    ----------
    out
        (N, 1), its centre, in beats.
    scale
        Of the distribution, in sixteenths; its mean absolute deviation.
    values
        Consecutive whole numbers, (V,).
    """
    centre = STEPS_PER_BEAT * out
    low, high = (values - 0.5 - centre) / scale, (values + 0.5 - centre) / scale
    low[:, 0], high[:, -1] = -np.inf, np.inf
    below, above = np.minimum(low, high), np.maximum(low, high)
    one_side = np.where(below >= 0, _half(below) - _half(above), _half(-above) - _half(-below))
    mass = np.where((below < 0) & (above > 0), 1.0 - _half(-below) - _half(above), one_side)
    return np.asarray(np.log(np.maximum(mass, 1e-300)))


def _half(x: Floats) -> Floats:
    """Half of e^-x, where x is 0 or more."""
    return np.asarray(0.5 * np.exp(-np.maximum(x, 0.0)))


def mixture(out: Floats, values: Ints) -> Floats:
    """Return log-probabilities (N, V) of whole sixteenths under a mixture of discretised logistics.

    Source
    ------
    Salimans et al. 2017, PixelCNN++, section 2.1, in another form: for b > a,
    sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - e^(a - b)), which loses nothing in the tails.

    Parameters
    ----------
    out
        (N, 3 K): logits of the weights, means in beats, logarithms of the scales in sixteenths.
    values
        Consecutive whole numbers, (V,).
    """
    weights, means, scales = np.split(out[:, :, None], 3, axis=1)  # each (N, K, 1)
    rate = np.exp(-np.maximum(scales, NARROWEST))
    low, high = (values + np.array([[-0.5], [0.5]]))[:, None, None, :] - STEPS_PER_BEAT * means  # each (N, K, V)
    low, high = low * rate, high * rate
    log_p = _log_sigmoid(high) + _log_sigmoid(-low) + np.log1p(-np.exp(-rate))
    log_p[..., 0], log_p[..., -1] = _log_sigmoid(high[..., 0]), _log_sigmoid(-low[..., -1])
    joint = log_softmax(weights[:, :, 0])[:, :, None] + log_p
    top = joint.max(axis=1, keepdims=True)
    return np.asarray((top + np.log(np.exp(joint - top).sum(axis=1, keepdims=True)))[:, 0])


def _log_sigmoid(x: Floats) -> Floats:
    return np.asarray(-np.logaddexp(0.0, -x))
