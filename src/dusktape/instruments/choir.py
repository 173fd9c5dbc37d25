"""Choir: singers on the tapes of an old keyboard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ensemble import Section, add_noise, add_players, loop_frames, loop_of, noise_draws, own_tuning
from dusktape.dsp.glide import knots, unevenly
from dusktape.dsp.onsets import OnsetNoise, Onsets
from dusktape.dsp.oscillator import Mono, decibels, hertz
from dusktape.dsp.together import Together
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -20.0
KEPT_TAPES = 16
TAPE_S = 8.0
OOH = np.array([340.0, 900.0, 2450.0, 3300.0])
AAH = np.array([790.0, 1150.0, 2650.0, 3500.0])
WIDTHS_HZ = np.array([90.0, 110.0, 190.0, 260.0])


@dataclass(frozen=True, slots=True)
class Choir:
    """Eight singers on a strip of tape for every key: it starts with a clack, wavers by itself and is over after 8 s.

    Narrow, soft and a little dirty; the head is pressed against a running tape, so a note starts in the middle of the
    sound and low in pitch for a moment. Tapes were recorded once: a key always sings the same. One channel.

    Source
    ------
    Formants of /u/ and /a/, means of men and women: Peterson and Barney, JASA 24 (1952). A strip of
    tape of about eight seconds for every key is what the Mellotron had.
    """

    vowel: float = param(0.6, low=0.0, high=1.0, text="0 is ooh, 1 is aah")
    shape: float = param(0.5, low=0.0, high=1.0, text="0 is boys and breath, 1 presses")
    brightness: float = param(
        0.4, low=0.0, high=1.0, text="the tape's upper end: 0 is 1500 Hz, 0.4 about 2800, 1 is 7000"
    )
    detune_cents: float = param(11.0, low=0.0, high=30.0, unit="cents", text="singers, and each key's tape, are off")
    wow_cents: float = param(
        6.0, low=0.0, high=40.0, unit="cents", text="each tape's own wavering: 3 is fresh, 20 is ill"
    )
    motion: float = param(0.5, low=0.0, high=1.0, text="each singer swells, fades and shakes")
    air: float = param(0.3, low=0.0, high=1.0, text="breath in the voices, and tape hiss")
    noise: float = param(0.5, low=0.0, high=1.0, text="the key, its pinch roller, the tape that springs back")
    attack_ms: float = param(
        60.0, low=5.0, high=4000.0, unit="ms", text="60 is the tape itself, more is a volume pedal"
    )
    release_ms: float = param(110.0, low=20.0, high=3000.0, unit="ms", text="time to fall to a third once let go")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Together:
        """Return a player at frame 0, one channel."""
        voicing = Voicing(
            layers=(0.45, 0.75),
            variants=2,
            range_db=15.5,
            strike_db=0.5,
            attack_ms=self.attack_ms,
            release_ms=self.release_ms,
            ring_s=TAPE_S,
            choke_ms=25.0,
            cache_mb=24.0,
        )
        tapes = CachedPlayer(ChoirVoice(self, sample_rate, seed), notes, voicing, sample_rate=sample_rate, seed=seed)
        clack = OnsetNoise(
            low_hz=140.0, high_hz=1100.0, decay_ms=11.0, attack_ms=1.5, peak_db=-38.0, leave_db=-44.0, thump_db=-38.0
        )
        keys = Onsets(clack, self.noise, sample_rate, seed.at("keys"))
        return Together([tapes, keys.play(notes, seed.at("keys"))])


class ChoirVoice:
    """Makes the tapes of a `Choir`."""

    def __init__(self, choir: Choir, sample_rate: int, seed: Seed) -> None:
        self._choir, self._rate, self._seed = choir, sample_rate, seed
        self._draws = noise_draws(1, sample_rate, seed.at("breath").rng())
        self._tapes: dict[tuple[int, float], Mono] = {}

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return a tape from its start, shape (1, frames)."""
        choir, rate = self._choir, self._rate
        own = self._seed.at("tape", pitch)
        rng = self._seed.at("tone", pitch, variant).rng()
        t = knots(frames, rate)
        # The capstan's wow at half a hertz, the take-up's at some two; and a start from below.
        slow, quick = own.at("slow").between(0.35, 0.8), own.at("quick").between(1.6, 3.2)
        cents = choir.wow_cents / 1200.0 * np.log(2.0) / (2.0 * np.pi)
        drift = cents * np.sin(2.0 * np.pi * (slow * t + rng.random())) / slow
        drift += 0.35 * cents * np.sin(2.0 * np.pi * (quick * t + rng.random())) / quick
        pull = rng.uniform(0.008, 0.02)
        drift += 0.035 * pull * np.exp(-t / pull)
        start = own.at("start").unit() * 2.0
        return unevenly(self._tape(pitch, velocity), (drift + start) * rate, frames)[None]

    def _tape(self, pitch: int, velocity: float) -> Mono:
        """Return what is on the tape, shape (size,): a loop longer than its repetition is noticed."""
        key = (pitch, velocity)
        if key not in self._tapes:
            if len(self._tapes) >= KEPT_TAPES:
                self._tapes.clear()
            self._tapes[key] = self._recorded(pitch, velocity)
        return self._tapes[key]

    def _recorded(self, pitch: int, velocity: float) -> Mono:
        """Return eight singers through the tape's ends."""
        choir, rate = self._choir, self._rate
        size = loop_frames(pitch, rate)
        rng = self._seed.at("singers", pitch).rng()
        f = hertz(pitch) * own_tuning(self._seed, pitch, 0.3 * choir.detune_cents)
        end = 1500.0 * 4.7**choir.brightness
        hz = f * np.arange(1.0, int(np.clip(1.6 * end / f, 3, 40)) + 1)
        heights = self._voice_heights(hz, velocity) / (1.0 + (hz / end) ** 4) / (1.0 + (110.0 / hz) ** 2)
        spectrum = np.zeros((1, size // 2 + 1), dtype=np.complex64)
        section = Section(
            players=8,
            detune_cents=choir.detune_cents,
            vibrato_hz=5.6,
            vibrato_cents=17.0,
            motion=choir.motion,
            lead=0.5,
        )
        add_players(spectrum, size, f, heights, section, rng, rate)
        level = float(np.sqrt(np.sum(heights**2)))

        def breath(bins: Floats) -> Floats:
            tape = 1.0 / (1.0 + (bins / end) ** 4)
            return np.asarray((0.6 * self._voice_heights(bins, 1.0) * bins / 600.0 + 0.1 * bins / 1500.0) * tape)

        add_noise(spectrum, self._draws, pitch, breath, 0.11 * choir.air * level, rate)
        tape: Mono = loop_of(spectrum, size, decibels(LEVEL_DB - 0.5 * (pitch - 60) / 12.0))[0]
        return tape

    def _voice_heights(self, hz: Floats, velocity: float) -> Floats:
        """Return the glottis' fall through the formants of the vowel."""
        choir = self._choir
        formants = OOH * (AAH / OOH) ** choir.vowel
        # A formant's skirt holds up what lies between it and the next.
        gains = np.array([1.0, 0.55 + 0.2 * choir.vowel, 0.12 + 0.12 * choir.shape, 0.1]) * np.array(
            [1.0, 1.0, 0.5 + velocity, 0.5 + velocity]
        )
        peaks = (gains / np.sqrt(1.0 + ((hz[:, None] - formants) / WIDTHS_HZ) ** 2)).sum(axis=1)
        fall = (hz / 200.0) ** -(1.0 - 0.5 * choir.shape - 0.5 * (velocity - 0.6))
        return np.asarray((peaks + 0.05) * np.minimum(fall, 3.0))

    def key_off(self, pitch: int, variant: int) -> Block:
        """The key and the tape that springs back are noises of their own: see `Onsets`."""
        return np.zeros((1, 1), dtype=np.float32)
