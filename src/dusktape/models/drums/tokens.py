"""The drummer's vocabulary: what an event is, what the player remembers, what it is told. Pure.

An event is a hit: (advance in sixteenths since the last hit, drum), velocity, timing. The network reads one event a
step and predicts the next in a chain: what and when, then how loud, then how early or late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dusktape.core.roles import DRUM_STYLES
from dusktape.data.groove import CLOSED, DRUMS, KICK, OPEN, PEDAL, RIDE, RIM, SNARE, Performance

STEPS = 16
"""Sixteenths in a bar."""

MAX_ADVANCE = 16
REST = (MAX_ADVANCE + 1) * len(DRUMS)
"""The token that moves on by a bar without a hit."""

WHAT = REST + 1
"""How many tokens of what and when: `advance * len(DRUMS) + drum`, and the rest."""

VELOCITY_EDGES = (1, 15, 28, 41, 55, 70, 89, 111, 128)
"""Velocity bin k is [edge k, edge k + 1): eighths of the data, about."""

VELOCITIES = len(VELOCITY_EDGES) - 1

TIMING_EDGES = tuple(
    s * e for s, es in ((-1, (0.5, 0.38, 0.3, 0.23, 0.17, 0.12, 0.07, 0.025)), (1, (0.025, 0.07, 0.12, 0.17, 0.23,
    0.3, 0.38, 0.5))) for e in es
)  # fmt: skip
"""Timing bin k is [edge k, edge k + 1) sixteenths late: fine near the grid; a triplet's third lies in 2 and 12."""

TIMINGS = len(TIMING_EDGES) - 1

TEMPO_EDGES = (72.0, 84.0, 92.0, 100.0, 112.0, 128.0, 150.0)
TEMPI = len(TEMPO_EDGES) + 1

DENSITY_EDGES = (9.3, 11.3, 13.3)
DENSITIES = len(DENSITY_EDGES) + 1
"""How busy, by the median number of sixteenths hit in a bar."""

LAGS = (16, 32, 64)
"""The player remembers one, two and four bars back."""

WINDOW = 9
"""How far the memory reads on from here, in sixteenths."""

MEMORY = len(LAGS) * WINDOW * len(DRUMS)

GROUPS = ((KICK,), (SNARE, RIM), (CLOSED, OPEN, PEDAL, RIDE))
"""What the player counts the sixteenths since."""

