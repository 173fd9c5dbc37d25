"""Muted guitar: an electric guitar under the palm, through a small amplifier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.body import hills, joined
from dusktape.dsp.glide import STEP, lines
from dusktape.dsp.hum import amplifier_hum
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune, stretched
from dusktape.dsp.scrapes import Scrapes
from dusktape.dsp.together import Together
from dusktape.dsp.voices import Bed, CachedPlayer, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 130.0
SPEAKER_HZ = np.array([105.0, 420.0, 1250.0, 2600.0])
SPEAKER_GAIN = np.array([0.7, 0.35, 0.4, 0.8])


@dataclass(frozen=True, slots=True)
class MutedGuitar:
    """Short, warm, a little dirty: strings damped by the palm, a neck pickup, an amplifier that hums in a room.

    The palm eats high partials first and stiffens the string's start; the amplifier bends hard strokes round. Fingers
    squeak along wound strings when the hand moves. Costs about sixty modes a tone.

    Source
    ------
    Plucked strings over a magnetic pickup, loudspeaker as the body: Fletcher and Rossing, The Physics of Musical
    Instruments, chapter 9.
    """

    brightness: float = param(0.45, low=0.0, high=1.0, text="0 is thumb and rolled-off tone, 1 a hard pick")
    mute: float = param(0.55, low=0.0, high=1.0, text="palm on the strings: 0 is open, 1 chokes")
    drive: float = param(0.35, low=0.0, high=1.0, text="the amplifier: 0 is clean, 1 breaks up when struck")
    wear: float = param(0.5, low=0.0, high=1.0, text="old, uneven strings that beat with themselves")
    decay_s: float = param(
        0.9, low=0.1, high=4.0, unit="s", text="time in which an open G would fall to a third unmuted"
    )
    detune_cents: float = param(4.0, low=0.0, high=25.0, unit="cents", text="each fret is off by up to so much")
    noise: float = param(0.5, low=0.0, high=1.0, text="pick, palm, and fingers that move along the strings")
    release_ms: float = param(45.0, low=15.0, high=400.0, unit="ms", text="time to fall to a third once let go")
    hum_db: float = param(-62.0, low=-120.0, high=-40.0, unit="dB", text="hum and hiss of the amplifier while it plays")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Together:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            variants=3,
            range_db=14.0,
            strike_db=0.9,
            release_ms=self.release_ms,
            release_octaves=4.0,
            # A muted string is silent long before the note ends.
            ring_s=0.8 + 2.7 * (1.0 - self.mute) ** 2,
            choke_ms=6.0,
            key_off_ms=KEY_OFF_MS,
        )
        bed = Bed(amplifier_hum(sample_rate, seed.at("amplifier"), self.hum_db)) if self.hum_db > -120.0 else None
        voice = MutedGuitarVoice(self, sample_rate, seed)
        strings = CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed, bed=bed)
        return Together([strings, Scrapes(0.7 * self.noise, sample_rate, seed.at("hand")).play(notes)])


class MutedGuitarVoice:
    """Makes the tones of a `MutedGuitar`."""

    def __init__(self, guitar: MutedGuitar, sample_rate: int, seed: Seed) -> None:
        self._guitar, self._rate, self._seed = guitar, sample_rate, seed

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        guitar, rate = self._guitar, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        cents = rng.uniform(-0.6, 0.6)
        f = hertz(pitch) * out_of_tune(self._seed, pitch, guitar.detune_cents) * 2.0 ** (cents / 1200.0)
        length = max(frames, int(0.3 * rate))
        tone = self._string(pitch, f, velocity, rng, length)
        if guitar.drive > 0.0:
            # Valves bend one side first, so both even and odd harmonics come.
            push = np.float32((0.3 + 3.2 * guitar.drive) * 10.0 ** (0.8 * (velocity - 0.6)) / np.abs(tone).max())
            tone = _without_drift(np.tanh(push * tone + np.float32(0.18)) - np.float32(np.tanh(0.18)), rate // 20)
        tone = levelled(tone, rate, LEVEL_DB - 1.0 * (pitch - 57) / 12.0)
        ramp = envelope.rise(int((0.0025 - 0.0015 * guitar.brightness) * rate))
        tone[: ramp.size] *= ramp
        noise = decibels(-33.0) * 2.0 * guitar.noise * (0.3 + velocity)
        pick = burst(rng, low_hz=1200.0, high_hz=3800.0, decay_s=0.003, sample_rate=rate)
        add(tone, pick, noise * (0.15 + 0.6 * guitar.brightness) * (0.3 + velocity))
        palm = burst(rng, low_hz=110.0, high_hz=500.0, decay_s=0.014, sample_rate=rate, attack_s=0.002)
        add(tone, palm, noise * (0.35 + 0.7 * guitar.mute))
        return tone[None, :frames]

    def _string(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return the string as pickup and speaker give it."""
        guitar, own = self._guitar, self._seed.at("string", pitch).rng()
        partial = stretched(f, int(np.clip(5000.0 / f, 4, 22)), 6e-5)
        k = np.arange(1.0, partial.size + 1)
        where = 0.14 + rng.uniform(-0.025, 0.025)
        softness = (420.0 + 2300.0 * guitar.brightness) * 2.0 ** (2.6 * (velocity - 0.6))
        pickup = np.abs(np.sin(np.pi * k * min(0.26 * f / 196.0, 0.45))) + 0.05
        height = (np.abs(np.sin(np.pi * k * where)) + 0.02) * pickup / k**0.45 / (1.0 + (partial / softness) ** 2)
        height *= hills(partial, SPEAKER_HZ, SPEAKER_GAIN, q=3.0, amount=1.0) / (1.0 + (partial / 3600.0) ** 4)
        tau = guitar.decay_s * (196.0 / f) ** 0.35 / (1.0 + 0.05 * (k - 1) + (partial / 1500.0) ** 1.4)
        # The palm takes more from what moves fast, and a little differently every time.
        palm = guitar.mute * rng.uniform(0.85, 1.15) * (9.0 + 0.009 * partial)
        tau = 1.0 / (1.0 / tau + palm)
        apart = partial * own.uniform(0.0005, 0.0014) + own.uniform(0.2, 0.7) * (k - 1) * own.uniform(0.5, 1.5, k.size)
        phase = rng.uniform(-0.3, 0.3, k.size)
        uneven = own.uniform(3.5, 7.0) * k**0.25
        hz, decay, size, angle = joined(
            [
                (partial - 0.3 * apart, 0.75 * tau, 0.7 * height, phase),
                (partial + 0.7 * apart, 1.5 * tau, 0.36 * height, phase + rng.uniform(-0.8, 0.8, k.size)),
                (partial - uneven, 1.1 * tau, 0.44 * guitar.wear * height, phase + rng.uniform(-3.0, 3.0)),
            ]
        )
        return modes(hz, decay, size, angle, frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return fingers that stop a string, shape (1, frames)."""
        rate = self._rate
        rng = self._seed.at("key off", pitch, variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-44.0) * 2.0 * self._guitar.noise * rng.uniform(0.6, 1.4)
        add(sound, burst(rng, low_hz=160.0, high_hz=1000.0, decay_s=0.009, sample_rate=rate, attack_s=0.002), gain)
        if variant == 2:
            lift = burst(rng, low_hz=900.0, high_hz=2400.0, decay_s=0.012, sample_rate=rate, attack_s=0.009)
            add(sound, lift, 0.35 * gain, int(0.006 * rate))
        return sound[None]


def _without_drift(sound: Mono, window: int) -> Mono:
    """Return the sound less its running mean: what an output transformer does to the offset of a bent wave."""
    cells = np.pad(sound, (0, -sound.size % STEP)).reshape(-1, STEP).mean(axis=1, dtype=np.float64)
    reach = window // STEP
    total = np.cumsum(np.pad(cells, (reach + 1, reach), mode="constant"))
    mean = (total[2 * reach + 1 :] - total[: -2 * reach - 1]) / (2 * reach + 1)
    return sound - lines(np.append(mean, mean[-1:]), sound.size)
