"""Reed piano: steel tongues before a charged plate, struck by felt or plucked by a sticky pad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote, Player
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope, pedal
from dusktape.dsp.harmonics import HARMONICS_FRAMES, bell_harmonics, harmonics
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune
from dusktape.dsp.voices import Bed, Voicing
from dusktape.instruments.rhodes import amplifier

LEVEL_DB = -20.0
KEY_OFF_MS = 150.0
A3 = 57
"""The A below middle C, from which octaves are counted."""

COLOUR_HZ = (50.0, 100.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0)
HARMONICS = 24


@dataclass(frozen=True, slots=True)
class Reeds:
    """What was measured of one make of reed piano.

    Parameters
    ----------
    rest
        Where the reed rests before its pickup, in widths of the field: at A3, and how it moves with each octave.
    swing
        Natural logarithm of how far it swings, in widths: at A3 and velocity 0.6, per unit of velocity, per octave,
        per octave squared, and per unit of velocity and octave.
    colour_db
        What pickup, amplifier and loudspeaker add, at `COLOUR_HZ`.
    decay
        Natural logarithm of the time to fall to 1/e: at A3, per octave, per octave squared.
    noise_db
        The strike beside the tone.
    spread_db
        Standard deviation of a key's harmonics around all that.
    """

    rest: tuple[float, float]
    swing: tuple[float, float, float, float, float]
    colour_db: tuple[float, ...]
    decay: tuple[float, float, float]
    noise_db: float
    spread_db: float

    def swing_at(self, pitch: float, velocity: float) -> float:
        """Return how far a reed swings when it is struck."""
        at, touch, octave, bend, both = self.swing
        x, v = (pitch - A3) / 12.0, velocity - 0.6
        return float(np.exp(np.clip(at + touch * v + octave * x + bend * x * x + both * v * x, -5.0, 2.5)))

    def rest_at(self, pitch: float) -> float:
        """Return where a reed rests."""
        return self.rest[0] + self.rest[1] * (pitch - A3) / 12.0

    def decay_at(self, pitch: float) -> float:
        """Return a reed's time constant in s."""
        x = (pitch - A3) / 12.0
        return float(np.clip(np.exp(self.decay[0] + self.decay[1] * x + self.decay[2] * x * x), 0.05, 20.0))

    def colour(self, hz: Floats) -> Floats:
        """Return the gain at some frequencies; 12 dB per octave down outside the table."""
        octaves = np.log2(hz)
        known = np.log2(np.array(COLOUR_HZ))
        outside = np.maximum(known[0] - octaves, 0.0) + np.maximum(octaves - known[-1], 0.0)
        db = np.interp(octaves, known, np.array(self.colour_db)) - 12.0 * outside
        return np.asarray(10.0 ** (db / 20.0))


STRUCK = Reeds(
    rest=(1.044, -0.085),
    swing=(0.891, 1.966, -0.697, -0.196, 0.073),
    colour_db=(-9.714, -6.255, -4.681, -5.47, -4.211, -3.705, 5.673, 2.64),
    decay=(0.405, -0.748, 0.091),
    noise_db=-27.4,
    spread_db=2.0,
)
"""A Wurlitzer EP200: fitted by tools/fit_keys.py, see docs/studies/keys.md."""

PLUCKED = Reeds(
    rest=(0.193, -0.02),
    swing=(-0.484, 1.489, -1.09, -0.181, 0.517),
    colour_db=(15.391, -0.587, -0.907, -2.433, -1.022, -2.939, -4.469, 0.0),
    decay=(0.264, -0.63, 0.051),
    noise_db=-30.3,
    spread_db=2.0,
)
"""A Hohner Pianet T: fitted by the same."""


@dataclass(frozen=True, slots=True)
class ReedPiano:
    """A small electric piano that is hollow when stroked and honks when struck, on its own tired loudspeaker.

    A steel reed swings through a charged plate (or before a coil); played soft it gives little more than a sine,
    played hard it leaves the field on both sides and bites. As it dies away the bite goes first. Reeds of a used
    instrument tremble, each at its own pace. Harmonics are drawn anew every 6 ms, from a closed form.

    Source
    ------
    Pickup as a bell-shaped capacitance over displacement: Pfeifle, Muenster, DAFx-17 (shape simplified). Constants
    measured from recordings by Greg Sullivan (CC BY 3.0); docs/studies/keys.md.
    """

    action: str = param(
        "hammer", choices=("hammer", "pad"), text="hammer bites with the touch; pad plucks, round and even"
    )
    bite: float = param(0.5, low=0.0, high=1.0, text="how far the reeds swing: 0 is hollow, 0.5 as built, 1 barks")
    wear: float = param(0.5, low=0.0, high=1.0, text="reeds that tremble: 0 is a new one, 1 beats on every note")
    decay_s: float = param(1.5, low=0.3, high=6.0, unit="s", text="time in which the A below middle C falls to a third")
    detune_cents: float = param(4.0, low=0.0, high=20.0, unit="cents", text="each key is off by up to so much")
    noise: float = param(0.5, low=0.0, high=1.0, text="hammers, dampers, keys, pedal: 0 is a plug-in, 1 a school hall")
    release_ms: float = param(45.0, low=15.0, high=400.0, unit="ms", text="time to fall to a third under the damper")
    pedal: float = param(0.2, low=0.0, high=1.0, text="share of the chords that ring over until the next one")
    hum_db: float = param(-62.0, low=-120.0, high=-40.0, unit="dB", text="hum and hiss of the amplifier while it plays")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Player:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            layers=(0.25, 0.45, 0.62, 0.8),
            range_db=15.5,
            release_ms=self.release_ms,
            release_octaves=3.0,
            ring_s=7.0,
            choke_ms=7.0,
            key_off_ms=KEY_OFF_MS,
        )
        bed = Bed(amplifier(sample_rate, seed.at("amplifier"), self.hum_db)) if self.hum_db > -120.0 else None
        voice = ReedPianoVoice(self, sample_rate, seed)
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


