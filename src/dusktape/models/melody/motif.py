"""What returns, and how: a plan for every two bars, drawn from the seed. A rule; the network then sings along it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed
from dusktape.models.melody.memory import FORGOTTEN, Memory
from dusktape.models.melody.tokens import FIRST_PITCH, REST, STEPS_PER_BAR, VOCABULARY

UNIT_STEPS = 2 * STEPS_PER_BAR

_LAG_BARS = {2: 0.25, 4: 0.5, 8: 0.25}
"""How far back we look for something to return, and how gladly."""

_FORGOTTEN: list[int] = FORGOTTEN.tolist()


@dataclass(frozen=True, slots=True)
class Motif:
    """What a unit of two bars does with what it has heard.

    Parameters
    ----------
    lag
        Steps back to what returns; 0 for something new.
    literal
        Whether pitches return too, or only the rhythm.
    """

    lag: int = 0
    literal: bool = False

    def row(self, memory: Memory, chord: int) -> list[int]:
        """Return the memory's inputs as this unit may see them: only what returns literally is remembered."""
        return [*memory.present(chord), *(memory.recalled() if self.literal else _FORGOTTEN)]

    def pull(self, tokens: Sequence[int], last_pitch: int, strength: float) -> tuple[float, Floats]:
        """Return what is added to the logit of "a note starts", and to each token's, at step `len(tokens)`.

        Parameters
        ----------
        tokens
            Sung so far.
        last_pitch
            Token of the last onset.
        strength
            A logit.
        """
        taste = np.zeros(VOCABULARY)
        if not self.lag:
            return 0.0, taste
        then = tokens[len(tokens) - self.lag]
        if then < FIRST_PITCH:
            taste[REST] += 0.5 * strength * (then == REST)
            return -strength, taste
        before = next((t for t in reversed(tokens[: len(tokens) - self.lag]) if t >= FIRST_PITCH), -1)
        if self.literal:
            taste[then] += strength
        elif before >= 0 and FIRST_PITCH <= last_pitch + then - before < VOCABULARY:
            taste[last_pitch + then - before] += 0.5 * strength
        return strength, taste


def motif(tokens: Sequence[int], seed: Seed, *, returning: float, literal: float) -> Motif:
    """Return the plan of the unit that starts at step `len(tokens)`.

    Parameters
    ----------
    tokens
        Sung so far.
    seed
        Where the draw comes from.
    returning, literal
        Share of units that return, and share of those that return note for note. In [0, 1].
    """
    here = len(tokens)
    seed = seed.at("motif", here // STEPS_PER_BAR)
    lags = {}
    for bars, weight in _LAG_BARS.items():
        start = here - bars * STEPS_PER_BAR
        if start >= 0 and sum(t >= FIRST_PITCH for t in tokens[start : start + UNIT_STEPS]) >= 2:
            lags[bars * STEPS_PER_BAR] = weight
    if not lags or not seed.at("return").chance(returning):
        return Motif()
    return Motif(seed.at("lag").pick(tuple(lags), tuple(lags.values())), seed.at("literal").chance(literal))
