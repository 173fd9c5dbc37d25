"""A struck sound as a vector of fixed length: a low partial, modes in slots, noise in bands, a click; from the onset.

The grid is a millisecond fine at the onset and a quarter of a second at the end. What is described there so finely
cannot be smeared by what is drawn from a network or cut off by principal components: attacks stay where they are.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from dusktape.core.audio import Floats

SAMPLE_RATE: Final = 44_100
FRAMES: Final = 1 << 16
"""Longest sound: 1.49 s."""

_NODES_MS = (0, 1, 2, 3, 4.5, 6, 8, 10, 13, 17, 22, 28, 35, 43, 53, 66, 82, 102, 127, 158, 196, 243, 302, 375, 465)
_CELLS_MS = (0, 1, 2, 3, 4, 5.5, 7, 9, 11, 13, 16, 19, 22, 26, 30, 35, 41, 48, 56, 66, 78, 93, 111, 133, 160, 193, 233)

NODES: Final = 1e-3 * np.array([*_NODES_MS, 577, 716, 889, 1103, 1486])
"""Where the low partial has amplitude and frequency, in seconds from the onset."""

CELLS: Final = 1e-3 * np.array([*_CELLS_MS, 282, 342, 415, 503, 610, 740, 898, 1090, 1486])
"""Edges of the stretches in which the noise has a level for each band, in seconds."""

CENTRES: Final = 0.5 * (CELLS[1:] + CELLS[:-1])

LOW_WINDOW: Final = 256
"""Frames of the transform for noise below 1.2 kHz: each of its bins 1 to 7 is a band."""

HIGH_WINDOW: Final = 128
"""Frames of the transform for the noise above."""

LOW_BINS: Final = np.arange(1, 8)
HIGH_EDGES: Final = np.array([4, 5, 6, 7, 8, 9, 11, 13, 15, 18, 21, 25, 30, 36, 43, 52, 65])
"""Bins of the short transform at which bands begin: a third of an octave each, from 1.2 kHz."""

BANDS: Final = len(LOW_BINS) + len(HIGH_EDGES) - 1

CLICK_EDGES: Final = np.array([0, 1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36, 48, 65])
"""Bins of the short transform at which bands of the click begin."""

CLICK_S: Final = 0.0015
"""The click lies between the onset and this."""

SLOTS_PER_OCTAVE: Final = 4
SLOT_HZ: Final = 160.0 * 2.0 ** (np.arange(23) / SLOTS_PER_OCTAVE)
"""Middle of each slot that may hold one mode, from 160 Hz to 7.2 kHz."""

PARTIAL_FLOOR: Final = 1e-3
MODE_FLOOR: Final = 2e-3
NOISE_FLOOR: Final = 4e-4
CLICK_FLOOR: Final = 2e-3
"""Amplitudes (of white noise: RMS) below which it matters little how quiet something is."""

REST_HZ: Final = 100.0
REST_S: Final = 0.03
REST_ATTACK_S: Final = 0.003
"""Frequency, decay and attack that stand as 0."""

_SIZES = np.array(
    [len(NODES), len(NODES) - 1, 1, *3 * [len(SLOT_HZ)], BANDS * (len(CELLS) - 1), len(CLICK_EDGES) - 1, 1, 2]
)
_ENDS = np.cumsum(_SIZES)
LEVEL, PITCH, PHASE, MODE_LEVEL, MODE_DETUNE, MODE_DECAY, NOISE, CLICK, PLACE, ATTACK = (
    slice(int(end - size), int(end)) for end, size in zip(_ENDS, _SIZES, strict=True)
)
"""Where in the vector: partial's levels at nodes, octaves over `REST_HZ` between them, phase at the onset (half turns);
modes' levels, places in their slots (-0.5 to 0.5), octaves of decay over `REST_S`; noise (bands, cells); the click's
magnitude in each band, and when it comes (1 is `CLICK_S`); octaves of two attacks over `REST_ATTACK_S`."""

SIZE: Final = int(_ENDS[-1])


def to_level(amplitude: Floats, floor: float) -> Floats:
    """Return amplitudes as levels: 0 for silence, one more for each 20 dB far above the floor."""
    return np.asarray(0.5 * np.log10(1.0 + np.square(amplitude / floor)))


def to_amplitude(level: Floats, floor: float) -> Floats:
    """Return the inverse of `to_level`; levels below 0 are silence."""
    return np.asarray(floor * np.sqrt(np.maximum(10.0 ** (2.0 * np.clip(level, 0.0, 5.0)) - 1.0, 0.0)))


def weights_of_parts() -> Floats:
    """Return how much an error of each number in a vector counts, (SIZE,): pitch most, in octaves."""
    weight = np.ones(SIZE)
    for part, counts in ((LEVEL, 1.5), (PITCH, 3.0), (PHASE, 0.5), (MODE_LEVEL, 1.0), (MODE_DETUNE, 0.7)):
        weight[part] = counts
    for part, counts in ((MODE_DECAY, 0.3), (NOISE, 0.6), (CLICK, 1.0), (PLACE, 0.7), (ATTACK, 1.5)):
        weight[part] = counts
    return weight
