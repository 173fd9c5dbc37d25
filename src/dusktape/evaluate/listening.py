"""What listeners prefer: blind pairs, counted with their uncertainty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from dusktape.core.seed import Seed

Choice = Literal["A", "B", "neither"]
_Z = 1.959964
"""Of a two-sided interval of 95 %."""

_RESAMPLES = 2000


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
    Ratings are resampled by listener and pair (percentile bootstrap; Efron 1979). None where nothing was answered.
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
        "rating_a": _mean(ratings[:, 0]),
        "rating_b": _mean(ratings[:, 1]),
        "rating_difference": _mean(ratings[:, 0] - ratings[:, 1]),
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


def _mean(values: Any) -> dict[str, Any] | None:
    if not len(values):
        return None
    picks = Seed(0).at("bootstrap").rng().integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), [2.5, 97.5])
    return {"mean": float(values.mean()), "interval": (float(low), float(high))}


def as_table(answer: Answer) -> dict[str, Any]:
    """Return an answer as JSON holds it."""
    return asdict(answer)
