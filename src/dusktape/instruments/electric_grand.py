"""Electric grand: a short grand piano without a soundboard, a pickup under every string."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote, Player
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope, pedal
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, out_of_tune
from dusktape.dsp.resonance import afterglow, answers, damper, ring
from dusktape.dsp.strings import A3, Strings, choir
from dusktape.dsp.voices import Bed, Voicing
from dusktape.instruments.rhodes import amplifier

LEVEL_DB = -20.0
KEY_OFF_MS = 500.0
HIGHEST_HZ = 8000.0
MOST_PARTIALS = 24
FIRST_PAIR = 45
"""The lowest key with two strings."""

GRAND = Strings(
    stiffness=(-8.058, 0.26, 0.283),
    tilt_db=(-7.43, -2.735),
    softness=(7.811, 5.104, -0.35, -1.443),
    strike_point=0.095,
    colour_db=(14.547, 11.832, 6.338, -2.309, -10.371, -9.18, -3.923, -0.548),
    early=(0.615, -0.693, -0.484, 0.007),
    late=(0.698, -0.506, -0.301, -0.022),
    noise_db=-21.9,
    spread_db=2.0,
)
"""A Yamaha CP80: fitted by tools/fit_keys.py, see docs/studies/keys.md."""


@dataclass(frozen=True, slots=True)
class ElectricGrand:
    """A stage piano with real strings: a hard pluck, hardly any wood, a long clear tail that beats slowly.

    Strings are short and stiff, so their partials are stretched. Two strings a key, one in the bass; each is heard
    through its own crystal. Costs about eighty modes a tone.

    Source
    ------
    Constants measured from recordings by Greg Sullivan (CC BY 3.0); docs/studies/keys.md. Two-stage decay: Weinreich,
    JASA 62 (1977).
    """

    brightness: float = param(0.5, low=0.0, high=1.0, text="hammers: 0 is worn felt, 0.5 as built, 1 bare leather")
    unison_cents: float = param(
        1.2, low=0.0, high=15.0, unit="cents", text="between the two strings of a key: 1 is just tuned, 6 a long tour"
    )
    wear: float = param(0.15, low=0.0, high=1.0, text="false beats: 0 is new wire, 1 trembles on every note")
    decay_s: float = param(1.5, low=0.3, high=6.0, unit="s", text="time in which the A below middle C falls to a third")
    detune_cents: float = param(3.0, low=0.0, high=20.0, unit="cents", text="each key is off by up to so much")
    resonance: float = param(0.35, low=0.0, high=1.0, text="other strings that answer and go on after the key is up")
    noise: float = param(0.5, low=0.0, high=1.0, text="hammers, dampers, keys and pedal: 0 is a plug-in")
    release_ms: float = param(80.0, low=20.0, high=600.0, unit="ms", text="time to fall to a third under the damper")
    pedal: float = param(0.25, low=0.0, high=1.0, text="share of the chords that ring over until the next one")
    hum_db: float = param(-66.0, low=-120.0, high=-40.0, unit="dB", text="hum and hiss of the amplifier while it plays")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Player:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            range_db=16.5,
            strike_db=0.6,
            release_ms=self.release_ms,
            release_octaves=2.5,
            ring_s=7.0,
            choke_ms=12.0,
            key_off_ms=KEY_OFF_MS,
        )
        bed = Bed(amplifier(sample_rate, seed.at("amplifier"), self.hum_db)) if self.hum_db > -120.0 else None
        voice = ElectricGrandVoice(self, sample_rate, seed)
        return pedal.pedalled(
            voice,
            notes,
            voicing,
            share=self.pedal,
            noise=self.noise,
            noise_db=-45.0,
            strings=self.resonance,
            bed=bed,
            sample_rate=sample_rate,
            seed=seed,
        )


class ElectricGrandVoice:
    """Makes the tones of an `ElectricGrand`."""

    def __init__(self, piano: ElectricGrand, sample_rate: int, seed: Seed, strings: Strings = GRAND) -> None:
        self._piano, self._rate, self._seed, self._strings = piano, sample_rate, seed, strings

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        piano, rate = self._piano, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, piano.detune_cents)
        tone = self._struck(pitch, f, velocity, rng, max(frames, int(0.3 * rate)))
        ramp = envelope.rise(int((0.0015 + 0.1 / f) * rate))
        tone[: ramp.size] *= ramp
        tone = levelled(tone, rate, LEVEL_DB - 1.2 * (pitch - 60) / 12.0)
        # Hammer and frame, heard through the crystals: short, with little wood.
        noise = decibels(LEVEL_DB + self._strings.noise_db + 10.0) * 2.0 * piano.noise * (0.3 + velocity)
        add(tone, burst(rng, low_hz=300.0, high_hz=2600.0, decay_s=0.007, sample_rate=rate), noise)
        add(tone, burst(rng, low_hz=60.0, high_hz=320.0, decay_s=0.025, sample_rate=rate, attack_s=0.002), 0.8 * noise)
        return tone[None, :frames]

    def _struck(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return the strings of one key, hit once, and what answers."""
        piano, strings, own = self._piano, self._strings, self._seed.at("strings", pitch).rng()
        hz = strings.partials(pitch, f, int(np.clip(HIGHEST_HZ / f, 2, MOST_PARTIALS)))
        level = strings.levels_db(pitch, velocity, hz, brightness=4.0 ** (piano.brightness - 0.5))
        level += strings.spread_db * np.clip(own.standard_normal(hz.size), -2.0, 2.0) + rng.uniform(-0.5, 0.5, hz.size)
        height = 10.0 ** ((level - level.max()) / 20.0)
        early, late = strings.decays(pitch, hz.size)
        longer = piano.decay_s / strings.decays(A3, 1)[0][0]
        cents = piano.unison_cents * own.uniform(0.6, 1.0, 1) * own.choice([-1.0, 1.0])
        heard = height > 3e-4
        groups = choir(
            hz[heard],
            height[heard],
            longer * early[heard],
            longer * late[heard],
            cents=cents if pitch >= FIRST_PAIR else cents[:0],
            wear=piano.wear,
            own=own,
            rng=rng,
        )
        return ring(groups + answers(f, 0.04 * piano.resonance * height[0], own), frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a damper falling, a key coming up and what other strings go on singing, shape (1, frames)."""
        rng = self._seed.at("key off", pitch, variant).rng()
        frames = int(KEY_OFF_MS / 1e3 * self._rate)
        f = hertz(pitch) * out_of_tune(self._seed, pitch, self._piano.detune_cents)
        sound = afterglow(f, decibels(-49.0) * self._piano.resonance, rng, frames, self._rate)
        damper(rng, sound, decibels(-40.0) * self._piano.noise * rng.uniform(0.7, 1.3), self._rate)
        return sound[None]
