"""Whether a training runs away: its loss climbs and stays there, or validation blows up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dusktape.train.loop import State

LONG_STEPS = 100
"""A loss that stays far above its best for so many steps diverges."""

LOST, RISEN = 0.5, 0.25
"""Far is where half of what was gained is lost, and a quarter of the first loss at least."""

BLOWN_UP = 2.0
"""A validation loss so many times that of the untrained network diverges, unless it only learned by heart."""

HOPELESS = 1000.0
"""A training loss so many times the first diverges at once, where nothing was held out to tell."""


def climbs(state: State, *, noisy: bool = False) -> bool:
    """Return whether the loss just reported is not finite, or one too many far above the lowest. Counts `above`.

    A loss that is noisy by itself, as that of a denoiser, is never far below twice the lowest: trained from a
    checkpoint, its first and its lowest are draws around the same value.
    """
    if state.recent is None or not math.isfinite(state.recent):
        return state.recent is not None
    state.first = state.recent if state.first is None else state.first
    state.lowest = state.recent if state.lowest is None else min(state.lowest, state.recent)
    far = state.lowest + max(LOST * (state.first - state.lowest), RISEN * abs(state.first))
    far = max(far, 2.0 * abs(state.lowest)) if noisy else far
    state.above = state.above + state.step - state.reported if state.recent > far else 0
    return state.above >= LONG_STEPS


def blows_up(state: State, valid: float | None) -> bool:
    """Return whether a validation loss is not finite, or far above the one before any step.

    Where nothing is held out, whether the training loss is a thousand times the first.


    One that is far above while the training loss has fallen is no divergence: songs are learned by heart.
    """
    if valid is None:
        return state.recent is not None and state.first is not None and state.recent > HOPELESS * abs(state.first)
    if not math.isfinite(valid):
        return True
    untrained = state.history[0]["valid_loss"] if state.history else None
    if untrained is None or valid <= untrained + (BLOWN_UP - 1.0) * abs(untrained):
        return False
    return state.recent is None or state.first is None or state.recent >= state.first
