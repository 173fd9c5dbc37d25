"""What listeners prefer: blind pairs, counted with their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from dusktape.core.audio import Floats

Choice = Literal["A", "B", "neither"]
_Z = 1.959964
"""Of a two-sided interval of 95 %."""

_LOWEST, _HIGHEST = 1.0, 5.0
"""Ratings."""

_PRIOR_SPREAD = 1.0
"""How far ratings are expected to lie apart, in points, before any is known; worth as much as one answer."""

_GRID = 20_001


@dataclass(frozen=True, slots=True)
class Answer:
    """One pair, heard and judged.

    Parameters
    ----------
    listener
        A name, or a number.
    file_a, file_b
        What was heard.
    first
        Which of them was offered first.
    preferred
        What the listener took.
    rating_a, rating_b
        1 (bad) to 5 (excellent).
    at
        When, ISO 8601.
    """

    listener: str
    file_a: str
    file_b: str
    first: Literal["A", "B"]
    preferred: Choice
    rating_a: int
    rating_b: int
    at: str


def summary(answers: Sequence[Answer]) -> dict[str, Any]:
    """Return counts, the share that prefers A and the mean ratings, each with an interval of 95 %.

    The share is of those who decided (Wilson's interval; Wilson 1927); `p_value` is the exact two-sided sign test.
    Ratings have Student's interval with a prior on their spread, see `mean_of`. None where nothing was answered.
    """
    counts = {choice: sum(a.preferred == choice for a in answers) for choice in ("A", "B", "neither")}
    decided = counts["A"] + counts["B"]
    ratings = np.array([[a.rating_a, a.rating_b] for a in answers], np.float64).reshape(-1, 2)
    return {
        "answers": len(answers),
        "listeners": len({a.listener for a in answers}),
        "preferred": counts,
        "share_a": counts["A"] / decided if decided else None,
        "share_a_interval": wilson(counts["A"], decided) if decided else None,
        "p_value": sign_test(counts["A"], counts["B"]) if decided else None,
        "rating_a": mean_of(ratings[:, 0], _LOWEST, _HIGHEST),
        "rating_b": mean_of(ratings[:, 1], _LOWEST, _HIGHEST),
        "rating_difference": mean_of(ratings[:, 0] - ratings[:, 1], _LOWEST - _HIGHEST, _HIGHEST - _LOWEST),
        "first_offered_preferred": sum(a.preferred == a.first for a in answers),
    }


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % interval of a share."""
    share, z2 = successes / trials, _Z * _Z
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials * trials))
    return max(0.0, middle - half), min(1.0, middle + half)


def sign_test(a: int, b: int) -> float:
    """Return how likely so uneven a count is if neither is preferred, both sides counted."""
    n, most = a + b, max(a, b)
    tail: float = sum(math.comb(n, k) for k in range(most, n + 1)) / 2**n
    return float(min(1.0, 2.0 * tail))


def mean_of(values: Floats, lowest: float, highest: float) -> dict[str, Any] | None:
    """Return the mean of some ratings and its 95 % interval inside the scale; None of no ratings.

    A few answers that are all the same are no certainty, as a bootstrap would have it: the spread is estimated with a
    prior of one point that counts as one answer, so that the interval narrows with their number.

    Source
    ------
    Gelman et al., Bayesian Data Analysis, 3rd edition, section 3.3: a flat prior on the mean, scaled inverse
    chi-squared with one degree of freedom on the variance; the mean is then Student's t.
    """
    count = len(values)
    if not count:
        return None
    mean = float(values.mean())
    variance = (_PRIOR_SPREAD**2 + float(((values - mean) ** 2).sum())) / count
    half = student(count) * math.sqrt(variance / count)
    return {"mean": mean, "interval": (max(lowest, mean - half), min(highest, mean + half))}


def student(freedom: int) -> float:
    """Return within which distance of its middle 95 % of Student's t lie, by so many degrees of freedom.

    With t = sqrt(freedom) tan(angle) its density is cos(angle) ** (freedom - 1), which is summed by trapezoids.
    """
    angle = np.linspace(0.0, np.pi / 2.0, _GRID)
    density = np.cos(angle) ** (freedom - 1)
    below = np.concatenate([[0.0], np.cumsum(density[1:] + density[:-1])])
    return float(math.sqrt(freedom) * np.tan(np.interp(0.95, below / below[-1], angle)))


def as_table(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON holds it."""
    return asdict(answer)
