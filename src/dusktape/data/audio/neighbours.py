"""Files against each other: near copies by their log-mel spectra, and files far from the rest in style.

Source
------
Wang, "An industrial-strength audio search algorithm", ISMIR 2003 (matches must agree in time); Iglewicz and Hoaglin,
"How to detect and handle outliers", 1993 (median and median distance).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dusktape.core.audio import Block, Floats
from dusktape.data.audio.excerpts import Track, excerpts

NEAR = 0.985
"""Cosine of two prints from which on two short sounds are the same.

Measured on 75 one-shots of `oneshots_cc0`: the nearest of the others has .979 at most; copies as MP3 or Vorbis, softer,
in mono or at 22,050 Hz have .996 and more, 72 of 75 with silence before them and 74 of 75 cut short have `NEAR`.
"""

ALIKE = 0.95
"""The same for prints of longer recordings, which must agree in time, too."""

FAR = 3.0
"""Root mean square of a file's distances from the middle, in spreads, from which on it is an outlier."""

FEWEST = 12
"""Files in a group that has a middle to be far from."""

_AGREE_S = 0.06
_SHARE = 0.5
_FEW = 3
_AS_LONG = 0.8
_AT_ONCE = 2048
_SPREAD = 1.4826  # from the median distance to a standard deviation, where values are normal
_WIDEST = 8.0
_TOLD = 3.0
_MOST_REASONS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Printed:
    """What a file is known by: prints (N, numbers), where each begins (N,) and how long its sound lasts, in s."""

    prints: Block
    anchors: Floats
    seconds: float
    track: Track = field(default_factory=lambda: np.zeros((0, 1), np.uint8))


def near_duplicates(files: Sequence[Printed]) -> list[tuple[list[int], float]]:
    """Return groups of files that are copies of each other, as places, with the least likeness that ties one of them.

    Short sounds are copies if their one print is the same and they last equally long; longer ones if half of the prints
    of the shorter one, and at least three, are found in the other at the same distance in time. A short sound is a copy
    of what it was cut from, too (`excerpts`). Each group is in order.
    """
    if not files:
        return []
    ties = excerpts([f.track for f in files], [len(f.prints) < _FEW for f in files])
    matches = _matches(files)
    ties |= {pair: found for pair, some in matches.items() if (found := _tie(files, pair, some))}
    return _groups(ties)


def _matches(files: Sequence[Printed]) -> dict[tuple[int, int], list[tuple[float, float]]]:
    """Return, for pairs of files, how much later and how alike the prints are that both have."""
    matches: defaultdict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
    prints = np.concatenate([f.prints for f in files]).astype(np.float32)
    anchors = np.concatenate([f.anchors for f in files])
    owners = np.repeat(np.arange(len(files)), [len(f.prints) for f in files])
    for first in range(0, len(prints), _AT_ONCE):
        likeness = prints[first : first + _AT_ONCE] @ prints.T
        for i, j in np.argwhere(likeness >= ALIKE).tolist():
            a, b = int(owners[first + i]), int(owners[j])
            if a < b and likeness[i, j] >= (NEAR if _fewest(files[a], files[b]) < _FEW else ALIKE):
                matches[a, b].append((float(anchors[j] - anchors[first + i]), float(likeness[i, j])))
    return matches


def _tie(files: Sequence[Printed], pair: tuple[int, int], matches: Sequence[tuple[float, float]]) -> float:
    """Return how alike two files are, 0 if they are no copies."""
    one, other = files[pair[0]], files[pair[1]]
    fewest = _fewest(one, other)
    shifts = np.array([shift for shift, _ in matches])
    ordered = np.sort(shifts)
    agree = np.searchsorted(ordered, shifts + _AGREE_S, "right") - np.searchsorted(ordered, shifts - _AGREE_S)
    best = int(agree.argmax())
    likeness = float(np.median([like for shift, like in matches if abs(shift - shifts[best]) <= _AGREE_S]))
    if fewest < _FEW:
        longest = max(one.seconds, other.seconds)
        return likeness if min(one.seconds, other.seconds) >= _AS_LONG * longest - 0.05 else 0.0
    return likeness if agree[best] >= max(_FEW, _SHARE * fewest) else 0.0


