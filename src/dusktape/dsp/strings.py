"""Struck strings: what a make of piano has in its partials, and how the strings of one key beat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Floats
from dusktape.dsp.oscillator import stretched
from dusktape.dsp.resonance import Group

A3 = 57
"""The A below middle C, from which octaves are counted."""

COLOUR_HZ = (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)

_FIRST_STAGE = 0.6
"""Share of a partial's height that belongs to its fast stage."""

_UNROUND_PARTIALS = 12
"""Partials that beat falsely; higher ones are over too soon."""


@dataclass(frozen=True, slots=True)
class Strings:
    """What was measured of one make of piano. Octaves are counted from A3, velocities from 0.6.

    Parameters
    ----------
    stiffness
        Natural logarithm of the inharmonicity B: at A3, per octave, per octave squared.
    tilt_db
        Per doubling of the partial's number: at A3, and per octave.
    softness
        Natural logarithm of the hammer's cutoff in Hz: at A3, per unit of velocity, per octave, and per unit of
        velocity and octave.
    strike_point
        Where the hammer falls, as a share of the string: partials with a node there are weak.
    colour_db
        What soundboard or pickup and amplifier add, at `COLOUR_HZ`.
    early, late
        Natural logarithm of the time to fall to 1/e in the first third of a second, and after that: at A3, per octave,
        per doubling of the partial's number, per octave squared.
    noise_db
        The strike beside the tone.
    spread_db
        Standard deviation of a key's partials around all that.
    """

    stiffness: tuple[float, float, float]
    tilt_db: tuple[float, float]
    softness: tuple[float, float, float, float]
    strike_point: float
    colour_db: tuple[float, ...]
    early: tuple[float, float, float, float]
    late: tuple[float, float, float, float]
    noise_db: float
    spread_db: float

    def partials(self, pitch: float, f: float, count: int) -> Floats:
        """Return the frequencies of the first partials of a key that is tuned to `f` Hz, shape (count,)."""
        x = (pitch - A3) / 12.0
        at, octave, bend = self.stiffness
        return stretched(f, count, float(np.exp(np.clip(at + octave * x + bend * x * x, -12.0, -3.5))))

    def levels_db(self, pitch: float, velocity: float, hz: Floats, *, brightness: float = 1.0) -> Floats:
        """Return the levels of partials 1 and up, at frequencies that `partials` gave, shape (K,)."""
        x, v, k = (pitch - A3) / 12.0, velocity - 0.6, np.arange(1, hz.size + 1)
        at, touch, octave, both = self.softness
        cutoff = brightness * np.exp(np.clip(at + touch * v + octave * x + both * v * x, 4.0, 11.0))
        comb = 10.0 * np.log10(np.sin(np.pi * k * self.strike_point) ** 2 + 0.004)
        known = np.log2(np.array(COLOUR_HZ))
        octaves = np.log2(hz)
        outside = np.maximum(known[0] - octaves, 0.0) + np.maximum(octaves - known[-1], 0.0)
        colour = np.interp(octaves, known, np.array(self.colour_db)) - 9.0 * outside
        tilt = (self.tilt_db[0] + self.tilt_db[1] * x) * np.log2(k)
        return np.asarray(colour + comb + tilt - 8.686 * hz / cutoff)

    def decays(self, pitch: float, count: int) -> tuple[Floats, Floats]:
        """Return the time constants of the first partials in s, early and late. Each of shape (count,)."""
        x, octave = (pitch - A3) / 12.0, np.log2(np.arange(1, count + 1))
        both = [np.exp(t[0] + t[1] * x + t[2] * octave + t[3] * x * x) for t in (self.early, self.late)]
        return np.clip(both[0], 0.03, 25.0), np.clip(both[1], 0.03, 25.0)


def stages(early: Floats, late: Floats) -> tuple[Floats, Floats]:
    """Return the time constants of two sums that together fall as fast as measured, at first and in the end."""
    rest = (1.0 - _FIRST_STAGE) / late
    fast = np.where(1.0 / early > 1.15 * rest, _FIRST_STAGE / np.maximum(1.0 / early - rest, 1e-3), late)
    return np.minimum(fast, late), np.maximum(late, early)


def choir(
    hz: Floats,
    height: Floats,
    early: Floats,
    late: Floats,
    *,
    cents: Floats,
    wear: float,
    own: np.random.Generator,
    rng: np.random.Generator,
) -> list[Group]:
    """Return the strings of one key, hit once, as groups of modes.

    They share one hammer but not one decay: together they push the bridge and fall fast, then what is left of
    them hangs on, out of phase and beating.

    Parameters
    ----------
    hz, height, early, late
        Partials: frequency, amplitude, time constants. Each of shape (K,).
    cents
        By how much each string beside the first one is off. Shape (strings - 1,), empty for a single string.
    wear
        False beats of wire that is not quite round, 0 to 1.
    own, rng
        What belongs to the key, and what to this strike.

    Source
    ------
    Weinreich, JASA 62 (1977).
    """
    fast, slow = stages(early, late)
    phase = rng.uniform(-1.3, 1.3, hz.size)
    groups: list[Group] = [(hz, fast, _FIRST_STAGE * height, phase)]
    share = (1.0 - _FIRST_STAGE) / max(1.0, 0.75 * (1 + cents.size))
    groups.append((hz, slow, share * height, phase))
    for off in cents:
        apart = phase + rng.uniform(-0.4, 0.4, hz.size)
        groups.append((hz * 2.0 ** (off / 1200.0), slow * own.uniform(0.85, 1.15), share * height, apart))
    if wear > 0.0:
        low = slice(0, _UNROUND_PARTIALS)
        split = own.uniform(1.5, 8.5, hz[low].size)
        size = wear * own.uniform(0.08, 0.3, hz[low].size) * height[low]
        groups.append((hz[low] + split, 0.7 * slow[low], size, phase[low] + rng.uniform(-3.0, 3.0, hz[low].size)))
    return groups
