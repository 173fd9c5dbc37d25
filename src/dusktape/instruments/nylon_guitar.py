"""Nylon guitar: plucked strings on a wooden box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.body import answering, hills, joined, knock
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune, stretched
from dusktape.dsp.scrapes import Scrapes
from dusktape.dsp.together import Together
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 160.0
BODY_HZ = np.array([97.0, 188.0, 226.0, 301.0, 392.0, 466.0, 585.0, 720.0])
BODY_GAIN = np.array([1.0, 0.9, 0.7, 0.3, 0.45, 0.3, 0.3, 0.2])
OPEN_STRINGS_HZ = np.array([hertz(pitch) for pitch in (40, 45, 50, 55, 59, 64)])


@dataclass(frozen=True, slots=True)
class NylonGuitar:
    """A classical guitar played with the flesh of the fingers, close to the microphone.

    A string swings in two planes: one drives the top and dies fast, the other hangs on, a little apart in pitch.
    Where it is plucked, partials are missing; open strings answer those that they share. Fingers squeak along the
    windings when the hand moves. Costs about eighty modes a tone.

    Source
    ------
    Fletcher and Rossing, The Physics of Musical Instruments, chapters 2 and 9 (plucked strings, guitar body modes).
    """

    brightness: float = param(0.4, low=0.0, high=1.0, text="flesh to nail: 0 is a thumb, 1 is a hard nail")
    pluck_position: float = param(
        0.17, low=0.05, high=0.5, text="from the bridge (0.05, thin) to the middle (0.5, round)"
    )
    body: float = param(0.5, low=0.0, high=1.0, text="how much of the box is heard: 0 is a pickup, 1 is boomy")
    wear: float = param(0.5, low=0.0, high=1.0, text="old, uneven strings that beat with themselves: 0 is a new set")
    decay_s: float = param(0.6, low=0.1, high=3.0, unit="s", text="time in which an open G string falls to a third")
    detune_cents: float = param(4.0, low=0.0, high=25.0, unit="cents", text="each fret is off by up to so much")
    noise: float = param(0.5, low=0.0, high=1.0, text="fingertips on strings, and along them")
    release_ms: float = param(60.0, low=15.0, high=400.0, unit="ms", text="time to fall to a third once let go")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Together:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            variants=3,
            range_db=16.0,
            strike_db=0.9,
            release_ms=self.release_ms,
            release_octaves=4.0,
            ring_s=4.5,
            choke_ms=6.0,
            key_off_ms=KEY_OFF_MS,
        )
        voice = NylonGuitarVoice(self, sample_rate, seed)
        strings = CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed)
        return Together([strings, Scrapes(self.noise, sample_rate, seed.at("hand")).play(notes)])


class NylonGuitarVoice:
    """Makes the tones of a `NylonGuitar`."""

    def __init__(self, guitar: NylonGuitar, sample_rate: int, seed: Seed) -> None:
        self._guitar, self._rate, self._seed = guitar, sample_rate, seed
        self._body_hz = BODY_HZ * (1.0 + seed.at("body").rng().uniform(-0.04, 0.04, BODY_HZ.size))

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        guitar, rate = self._guitar, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = (
            hertz(pitch)
            * out_of_tune(self._seed, pitch, guitar.detune_cents)
            * 2.0 ** (rng.uniform(-0.6, 0.6) / 1200.0)
        )
        length = max(frames, int(0.3 * rate))
        tone = levelled(self._string(pitch, f, velocity, rng, length), rate, LEVEL_DB - 1.0 * (pitch - 57) / 12.0)
        thump = decibels(-25.0) * guitar.body * BODY_GAIN * rng.uniform(0.6, 1.2, BODY_GAIN.size) * (0.4 + velocity)
        add(tone, knock(self._body_hz, thump, rng, rate, cycles=8.0), 1.0)
        ramp = envelope.rise(int((0.003 - 0.0015 * guitar.brightness) * rate))
        tone[: ramp.size] *= ramp
        noise = decibels(-33.0) * guitar.noise * (0.3 + velocity)
        finger = burst(rng, low_hz=250.0, high_hz=1800.0, decay_s=0.008, sample_rate=rate, attack_s=0.003)
        nail = burst(rng, low_hz=1500.0, high_hz=5000.0, decay_s=0.003, sample_rate=rate)
        add(tone, finger, noise)
        add(tone, nail, noise * (0.15 + 0.7 * guitar.brightness) * velocity, int(0.002 * rate))
        return tone[None, :frames]

    def _string(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return a plucked string as the top radiates it."""
        guitar, own = self._guitar, self._seed.at("string", pitch).rng()
        partial = stretched(f, int(np.clip(7500.0 / f, 4, 30)), 3e-5)
        k = np.arange(1, partial.size + 1)
        where = float(np.clip(guitar.pluck_position + rng.uniform(-0.02, 0.02), 0.04, 0.5))
        softness = (350.0 + 1700.0 * guitar.brightness) * 2.0 ** (3.6 * (velocity - 0.6))
        # Force at the bridge: 1/k for a pluck, a sine for its place, rounded by the width of the finger.
        height = (
            (np.abs(np.sin(np.pi * k * where)) + 0.02)
            / k**0.75
            / (1.0 + (partial / softness) ** 2)
            * hills(partial, self._body_hz, BODY_GAIN, q=9.0, amount=1.6 * guitar.body)
        )
        tau = guitar.decay_s * (196.0 / f) ** 0.35 / (1.0 + 0.09 * (k - 1) + (partial / 1000.0) ** 1.6)
        # The two planes differ by two or three cents, and upwards by some hertz: slow beats below, a shimmer above.
        apart = partial * own.uniform(0.0006, 0.0015) + own.uniform(0.2, 0.7) * (k - 1) * own.uniform(0.5, 1.5, k.size)
        phase = rng.uniform(-0.3, 0.3, k.size)
        uneven = own.uniform(2.8, 6.0) * k**0.25
        twist = rng.uniform(-3.0, 3.0)
        second = 0.36 * height * own.uniform(0.6, 1.3, k.size)
        free = OPEN_STRINGS_HZ[np.abs(OPEN_STRINGS_HZ / f - 1.0) > 0.02]
        hz, decay, size, angle = joined(
            [
                (partial - 0.3 * apart, 0.62 * tau, 0.72 * height, phase),
                (partial + 0.7 * apart, 1.45 * tau, second, phase + rng.uniform(-0.8, 0.8, k.size)),
                (partial - uneven, 0.8 * tau, 0.5 * guitar.wear * height, phase + twist),
                answering(partial, height, free, rng, gain=0.09, decay_s=1.1),
            ]
        )
        return modes(hz, decay, size, angle, frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a finger that stops a string, sometimes with a little squeak, shape (1, frames)."""
        rate = self._rate
        rng = self._seed.at("key off", pitch, variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-42.0) * self._guitar.noise * rng.uniform(0.6, 1.4)
        add(sound, burst(rng, low_hz=180.0, high_hz=1100.0, decay_s=0.01, sample_rate=rate, attack_s=0.002), gain)
        if variant == 2:
            # Wound strings squeak under a finger that leaves.
            squeak = burst(rng, low_hz=900.0, high_hz=2600.0, decay_s=0.016, sample_rate=rate, attack_s=0.012)
            add(sound, squeak, 0.35 * gain, int(0.006 * rate))
        return sound[None]
