"""Strings: a small section that plays softly, close to the bridge of a warm recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.body import hills
from dusktape.dsp.ensemble import Section, add_noise, add_players, loop_frames, loop_of, noise_draws, own_tuning
from dusktape.dsp.noise import band
from dusktape.dsp.onsets import OnsetNoise, Onsets
from dusktape.dsp.oscillator import decibels, hertz
from dusktape.dsp.together import Together
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -20.0
BODY_HZ = np.array([275.0, 405.0, 470.0, 545.0, 900.0, 1150.0, 2300.0])
BODY_GAIN = np.array([0.9, 0.5, 0.8, 0.9, 0.4, 0.5, 0.7])


@dataclass(frozen=True, slots=True)
class Strings:
    """Six or seven bowed strings a note, not quite together: vibrato, rosin, bows that catch and leave.

    Every player has a tuning, a vibrato and a swell of its own, and sits somewhere else. Each pitch is a stereo loop
    of three or six seconds, so a chord of any length costs the same.

    Source
    ------
    Sawtooth of a bowed string, body and bridge hill: Fletcher and Rossing, The Physics of Musical Instruments, chapter
    10. How far players are apart is set by the level modulation that real recordings show.
    """

    shape: float = param(0.6, low=0.0, high=1.0, text="0 is flautando over the fingerboard, 1 a full bow")
    brightness: float = param(0.4, low=0.0, high=1.0, text="low-pass: 0 is 450 Hz, 0.4 about 1000, 1 about 4000")
    detune_cents: float = param(8.0, low=0.0, high=30.0, unit="cents", text="players and each whole note are off")
    vibrato_cents: float = param(11.0, low=0.0, high=50.0, unit="cents", text="either way: 0 is early music, 30 weeps")
    vibrato_hz: float = param(5.4, low=1.0, high=9.0, unit="Hz", text="middle rate of the players' vibrato")
    motion: float = param(0.5, low=0.0, high=1.0, text="each player's bow swells, fades and shakes")
    air: float = param(0.3, low=0.0, high=1.0, text="bow hair on the strings while they sound")
    noise: float = param(0.5, low=0.0, high=1.0, text="bows that catch, and leave")
    width: float = param(0.6, low=0.0, high=1.0, text="0 is one desk, 1 is the whole stage")
    attack_ms: float = param(
        260.0, low=5.0, high=4000.0, unit="ms", text="time to full level: 120 answers, 1500 swells"
    )
    release_ms: float = param(300.0, low=20.0, high=3000.0, unit="ms", text="time to fall to a third once bows leave")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Together:
        """Return a player at frame 0, two channels."""
        voicing = Voicing(
            channels=2,
            layers=(0.45, 0.75),
            variants=1,
            range_db=16.5,
            strike_db=0.5,
            attack_ms=self.attack_ms,
            release_ms=self.release_ms,
            choke_ms=min(200.0, 0.5 * self.attack_ms + 5.0),
            looped=True,
            cache_mb=28.0,
        )
        voice = StringsVoice(self, sample_rate, seed)
        section = CachedPlayer(voice, notes, voicing, sample_rate=sample_rate, seed=seed)
        # The hair catches before the string speaks: a soft scrape that grows for some hundredths of a second.
        catch = OnsetNoise(low_hz=350.0, high_hz=2600.0, decay_ms=70.0, attack_ms=45.0, peak_db=-43.0, leave_db=-51.0)
        bows = Onsets(catch, self.noise, sample_rate, seed.at("bows"))
        return Together([section, bows.play(notes, seed.at("bows"))])


class StringsVoice:
    """Makes the loops of `Strings`."""

    def __init__(self, strings: Strings, sample_rate: int, seed: Seed) -> None:
        self._strings, self._rate, self._seed = strings, sample_rate, seed
        self._body_hz = BODY_HZ * (1.0 + seed.at("body").rng().uniform(-0.06, 0.06, BODY_HZ.size))
        self._hair = noise_draws(2, sample_rate, seed.at("hair").rng())

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return a seamless loop, shape (2, 6 s; half of that from middle C on); `frames` does not matter."""
        strings, rate = self._strings, self._rate
        size = loop_frames(pitch, rate)
        rng = self._seed.at("tone", pitch).rng()
        f = hertz(pitch) * own_tuning(self._seed, pitch, 0.25 * strings.detune_cents)
        cutoff = 450.0 * 9.0 ** (strings.brightness + 0.8 * (velocity - 0.6))
        k = np.arange(1.0, int(np.clip(min(8500.0, 8.0 * cutoff) / f, 2, 36)) + 1)
        tilt = 1.75 - 0.75 * strings.shape
        body = hills(k * f, self._body_hz, BODY_GAIN, q=6.0, amount=1.3)
        heights = k**-tilt / (1.0 + (k * f / cutoff) ** 2) * body
        spectrum = np.zeros((2, size // 2 + 1), dtype=np.complex64)
        section = Section(
            players=6,
            detune_cents=strings.detune_cents,
            vibrato_hz=strings.vibrato_hz,
            vibrato_cents=strings.vibrato_cents,
            motion=strings.motion,
            width=strings.width,
        )
        add_players(spectrum, size, f, heights, section, rng, rate)
        level = 0.13 * strings.air * float(np.sqrt(np.sum(heights**2)))
        add_noise(spectrum, self._hair, pitch, band(1.5 * f, 2.2 * cutoff, order=2), level, rate)
        return loop_of(spectrum, size, decibels(LEVEL_DB - 0.5 * (pitch - 60) / 12.0))

    def key_off(self, pitch: int, variant: int) -> Block:
        """The bows that leave are noises of their own: see `Onsets`."""
        return np.zeros((2, 1), dtype=np.float32)
