"""What a note stirs beside its own strings: other strings that are free, and the wood they are strung on."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.oscillator import Mono, add, burst, modes

Group: TypeAlias = tuple[Floats, Floats, Floats, Floats]
"""Modes that belong together: frequencies in Hz, decays in s, heights, phases. Each of shape (K,)."""

_HILLS = 40


def ring(groups: list[Group], frames: int, sample_rate: int) -> Mono:
    """Return the sum of some groups of modes, shape (frames,)."""
    table = [np.concatenate([group[i] for group in groups]) for i in range(4)]
    return modes(table[0], table[1], table[2], table[3], frames, sample_rate)


def answers(f: float, height: float, own: np.random.Generator) -> list[Group]:
    """Return what free strings add to a note: it grows over a tenth of a second and outlasts the note.

    Parameters
    ----------
    f, height
        The note's frequency in Hz; how high the answer of its own octave stands.
    own
        Draws how far each answering string is off.
    """
    at = np.array([1.0, 2.0, 3.0, 4.0, 6.0])
    hz = f * at * (1.0 + own.uniform(-0.0012, 0.0012, at.size))
    size = height / at**1.3
    phase = own.uniform(-3.0, 3.0, at.size)
    slow, fast = 3.5 / at**0.7, np.full(at.size, 0.11)
    return [(hz, slow, size, phase), (hz, fast, -size, phase)]


def afterglow(f: float, height: float, rng: np.random.Generator, frames: int, sample_rate: int) -> Mono:
    """Return what goes on singing when the damper has fallen: swells over 40 ms, ends in silence."""
    at = np.array([0.5, 1.0, 1.5, 2.0, 3.0]) * (1.0 + rng.uniform(-0.001, 0.001, 5))
    size = height * np.array([0.5, 1.0, 0.4, 0.6, 0.3]) * min(1.0, (400.0 / f) ** 0.5)
    # Beside each string another one, a little off: what is left of a note is never steady.
    beside = f * at + rng.uniform(3.0, 7.0, 5) * rng.choice([-1.0, 1.0], 5)
    groups = [
        (f * at, np.full(5, 0.22), size, rng.uniform(-3.0, 3.0, 5)),
        (beside, np.full(5, 0.17), 0.4 * size, rng.uniform(-3.0, 3.0, 5)),
    ]
    sound = ring(groups, frames, sample_rate)
    rise, fade = envelope.rise(int(0.04 * sample_rate)), envelope.fall(int(0.25 * sample_rate))
    sound[: rise.size] *= rise[: sound.size]
    sound[-fade.size :] *= fade[-sound.size :]
    return sound


class Soundboard:
    """Wood of one instrument: where it is loud, and how it knocks when a hammer shakes it."""

    def __init__(self, seed: Seed, *, low_hz: float = 62.0, high_hz: float = 900.0) -> None:
        board = seed.rng()
        self._hz = np.exp(board.uniform(np.log(low_hz), np.log(high_hz), 26))
        self._hills_db = board.normal(0.0, 2.6, _HILLS)

    def colour_db(self, hz: Floats) -> Floats:
        """Return its own response in dB: hills and valleys every quarter octave."""
        octave = np.clip(np.log2(np.maximum(hz, 1.0) / 40.0) * 4.0, 0.0, _HILLS - 1.0)
        return np.asarray(np.interp(octave, np.arange(_HILLS), self._hills_db))

    def knock(self, rng: np.random.Generator, tone: Mono, gain: float, sample_rate: int) -> None:
        """Add a blow on the wood to the start of a tone, in place."""
        count = self._hz.size
        height = rng.uniform(0.3, 1.0, count) * (self._hz / 150.0) ** -0.7 * 0.35 * gain
        fall = 9.0 / self._hz + 0.012
        phase = rng.uniform(-0.5, 0.5, count)
        add(tone, modes(self._hz, fall, height, phase, sample_rate, sample_rate), 1.0)


class Blows:
    """A few noises of hammers that strike and keys that land, made once and used in turns."""

    def __init__(self, seed: Seed, sample_rate: int, *, bright_hz: tuple[float, float]) -> None:
        """Make six of each. `bright_hz` is the band of the strike itself, above the thud."""

        def six(name: str, low_hz: float, high_hz: float, decay_s: float, attack_s: float) -> list[Mono]:
            return [
                burst(
                    seed.at(name, i).rng(),
                    low_hz=low_hz,
                    high_hz=high_hz,
                    decay_s=decay_s,
                    attack_s=attack_s,
                    sample_rate=sample_rate,
                )
                for i in range(6)
            ]

        self._rate = sample_rate
        self._thud = six("thud", 90.0, 520.0, 0.015, 0.002)
        self._strike = six("strike", *bright_hz, 0.0065, 0.0004)
        self._landing = six("landing", 70.0, 350.0, 0.014, 0.003)

    def add(self, rng: np.random.Generator, tone: Mono, gain: float, *, bright: float) -> None:
        """Add a thud, a strike `bright` times as loud, and a key that lands on its bed a little later, in place."""
        add(tone, self._thud[rng.integers(6)], 0.65 * gain * rng.uniform(0.85, 1.15))
        add(tone, self._strike[rng.integers(6)], bright * gain * rng.uniform(0.8, 1.2))
        late = int(rng.uniform(0.012, 0.03) * self._rate)
        add(tone, self._landing[rng.integers(6)], 0.5 * gain * rng.uniform(0.8, 1.2), late)


def damper(rng: np.random.Generator, sound: Mono, gain: float, sample_rate: int) -> None:
    """Add felt falling on strings and a key that comes up a little later, in place."""
    felt = burst(rng, low_hz=110.0, high_hz=700.0, decay_s=0.018, sample_rate=sample_rate, attack_s=0.004)
    add(sound, felt, gain)
    knock = burst(rng, low_hz=80.0, high_hz=320.0, decay_s=0.02, sample_rate=sample_rate)
    add(sound, knock, 0.9 * gain, int(rng.uniform(0.02, 0.05) * sample_rate))
