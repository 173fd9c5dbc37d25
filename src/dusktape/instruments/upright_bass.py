"""Upright bass: thick strings, fingers and wood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.body import answering, joined, knock
from dusktape.dsp.glide import slid
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune, stretched
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 150.0
OPEN_STRINGS = (28, 33, 38, 43)
OPEN_STRINGS_HZ = np.array([hertz(pitch) for pitch in OPEN_STRINGS])
BODY_HZ = np.array([61.0, 98.0, 111.0, 166.0, 214.0, 290.0, 395.0])


@dataclass(frozen=True, slots=True)
class UprightBass:
    """A plucked double bass: a thump, a growl that blooms, notes that are sometimes slid into.

    Written for MIDI 28 to 52, one note at a time. Open strings ring longest, and answer partials that they
    share. Costs about eighty modes a tone.

    Source
    ------
    Fletcher and Rossing, The Physics of Musical Instruments, chapters 2 and 10 (plucked strings, low body modes).
    """

    brightness: float = param(0.4, low=0.0, high=1.0, text="0 is gut and thumb, 1 is new steel")
    growl: float = param(0.5, low=0.0, high=1.0, text="middle partials that bloom after the pluck: the 'mwah'")
    body: float = param(0.5, low=0.0, high=1.0, text="the wood's own low modes: 0 is a pickup, 1 is boomy")
    slide: float = param(
        0.4, low=0.0, high=1.0, text="every third of like notes is slid into: 1 is from up to a tone below"
    )
    buzz: float = param(0.3, low=0.0, high=1.0, text="string against fingerboard when struck hard")
    decay_s: float = param(1.1, low=0.2, high=5.0, unit="s", text="time in which a stopped A falls to a third")
    detune_cents: float = param(
        5.0, low=0.0, high=25.0, unit="cents", text="no frets: each place is off by up to so much"
    )
    wear: float = param(0.5, low=0.0, high=1.0, text="gut that is not even and beats with itself: 0 is new steel")
    noise: float = param(0.5, low=0.0, high=1.0, text="fingers on thick strings, before and after the note")
    release_ms: float = param(55.0, low=20.0, high=300.0, unit="ms", text="time to fall to a third once let go")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            variants=3,
            range_db=15.0,
            strike_db=0.7,
            release_ms=self.release_ms,
            ring_s=6.0,
            choke="all",
            choke_ms=14.0,
            key_off_ms=KEY_OFF_MS,
        )
        voice = UprightBassVoice(self, sample_rate, seed)
        return CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed)


class UprightBassVoice:
    """Makes the tones of an `UprightBass`."""

    def __init__(self, bass: UprightBass, sample_rate: int, seed: Seed) -> None:
        self._bass, self._rate, self._seed = bass, sample_rate, seed
        self._body_hz = BODY_HZ * (1.0 + seed.at("body").rng().uniform(-0.05, 0.05, BODY_HZ.size))
        self._rattles = [self._loose(seed.at("rattle", i).rng()) for i in range(4)]

    def _loose(self, rng: np.random.Generator) -> Mono:
        """Return the noise of a string on wood, from which `_rattle` cuts the moments of touch."""
        return burst(rng, low_hz=700.0, high_hz=2600.0, decay_s=0.09, sample_rate=self._rate, attack_s=0.01)

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        bass, rate = self._bass, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, bass.detune_cents)
        length = max(frames, int(0.3 * rate))
        tone = self._string(pitch, f, velocity, rng, length)
        # A hard pluck starts a little sharp; a slide starts well below.
        below = 200.0 * bass.slide * rng.uniform(0.6, 1.0) if variant == 2 else -14.0 * velocity
        tone = slid(tone, below, rng.uniform(0.04, 0.07), rate)
        tone = levelled(tone, rate, LEVEL_DB)
        thump = decibels(-24.0) * bass.body * rng.uniform(0.4, 1.0, BODY_HZ.size) * (0.4 + velocity)
        thump *= np.minimum(1.0, (150.0 / self._body_hz) ** 0.7)
        add(tone, knock(self._body_hz, thump, rng, rate, cycles=6.5), 1.0)
        ramp = envelope.rise(int(0.005 * rate))
        tone[: ramp.size] *= ramp
        noise = decibels(-31.0) * 2.0 * bass.noise * (0.3 + velocity)
        add(tone, burst(rng, low_hz=120.0, high_hz=900.0, decay_s=0.012, sample_rate=rate, attack_s=0.003), noise)
        click = burst(rng, low_hz=800.0, high_hz=3000.0, decay_s=0.005, sample_rate=rate)
        add(tone, click, 0.25 * noise * (0.3 + bass.brightness) * velocity, int(0.004 * rate))
        self._rattle(tone, velocity, rng)
        return tone[None, :frames]

    def _string(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return a plucked string as the bridge hands it to the wood."""
        bass, own = self._bass, self._seed.at("string", pitch).rng()
        partial = stretched(f, int(np.clip(2800.0 / f, 6, 26)), 1.2e-4)
        k = np.arange(1, partial.size + 1)
        where = 0.21 + rng.uniform(-0.025, 0.025)
        softness = (160.0 + 800.0 * bass.brightness) * 2.0 ** (2.8 * (velocity - 0.6))
        height = (np.abs(np.sin(np.pi * k * where)) + 0.03) / k**0.7 / (1.0 + (partial / softness) ** 2)
        open_string = 1.45 if pitch in OPEN_STRINGS else 1.0
        tau = bass.decay_s * open_string * (55.0 / f) ** 0.3 / (1.0 + 0.22 * (k - 1) + (partial / 1400.0) ** 1.5)
        apart = partial * own.uniform(0.0006, 0.0018) + own.uniform(0.1, 0.6, k.size) * (k - 1)
        phase = rng.uniform(-0.4, 0.4, k.size)
        bloom = bass.growl * 0.55 * height * np.exp(-(((k - 4.0) / 2.5) ** 2)) * (0.5 + velocity)
        uneven = partial[1:] - own.uniform(2.8, 5.5) * k[1:] ** 0.25
        free = OPEN_STRINGS_HZ[np.abs(OPEN_STRINGS_HZ / f - 1.0) > 0.02]
        groups = [
            (partial - 0.3 * apart, 0.6 * tau, 0.65 * height, phase),
            (partial + 0.7 * apart, 1.35 * tau, 0.4 * height, phase + rng.uniform(-0.6, 0.6, k.size)),
            (partial * 1.0004, 0.9 * tau, bloom, phase),
            (partial * 1.0004, 0.08 * np.ones(k.size), -bloom, phase),
            (uneven, 0.9 * tau[1:], 0.4 * bass.wear * height[1:], phase[1:] + rng.uniform(-3.0, 3.0)),
            answering(partial, height, free, rng, gain=0.08, decay_s=1.6),
        ]
        hz, decay, size, angle = joined(groups)
        return modes(hz, decay, size, angle, frames, self._rate)

    def _rattle(self, tone: Mono, velocity: float, rng: np.random.Generator) -> None:
        """Add, in place, noise in the moments when a hard-struck string swings far to one side."""
        amount = self._bass.buzz * max(0.0, velocity - 0.45)
        if amount == 0.0:
            return
        rattle = self._rattles[int(rng.integers(len(self._rattles)))]
        swing = tone[: rattle.size]
        touching = np.clip(swing / (np.abs(swing).max() + 1e-9) - 0.3, 0.0, 1.0)
        add(tone, rattle[: swing.size] * touching, decibels(-21.0) * amount)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a hand that stops a thick string, shape (1, frames)."""
        rate = self._rate
        rng = self._seed.at("key off", pitch, variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-42.0) * 2.0 * self._bass.noise * rng.uniform(0.6, 1.4)
        add(sound, burst(rng, low_hz=90.0, high_hz=600.0, decay_s=0.016, sample_rate=rate, attack_s=0.004), gain)
        return sound[None]