class ReedPianoVoice:
    """Makes the tones of a `ReedPiano`."""

    def __init__(self, piano: ReedPiano, sample_rate: int, seed: Seed, reeds: Reeds | None = None) -> None:
        self._piano, self._rate, self._seed = piano, sample_rate, seed
        self._reeds = reeds or (STRUCK if piano.action == "hammer" else PLUCKED)

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        piano, rate, reeds = self._piano, self._rate, self._reeds
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, piano.detune_cents)
        length = max(frames, int(0.3 * rate))
        tone = self._reed(pitch, f, velocity, rng, length)
        # The clamped bar's second mode, which only the strike hears.
        second = f * self._seed.at("second", pitch).between(6.6, 8.2)
        struck = (
            (0.05 if piano.action == "hammer" else 0.012) * velocity * float(np.abs(tone[: int(0.05 * rate)]).max())
        )
        add(tone, modes(second, 0.025, struck, rng.uniform(-3.0, 3.0), int(0.25 * rate), rate), 1.0)
        tone = levelled(tone, rate, LEVEL_DB - 1.0 * (pitch - 60) / 12.0)
        noise = decibels(LEVEL_DB + reeds.noise_db + 14.0) * 2.0 * piano.noise * (0.35 + velocity)
        add(tone, burst(rng, low_hz=200.0, high_hz=2200.0, decay_s=0.006, sample_rate=rate), noise)
        add(tone, burst(rng, low_hz=80.0, high_hz=300.0, decay_s=0.02, sample_rate=rate, attack_s=0.003), 0.8 * noise)
        ramp = envelope.rise(int((0.0012 + 0.25 / f) * rate))
        tone[: ramp.size] *= ramp
        return tone[None, :frames]

    def _reed(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return what the pickup hears of one reed."""
        piano, reeds = self._piano, self._reeds
        own = self._seed.at("reed", pitch)
        t = np.arange(-(-frames // HARMONICS_FRAMES) + 1) * HARMONICS_FRAMES / self._rate
        tau = reeds.decay_at(pitch) * piano.decay_s / reeds.decay_at(A3)
        reach = reeds.swing_at(pitch, velocity) * 4.0 ** (piano.bite - 0.5) * rng.uniform(0.96, 1.04)
        # It sways sideways, out of the field and back, and the frame that it is screwed to answers.
        sway_hz, slow_hz = own.at("sway").between(3.0, 8.0), own.at("frame").between(0.4, 1.4)
        depth = piano.wear * own.at("depth").between(0.05, 0.2)
        sway = 1.0 + depth * np.exp(-t / (0.8 * tau)) * np.cos(2.0 * np.pi * sway_hz * t + rng.uniform(-3.0, 3.0))
        sway *= 1.0 + 0.5 * depth * np.cos(2.0 * np.pi * slow_hz * t + rng.uniform(-3.0, 3.0))
        swing = np.maximum(reach * np.exp(-t / tau) * sway, 1e-4)
        k = np.arange(1.0, min(HARMONICS, int(0.4 * self._rate / f)) + 1.0)
        heights = bell_harmonics(swing, reeds.rest_at(pitch), k.size)
        spread = reeds.spread_db * np.clip(own.at("spread").rng().standard_normal(k.size), -2.0, 2.0)
        heights *= reeds.colour(k * f) * 10.0 ** (spread / 20.0) * sway[:, None]
        phases = np.cumsum(own.at("phase").rng().uniform(-0.5, 0.5, k.size))
        return harmonics(f, heights, phases, frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return felt (or a sticky pad) falling on a reed and a key coming up, shape (1, frames)."""
        rate, sticky = self._rate, self._piano.action == "pad"
        rng = self._seed.at("key off", pitch, variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-40.0) * self._piano.noise * rng.uniform(0.7, 1.3)
        add(sound, burst(rng, low_hz=200.0, high_hz=1300.0, decay_s=0.01, sample_rate=rate, attack_s=0.002), gain)
        late = int(rng.uniform(0.008, 0.02) * rate)
        add(sound, burst(rng, low_hz=80.0, high_hz=260.0, decay_s=0.015, sample_rate=rate), gain, late)
        if sticky:
            smack = burst(rng, low_hz=500.0, high_hz=2500.0, decay_s=0.012, sample_rate=rate, attack_s=0.003)
            add(sound, smack, 0.7 * gain, late // 2)
        return sound[None]
