"""What was merely copied: phrases that stand in the training songs, beside what people's new songs share with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.nn.line import Ints, Line
from dusktape.nn.phrases import LENGTHS, MODES, Match, Mode, Phrases, shares


@dataclass(frozen=True, slots=True, eq=False)
class Copying:
    """What some songs share with the training songs, in one mode.

    Parameters
    ----------
    longest
        Each song's longest match, and the training song it stands in.
    share
        Of all sequences of `nn.phrases.LENGTHS` notes, 5 to 30, the share that stands in training; (26,).
    people_longest
        The longest matches of held-out songs by people, ascending; (songs,).
    people_share
        As `share`; (26,).
    people_stretches
        The longest matches of stretches of people's songs that are as long as the median of the songs judged.
    """

    longest: tuple[Match, ...]
    share: Floats
    people_longest: Ints
    people_share: Floats
    people_stretches: Ints

    def figures(self) -> dict[str, float]:
        """Return `longest_p50`, `longest_p95`, `longest_max` (notes) and `share_15`; NaN without songs."""
        return _figures(np.array([match.length for match in self.longest], np.int64), self.share)

    def people(self) -> dict[str, float]:
        """Return the same of people, and `stretch_p95`: their 95th percentile where their songs were as short."""
        stretch = {"stretch_p95": _percentile(self.people_stretches, 95)}
        return {**_figures(self.people_longest, self.people_share), **stretch}


def copying(lines: Sequence[Line], phrases: Phrases) -> dict[Mode, Copying]:
    """Return for both modes what songs share with those that an index of phrases was built from.

    Parameters
    ----------
    lines
        Songs to judge: written by a network, or by people.
    phrases
        Of what the network learned from.
    """
    median = int(np.median([len(line) for line in lines])) if lines else 0
    out = {}
    for mode in MODES:
        people = phrases.people
        out[mode] = Copying(
            longest=tuple(phrases.longest(line, mode) for line in lines),
            share=shares([phrases.reach(line, mode) for line in lines]),
            people_longest=people.longest[mode],
            people_share=people.share[mode],
            people_stretches=people.stretches(mode, max(1, median)),
        )
    return out


def _figures(longest: Ints, share: Floats) -> dict[str, float]:
    percentiles = {f"longest_p{p}": _percentile(longest, p) for p in (50, 95)}
    most = float(longest.max()) if len(longest) else float("nan")
    of_15 = float(share[LENGTHS.index(15)]) if len(longest) else float("nan")
    return {**percentiles, "longest_max": most, "share_15": of_15}


def _percentile(values: Ints, percent: float) -> float:
    return float(np.percentile(values, percent)) if len(values) else float("nan")
