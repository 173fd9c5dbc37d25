"""Counting baselines: what a network must beat before it may claim to have learned something."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence


class BackoffNgram:
    """Interpolated n-gram model of order 1 to N with Witten-Bell smoothing, backing off to the uniform distribution.

    Source
    ------
    Witten and Bell 1991, as in Chen and Goodman 1998, section 2.5: a context that was followed by many
    different tokens gives more of its weight to the shorter context.
    """

    def __init__(self, order: int, vocabulary: int) -> None:
        self.order = order
        self.vocabulary = vocabulary
        self._followers: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)

    def fit(self, sequences: Iterable[Sequence[int]]) -> BackoffNgram:
        """Count. Each sequence is one song's tokens; contexts do not cross songs."""
        for tokens in sequences:
            for i, token in enumerate(tokens):
                for n in range(min(self.order, i + 1)):
                    self._followers[tuple(tokens[i - n : i])][token] += 1
        return self

    def probability(self, context: Sequence[int], token: int) -> float:
        """Return p(token | context). Only the last order - 1 tokens of the context count."""
        p = 1.0 / self.vocabulary
        for n in range(min(self.order, len(context) + 1)):
            seen = self._followers.get(tuple(context[len(context) - n :]))
            if not seen:
                break
            total = sum(seen.values())
            p = (seen[token] + len(seen) * p) / (total + len(seen))
        return p

    def bits(self, sequences: Iterable[Sequence[int]]) -> float:
        """Return the total code length of the sequences, in bits."""
        return sum(
            -math.log2(self.probability(tokens[max(0, i - self.order + 1) : i], token))
            for tokens in sequences
            for i, token in enumerate(tokens)
        )


def baselines(
    train: Sequence[Sequence[int]], held_out: Sequence[Sequence[int]], *, vocabulary: int, events: int
) -> dict[str, float]:
    """Return bits per event on the held-out songs for orders 1 (unigram) to 5, and the best: `best`, `best_order`.

    Parameters
    ----------
    train, held_out
        Songs as token sequences: the same tokens the network predicts.
    vocabulary
        How many tokens there are.
    events
        How many events (notes, chords, hits) the held-out songs hold.
    """
    figures = {f"order_{n}": BackoffNgram(n, vocabulary).fit(train).bits(held_out) / events for n in range(1, 6)}
    best = min(range(1, 6), key=lambda n: figures[f"order_{n}"])
    return {**figures, "unigram": figures["order_1"], "best": figures[f"order_{best}"], "best_order": float(best)}
