"""Flute: a breathy lead with a vibrato that comes late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.glide import knots, lines, phases, wave_table
from dusktape.dsp.noise import noise_table
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune
from dusktape.dsp.phrasing import intervals, marked, unmarked
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 190.0
HARMONICS = 9
WIDEST_SLUR = 7


@dataclass(frozen=True, slots=True)
class Flute:
    """A wooden flute close to the microphone, more breath than tone when played softly.

    A note speaks with a chiff, in which the octave comes before the tone; breath hisses along and follows the pressure;
    the vibrato, mostly of loudness and colour, grows after a third of a second. Joined notes are slurred, without a
    new tongue. One note at a time. Costs two table look-ups a frame of tone.

    Source
    ------
    Fletcher and Rossing, The Physics of Musical Instruments, chapter 16 (spectra that grow with blowing pressure, edge
    noise, vibrato of 5 to 6 Hz that is mainly one of overtones).
    """

    brightness: float = param(0.35, low=0.0, high=1.0, text="0 is an ocarina, 0.35 wood, 1 silver")
    air: float = param(0.5, low=0.0, high=1.0, text="breath that hisses along")
    noise: float = param(0.5, low=0.0, high=1.0, text="the chiff at the start, keys, the breath that ends")
    vibrato: float = param(0.5, low=0.0, high=1.0, text="0 is straight, 0.5 soft, 1 sobs")
    vibrato_hz: float = param(5.1, low=2.0, high=9.0, unit="Hz", text="its rate; each note has its own near it")
    detune_cents: float = param(5.0, low=0.0, high=25.0, unit="cents", text="each fingering is off by up to so much")
    attack_ms: float = param(45.0, low=10.0, high=400.0, unit="ms", text="40 is tongued, 200 breathed")
    release_ms: float = param(75.0, low=20.0, high=800.0, unit="ms", text="time to fall to a third once breath stops")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            layers=(0.35, 0.55, 0.75),
            variants=2,
            range_db=15.0,
            strike_db=0.7,
            release_ms=self.release_ms,
            ring_s=9.0,
            choke="all",
            choke_ms=20.0,
            key_off_ms=KEY_OFF_MS,
        )
        ordered = sorted(notes)
        steps = intervals(ordered, gap_frames=int(0.03 * sample_rate))
        phrased = [
            marked(note, step) if 0 < abs(step) <= WIDEST_SLUR else note
            for note, step in zip(ordered, steps, strict=True)
        ]
        return CachedPlayer(FluteVoice(self, sample_rate, seed), phrased, voicing, sample_rate=sample_rate, seed=seed)


class FluteVoice:
    """Makes the tones of a `Flute`."""

    def __init__(self, flute: Flute, sample_rate: int, seed: Seed) -> None:
        self._flute, self._rate, self._seed = flute, sample_rate, seed
        self._size = 1 << round(np.log2(3.0 * sample_rate))
        self._breaths: dict[int, Mono] = {}
        self._tables: dict[tuple[int, float], tuple[Mono, Mono]] = {}

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames). `pitch` may carry the interval it is slurred by."""
        flute, rate = self._flute, self._rate
        pitch, interval = unmarked(pitch)
        rng = self._seed.at("tone", pitch, variant, interval).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, flute.detune_cents)
        length = max(frames, int(0.3 * rate))
        t = knots(length, rate)
        late = np.clip((t - 0.28) / 0.7, 0.0, 1.0) ** 1.5 * flute.vibrato
        speed = flute.vibrato_hz * rng.uniform(0.93, 1.07) * (1.0 + 0.05 * np.tanh(t - 1.0))
        sway = np.sin(2.0 * np.pi * np.cumsum(speed) * (t[1] - t[0]) + rng.uniform(-1.0, 1.0))
        unsteady = _wander(t.size, rng, rate)
        # Pitch follows pressure, and comes up from below when the note is tongued; fingers change it almost at once.
        scoop = -40.0 * interval * np.exp(-t / 0.009) if interval else -rng.uniform(10.0, 28.0) * np.exp(-t / 0.035)
        cents = scoop + 9.0 * late * sway + 2.2 * unsteady
        rise = (0.3 if interval else 1.0) * flute.attack_ms / 1e3
        swell = 1.0 - np.exp(-((t / (0.55 * rise)) ** 1.4))
        pressure = swell * (1.0 + 0.28 * late * sway + 0.09 * unsteady)
        place = phases(f * 2.0 ** (cents / 1200.0), length, rate)
        soft, hard = self._colours(pitch, velocity)
        edge = pressure * np.clip(0.5 + 0.9 * late * sway + 0.25 * unsteady, 0.0, 1.6)
        tone = soft[place] * lines(pressure, length)
        tone += hard[place] * lines(edge, length)
        self._breathe(tone, pitch, velocity, pressure * (1.0 + 1.3 * np.exp(-t / 0.07) * (not interval)), rng)
        tone = levelled(tone, rate, LEVEL_DB - 0.6 * (pitch - 72) / 12.0)
        self._speak(tone, f, velocity, 0.25 if interval else 1.0, rng)
        ramp = envelope.rise(int(0.004 * rate))
        tone[: ramp.size] *= ramp
        return tone[None, :frames]

    def _colours(self, pitch: int, velocity: float) -> tuple[Mono, Mono]:
        """Return one cycle of the steady tone, and one of what pressure adds to it."""
        key = (pitch, velocity)
        if key not in self._tables:
            own = self._seed.at("fingering", pitch).rng()
            k = np.arange(1, HARMONICS + 1)
            bright = (0.1 + 0.55 * self._flute.brightness) * 2.0 ** (1.5 * (velocity - 0.6))
            heights = np.concatenate([[1.0], bright * np.array([0.75, 0.55, 0.22, 0.12, 0.07, 0.04, 0.025, 0.015])])
            heights *= own.uniform(0.75, 1.3, HARMONICS) * (hertz(pitch) * k < 9000.0)
            angles = own.uniform(-np.pi, np.pi, HARMONICS)
            upper = np.where(k == 1, 0.12, 0.55 * k**0.4)
            self._tables[key] = (wave_table(heights, angles), wave_table(heights * upper, angles))
        return self._tables[key]

    def _breathe(self, tone: Mono, pitch: int, velocity: float, pressure: Floats, rng: np.random.Generator) -> None:
        """Add, in place, the noise of the jet: broad, and stronger where the tube answers."""
        if self._flute.air == 0.0:
            return
        if pitch not in self._breaths:
            f = hertz(pitch)

            def colour(hz: Floats) -> Floats:
                near = np.abs(hz / f - np.maximum(np.round(hz / f), 1.0)) * f
                tube = 2.6 / (1.0 + (near / 28.0) ** 2) * (f / np.maximum(hz, f)) ** 0.5
                jet = (
                    (hz / 500.0)
                    / (1.0 + (hz / 500.0))
                    / (1.0 + (150.0 / np.maximum(hz, 1.0)) ** 4)
                    / (1.0 + (hz / 3800.0) ** 2)
                )
                return np.asarray(jet * (0.5 + tube))

            if len(self._breaths) >= 24:
                self._breaths.clear()
            own = self._seed.at("breath", pitch).rng()
            self._breaths[pitch] = noise_table(self._size // 2, 1, colour, sample_rate=self._rate, rng=own)[0]
        breath = self._breaths[pitch]
        start = int(rng.integers(0, breath.size))
        repeats = -(-(start + tone.size) // breath.size)
        sound = np.tile(breath, repeats)[start : start + tone.size]
        # Soft notes are breathier: the tone grows faster with pressure than its noise.
        gain = decibels(-21.0) * 2.0 * self._flute.air * 2.0 ** (-1.2 * (velocity - 0.6))
        tone += sound * lines(gain * pressure, tone.size)

    def _speak(self, tone: Mono, f: float, velocity: float, amount: float, rng: np.random.Generator) -> None:
        """Add, in place, the chiff: a puff, the octave that comes first, a key that closes."""
        rate, noise = self._rate, 2.0 * self._flute.noise
        puff = burst(rng, low_hz=800.0, high_hz=4200.0, decay_s=0.016, sample_rate=rate, attack_s=0.006)
        add(tone, puff, decibels(-33.0) * noise * amount * (0.3 + 1.1 * velocity))
        over = modes([2.0 * f * 1.004, 3.0 * f * 1.007], [0.022, 0.015], [1.0, 0.6], 0.0, int(0.3 * rate), rate)
        over *= np.minimum(np.arange(over.size) / (0.01 * rate), 1.0).astype(np.float32)
        add(tone, over, decibels(-31.0) * noise * amount * (0.3 + 1.1 * velocity))
        pad = burst(rng, low_hz=200.0, high_hz=1400.0, decay_s=0.006, sample_rate=rate)
        add(tone, pad, decibels(-47.0) * noise, int(rng.uniform(0.0, 0.01) * rate))

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a breath that ends and a key that opens, shape (1, frames)."""
        rate = self._rate
        rng = self._seed.at("key off", unmarked(pitch)[0], variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-48.0) * 2.0 * self._flute.noise * rng.uniform(0.6, 1.4)
        sigh = burst(rng, low_hz=600.0, high_hz=2600.0, decay_s=0.022, sample_rate=rate, attack_s=0.02)
        add(sound, sigh, gain)
        click = burst(rng, low_hz=200.0, high_hz=1400.0, decay_s=0.006, sample_rate=rate)
        add(sound, click, gain, int(rng.uniform(0.005, 0.02) * rate))
        return sound[None]


def _wander(count: int, rng: np.random.Generator, rate: int) -> Floats:
    """Return how breath wanders, shape (count,), about standard normal: slow, and an unsteadiness near 6 to 9 Hz."""
    t = np.arange(count) * (64.0 / rate)
    hz = np.array([0.4, 0.9, 1.7, 3.3, 5.9, 7.1, 8.8]) * rng.uniform(0.85, 1.15, 7)
    angle = 2.0 * np.pi * hz[:, None] * t + rng.uniform(0.0, 2.0 * np.pi, 7)[:, None]
    return np.asarray(0.55 * np.sin(angle).sum(axis=0))
