"""What is heard of a hand or a mouth when a sustained note starts and stops: bow hair, breath, a lever."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp.oscillator import add, burst, decibels
from dusktape.dsp.voices import CachedPlayer, Voicing

_VARIANTS = 4
THUMP_S = 0.02
LONGEST_S = 600.0
"""Of a note; the engine hears the end of shorter ones."""


@dataclass(frozen=True, slots=True)
class OnsetNoise:
    """Colour and time of the noise at a note's start, and how loud the one at its end is.

    Parameters
    ----------
    low_hz, high_hz
        Band of the noise.
    decay_ms, attack_ms
        Its fall to 1/e and its rise.
    peak_db, leave_db
        RMS before it decays at the start, and at the end; at an `amount` of 0.5.
    thump_hz, thump_db
        A soft knock under the start: its upper edge, and level. -120 for none.
    """

    low_hz: float
    high_hz: float
    decay_ms: float
    attack_ms: float
    peak_db: float
    leave_db: float
    thump_hz: float = 200.0
    thump_db: float = -120.0


class Onsets:
    """Makes the starts and ends of notes; the same few for all pitches, in turns.

    Parameters
    ----------
    noise
        What they are like.
    amount
        0 is none, 0.5 as it is, 1 twice as loud.
    sample_rate, seed
        Of the song, of this hand.
    """

    def __init__(self, noise: OnsetNoise, amount: float, sample_rate: int, seed: Seed) -> None:
        self._noise, self._gain, self._rate, self._seed = noise, 2.0 * amount, sample_rate, seed
        thump_s = 8.0 * THUMP_S if noise.thump_db > -120.0 else 0.0
        self._length_s = max((7.0 * noise.decay_ms + noise.attack_ms) / 1e3, thump_s)

    def play(self, notes: Sequence[PlayedNote], seed: Seed) -> CachedPlayer:
        """Return a player of one channel that sounds where notes start and end."""
        taps = [PlayedNote(n.start_frame, n.length_frames, 60 + n.pitch % 2, n.velocity) for n in notes]
        voicing = Voicing(
            layers=(0.6,),
            variants=_VARIANTS,
            range_db=14.0,
            strike_db=2.0,
            release_ms=40.0,
            ring_s=LONGEST_S,
            choke="none",
            key_off_ms=1e3 * self._length_s,
        )
        return CachedPlayer(self, taps, voicing, sample_rate=self._rate, seed=seed)

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a note, shape (1, its own length); `frames` does not matter."""
        sound = self._burst(self._seed.at("start", pitch, variant).rng(), self._noise.peak_db)
        if self._noise.thump_db > -120.0:
            rng = self._seed.at("thump", pitch, variant).rng()
            thump = burst(
                rng, low_hz=50.0, high_hz=self._noise.thump_hz, decay_s=THUMP_S, sample_rate=self._rate, attack_s=0.004
            )
            add(sound[0], thump, decibels(self._noise.thump_db) * self._gain)
        return sound

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return the end of a note, shape (1, frames)."""
        return self._burst(self._seed.at("end", pitch, variant).rng(), self._noise.leave_db)

    def _burst(self, rng: np.random.Generator, db: float) -> Block:
        noise = self._noise
        sound = burst(
            rng,
            low_hz=noise.low_hz * rng.uniform(0.85, 1.2),
            high_hz=noise.high_hz * rng.uniform(0.85, 1.2),
            decay_s=noise.decay_ms / 1e3,
            sample_rate=self._rate,
            attack_s=noise.attack_ms / 1e3,
        )
        size = int(self._length_s * self._rate)
        gain = np.float32(decibels(db) * self._gain * rng.uniform(0.7, 1.3))
        return np.asarray(np.pad(sound, (0, max(0, size - sound.size)))[None, :size] * gain, dtype=np.float32)