FIELDS = (
    ("advance", MAX_ADVANCE + 3),
    ("drum", len(DRUMS) + 1),
    ("velocity", VELOCITIES + 1),
    ("timing", TIMINGS + 1),
    ("place", STEPS),
    ("phrase", 8),
    ("style", len(DRUM_STYLES)),
    ("tempo", TEMPI),
    ("density", DENSITIES),
    ("fill", 4),
    ("since_kick", 17),
    ("since_snare", 17),
    ("since_hat", 17),
)
"""Integer inputs of a step and how many values each has. The last value of the first four says: no event yet, or a
rest."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One event on the grid: `step` from bar 0, `drum`, bins of velocity and timing."""

    step: int
    drum: int
    velocity: int
    timing: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the player is told: indices of style, tempo and density, and for each bar whether it is a fill."""

    style: int
    tempo: int
    density: int
    fills: tuple[bool, ...]

    @staticmethod
    def of(style: str, bpm: float, density: int, fills: Sequence[bool]) -> Conditions:
        """Translate words and beats a minute."""
        return Conditions(DRUM_STYLES.index(style), bin_of(TEMPO_EDGES, bpm) + 1, density, tuple(fills))

    def fill(self, bar: int) -> int:
        """Return 1 if the bar is a fill, plus 2 if the next one is."""
        return sum(weight for k, weight in ((bar, 1), (bar + 1, 2)) if k < len(self.fills) and self.fills[k])


def bin_of(edges: Sequence[float], value: float) -> int:
    """Return the last bin whose lower edge is not above the value; -1 below the first edge."""
    return int(np.searchsorted(edges, value, side="right")) - 1


def velocity_bin(velocity: int) -> int:
    """Return the bin of a MIDI velocity."""
    return min(max(bin_of(VELOCITY_EDGES, velocity), 0), VELOCITIES - 1)


def timing_bin(offset: float) -> int:
    """Return the bin of an offset in sixteenths."""
    return min(max(bin_of(TIMING_EDGES, offset), 0), TIMINGS - 1)


class Past:
    """What has been played so far, as the network sees it. Grows one event at a time.

    Parameters
    ----------
    conditions
        What the player is told.
    steps
        Room for so many sixteenths.
    phrase
        Bars of the eight-bar phrase that lie before the first.
    """

    def __init__(self, conditions: Conditions, steps: int, phrase: int = 0) -> None:
        self.conditions = conditions
        self._phrase = phrase
        self.now = 0
        self.last_drum = -1
        self._before = max(LAGS)
        shape = (self._before + steps + MAX_ADVANCE + WINDOW, len(DRUMS))
        self._velocity = np.zeros(shape, np.int8)
        self._timing = np.zeros(shape, np.int8)
        self._event = [MAX_ADVANCE + 2, len(DRUMS), VELOCITIES, TIMINGS]
        self._since = [-99, -99, -99]

    def fields(self) -> list[int]:
        """Return the integer inputs of the next step, in the order of `FIELDS`."""
        c, bar = self.conditions, self.now // STEPS
        since = [min(self.now - s, 16) for s in self._since]
        return [
            *self._event,
            self.now % STEPS,
            (bar + self._phrase) % 8,
            c.style,
            c.tempo,
            c.density,
            c.fill(bar),
            *since,
        ]

    def memory(self) -> NDArray[np.bool_]:
        """Return which drums hit here and just after, one, two and four bars ago. Shape (MEMORY,)."""
        here = self._before + self.now
        return np.concatenate([self._velocity[here - lag : here - lag + WINDOW] for lag in LAGS]).ravel() > 0

    def recall(self, step: int, drum: int) -> tuple[list[int], list[int]]:
        """Return bins of velocity and timing this drum had at this place, one for each lag, 0 if it was silent."""
        rows = [self._before + step - lag for lag in LAGS]
        return [int(self._velocity[r, drum]) for r in rows], [int(self._timing[r, drum]) for r in rows]

    def add(self, hit: Hit) -> None:
        """Play a hit."""
        self._event = [hit.step - self.now, hit.drum, hit.velocity, hit.timing]
        self.now, self.last_drum = hit.step, hit.drum
        self._velocity[self._before + hit.step, hit.drum] = hit.velocity + 1
        self._timing[self._before + hit.step, hit.drum] = hit.timing + 1
        for k, group in enumerate(GROUPS):
            if hit.drum in group:
                self._since[k] = hit.step

    def rest(self) -> None:
        """Move on by a bar."""
        self._event = [MAX_ADVANCE + 1, len(DRUMS), VELOCITIES, TIMINGS]
        self.now, self.last_drum = self.now + MAX_ADVANCE, -1


def hits(performance: Performance) -> list[Hit]:
    """Return a performance as events."""
    return [
        Hit(int(s), int(d), velocity_bin(int(v)), timing_bin(float(o)))
        for s, d, v, o in zip(performance.step, performance.drum, performance.velocity, performance.offset, strict=True)
    ]


def density_level(performance: Performance) -> int:
    """Return how busy a performance is, from the median bar."""
    steps = np.unique(performance.step)
    return bin_of(DENSITY_EDGES, float(np.median(np.bincount(steps // STEPS)))) + 1


def fill_bars(performance: Performance) -> tuple[bool, ...]:
    """Return which bars are fills: all of a recorded fill, in a beat those with far more toms than its others."""
    bars = int(performance.step.max()) // STEPS + 1
    if performance.is_fill:
        return (True,) * bars
    toms = np.bincount(performance.step[performance.drum >= DRUMS.index("high tom")] // STEPS, minlength=bars)
    return tuple(bool(t >= max(3.0, 3.0 * float(np.median(toms)) + 1.0)) for t in toms)


def encode(performance: Performance) -> dict[str, NDArray[Any]]:
    """Return inputs and targets of a whole performance, time first: what `net.py` learns from."""
    conditions = Conditions.of(performance.style, performance.bpm, density_level(performance), fill_bars(performance))
    return encode_hits(hits(performance), conditions)


def encode_hits(events: Sequence[Hit], conditions: Conditions) -> dict[str, NDArray[Any]]:
    """Return inputs and targets of events under conditions."""
    past = Past(conditions, events[-1].step + 1)
    rows: list[tuple[list[int], NDArray[np.bool_], list[int], list[int], list[int]]] = []
    for hit in events:
        while hit.step - past.now > MAX_ADVANCE:
            rows.append((past.fields(), past.memory(), [REST, 0, 0, 0, 0, 0], [0] * 3, [0] * 3))
            past.rest()
        advance = hit.step - past.now
        chosen = [advance * len(DRUMS) + hit.drum, advance, hit.drum, hit.step % STEPS, hit.velocity, hit.timing]
        rows.append((past.fields(), past.memory(), chosen, *past.recall(hit.step, hit.drum)))
        past.add(hit)
    fields, memory, target, velocities, timings = zip(*rows, strict=True)
    return {
        "fields": np.array(fields, np.int16),
        "memory": np.array(memory, np.uint8),
        "target": np.array(target, np.int16),
        "recalled_velocity": np.array(velocities, np.int16),
        "recalled_timing": np.array(timings, np.int16),
    }
