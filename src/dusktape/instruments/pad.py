"""Pad: a slow, wide, warm ensemble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.oscillator import add, burst, decibels, hertz
from dusktape.dsp.voices import CachedPlayer, Voicing

Spectrum: TypeAlias = NDArray[np.complex64]

LEVEL_DB = -20.0
PLAYERS = 6
KEY_OFF_MS = 90.0


@dataclass(frozen=True, slots=True)
class Pad:
    """A warm, wide string machine that breathes: six detuned players a note under a low-pass, with a little air.

    Each pitch is a stereo loop of six seconds (three from middle C on) that closes without a seam, drawn as a
    spectrum and transformed once, so a chord of any length costs the same. Lines lie on whole cycles of the loop:
    tuning is exact to 2 cents from 80 Hz upwards.
    """

    shape: float = param(0.55, low=0.0, high=1.0, text="0 is triangle, flute-like; 1 is saw, string-like")
    brightness: float = param(0.4, low=0.0, high=1.0, text="low-pass: 0 is 350 Hz, 0.4 about 900, 1 about 3500")
    detune_cents: float = param(7.0, low=0.0, high=30.0, unit="cents", text="spread of the players: 3 glows, 15 swims")
    motion: float = param(0.5, low=0.0, high=1.0, text="each player swells and fades slowly on its own")
    air: float = param(0.3, low=0.0, high=1.0, text="breath and bow noise around the notes")
    noise: float = param(0.5, low=0.0, high=1.0, text="keys of the machine that come up")
    width: float = param(0.6, low=0.0, high=1.0, text="0 is mono, 1 has players at the far left and right")
    attack_ms: float = param(
        450.0, low=5.0, high=4000.0, unit="ms", text="time to full level: 200 answers, 1500 swells"
    )
    release_ms: float = param(380.0, low=20.0, high=3000.0, unit="ms", text="time to fall to a third once let go")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0, two channels."""
        voicing = Voicing(
            channels=2,
            layers=(0.45, 0.75),
            variants=1,
            range_db=16.0,
            strike_db=0.4,
            attack_ms=self.attack_ms,
            release_ms=self.release_ms,
            choke_ms=min(250.0, 0.5 * self.attack_ms + 5.0),
            looped=True,
            key_off_ms=KEY_OFF_MS,
            cache_mb=28.0,
        )
        return CachedPlayer(PadVoice(self, sample_rate, seed), notes, voicing, sample_rate=sample_rate, seed=seed)


