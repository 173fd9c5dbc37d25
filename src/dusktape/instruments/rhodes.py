"""Electric piano: tines before pickups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote, Player
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope, pedal
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune
from dusktape.dsp.voices import Bed, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 140.0


@dataclass(frozen=True, slots=True)
class Rhodes:
    """A worn electric piano: bell-like when stroked, growling when struck, with felt, keys and an amplifier.

    A tine swings before a magnetic pickup whose pull is strongest in the middle. Small swings give a sine and
    its octave, wide ones fold over the middle and bark. Costs ten modes and one division per frame of each tone.

    Source
    ------
    Overtones of a clamped bar: Fletcher and Rossing, The Physics of Musical Instruments, chapter 2.
    Pickup as a bell-shaped flux over displacement: Muenster and Pfeifle, ISMA 2014 (shape simplified).
    """

    bark: float = param(1.15, low=0.2, high=3.0, text="how sharp the pickup's field is: 0.5 is round, 2 growls early")
    bell: float = param(0.5, low=0.0, high=1.0, text="the ringing overtone of the strike: 0 is dull, 1 is glassy")
    pickup_offset: float = param(
        0.32, low=0.0, high=1.0, text="tine above the pickup's middle: 0 sounds an octave up and hollow, 0.6 is full"
    )
    wear: float = param(
        0.6, low=0.0, high=1.0, text="loose tines that sway sideways: 0 is new, 1 trembles on every note"
    )
    decay_s: float = param(1.9, low=0.3, high=8.0, unit="s", text="time in which the A below middle C falls to a third")
    detune_cents: float = param(3.0, low=0.0, high=20.0, unit="cents", text="each key is off by up to so much")
    noise: float = param(
        0.5, low=0.0, high=1.0, text="hammers, dampers, keys and pedal: 0 is a plug-in, 1 an old suitcase"
    )
    release_ms: float = param(65.0, low=20.0, high=400.0, unit="ms", text="time to fall to a third under the damper")
    pedal: float = param(0.25, low=0.0, high=1.0, text="share of the chords that ring over until the next one")
    hum_db: float = param(-64.0, low=-120.0, high=-40.0, unit="dB", text="hum and hiss of the amplifier while it plays")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Player:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            range_db=16.0,
            release_ms=self.release_ms,
            release_octaves=3.0,
            ring_s=7.0,
            choke_ms=8.0,
            key_off_ms=KEY_OFF_MS,
        )
        bed = Bed(amplifier(sample_rate, seed.at("amplifier"), self.hum_db)) if self.hum_db > -120.0 else None
        voice = RhodesVoice(self, sample_rate, seed)
        return pedal.pedalled(
            voice,
            notes,
            voicing,
            share=self.pedal,
            noise=self.noise,
            noise_db=-46.0,
            bed=bed,
            sample_rate=sample_rate,
            seed=seed,
        )


class RhodesVoice:
    """Makes the tones of a `Rhodes`."""

    def __init__(self, piano: Rhodes, sample_rate: int, seed: Seed) -> None:
        self._piano, self._rate, self._seed = piano, sample_rate, seed

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        piano, rate = self._piano, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, piano.detune_cents)
        length = max(frames, int(0.3 * rate))
        swing, speed = self._tine(pitch, f, velocity, rng, length)
        swing += np.float32(piano.bark * piano.pickup_offset)
        # The coil hears the flux 1 / (1 + swing^2) change.
        tone: Mono = -swing * speed / np.square(np.float32(1.0) + swing * swing)
        tone = levelled(tone, rate, LEVEL_DB - 1.0 * (pitch - 60) / 12.0)
        noise = decibels(-32.0) * piano.noise * (0.35 + velocity)
        add(tone, burst(rng, low_hz=180.0, high_hz=1500.0, decay_s=0.007, sample_rate=rate), noise)
        add(tone, burst(rng, low_hz=70.0, high_hz=220.0, decay_s=0.022, sample_rate=rate, attack_s=0.003), 0.8 * noise)
        ramp = envelope.rise(int(0.0015 * rate))
        tone[: ramp.size] *= ramp
        return tone[None, :frames]

    def _tine(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> tuple[Mono, Mono]:
        """Return the tine's place, as wide as the pickup's field is sharp, and how fast it moves."""
        piano = self._piano
        own = self._seed.at("tine", pitch)
        reach = (0.18 + 1.05 * velocity) * (220.0 / f) ** 0.18
        tau = piano.decay_s * (220.0 / f) ** 0.5
        ring = piano.bell * velocity**1.5 * (220.0 / f) ** 0.25
        # The spring on the tine moves its overtones; the tone bar pulls at its fundamental, and it also sways sideways.
        second = f * 6.27 * own.at("second").between(1.04, 1.14)
        third = f * 17.55 * own.at("third").between(0.98, 1.04)
        groups = np.array(
            [
                [f, tau, 0.72 * reach],
                [f + own.at("bar").between(0.35, 1.3), 0.9 * tau, 0.11 * reach],
                [f - own.at("sway").between(2.8, 6.5), 0.8 * tau, 0.26 * piano.wear * reach * rng.uniform(0.7, 1.3)],
                [f * 1.0006, 0.16 * tau, 0.22 * reach],
                [second, 0.34 * (220.0 / f) ** 0.3, 0.075 * ring],
                [second * 1.0021, 0.2 * (220.0 / f) ** 0.3, 0.045 * ring],
                [third, 0.06, 0.03 * ring],
            ]
        )
        phases = np.concatenate([[0.0, rng.uniform(0.0, 1.0)], rng.uniform(-np.pi, np.pi, 5)])
        phases[3] = 0.0
        hz, decay, height = groups[:, 0], groups[:, 1], piano.bark * groups[:, 2]
        place = modes(hz, decay, height, phases, frames, self._rate)
        return place, modes(hz, decay, height * hz / f, phases + 0.5 * np.pi, frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return felt falling on a tine and a key coming up, shape (1, frames)."""
        rate = self._rate
        rng = self._seed.at("key off", pitch, variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-41.0) * self._piano.noise * rng.uniform(0.7, 1.3)
        add(sound, burst(rng, low_hz=150.0, high_hz=900.0, decay_s=0.012, sample_rate=rate, attack_s=0.002), gain)
        add(sound, burst(rng, low_hz=80.0, high_hz=260.0, decay_s=0.015, sample_rate=rate), gain, int(0.012 * rate))
        return sound[None]


@lru_cache(maxsize=4)
def amplifier(sample_rate: int, seed: Seed, db: float) -> Mono:
    """Return a loop of mains hum and hiss at an RMS level of `db`, four seconds long.

    Kept, since each part is opened twice, to be levelled and to be heard; not to be written to.
    """
    frames = 4 * sample_rate // 10 * 10
    rng = seed.rng()
    t = np.arange(frames) / sample_rate
    mains = rng.choice([50.0, 60.0])
    hum = sum(
        h / k * np.sin(2 * np.pi * mains * k * t + rng.uniform(0, 6)) for k, h in ((1, 0.5), (2, 1), (3, 0.8), (6, 1))
    )
    spectrum = np.fft.rfft(rng.standard_normal(frames))
    f = np.fft.rfftfreq(frames, 1.0 / sample_rate)
    hiss = np.fft.irfft(spectrum * (f / 300.0) / (1.0 + (f / 300.0)) / (1.0 + (f / 5000.0) ** 2), frames)
    both = hum / np.std(hum) + 0.9 * hiss / np.std(hiss)
    loop = np.asarray(both / np.std(both) * decibels(db), dtype=np.float32)
    loop.flags.writeable = False
    return loop
