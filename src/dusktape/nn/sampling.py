"""Drawing a token from logits: a pure function that does not know the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model of melodies draws its tokens.

    Parameters
    ----------
    temperature
        Above 1 flattens, below 1 sharpens.
    top_k
        Keep only so many; 0 keeps all.
    min_p
        Drop what is less likely than this share of the likeliest.
    repetition_penalty
        Divides the odds of tokens among the last 16 by this; 1 leaves them (after Keskar et al. 2019).
    rule
        `draw`; or `argmax`, which takes the likeliest, and a random token where the last 4 or 8 repeat at least
        three quarters of the 4 or 8 before them: the rule of a published generator, kept for comparison.
    """

    temperature: float = 1.0
    top_k: int = 0
    min_p: float = 0.05
    repetition_penalty: float = 1.0
    rule: Literal["draw", "argmax"] = "draw"


def probabilities(
    logits: Floats,
    *,
    allowed: NDArray[np.bool_] | None = None,
    temperature: float = 1.0,
    top_k: int = 0,
    min_p: float = 0.0,
) -> Floats:
    """Return the distribution to draw from. Shapes (V,) and (V,).

    Parameters
    ----------
    logits
        Unnormalised log-probabilities.
    allowed
        What the grammar permits; at least one entry is True. Applied before temperature and cuts: a
        forbidden token must not set the bar for the rest.
    temperature
        Above 1 flattens, below 1 sharpens. Greater than 0.
    top_k
        Keep only so many; 0 keeps all.
    min_p
        Drop what is less likely than this share of the likeliest (Nguyen et al. 2024). In [0, 1).
    """
    x = logits / temperature
    if allowed is not None:
        x = np.where(allowed, x, -np.inf)
    p = np.exp(x - x.max())
    if top_k and top_k < len(p):
        p[p < np.partition(p, -top_k)[-top_k]] = 0.0
    p[p < min_p] = 0.0
    return np.asarray(p / p.sum())


def draw(p: Floats, uniform: float) -> int:
    """Return the index where the running sum of `p` passes `uniform` (in [0, 1)): one draw, one token."""
    index = int(np.searchsorted(np.cumsum(p), uniform * float(p.sum()), side="right"))
    return min(index, int(np.flatnonzero(p)[-1]))


def sample(logits: Floats, rng: np.random.Generator, **how: Any) -> int:
    """Draw one token. `how` as for `probabilities`."""
    return draw(probabilities(logits, **how), float(rng.random()))
