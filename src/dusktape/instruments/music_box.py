"""Music box: a steel comb, a cylinder with pins, a spring that runs down."""

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
from dusktape.dsp.voices import Bed, CachedPlayer, Voicing

LEVEL_DB = -20.0
BOX_HZ = np.array([240.0, 410.0, 655.0, 1010.0, 1620.0, 2450.0])
BOX_GAIN = np.array([0.5, 0.8, 1.0, 0.8, 0.6, 0.5])
RUN_S = 3


@dataclass(frozen=True, slots=True)
class MusicBox:
    """Glassy teeth that ring on, each lifted with a scratch, over the whirr and tick of a small clockwork.

    Nothing damps a tooth but its own damper, a hair of wire that touches it just before a pin lifts it again. All stand
    on one comb and answer each other. Costs about fifteen modes a tone.

    Source
    ------
    Clamped bars with a weight at the tip, whose overtones move away: Fletcher and Rossing, The Physics of Musical
    Instruments, chapter 2.
    """

    brightness: float = param(0.4, low=0.0, high=1.0, text="0 is an old comb in felt, 1 new steel")
    body: float = param(0.5, low=0.0, high=1.0, text="the table it stands on: 0 is held in the hand")
    wear: float = param(0.5, low=0.0, high=1.0, text="teeth that beat with themselves, dampers that buzz")
    clockwork_db: float = param(-56.0, low=-120.0, high=-30.0, unit="dB", text="governor and wheels while it plays")
    decay_s: float = param(0.9, low=0.1, high=4.0, unit="s", text="time in which the C above the treble's middle falls")
    detune_cents: float = param(6.0, low=0.0, high=30.0, unit="cents", text="each tooth is off by up to so much")
    noise: float = param(0.5, low=0.0, high=1.0, text="pins that lift teeth, dampers that touch them")
    release_ms: float = param(
        700.0, low=15.0, high=3000.0, unit="ms", text="time to fall to a third after a note's end"
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            layers=(0.35, 0.6, 0.8),
            variants=3,
            range_db=15.0,
            strike_db=1.0,
            release_ms=self.release_ms,
            ring_s=4.0,
            choke_ms=4.0,
        )
        works = clockwork(sample_rate, seed.at("clockwork"), self.clockwork_db)
        bed = Bed(works, hold_s=3.0) if self.clockwork_db > -120.0 else None
        voice = MusicBoxVoice(self, sample_rate, seed)
        return CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed, bed=bed)


