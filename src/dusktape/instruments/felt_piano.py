"""Felt piano: an upright with a strip of felt before its hammers, the microphones inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote, Player
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope, pedal
from dusktape.dsp.oscillator import Mono, decibels, hertz, levelled, out_of_tune, stretched
from dusktape.dsp.resonance import Blows, Soundboard, afterglow, answers, damper, ring
from dusktape.dsp.voices import Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 700.0
STRIKE_POINT = 0.119


@dataclass(frozen=True, slots=True)
class FeltPiano:
    """A close, soft upright piano whose strings beat against each other and whose keys can be heard.

    Each partial is three strings a little apart, which share one hammer but not one decay, so a note first falls
    fast and then hangs. The soundboard knocks along, other strings answer. Costs about a hundred modes a tone.

    Source
    ------
    Stiff strings: Fletcher, Blackham, Stratton, JASA 34 (1962). Two-stage decay and beats of unison strings:
    Weinreich, JASA 62 (1977).
    """

    brightness: float = param(0.45, low=0.0, high=1.0, text="felt: 0 is a blanket, 0.45 felt, 1 nearly bare hammers")
    unison_cents: float = param(
        2.2, low=0.0, high=15.0, unit="cents", text="between the strings of a key: 1 is just tuned, 6 an old pub piano"
    )
    detune_cents: float = param(3.0, low=0.0, high=20.0, unit="cents", text="each key is off by up to so much")
    wear: float = param(0.6, low=0.0, high=1.0, text="false beats: 0 is new wire, 1 trembles on every note")
    decay_s: float = param(1.5, low=0.3, high=6.0, unit="s", text="time in which the A below middle C falls to a third")
    resonance: float = param(0.5, low=0.0, high=1.0, text="other strings that answer and go on after the key is up")
    noise: float = param(0.5, low=0.0, high=1.0, text="hammers, keys and pedal: 0.5 microphones inside the case")
    release_ms: float = param(90.0, low=20.0, high=600.0, unit="ms", text="time to fall to a third under the damper")
    pedal: float = param(0.3, low=0.0, high=1.0, text="share of the chords that ring over until the next one")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Player:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            range_db=17.0,
            strike_db=0.6,
            release_ms=self.release_ms,
            release_octaves=2.5,
            ring_s=7.0,
            choke_ms=12.0,
            key_off_ms=KEY_OFF_MS,
        )
        voice = FeltPianoVoice(self, sample_rate, seed)
        return pedal.pedalled(
            voice,
            notes,
            voicing,
            share=self.pedal,
            noise=self.noise,
            noise_db=-43.0,
            strings=self.resonance,
            sample_rate=sample_rate,
            seed=seed,
        )


class FeltPianoVoice:
    """Makes the tones of a `FeltPiano`."""

    def __init__(self, piano: FeltPiano, sample_rate: int, seed: Seed) -> None:
        self._piano, self._rate, self._seed = piano, sample_rate, seed
        self._board = Soundboard(seed.at("soundboard"))
        self._blows = Blows(seed.at("blows"), sample_rate, bright_hz=(700.0, 2600.0))

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        piano, rate = self._piano, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, piano.detune_cents)
        length = max(frames, int(0.3 * rate))
        tone = self._strings(pitch, f, velocity, rng, length)
        ramp = envelope.rise(int((0.006 - 0.003 * velocity) * rate))
        tone[: ramp.size] *= ramp
        tone = levelled(tone, rate, LEVEL_DB - 1.2 * (pitch - 60) / 12.0)
        # The hammer shakes the soundboard, and the key lands on its bed a little later.
        noise = decibels(-29.0) * piano.noise * (0.3 + velocity)
        self._board.knock(rng, tone, noise, rate)
        self._blows.add(rng, tone, noise, bright=0.16)
        return tone[None, :frames]

    def _strings(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return the strings of one key, hit once."""
        piano, own = self._piano, self._seed.at("strings", pitch).rng()
        partial = stretched(f, int(np.clip(7000.0 / f, 3, 30)), 0.00035 * (f / 220.0) ** 1.2)
        k = np.arange(1, partial.size + 1)
        softness = (420.0 + 1100.0 * piano.brightness) * 2.0 ** (2.7 * (velocity - 0.6)) * (f / 220.0) ** 0.25
        comb = np.abs(np.sin(np.pi * k * (STRIKE_POINT + rng.uniform(-0.004, 0.004)))) + 0.03
        height = np.exp(-partial / softness) * k**-0.25 * comb * 10.0 ** (self._board.colour_db(partial) / 20.0)
        tau = piano.decay_s * (220.0 / f) ** 0.55 / (1.0 + 0.18 * (k - 1) + (partial / 2500.0) ** 1.5)
        cents = piano.unison_cents * np.array([0.0, own.uniform(0.5, 1.0), -own.uniform(0.4, 1.0)])
        # A false beat: one string is not quite round, its partials split by a few hertz.
        split = own.uniform(2.8, 6.5) * k**0.2 * own.uniform(0.9, 1.1, k.size)
        phase = rng.uniform(-1.3, 1.3, k.size)
        groups = [
            (partial, 0.42 * tau, 0.6 * height, phase),
            (partial * 2.0 ** (cents[1] / 1200.0), 1.15 * tau, 0.34 * height, phase + rng.uniform(-0.3, 0.3)),
            (partial * 2.0 ** (cents[2] / 1200.0), 1.5 * tau, 0.26 * height, phase + rng.uniform(-0.3, 0.3)),
            (partial + split, 1.1 * tau, 0.36 * piano.wear * height, phase + rng.uniform(-3.0, 3.0)),
        ]
        groups += answers(f, 0.05 * piano.resonance * float(height[0]), own)
        return ring(groups, frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a damper falling, a key coming up and what other strings go on singing, shape (1, frames)."""
        rate, piano = self._rate, self._piano
        rng = self._seed.at("key off", pitch, variant).rng()
        frames = int(KEY_OFF_MS / 1e3 * rate)
        f = hertz(pitch) * out_of_tune(self._seed, pitch, piano.detune_cents)
        sound = afterglow(f, decibels(-47.0) * piano.resonance, rng, frames, rate)
        damper(rng, sound, decibels(-39.0) * piano.noise * rng.uniform(0.7, 1.3), rate)
        return sound[None]