class PadVoice:
    """Makes the loops of a `Pad`."""

    def __init__(self, pad: Pad, sample_rate: int, seed: Seed) -> None:
        self._pad, self._rate, self._seed = pad, sample_rate, seed
        self._six_seconds = 1 << round(np.log2(6.0 * sample_rate))
        noise = seed.at("air").rng().standard_normal((2, 2 * (self._six_seconds * 2 // 5)), dtype=np.float32)
        self._noise = noise.view(np.complex64)

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return a seamless loop, shape (2, 6 s; half of that from middle C on); `frames` does not matter."""
        size = self._six_seconds if pitch < 60 else self._six_seconds // 2
        rng = self._seed.at("tone", pitch).rng()
        f, cutoff = hertz(pitch), 350.0 * 10.0 ** (self._pad.brightness + 0.9 * (velocity - 0.6))
        spectrum = np.zeros((2, size // 2 + 1), dtype=np.complex64)
        self._add_players(spectrum, size, f, cutoff, rng)
        self._add_breath(spectrum, size, pitch, cutoff)
        energy = 2.0 * float(np.sum(np.abs(spectrum) ** 2)) / 2.0
        spectrum *= np.float32(decibels(LEVEL_DB - 0.5 * (pitch - 60) / 12.0) * size / np.sqrt(energy))
        return np.asarray(np.fft.irfft(spectrum, size, axis=1), dtype=np.float32)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a key that comes up, shape (2, frames), a little to one side."""
        rng = self._seed.at("key off", pitch % 7).rng()
        sound = np.zeros((2, int(KEY_OFF_MS / 1e3 * self._rate)), dtype=np.float32)
        knock = burst(rng, low_hz=90.0, high_hz=800.0, decay_s=0.009, sample_rate=self._rate, attack_s=0.002)
        for channel, side in enumerate(0.5 + rng.uniform(0.15, 0.35) * np.array([-1.0, 1.0])):
            add(sound[channel], knock, decibels(-48.0) * 4.0 * self._pad.noise * float(side))
        return sound

    def _add_players(self, spectrum: Spectrum, size: int, f: float, cutoff: float, rng: np.random.Generator) -> None:
        """Add every player's lines, with sidebands that make it swell and fade, to a half spectrum (2, bins)."""
        pad = self._pad
        k = np.arange(1, int(np.clip(min(9000.0, 9.0 * cutoff) / f, 2, 60)) + 1)
        triangle = np.where(k % 2 == 1, 1.0 / k**2, 0.08 / k)
        shape = (pad.shape / k + (1.0 - pad.shape) * triangle) / (1.0 + (k * f / cutoff) ** 2)
        # Lowest partials stay near the middle: bass that is wide falls apart in mono.
        near = np.minimum(1.0, k * f / 300.0) * pad.width
        # One player leads in the lowest partials; equals would cancel each other out for seconds.
        follow = np.minimum(0.75, 0.18 + 0.13 * (k - 1))
        for player, at in enumerate(np.linspace(0.0, 1.0, PLAYERS)):
            spread = 0.0 if player == 0 else (1.0 if player % 2 else -1.0) * (at + rng.uniform(-0.1, 0.1))
            line = np.round(k * f * 2.0 ** (spread * pad.detune_cents / 1200.0) * size / self._rate).astype(int)
            height = shape * (1.0 if player == 0 else follow) * np.exp(2j * np.pi * rng.random(60))[: k.size]
            sides = np.sqrt(0.5 + 0.5 * np.outer([-1.0, 1.0], np.clip(spread, -1.0, 1.0) * near))
            spectrum[:, line] += height * sides
            # The leader sways from side to side, the others come and go.
            moved = np.outer([-1.5, 1.5], near) if player == 0 else sides
            for rate in (1, 2, 4):
                swell = height * moved * 0.2 * pad.motion / rate**0.5 * rng.uniform(0.3, 1.0)
                turn = np.exp(2j * np.pi * rng.random())
                spectrum[:, line + rate] += swell * turn
                spectrum[:, line - rate] += swell / turn
            # Chips that age and a hand on the pedal: an unsteadiness of some hertz, each player's own.
            quick = round(rng.uniform(3.6, 8.0) * size / self._rate)
            shake = height * sides * pad.motion * rng.uniform(0.09, 0.2)
            turn = np.exp(2j * np.pi * rng.random())
            spectrum[:, line + quick] += shake * turn
            spectrum[:, line - quick] += shake / turn

    def _add_breath(self, spectrum: Spectrum, size: int, pitch: int, cutoff: float) -> None:
        """Add a little noise about the second to tenth partial, another stretch of it for every pitch."""
        f, bins = hertz(pitch), min(size // 3, int(15_000.0 * size / self._rate))
        hz = np.arange(bins, dtype=np.float32) * np.float32(self._rate / size)
        low = (hz / (2.0 * f)) ** 2
        curve = low / (1.0 + low) / (1.0 + (hz / (1.6 * cutoff + 2.0 * f)) ** 2) / (1.0 + (hz / 7000.0) ** 6)
        gain = 0.1 * self._pad.air / np.sqrt(float(np.sum(curve**2)))
        first = (pitch * 4111) % (self._noise.shape[1] - bins + 1)
        spectrum[:, :bins] += self._noise[:, first : first + bins] * (gain * curve).astype(np.float32)
