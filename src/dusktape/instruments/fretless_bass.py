"""Fretless bass: an electric bass that slides and sings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import envelope
from dusktape.dsp.body import Modes, joined
from dusktape.dsp.glide import slid
from dusktape.dsp.hum import amplifier_hum
from dusktape.dsp.oscillator import Mono, add, burst, decibels, hertz, levelled, modes, out_of_tune, stretched
from dusktape.dsp.phrasing import intervals, marked, unmarked
from dusktape.dsp.voices import Bed, CachedPlayer, Voicing

LEVEL_DB = -20.0
KEY_OFF_MS = 140.0
WIDEST_SLIDE = 7


@dataclass(frozen=True, slots=True)
class FretlessBass:
    """Round-wound strings on bare wood: notes open with a nasal sweep, the 'mwah', and lean into each other.

    The string lies so flat on the fingerboard that it leaves it gradually, so partials speak one after the other.
    A note that follows another without a rest may be slid into from there; held ones get a slow vibrato. Written for
    MIDI 28 to 55, one note at a time. Costs about eighty modes a tone.

    Source
    ------
    Plucked strings over a pickup: Fletcher and Rossing, The Physics of Musical Instruments, chapter 9. Vibrato as first
    sidebands of narrow phase modulation: Chowning, JAES 21 (1973).
    """

    brightness: float = param(0.4, low=0.0, high=1.0, text="0 is flat-wound and thumb, 1 new steel")
    growl: float = param(0.55, low=0.0, high=1.0, text="the 'mwah': how far the sweep opens")
    slide: float = param(0.5, low=0.0, high=1.0, text="how many joined notes are slid into, up to a fifth away")
    vibrato_cents: float = param(
        7.0, low=0.0, high=40.0, unit="cents", text="of held notes, late: 7 breathes, 25 weeps"
    )
    decay_s: float = param(1.6, low=0.2, high=6.0, unit="s", text="time in which an A falls to a third")
    detune_cents: float = param(5.0, low=0.0, high=25.0, unit="cents", text="no frets: each place is off by so much")
    noise: float = param(0.5, low=0.0, high=1.0, text="fingers, wound strings, hands that stop them")
    release_ms: float = param(60.0, low=20.0, high=300.0, unit="ms", text="time to fall to a third once let go")
    hum_db: float = param(-68.0, low=-120.0, high=-40.0, unit="dB", text="hum and hiss of the amplifier while it plays")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CachedPlayer:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            variants=2,
            range_db=15.0,
            strike_db=0.7,
            release_ms=self.release_ms,
            ring_s=6.0,
            choke="all",
            choke_ms=16.0,
            key_off_ms=KEY_OFF_MS,
        )
        bed = Bed(amplifier_hum(sample_rate, seed.at("amplifier"), self.hum_db)) if self.hum_db > -120.0 else None
        voice = FretlessBassVoice(self, sample_rate, seed)
        phrased = self._phrased(sorted(notes), sample_rate, seed.at("slides"))
        return CachedPlayer(voice, phrased, voicing, sample_rate=sample_rate, seed=seed, bed=bed)

    def _phrased(self, notes: Sequence[PlayedNote], sample_rate: int, seed: Seed) -> list[PlayedNote]:
        """Return the notes with marks on those that are slid into."""
        steps = intervals(notes, gap_frames=int(0.09 * sample_rate))
        return [
            marked(note, step)
            if 0 < abs(step) <= WIDEST_SLIDE and seed.at(i).chance(self.slide * (1.1 - 0.1 * abs(step)))
            else note
            for i, (note, step) in enumerate(zip(notes, steps, strict=True))
        ]


class FretlessBassVoice:
    """Makes the tones of a `FretlessBass`."""

    def __init__(self, bass: FretlessBass, sample_rate: int, seed: Seed) -> None:
        self._bass, self._rate, self._seed = bass, sample_rate, seed

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the start of a tone, shape (1, frames). `pitch` may carry the interval it is slid into by."""
        bass, rate = self._bass, self._rate
        pitch, interval = unmarked(pitch)
        rng = self._seed.at("tone", pitch, variant, interval).rng()
        f = hertz(pitch) * out_of_tune(self._seed, pitch, bass.detune_cents)
        length = max(frames, int(0.3 * rate))
        tone = self._string(pitch, f, velocity, rng, length)
        # A finger lands a little flat and rolls up; a slide starts where the last note was.
        below, time_s = (100.0 * interval, rng.uniform(0.035, 0.06)) if interval else (rng.uniform(5.0, 22.0), 0.05)
        tone = levelled(slid(tone, below, time_s, rate), rate, LEVEL_DB)
        ramp = envelope.rise(int((0.012 if interval else 0.005) * rate))
        tone[: ramp.size] *= ramp
        noise = decibels(-33.0) * 2.0 * bass.noise * (0.3 + velocity) * (0.5 if interval else 1.0)
        add(tone, burst(rng, low_hz=100.0, high_hz=800.0, decay_s=0.011, sample_rate=rate, attack_s=0.003), noise)
        click = burst(rng, low_hz=900.0, high_hz=3200.0, decay_s=0.004, sample_rate=rate)
        add(tone, click, 0.3 * noise * (0.3 + bass.brightness) * velocity, int(0.004 * rate))
        if interval:
            # The winding rubs under the finger while it travels.
            scrape = burst(rng, low_hz=600.0, high_hz=2400.0, decay_s=0.05, sample_rate=rate, attack_s=0.02)
            add(tone, scrape, decibels(-45.0) * 2.0 * bass.noise * min(1.0, abs(interval) / 4.0))
        return tone[None, :frames]

    def _string(self, pitch: int, f: float, velocity: float, rng: np.random.Generator, frames: int) -> Mono:
        """Return the string before the pickup."""
        bass, own = self._bass, self._seed.at("string", pitch).rng()
        partial = stretched(f, int(np.clip(3000.0 / f, 6, 24)), 8e-5)
        k = np.arange(1.0, partial.size + 1)
        softness = (170.0 + 900.0 * bass.brightness) * 2.0 ** (2.6 * (velocity - 0.6))
        comb = (np.abs(np.sin(np.pi * k * (0.18 + rng.uniform(-0.02, 0.02)))) + 0.03) * (
            np.abs(np.sin(np.pi * k * 0.13)) + 0.05
        )
        height = comb / k**0.55 / (1.0 + (partial / softness) ** 2)
        tau = bass.decay_s * (55.0 / f) ** 0.35 / (1.0 + 0.13 * (k - 1) + (partial / 1600.0) ** 1.4)
        apart = own.uniform(0.05, 0.35, k.size) + own.uniform(0.1, 0.45, k.size) * (k - 1)
        phase = rng.uniform(-0.4, 0.4, k.size)
        # Partials speak one after the other, up to a formant near 700 Hz, and the highest leave first.
        formant = np.exp(-(np.log2(partial / (420.0 + 500.0 * bass.growl)) ** 2) / 1.1)
        opens = bass.growl * (0.5 + velocity) * formant * comb / k**0.2 * 1.5
        arrive = np.minimum(0.03 + 0.02 * k, 0.5 * tau)
        groups: list[Modes] = [
            (partial - 0.3 * apart, 0.7 * tau, 0.66 * height, phase),
            (partial + 0.6 * apart, 1.25 * tau, 0.34 * height, phase + rng.uniform(-0.5, 0.5, k.size)),
            (partial, 0.8 * tau, opens, phase),
            (partial, arrive, -opens, phase),
        ]
        if bass.vibrato_cents > 0.0:
            groups += self._vibrato(partial[:7], (height + 0.6 * opens)[:7], tau[:7], phase[:7], rng)
        hz, decay, size, angle = joined(groups)
        return modes(hz, decay, size, angle, frames, self._rate)

    def _vibrato(
        self, hz: np.ndarray, height: np.ndarray, tau: np.ndarray, phase: np.ndarray, rng: np.random.Generator
    ) -> list[Modes]:
        """Return the first sidebands of a vibrato that grows for half a second."""
        rate, turn = rng.uniform(4.2, 5.2), rng.uniform(-np.pi, np.pi)
        depth = np.minimum(hz * self._bass.vibrato_cents * np.log(2.0) / 1200.0 / rate, 1.0)
        late = np.minimum(0.45, 0.6 * tau)
        groups: list[Modes] = []
        for side in (-1.0, 1.0):
            size = 0.5 * side * depth * height
            groups += [
                (hz + side * rate, tau, size, phase + side * turn),
                (hz + side * rate, late, -size, phase + side * turn),
            ]
        return groups

    def key_off(self, pitch: int, variant: int) -> Block:
        """Return a finger that leaves a wound string, shape (1, frames)."""
        rate = self._rate
        rng = self._seed.at("key off", unmarked(pitch)[0], variant).rng()
        sound = np.zeros(int(KEY_OFF_MS / 1e3 * rate), dtype=np.float32)
        gain = decibels(-45.0) * 2.0 * self._bass.noise * rng.uniform(0.6, 1.4)
        add(sound, burst(rng, low_hz=90.0, high_hz=700.0, decay_s=0.013, sample_rate=rate, attack_s=0.003), gain)
        if variant == 1:
            rub = burst(rng, low_hz=700.0, high_hz=2200.0, decay_s=0.012, sample_rate=rate, attack_s=0.008)
            add(sound, rub, 0.4 * gain, int(0.004 * rate))
        return sound[None]
