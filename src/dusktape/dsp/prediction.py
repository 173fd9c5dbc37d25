"""Linear prediction: the next sample as a weighted sum of the last ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dusktape.core.audio import Floats

_RIDGE = 1e-9
"""Of the power, added to it: a silent or purely tonal signal has no unique answer."""


def autocorrelation(x: Floats, order: int) -> Floats:
    """Return the sums of x[t] x[t - k] for k = 0 .. order, (order + 1,)."""
    spectrum = np.fft.rfft(x, 1 << int(np.ceil(np.log2(len(x) + order + 1))))
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2)[: order + 1])


def coefficients(correlation: Floats) -> Floats:
    """Return the weights of the last 1 .. order samples that leave the least square error, (order,).

    Parameters
    ----------
    correlation
        (order + 1,), as `autocorrelation` gives it; of several signals, their sum.

    Source
    ------
    Makhoul, Linear prediction: a tutorial review, Proc. IEEE 63, 1975: the autocorrelation method. Its filter is
    stable.
    """
    r = np.array(correlation, np.float64)
    order = len(r) - 1
    if r[0] <= 0.0:
        return np.zeros(order)
    r[0] *= 1.0 + _RIDGE
    a, error = np.zeros(order), r[0]
    for k in range(order):  # Levinson's recursion
        reflection = (r[k + 1] - a[:k] @ r[k:0:-1]) / error
        a[:k] -= reflection * a[:k][::-1]
        a[k] = reflection
        error *= 1.0 - reflection * reflection
    return a


def fitted(signals: Sequence[Floats], order: int) -> Floats:
    """Return the coefficients for some signals together, (order,)."""
    return coefficients(np.sum([autocorrelation(x, order) for x in signals], axis=0))


def predicted(x: Floats, weights: Floats) -> Floats:
    """Return what is foreseen of each sample from those before it, silence before the first. Shape (..., T)."""
    out = np.zeros_like(x, dtype=np.float64)
    for k, weight in enumerate(weights.tolist(), start=1):
        out[..., k:] += weight * x[..., :-k]
    return out
