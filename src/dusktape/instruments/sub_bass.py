"""Sub bass: a sine with a little warmth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -20.0


@dataclass(frozen=True, slots=True)
class SubBass:
    """A deep, round, sustained bass: a sine, its second and third harmonic, one note at a time.

    Costs a dozen modes a tone; a new note fades the last one in 12 ms, so lines do not click and do not pile up.
    """

    warmth: float = param(
        0.5, low=0.0, high=1.0, text="second and third harmonic: 0 is a pure sine, 1 is heard on a phone"
    )
    attack_ms: float = param(7.0, low=2.0, high=80.0, unit="ms", text="4 has an edge, 30 breathes in")
    release_ms: float = param(70.0, low=20.0, high=300.0, unit="ms", text="time to fall to a third once let go")
    decay_s: float = param(4.0, low=0.3, high=20.0, unit="s", text="how long a held note sustains: 0.5 plucks, 4 holds")
    detune_cents: float = param(2.0, low=0.0, high=20.0, unit="cents", text="an oscillator that drifts from key to key")
    drift: float = param(0.4, low=0.0, high=1.0, text="a second oscillator beats with the first, the level shakes")
    thump: float = param(0.3, low=0.0, high=1.0, text="a soft knock and a droop of pitch at the start")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            layers=(0.4, 0.65, 0.85),
            variants=2,
            range_db=16.0,
            strike_db=0.4,
            release_ms=self.release_ms,
            ring_s=10.0,
            choke="all",
            choke_ms=12.0,
        )
        return CachedPlayer(SubBassVoice(self, sample_rate, seed), notes, voicing, sample_rate=sample_rate, seed=seed)


class SubBassVoice:
    """Makes the tones of a `SubBass`."""

    def __init__(self, bass: SubBass, sample_rate: int, seed: Seed) -> None:
        self._bass, self._rate, self._seed = bass, sample_rate, seed

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        bass, rate = self._bass, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, bass.detune_cents)
        edge = bass.warmth * (0.35 + 1.1 * velocity)
        # A second sine a third of a hertz beside the first makes a held note breathe.
        frequency = f * np.array([1.0, 1.0, 2.0, 3.0, 4.0]) + np.array([0.0, rng.uniform(0.2, 0.5), 0.03, -0.04, 0.0])
        height = np.array([1.0, 0.25 * bass.drift, 0.42 * edge, 0.17 * edge, 0.06 * edge * velocity])
        decay = bass.decay_s * np.array([1.0, 1.0, 0.5, 0.3, 0.15])
        phase = np.array([0.0, rng.uniform(0.0, 1.5), rng.uniform(-0.4, 0.4), rng.uniform(-0.4, 0.4), 0.0])
        length = max(frames, int(0.3 * rate))
        tone = modes(frequency, decay, height, phase, length, rate)
        tone += self._unsteady(f, height[2:], decay[2:], rng, length)
        droop = 0.35 * bass.thump * (0.4 + velocity)
        tone += modes([1.12 * f, 2.3 * f], [0.05, 0.03], [droop, 0.3 * droop], 0.0, length, rate)
        tone = levelled(tone, rate, LEVEL_DB)
        knock = burst(rng, low_hz=60.0, high_hz=300.0, decay_s=0.012, sample_rate=rate, attack_s=0.002)
        add(tone, knock, decibels(-34.0) * bass.thump * (0.3 + velocity))
        ramp = envelope.rise(int(bass.attack_ms / 1e3 * rate))
        tone[: ramp.size] *= ramp[: tone.size]
        return tone[None, :frames]

    def _unsteady(self, f: float, height: Floats, decay: Floats, rng: np.random.Generator, frames: int) -> Mono:
        """Return what makes the harmonics tremble at some hertz: a sideband on either side of each."""
        quick = rng.uniform(3.5, 7.5, height.size)
        hz, size = f * np.arange(2.0, 2.0 + height.size), 0.5 * self._bass.drift * height
        turn = rng.uniform(-np.pi, np.pi, 2 * height.size)
        both = np.concatenate([hz + quick, hz - quick]), np.tile(decay, 2), np.tile(size, 2)
        return modes(*both, turn, frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """A sub bass lets go without a sound."""
        return np.zeros((1, 1), dtype=np.float32)
