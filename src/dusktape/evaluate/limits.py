"""What our own composer must reach, over songs that nobody chose."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

Bound = float | str | None
"""A number, or the name of the figure that people reach; several names, parted by commas, mean the lowest."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One row of the table.

    Parameters
    ----------
    title
        As read.
    figure
        What is compared: a key of the flat figures of an evaluation.
    at_least, at_most
        Bounds.
    """

    title: str
    figure: str
    at_least: Bound = None
    at_most: Bound = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A limit beside what was measured; `reached` is None where it was not measured."""

    title: str
    value: float
    bounds: str
    reached: bool | None


LIMITS = (
    Limit("chord tones under the melody", "chord_tones", at_least=0.80),
    Limit("melody inside the key", "in_key", at_least=0.90),
    Limit("sevenths and richer, share of chord time", "sevenths", at_least=0.60),
    Limit("distinct chords in a loop", "chords_per_loop", 2.0, 7.0),
    Limit("melody bars that were heard before", "repeated_bars", 0.1, 0.5),
    Limit("melody bars that occur once", "novel_bars", at_most=0.4),
    Limit("snare on 2 and 4, share of bars with drums", "backbeat", at_least=0.6),
    Limit("spread of drum timing, ms", "drum_timing_ms", 10.0, 40.0),
    Limit("spread of drum velocity", "drum_velocity", at_least=10.0),
    Limit(
        "longest match with training, notes, rhythm, 95th percentile",
        "copying.rhythm.longest_p95",
        at_most="16, people.copying.rhythm.longest_p95",
    ),
    Limit(
        "longest match with training, notes, intervals, 95th percentile",
        "copying.intervals.longest_p95",
        at_most="16, people.copying.intervals.longest_p95",
    ),
    Limit("15-note sequences in training, rhythm", "copying.rhythm.share_15", at_most=0.002),
    Limit("15-note sequences in training, intervals", "copying.intervals.share_15", at_most=0.002),
    Limit("bits a note below the best other network", "bits.saving.all", at_least=0.4),
    Limit("the same, velocity too", "bits.saving.all_velocity", at_least=0.4),
    Limit("bits a new note below the best other network", "bits.saving.new", at_least=0.05),
    Limit("the same, velocity too", "bits.saving.new_velocity", at_least=0.05),
    Limit("distance of the nearest melodies", "diversity.melody", at_least="people.diversity.melody"),
    Limit("distance of the nearest chord loops", "diversity.chords", at_least="people.diversity.chords"),
)


def judge(figures: Mapping[str, float]) -> list[Verdict]:
    """Return a verdict for every limit. `figures` is flat: `copying.rhythm.share_15` to its value."""
    out = []
    for limit in LIMITS:
        value = figures.get(limit.figure, math.nan)
        least, most = _bound(limit.at_least, figures), _bound(limit.at_most, figures)
        told = [f"at least {least:.3g}"] if least is not None else []
        told += [f"at most {most:.3g}"] if most is not None else []
        unknown = any(math.isnan(x) for x in (value, least, most) if x is not None)
        inside = (least is None or value >= least) and (most is None or value <= most)
        out.append(Verdict(limit.title, value, ", ".join(told), None if unknown else inside))
    return out


def _bound(bound: Bound, figures: Mapping[str, float]) -> float | None:
    if not isinstance(bound, str):
        return bound
    values = []
    for name in bound.split(","):
        try:
            values.append(float(name))
        except ValueError:
            values.append(figures.get(name.strip(), math.nan))
    return math.nan if any(math.isnan(v) for v in values) else min(values)
