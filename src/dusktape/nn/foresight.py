"""How well sound is foreseen by rules that need no network: what a network that predicts samples is held against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.dsp import mulaw, prediction

ORDER = 32
"""Of the linear prediction."""

NAMES = (
    "always zero",
    "copy the last sample",
    "linear extrapolation",
    f"linear prediction, order {ORDER}",
    f"linear prediction, order {ORDER}, of the window itself",
)
"""The last one knows its coefficients from the very sound that it foresees: what adapting could reach at most."""

_EVERYTHING = 1e-4
"""Share of the probability that is spread evenly over all bins: nothing is impossible."""


@dataclass(frozen=True, slots=True, eq=False)
class Rules:
    """Predictors and what their errors measured on the sound that was learned from.

    Parameters
    ----------
    weights
        Of the linear prediction, (32,).
    spreads
        By name: mean absolute and root mean square error.
    """

    weights: Floats
    spreads: dict[str, tuple[float, float]]

    @staticmethod
    def fitted(windows: Floats, first: int) -> Rules:
        """Fit to windows (N, T), whose samples from number `first` on are foreseen."""
        rules = Rules(prediction.fitted(list(windows), ORDER), {})
        for name, guess in rules.guesses(windows).items():
            rules.spreads[name] = spread((windows - guess)[:, first:])
        return rules

    def guesses(self, windows: Floats) -> dict[str, Floats]:
        """Return what each foresees of windows (N, T), (N, T)."""
        last = prediction.predicted(windows, np.array([1.0]))
        line = prediction.predicted(windows, np.array([2.0, -1.0]))
        fixed = prediction.predicted(windows, self.weights)
        own = np.array([prediction.predicted(x, prediction.fitted([x], ORDER)) for x in windows])
        all_of_them = (np.zeros_like(windows), last, line, fixed, own)
        return dict(zip(NAMES, all_of_them, strict=True))


def spread(error: Floats) -> tuple[float, float]:
    """Return mean absolute and root mean square error."""
    return max(float(np.abs(error).mean()), 1e-9), max(float(np.sqrt((error**2).mean())), 1e-9)


def relative_db(error: Floats, sound: Floats) -> float:
    """Return the power of an error over that of the sound, in dB: 0 is what always zero has."""
    return float(10.0 * np.log10(max(float((error**2).sum()), 1e-30) / max(float((sound**2).sum()), 1e-30)))


def bits(guess: Floats, sound: Floats, spreads: tuple[float, float]) -> dict[str, float]:
    """Return what a sample's mu-law bin costs, in bits, by a Laplacian and a Gaussian around the guess.

    Parameters
    ----------
    guess, sound
        Of equal shape. `sound` may be quantised already or not: its bins are what counts.
    spreads
        Mean absolute and root mean square error, which set the widths.
    """
    found = mulaw.encode(sound)
    outer = mulaw.edges()
    outer[0], outer[-1] = -np.inf, np.inf
    low, high = outer[found] - guess, outer[found + 1] - guess
    laws = {"Laplace": _laplace(low, high, spreads[0]), "Gauss": _gauss(low, high, spreads[1])}
    mixed = {name: (1.0 - _EVERYTHING) * p + _EVERYTHING / mulaw.BINS for name, p in laws.items()}
    return {name: float(-np.log2(p).mean()) for name, p in mixed.items()}


def _laplace(low: Floats, high: Floats, width: float) -> Floats:
    def below(x: Floats) -> Floats:
        tail = 0.5 * np.exp(-np.abs(x) / width)
        return np.asarray(np.where(x < 0.0, tail, 1.0 - tail))

    return np.maximum(below(high) - below(low), 0.0)


def _gauss(low: Floats, high: Floats, width: float) -> Floats:
    return np.maximum(_normal(high / width) - _normal(low / width), 0.0)


def _normal(x: Any) -> Floats:
    """Return the cumulative normal distribution. Source: Abramowitz and Stegun 7.1.26, error below 1.5e-7."""
    z = np.abs(np.clip(x, -40.0, 40.0)) / np.sqrt(2.0)
    t = 1.0 / (1.0 + 0.3275911 * z)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    tail = 0.5 * poly * np.exp(-z * z)
    return np.asarray(np.where(np.asarray(x) < 0.0, tail, 1.0 - tail))
