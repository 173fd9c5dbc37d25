"""Judging a loop: how its end leads to its beginning, and what lo-fi likes. Rules, not learned."""

from __future__ import annotations

from collections.abc import Sequence

from dusktape.models.harmony.tokens import LENGTHS, QUALITY_NAMES, Event
from dusktape.theory.chord import family

LEADS = {5: 1.0, 11: 0.8, 2: 0.7, 1: 0.6, 7: 0.6, 10: 0.6, 8: 0.3, 3: 0.3, 9: 0.3, 4: 0.2, 6: 0.1, 0: -1.0}
"""How much the last root wants to go to the first, by the semitones between them (upwards)."""


STARTS = {
    "major": {0: 1.0, 5: 0.6, 2: 0.5, 9: 0.5, 4: 0.15},
    "minor": {0: 1.0, 8: 0.5, 5: 0.4, 3: 0.25, 10: 0.1},
}
"""How gladly a loop starts on a degree; others hardly ever."""

AT_HOME = {"major": (0, 2, 4, 5, 7, 9, 11, 10, 8, 3), "minor": (0, 2, 3, 5, 7, 8, 10)}
"""Roots that need no reason: the scale, and in major what is often borrowed."""


def turns(events: Sequence[Event], mode: str) -> tuple[list[tuple[Event, ...]], list[float]]:
    """Return the loop turned to start on each of its bars, and how much each is wanted; the loop itself the most."""
    loops, wanted = [], []
    for k, first in enumerate(events):
        if first.start % 4 == 0:
            turned = (*events[k:], *events[:k])
            if turned[0].degree != turned[-1].degree:
                loops.append(turned)
                wanted.append((2.0 if k == 0 else 1.0) * STARTS[mode].get(first.degree, 0.03) * 3 ** turnaround(turned))
    return loops, wanted


def score(events: Sequence[Event], nats: float, nats_to_return: float, mode: str, bars: int) -> float:
    """Return how good a loop is; a difference of one is a clear preference.

    Parameters
    ----------
    events
        The loop.
    nats
        What the network paid for it.
    nats_to_return
        What the network would pay to go on with the first root.
    mode
        `major` or `minor`.
    bars
        Its length.
    """
    judged = -0.35 * nats_to_return - 0.5 * nats / max(bars, 4)
    return 1.5 * turnaround(events) + judged + balance(events, bars) - strangeness(events, mode)


def turnaround(events: Sequence[Event]) -> float:
    """How much the last chord leads to the first, about -1 to 1.3; dominants that resolve lead most."""
    last, first = events[-1], events[0]
    lead = LEADS[(first.degree - last.degree) % 12]
    kind = family(QUALITY_NAMES[last.quality])
    if kind in ("dominant", "suspended") and (first.degree - last.degree) % 12 in (5, 11, 2):
        lead += 0.3
    return lead - 0.5 * (kind in ("diminished", "augmented"))


def balance(events: Sequence[Event], bars: int) -> float:
    """What is taken off for too few or too many roots or chords, and for a chord that sits."""
    roots = {e.degree for e in events}
    few, many = {2: (2, 3), 4: (3, 4), 8: (4, 5)}[bars]
    stays = [sum(LENGTHS[e.length] for e in events if e.degree == d) for d in roots]
    seesaw = len(events) >= 4 and len(roots) == 2
    return (
        -0.8 * max(0, few - len(roots))
        - 0.4 * max(0, len(roots) - many)
        - 0.4 * max(0.0, len(events) - 1.5 * bars)
        - 0.7 * (bars == 2 and len(events) == 2)
        - 2.5 * max(0.0, max(stays) / sum(stays) - 0.4)
        - 0.8 * seesaw
    )


def strangeness(events: Sequence[Event], mode: str) -> float:
    """What is taken off for a tonic of the other mode, far roots and rows of diminished or augmented chords."""
    kinds = [family(QUALITY_NAMES[e.quality]) for e in events]
    tonic = "minor" if mode == "major" else "major"
    crossed = sum(e.degree == 0 and kind == tonic for e, kind in zip(events, kinds, strict=True))
    far = sum(e.degree not in AT_HOME[mode] and kind != "dominant" for e, kind in zip(events, kinds, strict=True))
    odd = sum(kind in ("diminished", "augmented") for kind in kinds)
    return 2.0 * crossed + 1.0 * far + 0.6 * max(0, odd - 1)