class MusicBoxVoice:
    """Makes the tones of a `MusicBox`."""

    def __init__(self, box: MusicBox, sample_rate: int, seed: Seed) -> None:
        self._box, self._rate, self._seed = box, sample_rate, seed
        self._box_hz = BOX_HZ * (1.0 + seed.at("table").rng().uniform(-0.08, 0.08, BOX_HZ.size))

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames)."""
        box, rate = self._box, self._rate
        rng = self._seed.at("tone", pitch, variant).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, box.detune_cents)
        length = max(frames, int(0.3 * rate))
        tone = levelled(self._tooth(pitch, f, velocity, rng, length), rate, LEVEL_DB - 1.0 * (pitch - 79) / 12.0)
        # The pin lifts the tooth for some milliseconds before it slips off.
        lift = int(rng.uniform(0.004, 0.009) * rate)
        tone = np.concatenate([np.zeros(lift, dtype=np.float32), tone[: tone.size - lift]])
        ramp = envelope.rise(int(0.0008 * rate))
        tone[lift : lift + ramp.size] *= ramp
        noise = decibels(-38.0) * 2.0 * box.noise * (0.4 + 0.8 * velocity)
        scratch = burst(rng, low_hz=1200.0, high_hz=5000.0, decay_s=0.004, sample_rate=rate, attack_s=0.003)
        add(tone, scratch, noise)
        add(tone, burst(rng, low_hz=2500.0, high_hz=8000.0, decay_s=0.0015, sample_rate=rate), 0.8 * noise, lift)
        heights = decibels(-34.0) * box.body * BOX_GAIN * rng.uniform(0.5, 1.2, BOX_GAIN.size) * (0.4 + velocity)
        add(tone, knock(self._box_hz, heights, rng, rate, cycles=5.0), 1.0, lift)
        if variant == 2 and box.wear > 0.0:
            # A bent damper buzzes against the tooth it is to stop.
            buzz = burst(rng, low_hz=1500.0, high_hz=4500.0, decay_s=0.016, sample_rate=rate, attack_s=0.003)
            swing = np.sin(2.0 * np.pi * f / rate * np.arange(buzz.size))
            add(tone, (buzz * np.maximum(swing, 0.0)).astype(np.float32), 1.2 * noise * box.wear)
        return tone[None, :frames]

    def _tooth(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return one tooth, and others on the comb an octave, a fifth and steps away."""
        box, own = self._box, self._seed.at("tooth", pitch).rng()
        tau = box.decay_s * (784.0 / f) ** 0.6
        hard = (0.3 + 1.4 * box.brightness) * 2.0 ** (1.8 * (velocity - 0.6)) * (784.0 / f) ** 0.4
        second, third = f * own.uniform(5.2, 6.4), f * own.uniform(13.0, 18.0)
        comb = f * 2.0 ** (np.array([-12.0, -2.0, 2.0, 7.0, 12.0]) / 12.0) * own.uniform(0.996, 1.004, 5)
        spot = rng.uniform(0.7, 1.3)
        table = np.array(
            [
                [f, tau, 1.0],
                [f + own.uniform(0.4, 1.3), 1.5 * tau, 0.2],
                [f - own.uniform(4.0, 9.0), tau, 0.32 * box.wear * spot],
                [2.0 * f, 0.35 * tau, 0.09 * hard],
                [3.0 * f, 0.2 * tau, 0.05 * hard],
                [second, 0.16 * (784.0 / f) ** 0.4, 0.2 * hard * spot],
                [second + own.uniform(5.0, 14.0), 0.12, 0.09 * hard],
                [third, 0.04, 0.1 * hard / spot],
                *([hz, 1.2 * tau, 0.016 * spot] for hz in comb),
            ]
        )
        heights = table[:, 2] * hills(table[:, 0], self._box_hz, BOX_GAIN, q=6.0, amount=0.5 * box.body)
        phase = rng.uniform(-np.pi, np.pi, len(table))
        phase[:2] = [0.0, 0.6]
        return modes(table[:, 0], table[:, 1], heights, phase, frames, self._rate)

    def key_off(self, pitch: int, variant: int) -> Block:
        """A tooth is let go by nobody."""
        return np.zeros((1, 1), dtype=np.float32)


def clockwork(sample_rate: int, seed: Seed, db: float) -> Mono:
    """Return a loop of a governor's whirr and wheels that tick, three seconds long, without a seam, RMS `db`."""
    frames = RUN_S * sample_rate
    rng = seed.rng()
    hz = np.arange(frames // 2 + 1) / RUN_S
    curve = (hz / 900.0) / (1.0 + (hz / 900.0) ** 2) / (1.0 + (hz / 5000.0) ** 2)
    whirr = np.fft.irfft(curve * np.exp(2j * np.pi * rng.random(hz.size)), frames)
    t = np.arange(frames) / sample_rate
    turns = round(rng.uniform(7.0, 11.0) * RUN_S) / RUN_S
    whirr *= 1.0 + 0.45 * np.sin(2.0 * np.pi * turns * t) + 0.2 * np.sin(4.0 * np.pi * turns * t + 1.0)
    loop = whirr / np.std(whirr)
    ticks = round(rng.uniform(2.5, 4.0) * RUN_S)
    for i in range(ticks):
        at = int((i + rng.uniform(-0.06, 0.06)) / ticks * frames) % frames
        tick = burst(rng, low_hz=1200.0, high_hz=4500.0, decay_s=0.003, sample_rate=sample_rate)
        places = (at + np.arange(tick.size)) % frames
        loop[places] += 2.2 * rng.uniform(0.5, 1.2) * tick
    loop -= np.mean(loop)
    return np.asarray(loop * (decibels(db) / np.std(loop)), dtype=np.float32)
