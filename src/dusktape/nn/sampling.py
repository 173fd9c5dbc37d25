"""Drawing a token from logits: a pure function that does not know the network."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed

RECENT_TOKENS = 16
"""The repetition penalty looks back so far."""


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
        three quarters of the 4 or 8 before them: the rule of a published generator, kept for comparison. The
        other fields do not count then.
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
    x = logits if temperature == 1.0 else logits / temperature
    if allowed is not None:
        x = np.where(allowed, x, -np.inf)
    p = np.exp(x - np.maximum.reduce(x))
    if top_k and top_k < len(p):
        p[p < np.partition(p, -top_k)[-top_k]] = 0.0
    if min_p:
        p *= p >= min_p
    p /= np.add.reduce(p)
    return np.asarray(p)


def draw(p: Floats, uniform: float) -> int:
    """Return the index where the running sum of `p` passes `uniform` (in [0, 1)): one draw, one token."""
    index = int(p.cumsum().searchsorted(uniform * float(np.add.reduce(p)), side="right"))
    return index if index < len(p) else int(np.flatnonzero(p)[-1])  # the running sum may round below the sum


def sample(logits: Floats, rng: np.random.Generator, **how: Any) -> int:
    """Draw one token. `how` as for `probabilities`."""
    return draw(probabilities(logits, **how), float(rng.random()))


def penalised(logits: Floats, history: Sequence[int], penalty: float) -> Floats:
    """Return logits (V,) with the odds of each token among the last `RECENT_TOKENS` of `history` divided by `penalty`.

    Source
    ------
    Keskar et al. 2019, CTRL, section 4.1; they divide the logit, whose effect depends on its sign. We take the
    logarithm of the penalty off it.
    """
    recent = sorted(set(history[-RECENT_TOKENS:]))
    if penalty == 1.0 or not recent:
        return logits
    out = np.array(logits, np.float64)
    out[recent] -= math.log(penalty)
    return out


def repeats(history: Sequence[Hashable]) -> bool:
    """Whether at least three quarters of the last 4, or of the last 8, tokens also stand in as many before them."""
    for n in (4, 8):
        if len(history) >= 2 * n:
            before = set(history[-2 * n : -n])
            if sum(token in before for token in history[-n:]) >= 0.75 * n:
                return True
    return False


def choose(
    logits: Floats,
    sampling: Sampling,
    *,
    history: Sequence[int],
    seed: Seed,
    allowed: NDArray[np.bool_] | None = None,
) -> int:
    """Return the next token as `sampling` asks for it.

    Parameters
    ----------
    logits
        (V,), unnormalised log-probabilities.
    sampling
        How to draw.
    history
        Tokens of the same vocabulary so far, the last one last.
    seed
        The address of this very choice; give each place its own.
    allowed
        (V,), at least one entry True; None allows all.
    """
    if sampling.rule == "argmax":
        if repeats(history):
            return int(
                seed.at("random").pick(range(len(logits)) if allowed is None else np.flatnonzero(allowed).tolist())
            )
        return int(np.argmax(logits if allowed is None else np.where(allowed, logits, -np.inf)))
    p = probabilities(
        penalised(logits, history, sampling.repetition_penalty),
        allowed=allowed,
        temperature=sampling.temperature,
        top_k=sampling.top_k,
        min_p=sampling.min_p,
    )
    return draw(p, seed.unit())
