"""Brass: a few soft horns that lean into a chord."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ensemble import Section, add_noise, add_players, loop_frames, loop_of, noise_draws, own_tuning
from dusktape.dsp.noise import band
from dusktape.dsp.onsets import OnsetNoise, Onsets
from dusktape.dsp.oscillator import decibels, hertz
from dusktape.dsp.together import Together
from dusktape.dsp.voices import CachedPlayer, Voicing

LEVEL_DB = -20.0
EDGE_HZ = 520.0
"""Above this the edge of the tone lives, which comes late and goes early."""

EDGE_PITCH = 60
"""Its loops are short at every pitch: a third of a hertz is little up there."""


@dataclass(frozen=True, slots=True)
class Brass:
    """Flugelhorns and a trombone, muffled and warm: the tone opens after the note has begun and closes before it ends.

    Three players a note. Lips speak with a breath, the dark body of the tone swells first, its edge follows: two loops
    a pitch with attacks of their own.

    Source
    ------
    Brightness grows with the level and lags behind it: Risset and Mathews, Physics Today 22 (1969). Horns as
    low-passes with a broad formant: Fletcher and Rossing, The Physics of Musical Instruments, chapter 14.
    """

    shape: float = param(0.5, low=0.0, high=1.0, text="0 is a bucket mute, 1 an open bell")
    brightness: float = param(0.4, low=0.0, high=1.0, text="0 is far off, 0.4 soft, 1 blares")
    detune_cents: float = param(7.0, low=0.0, high=30.0, unit="cents", text="players and each whole note are off")
    vibrato_cents: float = param(6.0, low=0.0, high=50.0, unit="cents", text="either way: 0 is straight, 25 sobs")
    motion: float = param(0.5, low=0.0, high=1.0, text="each player's breath swells, fades and shakes")
    air: float = param(0.3, low=0.0, high=1.0, text="air that hisses past the lips")
    noise: float = param(0.5, low=0.0, high=1.0, text="tongues and breaths at both ends of a note")
    width: float = param(0.45, low=0.0, high=1.0, text="0 is one microphone, 1 is a row of chairs")
    attack_ms: float = param(130.0, low=5.0, high=4000.0, unit="ms", text="time to full level: 60 stabs, 800 swells")
    release_ms: float = param(170.0, low=20.0, high=3000.0, unit="ms", text="time to fall to a third once breath stops")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> Together:
        """Return a player at frame 0, two channels."""
        body = Voicing(
            channels=2,
            layers=(0.45, 0.75),
            variants=1,
            range_db=14.0,
            strike_db=0.5,
            attack_ms=self.attack_ms,
            release_ms=self.release_ms,
            choke_ms=min(150.0, 0.5 * self.attack_ms + 5.0),
            looped=True,
            cache_mb=20.0,
        )
        edge = replace(body, range_db=22.0, attack_ms=2.8 * self.attack_ms, release_ms=0.5 * self.release_ms)
        voice = BrassVoice(self, sample_rate, seed)
        tongue = OnsetNoise(low_hz=500.0, high_hz=1900.0, decay_ms=28.0, attack_ms=12.0, peak_db=-42.0, leave_db=-54.0)
        breath = Onsets(tongue, self.noise, sample_rate, seed.at("lips"))
        return Together(
            [
                CachedPlayer(voice, notes, body, sample_rate=sample_rate, seed=seed),
                CachedPlayer(BrassEdge(voice), notes, edge, sample_rate=sample_rate, seed=seed.at("edge")),
                breath.play(notes, seed.at("lips")),
            ]
        )


class BrassVoice:
    """Makes the loops of a `Brass`: the body of the tone as such, its edge through `BrassEdge`."""

    def __init__(self, brass: Brass, sample_rate: int, seed: Seed) -> None:
        self._brass, self._rate, self._seed = brass, sample_rate, seed
        self._lips = noise_draws(2, sample_rate, seed.at("air").rng())

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the body's loop, shape (2, 6 s; half of that from middle C on); `frames` does not matter."""
        f, lower, upper = self._spectrum(pitch, velocity)
        size, share = loop_frames(pitch, self._rate), _share(lower, upper)
        return self._loop(pitch, f, lower, share, size, self._seed.at("tone", pitch).rng(), air=self._brass.air)

    def edge(self, pitch: int, velocity: float) -> Block:
        """Return the loop of what lies above, shape (2, 3 s), at its level against the body."""
        f, lower, upper = self._spectrum(pitch, velocity)
        # Other draws than the body's: what both have in common must not add up in step.
        size, share = loop_frames(EDGE_PITCH, self._rate), _share(upper, lower)
        return self._loop(pitch, f, upper, share, size, self._seed.at("edge", pitch).rng(), air=0.0)

    def key_off(self, pitch: int, variant: int) -> Block:
        """The breath that ends is a noise of its own: see `Onsets`."""
        return np.zeros((2, 1), dtype=np.float32)

    def _spectrum(self, pitch: int, velocity: float) -> tuple[float, Floats, Floats]:
        """Return the fundamental, and the heights of its partials in the body and in the edge."""
        brass = self._brass
        f = hertz(pitch) * own_tuning(self._seed, pitch, 0.25 * brass.detune_cents)
        cutoff = 520.0 * 7.0 ** (brass.brightness + 1.1 * (velocity - 0.6)) * (0.7 + 0.6 * brass.shape)
        hz = f * np.arange(1, int(np.clip(min(6500.0, 7.0 * cutoff) / f, 3, 40)) + 1)
        formant = 1.0 + 0.9 * np.exp(-(np.log2(hz / (460.0 + 160.0 * brass.shape)) ** 2) / 0.5)
        heights = (hz / f) ** (-0.55 - 0.6 * (1.0 - brass.shape)) * formant / (1.0 + (hz / cutoff) ** 3)
        middle = max(EDGE_HZ, 1.8 * f)
        above = np.sqrt((hz / middle) ** 6 / (1.0 + (hz / middle) ** 6))
        return f, heights * np.sqrt(1.0 - above**2), heights * above

    def _loop(
        self, pitch: int, f: float, heights: Floats, share: float, size: int, rng: np.random.Generator, *, air: float
    ) -> Block:
        brass, rate = self._brass, self._rate
        spectrum = np.zeros((2, size // 2 + 1), dtype=np.complex64)
        section = Section(
            players=3,
            detune_cents=brass.detune_cents,
            vibrato_hz=4.9,
            vibrato_cents=brass.vibrato_cents,
            motion=brass.motion,
            width=brass.width,
            lead=0.6,
        )
        add_players(spectrum, size, f, heights, section, rng, rate)
        if air > 0.0:
            level = 0.06 * air * float(np.sqrt(np.sum(heights**2)))
            add_noise(spectrum, self._lips, pitch, band(900.0, 2200.0, order=2), level, rate)
        return loop_of(spectrum, size, share * decibels(LEVEL_DB - 0.5 * (pitch - 60) / 12.0))


def _share(part: Floats, rest: Floats) -> float:
    """Return the level of one part of a spectrum in the whole."""
    return float(np.sqrt(np.sum(part**2) / (np.sum(part**2) + np.sum(rest**2) + 1e-30)))


class BrassEdge:
    """The upper part of a `BrassVoice` as a voice of its own."""

    def __init__(self, voice: BrassVoice) -> None:
        self._voice = voice

    def tone(self, pitch: int, velocity: float, variant: int, frames: int) -> Block:
        """Return the edge's loop, shape (2, frames)."""
        return self._voice.edge(pitch, velocity)

    def key_off(self, pitch: int, variant: int) -> Block:
        """The edge is gone by then."""
        return np.zeros((2, 1), dtype=np.float32)
