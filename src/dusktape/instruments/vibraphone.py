"""Vibraphone: metal bars, soft mallets, slow fans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.hum import amplifier_hum
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune
from dusktape.dsp.voices import Bed, CachedPlayer, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 120.0


@dataclass(frozen=True, slots=True)
class Vibraphone:
    """Soft, hollow bells that glow and pulse: bars tuned to 1, 4 and about 10, under slowly turning fans.

    All fans hang on one shaft, so every note pulses together; other bars that are not damped shiver along, and the
    motor can be heard. Costs twelve modes a tone and one multiplication a frame.

    Source
    ------
    Fletcher and Rossing, The Physics of Musical Instruments, chapter 19 (undercut bars, resonators).
    """

    hardness: float = param(0.35, low=0.0, high=1.0, text="mallet: 0 is wool, 0.35 soft yarn, 1 hard rubber")
    decay_s: float = param(1.5, low=0.2, high=6.0, unit="s", text="time in which the F above middle C falls to a third")
    motor_hz: float = param(
        4.3, low=0.5, high=10.0, unit="Hz", text="pulses of the fans: 1 sways, 4 shimmers, 7 is nervous"
    )
    motor_depth: float = param(0.25, low=0.0, high=0.9, text="how far the fans close: 0 is off, 0.5 is clearly heard")
    detune_cents: float = param(2.0, low=0.0, high=15.0, unit="cents", text="each bar is off by up to so much")
    noise: float = param(0.5, low=0.0, high=1.0, text="yarn on metal, the damper's felt, the motor")
    release_ms: float = param(130.0, low=30.0, high=800.0, unit="ms", text="time to fall to a third under the damper")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            variants=2,
            range_db=17.0,
            strike_db=0.7,
            release_ms=self.release_ms,
            release_octaves=3.0,
            ring_s=6.0,
            choke_ms=10.0,
            key_off_ms=KEY_OFF_MS,
        )
        turn = np.arange(round(sample_rate / self.motor_hz)) / round(sample_rate / self.motor_hz)
        fans = 1.0 - self.motor_depth * (0.5 - 0.5 * np.cos(2.0 * np.pi * (turn + seed.at("fans").unit())))
        motor = (fans / np.sqrt(np.mean(fans**2))).astype(np.float32)
        voice = VibraphoneVoice(self, sample_rate, seed)
        bed = Bed(self._whirr(sample_rate, seed.at("motor"))) if self.noise * self.motor_depth > 0.0 else None
        return CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed, motor=motor, bed=bed)

    def _whirr(self, sample_rate: int, seed: Seed) -> Mono:
        """Return the loop of a small motor and its belt, some 50 dB below the bars."""
        loop = amplifier_hum(sample_rate, seed, -72.0 + 12.0 * self.noise, hiss_hz=1800.0)
        turn = 2.0 * np.pi * np.arange(loop.size) / loop.size
        belt = 1.0 + 0.4 * np.sin(round(self.motor_hz * loop.size / sample_rate) * turn)
        return np.asarray(loop * belt, dtype=np.float32)


class VibraphoneVoice:
    """Makes the tones of a `Vibraphone`."""

    def __init__(self, vibraphone: Vibraphone, sample_rate: int, seed: Seed) -> None:
        self._vibes, self._rate, self._seed = vibraphone, sample_rate, seed

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        vibes, rate = self._vibes, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, vibes.detune_cents)
        length = max(frames, int(0.3 * rate))
        tone = levelled(self._bar(pitch, f, velocity, rng, length), rate, LEVEL_DB - 1.0 * (pitch - 67) / 12.0)
        ramp = envelope.rise(int((0.006 - 0.004 * vibes.hardness) * rate))
        tone[: ramp.size] *= ramp
        noise = decibels(-34.0) * vibes.noise * (0.3 + velocity)
        add(
            tone,
            burst(rng, low_hz=200.0, high_hz=700.0 + 2500.0 * vibes.hardness, decay_s=0.008, sample_rate=rate),
            noise,
        )
        add(tone, burst(rng, low_hz=90.0, high_hz=250.0, decay_s=0.02, sample_rate=rate, attack_s=0.003), 0.6 * noise)
        return tone[None, :frames]

    def _bar(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return one bar and its resonator, struck near the middle."""
        own = self._seed.at("bar", pitch)
        tau = self._vibes.decay_s * (349.0 / f) ** 0.45
        hard = (0.3 + 1.6 * self._vibes.hardness) * (0.1 + 1.8 * velocity**1.6) * (523.0 / f) ** 0.35
        spot = rng.uniform(0.75, 1.25)
        second, third = f * own.at("second").between(3.94, 4.02), f * own.at("third").between(9.4, 10.3)
        torsion = f * own.at("torsion").between(2.65, 2.9)
        # A bar hung on cord has two near modes; the tube under it answers the lowest and empties fast.
        table = np.array(
            [
                [f, tau, 1.0],
                [f + own.at("pair").between(0.3, 1.1), 0.8 * tau, 0.09],
                [f * 0.9992, 0.2 * tau, 0.3],
                [f + own.at("cord").between(3.5, 8.0), 0.5 * tau, 0.035 * spot],
                [second, 0.34 * (523.0 / f) ** 0.4, 0.3 * hard * spot],
                [second + own.at("split").between(2.5, 7.0), 0.24, 0.07 * hard],
                [third, 0.075, 0.14 * hard**1.5 * spot],
                [torsion, 0.09, 0.05 * hard / spot],
                [f * 17.2, 0.025, 0.05 * hard**2],
                # The frame hands a little to the bars a fifth and an octave away.
                *(
                    [f * ratio * own.at("other", ratio > 1.7).between(0.998, 1.002), 0.9 * tau, 0.008]
                    for ratio in (1.4983, 2.0)
                ),
                [0.5 * f * own.at("below").between(0.998, 1.002), 1.3 * tau, 0.006],
            ]
        )
        phase = rng.uniform(-np.pi, np.pi, len(table))
        phase[:3] = [0.0, 0.4, 0.0]
        return modes(table[:, 0], table[:, 1], table[:, 2], phase, frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return felt touching metal, shape (1, frames)."""
        rate = self._rate
        rng = self._seed.at("key off", pitch, variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-46.0) * self._vibes.noise * rng.uniform(0.6, 1.4)
        add(sound, burst(rng, low_hz=150.0, high_hz=900.0, decay_s=0.014, sample_rate=rate, attack_s=0.004), gain)
        return sound[None]
