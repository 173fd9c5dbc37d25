"""The squeak of fingers that move along wound strings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dusktape.core.audio import Block, PlayedNote
from dusktape.core.seed import Seed
from dusktape.dsp.oscillator import decibels
from dusktape.dsp.phrasing import shifts
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -44.0
LONGEST_S = 0.13
LEAST_SHIFT = 3
_LONG, _SHORT = 60, 61


class Scrapes:
    """Squeaks before some of the notes that the hand has to move for.

    Parameters
    ----------
    amount
        0 is none; 0.5 squeaks before every third shift, 1 before two of three, and louder.
    sample_rate, seed
        Of the song, of this hand.

    Source
    ------
    A finger crosses the windings at a rate that follows its speed, which gives a noisy tone that sweeps up and down:
    Pakarinen, Penttinen, Bank, "Analysis of handling noises on wound strings", JASA 122 (2007).
    """

    def __init__(self, amount: float, sample_rate: int, seed: Seed) -> None:
        self._amount, self._rate, self._seed = amount, sample_rate, seed

    def play(self, notes: Sequence[PlayedNote]) -> CachedPlayer:
        """Return a player of one channel that squeaks between the notes, never before the first of them."""
        room = int(LONGEST_S * self._rate)
        taps = []
        for i, (frame, semitones) in enumerate(shifts(sorted(notes), least=LEAST_SHIFT, room_frames=room)):
            if self._seed.at("shift", i).chance(0.65 * self._amount):
                length = room if abs(semitones) >= 7 else int(0.75 * room)
                pitch = _LONG if abs(semitones) >= 7 else _SHORT
                taps.append(PlayedNote(frame - length, length, pitch, 0.6))
        voicing = Voicing(
            layers=(0.6,), variants=4, strike_db=3.0, release_ms=8.0, ring_s=LONGEST_S, choke="none", cache_mb=2.0
        )
        return CachedPlayer(self, taps, voicing, sample_rate=self._rate, seed=self._seed)

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return one squeak, shape (1, frames)."""
        rng = self._seed.at("squeak", pitch, variant).rng()
        t = (np.arange(frames) + 0.5) / (LONGEST_S * self._rate)
        speed = np.sin(np.pi * np.minimum(t, 1.0) ** 0.8) ** 0.7
        top = rng.uniform(900.0, 1500.0) * (1.25 if pitch == _LONG else 1.0)
        # Windings are not crossed evenly: the tone's phase staggers.
        stagger = np.cumsum(rng.standard_normal(frames)) * 0.055
        turn = 2.0 * np.pi * np.cumsum(0.35 * top + 0.65 * top * speed) / self._rate + stagger
        rub = np.convolve(rng.standard_normal(frames), np.ones(9) / 3.0, mode="same")
        sound = (np.sin(turn) + 0.45 * np.sin(2.0 * turn + 0.5) + 0.35 * rub) * speed**1.5
        gain = decibels(LEVEL_DB) * 2.0 * self._amount / np.sqrt(np.mean(sound**2) + 1e-12)
        return np.asarray(gain * sound, dtype=np.float32)[None]

    def key_off(self, pitch: int, variant: int) -> Block:
        """The finger has arrived."""
        return np.zeros((1, 1), dtype=np.float32)
