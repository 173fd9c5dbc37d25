"""Kalimba: steel tines on a small box, plucked with the thumbs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.body import hills, knock
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 110.0
BOX_HZ = np.array([172.0, 318.0, 447.0, 602.0, 835.0, 1190.0])
BOX_GAIN = np.array([0.8, 1.0, 0.6, 0.5, 0.35, 0.25])


@dataclass(frozen=True, slots=True)
class Kalimba:
    """A thumb piano close to the ear: a woody knock, a round tone, a short glassy overtone, now and then a buzz.

    A tine is a bar clamped at one end, so its overtones are far apart and gone at once; its neighbours on the same
    bridge shiver along and beat with it. Thumbs land on tines that still ring. Costs about twenty modes a tone.

    Source
    ------
    Overtones of a clamped bar, 6.27 and 17.55, pulled down by the bridge: Fletcher and Rossing, The Physics of Musical
    Instruments, chapter 2. Box with a hole: the same, chapter 9.
    """

    brightness: float = param(0.4, low=0.0, high=1.0, text="0 is the thumb's flesh, 1 its nail")
    body: float = param(0.5, low=0.0, high=1.0, text="the box: 0 is a board, 1 a gourd that booms")
    buzz: float = param(0.2, low=0.0, high=1.0, text="rings on the tines that rattle when struck hard")
    wear: float = param(0.5, low=0.0, high=1.0, text="tines that are not clamped evenly and beat with themselves")
    decay_s: float = param(0.75, low=0.1, high=4.0, unit="s", text="time in which middle C's octave falls to a third")
    detune_cents: float = param(5.0, low=0.0, high=25.0, unit="cents", text="each tine is off by up to so much")
    noise: float = param(0.5, low=0.0, high=1.0, text="thumbs on steel, before and after the note")
    release_ms: float = param(160.0, low=15.0, high=1500.0, unit="ms", text="time to fall to a third once let go")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            variants=3,
            range_db=16.0,
            strike_db=1.0,
            release_ms=self.release_ms,
            release_octaves=4.0,
            ring_s=3.5,
            choke_ms=5.0,
            key_off_ms=KEY_OFF_MS,
        )
        voice = KalimbaVoice(self, sample_rate, seed)
        return CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed)


class KalimbaVoice:
    """Makes the tones of a `Kalimba`."""

    def __init__(self, kalimba: Kalimba, sample_rate: int, seed: Seed) -> None:
        self._kalimba, self._rate, self._seed = kalimba, sample_rate, seed
        self._box_hz = BOX_HZ * (1.0 + seed.at("box").rng().uniform(-0.06, 0.06, BOX_HZ.size))

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        kalimba, rate = self._kalimba, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, kalimba.detune_cents)
        length = max(frames, int(0.3 * rate))
        tone = levelled(self._tine(pitch, f, velocity, rng, length), rate, LEVEL_DB - 1.0 * (pitch - 72) / 12.0)
        self._rattle(tone, f, velocity, rng)
        ramp = envelope.rise(int((0.003 - 0.0022 * kalimba.brightness) * rate))
        tone[: ramp.size] *= ramp
        heights = decibels(-27.0) * kalimba.body * BOX_GAIN * rng.uniform(0.5, 1.2, BOX_GAIN.size) * (0.4 + velocity)
        add(tone, knock(self._box_hz, heights, rng, rate, cycles=5.0), 1.0)
        noise = decibels(-34.0) * 2.0 * kalimba.noise * (0.3 + velocity)
        thumb = burst(rng, low_hz=200.0, high_hz=1500.0, decay_s=0.006, sample_rate=rate, attack_s=0.002)
        add(tone, thumb, noise)
        nail = burst(rng, low_hz=2000.0, high_hz=6000.0, decay_s=0.002, sample_rate=rate)
        add(tone, nail, noise * 0.8 * kalimba.brightness * (0.3 + velocity), int(0.0015 * rate))
        return tone[None, :frames]

    def _tine(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return a tine, its split twin, and the neighbours that shiver along."""
        kalimba, own = self._kalimba, self._seed.at("tine", pitch).rng()
        tau = kalimba.decay_s * (523.0 / f) ** 0.5
        hard = (0.25 + 1.5 * kalimba.brightness) * 2.0 ** (2.4 * (velocity - 0.6)) * (523.0 / f) ** 0.4
        second, third, box = f * own.uniform(5.3, 6.1), f * own.uniform(13.5, 16.5), f * own.uniform(1.93, 2.06)
        spot = rng.uniform(0.6, 1.4)
        near = f * 2.0 ** (np.array([-4.0, -2.0, 2.0, 4.0]) / 12.0) * own.uniform(0.997, 1.003, 4)
        wear = kalimba.wear
        table = np.array(
            [
                [f, tau, 1.0],
                [f + own.uniform(0.5, 1.4), 1.3 * tau, 0.16],
                [f - own.uniform(3.5, 7.5), tau, 0.34 * wear * spot],
                [f * 1.004, 0.1 * tau, 0.3],
                # The box moves against the tine: an octave that is there only while it swings wide.
                [2.0 * f, 0.3 * tau, 0.2 * hard],
                [box, 0.12 * tau, 0.07 * hard * spot],
                [3.0 * f, 0.16 * tau, 0.075 * hard],
                [second, 0.06 * (523.0 / f) ** 0.4, 0.3 * hard * spot],
                [second + own.uniform(4.0, 11.0), 0.05, 0.12 * hard],
                [third, 0.022, 0.13 * hard / spot],
                *([hz, 0.35 * tau, 0.02 * spot] for hz in near),
            ]
        )
        heights = table[:, 2] * hills(table[:, 0], self._box_hz, BOX_GAIN, q=7.0, amount=0.7 * kalimba.body)
        phase = rng.uniform(-np.pi, np.pi, len(table))
        phase[[0, 1, 3]] = [0.0, 0.5, 0.0]
        return modes(table[:, 0], table[:, 1], heights, phase, frames, self._rate)

    def _rattle(self, tone: Mono, f: float, velocity: float, rng: np.random.Generator) -> None:
        """Add, in place, a loose ring that touches its tine once a period while that swings wide."""
        amount = self._kalimba.buzz * max(0.0, velocity - 0.3)
        if amount == 0.0:
            return
        decay = 0.11 * rng.uniform(0.6, 1.4)
        rattle = burst(rng, low_hz=1800.0, high_hz=5200.0, decay_s=decay, sample_rate=self._rate, attack_s=0.012)
        swing = tone[: rattle.size]
        touching = np.clip(swing / (np.abs(swing).max() + 1e-9) - 0.25, 0.0, 1.0)
        add(tone, rattle[: swing.size] * touching, decibels(-24.0) * amount)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a thumb that lands on a tine, shape (1, frames)."""
        rate = self._rate
        rng = self._seed.at("key off", pitch, variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-42.0) * 2.0 * self._kalimba.noise * rng.uniform(0.5, 1.4)
        add(sound, burst(rng, low_hz=180.0, high_hz=900.0, decay_s=0.011, sample_rate=rate, attack_s=0.002), gain)
        tick = burst(rng, low_hz=1500.0, high_hz=4000.0, decay_s=0.003, sample_rate=rate)
        add(sound, tick, 0.3 * gain, int(rng.uniform(0.002, 0.008) * rate))
        return sound[None]