def _fewest(one: Printed, other: Printed) -> int:
    return min(len(one.prints), len(other.prints))


def _groups(ties: dict[tuple[int, int], float]) -> list[tuple[list[int], float]]:
    """Whoever is a copy of one of a group belongs to it."""
    home = {place: place for pair in ties for place in pair}

    def root(place: int) -> int:
        while home[place] != place:
            place = home[place]
        return place

    for a, b in sorted(ties):
        low, high = sorted((root(a), root(b)))
        home[high] = low
    members: defaultdict[int, list[int]] = defaultdict(list)
    for place in sorted(home):
        members[root(place)].append(place)
    least: dict[int, float] = {}
    for (a, _), likeness in ties.items():
        least[root(a)] = min(likeness, least.get(root(a), 1.0))
    return [(places, round(min(1.0, least[home]), 3)) for home, places in sorted(members.items())]


@dataclass(frozen=True, slots=True)
class Trait:
    """Something files are compared by: its name, how a value is written, the least spread that counts."""

    name: str
    written: str
    least: float
    power: bool = False

    def told(self, value: float) -> str:
        """Return a value as people read it."""
        return self.written.format(2.0**value if self.power else value)


TRAITS = {
    "brightness_hz": Trait("brightness", "{:,.0f} Hz", 0.15, power=True),
    "rolloff_hz": Trait("upper end", "{:,.0f} Hz", 0.15, power=True),
    "low_share": Trait("share below 150 Hz", "{:.0%}", 0.05),
    "flatness_db": Trait("noisiness", "{:.0f} dB", 1.0),
    "dynamics_db": Trait("dynamics", "{:.0f} dB", 1.5),
    "events_s": Trait("events a second", "{:.1f}", 0.4),
}
"""By fact; those that are compared in octaves have `power`."""

_TEXTURE_DB = 1.0


def outliers(facts: Sequence[dict[str, float]], textures: Sequence[Floats]) -> dict[int, str]:
    """Return files far from the rest, by place, each with a sentence.

    Parameters
    ----------
    facts
        Of each file.
    textures
        The shape of the spectrum of each, (8,) in dB.
    """
    if len(facts) < FEWEST:
        return {}
    columns = [[_value(f, name, trait) for f in facts] for name, trait in TRAITS.items()]
    table = np.concatenate([np.array(columns).T, np.array(textures, float)], axis=1)
    least = np.array([*(trait.least for trait in TRAITS.values()), *[_TEXTURE_DB] * (table.shape[1] - len(TRAITS))])
    middle = np.median(table, axis=0)
    spread = np.maximum(_SPREAD * np.median(np.abs(table - middle), axis=0), least)
    away = np.clip((table - middle) / spread, -_WIDEST, _WIDEST)
    distance = np.sqrt(np.mean(away**2, axis=1))
    low, high = np.percentile(table, [10, 90], axis=0)
    out = {}
    for i in np.flatnonzero(distance >= FAR).tolist():
        reasons = []
        for k in np.argsort(-np.abs(away[i, : len(TRAITS)]), kind="stable").tolist()[:_MOST_REASONS]:
            if abs(away[i, k]) >= _TOLD:
                trait = list(TRAITS.values())[k]
                usual = f"{trait.told(low[k])} to {trait.told(high[k])}"
                reasons.append(f"{trait.name} {trait.told(table[i, k])}, most have {usual}")
        told = "; ".join(reasons) or "its spectrum has another shape"
        out[i] = f"it is far from the others ({distance[i]:.1f} spreads): {told}"
    return out


def _value(facts: dict[str, float], name: str, trait: Trait) -> float:
    value = float(facts[name])
    return float(np.log2(max(value, 1.0))) if trait.power else value
