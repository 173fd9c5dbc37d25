"""Upright piano: an old one against a wall, bare hammers, a little out of tune."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote, Player
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope, pedal
from dusktape.dsp.noise import band, noise_table
from dusktape.dsp.oscillator import Mono, decibels, hertz, levelled, out_of_tune
from dusktape.dsp.resonance import Blows, Soundboard, afterglow, answers, damper, ring
from dusktape.dsp.strings import A3, Strings, choir
from dusktape.dsp.voices import Bed, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 700.0
HIGHEST_HZ = 8000.0
MOST_PARTIALS = 18
FIRST_PAIR, FIRST_TRIPLE = 33, 48
"""The lowest keys with two and with three strings."""

UPRIGHT = Strings(
    stiffness=(-7.7, 0.85, 0.18),
    tilt_db=(-3.5, -0.6),
    softness=(7.0, 2.1, 0.22, 0.0),
    strike_point=0.121,
    colour_db=(-14.0, -3.0, 0.0, 0.0, 0.0, 0.0, -2.0, -8.0),
    early=(0.1, -0.42, -0.45, -0.02),
    late=(1.0, -0.42, -0.6, -0.02),
    noise_db=-24.0,
    spread_db=3.0,
)
"""Set by hand around published figures: B and its growth from Fletcher, Blackham and Stratton, a small soundboard that
carries little below 100 Hz, a hammer at an eighth."""


@dataclass(frozen=True, slots=True)
class UprightPiano:
    """A plain household piano: knocking hammers, strings that beat, wood that thumps, a pedal that creaks.

    Three strings a key, each a little off and with false beats of its own, die away in two stages. The soundboard
    colours every partial and is hit by every hammer; when the pedal is down, chords run into each other. Costs about
    a hundred modes a tone.

    Source
    ------
    Stiff strings: Fletcher, Blackham, Stratton, JASA 34 (1962). Two-stage decay: Weinreich, JASA 62 (1977).
    """

    brightness: float = param(0.5, low=0.0, high=1.0, text="hammers: 0 is a practice pedal, 0.5 worn, 1 hard as tacks")
    unison_cents: float = param(
        3.2, low=0.0, high=15.0, unit="cents", text="between the strings of a key: 1 is just tuned, 7 a pub"
    )
    wear: float = param(0.6, low=0.0, high=1.0, text="false beats: 0 is new wire, 1 trembles on every note")
    decay_s: float = param(1.3, low=0.3, high=6.0, unit="s", text="time in which the A below middle C falls to a third")
    detune_cents: float = param(5.0, low=0.0, high=20.0, unit="cents", text="each key is off by up to so much")
    resonance: float = param(0.55, low=0.0, high=1.0, text="other strings that answer and go on after the key is up")
    noise: float = param(0.5, low=0.0, high=1.0, text="hammers, wood, keys and pedal: 0.5 a microphone in the room")
    release_ms: float = param(100.0, low=20.0, high=600.0, unit="ms", text="time to fall to a third under the damper")
    pedal: float = param(0.4, low=0.0, high=1.0, text="share of the chords that ring over until the next one")
    air_db: float = param(-64.0, low=-120.0, high=-40.0, unit="dB", text="air of the room before the microphones")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Player:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            range_db=16.5,
            strike_db=0.7,
            release_ms=self.release_ms,
            release_octaves=2.5,
            ring_s=7.0,
            choke_ms=12.0,
            key_off_ms=KEY_OFF_MS,
        )
        voice = UprightPianoVoice(self, sample_rate, seed)
        air = Bed(_air(sample_rate, seed.at("air"), self.air_db)) if self.air_db > -120.0 else None
        return pedal.pedalled(
            voice,
            notes,
            voicing,
            share=self.pedal,
            noise=self.noise,
            noise_db=-42.0,
            strings=self.resonance,
            bed=air,
            sample_rate=sample_rate,
            seed=seed,
        )


def _air(sample_rate: int, seed: Seed, db: float) -> Mono:
    """Return a loop of a quiet room and a microphone's hiss at an RMS level of `db`, four seconds long."""
    colour = band(90.0, 9000.0, slope_db=-2.5)
    loop = noise_table(4 * sample_rate, 1, colour, sample_rate=sample_rate, rng=seed.rng())[0]
    return np.asarray(loop * decibels(db), dtype=np.float32)


class UprightPianoVoice:
    """Makes the tones of an `UprightPiano`."""

    def __init__(self, piano: UprightPiano, sample_rate: int, seed: Seed) -> None:
        self._piano, self._rate, self._seed = piano, sample_rate, seed
        self._board = Soundboard(seed.at("soundboard"), low_hz=70.0, high_hz=1100.0)
        self._blows = Blows(seed.at("blows"), sample_rate, bright_hz=(900.0, 4200.0))

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        piano, rate = self._piano, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, piano.detune_cents)
        tone = self._struck(pitch, f, velocity, rng, max(frames, int(0.3 * rate)))
        ramp = envelope.rise(int((0.004 - 0.002 * velocity) * rate))
        tone[: ramp.size] *= ramp
        tone = levelled(tone, rate, LEVEL_DB - 1.2 * (pitch - 60) / 12.0)
        # The hammer hits strings and wood; the key lands on its bed a little later.
        noise = decibels(-28.0) * piano.noise * (0.25 + velocity)
        self._board.knock(rng, tone, noise, rate)
        self._blows.add(rng, tone, noise, bright=0.3)
        return tone[None, :frames]

    def _struck(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return the strings of one key, hit once, and what answers."""
        piano, own = self._piano, self._seed.at("strings", pitch).rng()
        hz = UPRIGHT.partials(pitch, f, int(np.clip(HIGHEST_HZ / f, 2, MOST_PARTIALS)))
        level = UPRIGHT.levels_db(pitch, velocity, hz, brightness=4.0 ** (piano.brightness - 0.5))
        level += self._board.colour_db(hz) + rng.uniform(-0.7, 0.7, hz.size)
        level += UPRIGHT.spread_db * np.clip(own.standard_normal(hz.size), -2.0, 2.0)
        height = 10.0 ** ((level - level.max()) / 20.0)
        early, late = UPRIGHT.decays(pitch, hz.size)
        longer = piano.decay_s / UPRIGHT.decays(A3, 1)[0][0]
        strings = 0 if pitch < FIRST_PAIR else 1 if pitch < FIRST_TRIPLE else 2
        cents = piano.unison_cents * own.uniform(0.45, 1.0, 2) * np.array([1.0, -1.0])
        heard = height > 3e-4
        groups = choir(
            hz[heard],
            height[heard],
            longer * early[heard],
            longer * late[heard],
            cents=cents[:strings],
            wear=piano.wear,
            own=own,
            rng=rng,
        )
        return ring(groups + answers(f, 0.05 * piano.resonance * height[0], own), frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a damper falling, a key coming up and what other strings go on singing, shape (1, frames)."""
        rng = self._seed.at("key off", pitch, variant).rng()
        frames = int(KEY_OFF_MS / 1e3 * self._rate)
        f = hertz(pitch) * out_of_tune(self._seed, pitch, self._piano.detune_cents)
        sound = afterglow(f, decibels(-46.0) * self._piano.resonance, rng, frames, self._rate)
        damper(rng, sound, decibels(-38.0) * self._piano.noise * rng.uniform(0.7, 1.3), self._rate)
        return sound[None]
