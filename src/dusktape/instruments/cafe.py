"""A café: a room full of talk that nobody can follow, cups, a chair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import Layer, NowAndThen, Place, beside, far_off
from dusktape.dsp.grains import CellPlayer, scatter
from dusktape.dsp.noise import NoiseBed, SlowCurve
from dusktape.dsp.oscillator import modes

TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
COARSE = 4
"""Talk is made at a quarter of the sample rate: nothing above 5 kHz is left of it in such a room."""

VOWELS = (
    (700.0, 1150.0, 2500.0),
    (500.0, 1800.0, 2550.0),
    (310.0, 2150.0, 2900.0),
    (480.0, 900.0, 2450.0),
    (330.0, 800.0, 2350.0),
)
"""First three formants of a, e, i, o, u, in Hz (Peterson and Barney, 1952, rounded)."""


@dataclass(frozen=True, slots=True)
class Cafe:
    """The murmur of a room, cups and spoons, now and then a chair.

    Talk is many small voices: syllables of a gliding pitch through formants, in phrases of two or three seconds that
    answer each other, smeared by the room until no word is left. Its octaves follow public-domain recordings of
    chatter (-18 dB of the whole at 125 Hz, -7 at 250, -3 at 500, -7 at 1 k, -10 at 2 k, -16 at 4 k; level moves by
    .13 to .3 of itself at 2 to 8 Hz). A texture: it takes no notes and sounds from frame 0 to the end of the song.
    """

    guests: float = param(0.5, low=0.0, high=1.0, text="0.1 is two tables, 0.5 an afternoon, 1 is full")
    cups: float = param(0.5, low=0.0, high=1.0, text="cups, saucers and spoons; 0 is a library")
    chairs: float = param(0.3, low=0.0, high=1.0, text="how often one is pushed back")
    distance: float = param(0.5, low=0.0, high=1.0, text="0 is amid the tables, 1 is from the next room")
    width: float = param(0.6, low=0.0, high=1.0, text="0 is mono, 1 is all around")
    level_db: float = param(-43.5, low=-90.0, high=-10.0, unit="dB", text="RMS of the murmur over full scale")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        lively = SlowCurve(seed.at("lively"), period_frames=int(2.2 * sample_rate))
        bed = NoiseBed(self._murmur(sample_rate, seed.at("murmur")), seed.at("murmur"), cell_frames=READ_FRAMES)

        def talk(frames: Floats) -> Floats:
            return np.asarray(np.exp(0.13 * lively.at(frames)), dtype=np.float64)

        passing = []
        if self.cups > 0.0:
            for table in range(3):
                passing.append(self._cups(sample_rate, seed.at("cups", table)))
        if self.chairs > 0.0:
            passing.append(self._chairs(sample_rate, seed.at("chairs")))
        place = Place([Layer(bed, talk)], passing=passing, gain=10.0 ** (self.level_db / 20.0))
        return place.player(cues, sample_rate=sample_rate, fade_s=0.4)

    def _murmur(self, sample_rate: int, seed: Seed) -> Block:
        """Return six seconds of talk in its room, cyclic, RMS 1. Shape (2, TABLE_FRAMES)."""
        rate, frames = sample_rate // COARSE, TABLE_FRAMES // COARSE
        dry = np.zeros((2, frames), dtype=np.float32)
        for guest in range(3 + int(15 * self.guests)):
            rng = seed.at("guest", guest).rng()
            _talk(dry, rate, rng, width=self.width, near=rng.uniform(0.3, 1.0))
        # The room, cyclic like the talk: early sound, then half a second of decaying noise, its own for each ear.
        t = np.arange(frames) / rate
        rng = seed.at("room").rng()
        room = rng.standard_normal((2, frames)).astype(np.float32) * np.exp(-t / 0.16).astype(np.float32)
        room[1] = 0.6 * room[0] + 0.8 * room[1]
        room *= np.float32((0.35 + 1.3 * self.distance) / np.sqrt(0.08 * rate))
        room[:, 0] += np.float32(1.0 - 0.6 * self.distance)
        hz = np.fft.rfftfreq(frames, 1.0 / rate)
        top = 3600.0 - 1900.0 * self.distance
        colour = (hz / 150.0) ** 2 / (
            (1.0 + (hz / 150.0) ** 2) * np.sqrt((1.0 + (hz / top) ** 4) * (1.0 + (hz / 4300.0) ** 14))
        )
        response = np.fft.rfft(room, axis=1)
        # Below 250 Hz the room is one pressure.
        response[1] += (response[0] - response[1]) / (1.0 + (hz / 250.0) ** 6).astype(np.float32)
        spectrum = np.fft.rfft(dry, axis=1) * response * colour.astype(np.float32)
        # More bins of nothing on top are the same sound at the full rate.
        full = np.zeros((2, TABLE_FRAMES // 2 + 1), dtype=np.complex64)
        full[:, : hz.size - 1] = spectrum[:, :-1]
        full += _ventilation(full, sample_rate, rng)
        sound = np.fft.irfft(full, n=TABLE_FRAMES, axis=1)
        return np.asarray(sound / np.sqrt(np.mean(np.square(sound))), dtype=np.float32)

    def _cups(self, sample_rate: int, seed: Seed) -> NowAndThen:
        """Return the cups of one table: a few kinds of touch, each some clinks of the same two pieces."""
        rng = seed.at("bank").rng()
        left, right = beside(self.width * rng.uniform(-0.9, 0.9))
        away = float(np.clip(self.distance + rng.uniform(-0.2, 0.2), 0.0, 1.0))
        touches = [
            far_off(
                clinks(sample_rate, rng),
                sample_rate=sample_rate,
                rng=rng,
                distance=away,
                darken_hz=7500.0 - 4000.0 * away,
            )
            for _ in range(4)
        ]

        def choose(here: Seed) -> tuple[Block, float, float] | None:
            if not here.at("touched").chance(0.15 + 0.6 * self.cups):
                return None
            gain = (6.5 - 4.0 * self.distance) * here.at("gain").between(0.1, 1.0) ** 1.5
            return touches[int(here.at("touch").unit() * 4.0)], gain * left, gain * right

        every = int((2.6 + 3.2 * (1.0 - self.cups)) * sample_rate)
        return NowAndThen(seed, every_frames=every, longest=max(s.shape[1] for s in touches), choose=choose)

    def _chairs(self, sample_rate: int, seed: Seed) -> NowAndThen:
        rng = seed.at("bank").rng()
        scrapes = [
            far_off(
                scrape(sample_rate, rng),
                sample_rate=sample_rate,
                rng=rng,
                distance=0.3 + 0.6 * self.distance,
                darken_hz=2600.0,
            )
            for _ in range(2)
        ]

        def choose(here: Seed) -> tuple[Block, float, float] | None:
            if not here.at("pushed").chance(0.2 + 0.7 * self.chairs):
                return None
            left, right = beside(self.width * here.at("place").between(-0.9, 0.9))
            gain = 2.2 * here.at("gain").between(0.3, 1.0)
            return scrapes[int(here.at("which").unit() * 2.0)], gain * left, gain * right

        every = int(9.0 * sample_rate)
        return NowAndThen(seed, every_frames=every, longest=max(s.shape[1] for s in scrapes), choose=choose)


def _ventilation(talk: NDArray[np.complex64], sample_rate: int, rng: np.random.Generator) -> NDArray[np.complex64]:
    """Return the air of the room, 34 dB below the talk and reaching above it, as spectra of the same shape."""
    hz = np.arange(talk.shape[1]) * (0.5 * sample_rate / (talk.shape[1] - 1))
    noise = (rng.random((2, 2 * hz.size), dtype=np.float32) - np.float32(0.5)).view(np.complex64)
    noise *= (1.0 / np.sqrt((1.0 + hz / 300.0) ** 1.2 * (1.0 + (hz / 9000.0) ** 4))).astype(np.float32)
    size = np.sqrt(np.mean(np.abs(talk) ** 2) / np.mean(np.abs(noise) ** 2))
    return np.asarray(noise * np.float32(0.02 * size), dtype=np.complex64)


def _talk(table: Block, rate: int, rng: np.random.Generator, *, width: float, near: float) -> None:
    """Add one guest's share to a cyclic table, in place: phrases and pauses, about five syllables a second."""
    length = table.shape[1]
    pitch = rng.choice([rng.uniform(95.0, 140.0), rng.uniform(170.0, 235.0)])
    tract = 1.0 if pitch < 160.0 else 1.16
    bank = [syllable(rate, rng, pitch=pitch * 2.0 ** rng.normal(0.0, 0.13), tract=tract) for _ in range(6)]
    places, sizes = [], []
    at = rng.uniform(0.0, length)
    end = at + 0.93 * length
    while at < end:
        for i in range(int(rng.integers(4, 14))):
            places.append(int(at) % length)
            sizes.append(near * rng.uniform(0.5, 1.0) * 0.97**i)
            at += rate * rng.uniform(0.13, 0.26)
        at += rate * rng.exponential(0.9)
    left, right = beside(width * rng.uniform(-0.9, 0.9))
    gains = np.array([[left], [right]]) * np.array(sizes)
    which = rng.integers(0, len(bank), len(places))
    scatter(table, bank, np.array(places, dtype=np.int64), which, gains)


def syllable(rate: int, rng: np.random.Generator, *, pitch: float, tract: float) -> Block:
    """Return one syllable at `rate` frames a second: a breath of consonant, then a vowel that glides into another.

    The voice is a sum of harmonics, each as loud as the formants at its frequency let it be. Peak 1, shape (frames,).

    Parameters
    ----------
    rate
        Frames a second.
    rng
        Which vowels, how long, how it glides.
    pitch
        Of the voice, in Hz.
    tract
        Factor on the formants: 1 is a long vocal tract, 1.16 a shorter one.
    """
    frames = int(rate * rng.uniform(0.12, 0.28))
    x = np.arange(frames) / frames
    hz = pitch * 2.0 ** (rng.uniform(-0.2, 0.15) * x + rng.uniform(-0.08, 0.08))
    turn = np.exp(2j * np.pi * np.cumsum(hz) / rate)
    first, second = (
        _formants(pitch, tract * rng.uniform(0.86, 1.14), VOWELS[int(rng.integers(0, 5))]) for _ in range(2)
    )
    voice, partial = np.zeros(frames), turn.copy()
    for a, b in zip(first, second, strict=True):
        voice += (a + (b - a) * x) * partial.imag
        partial *= turn
    voice *= np.sin(np.pi * x) ** 0.6
    voice /= np.max(np.abs(voice)) + 1e-9
    hiss = np.diff(rng.standard_normal(frames + 1)) * np.exp(-(((x - 0.06) / 0.06) ** 2))
    sound = voice + rng.uniform(0.0, 0.12) * hiss
    return np.asarray(sound / np.max(np.abs(sound)), dtype=np.float32)


def _formants(pitch: float, tract: float, centres_hz: tuple[float, float, float]) -> Floats:
    """Return the height of each harmonic up to 4 kHz."""
    hz = pitch * np.arange(1, int(4000.0 / pitch) + 1)
    # A glottis falls by 12 dB an octave, lips give 6 of them back.
    gain = np.zeros(hz.size)
    for centre, wide, size in zip(centres_hz, (90.0, 120.0, 170.0), (1.0, 0.6, 0.3), strict=True):
        gain += size / (1.0 + ((hz - tract * centre) / wide) ** 2)
    return (gain + 0.02) * (hz / pitch) ** -0.5


def clinks(sample_rate: int, rng: np.random.Generator) -> Floats:
    """Return a cup put on its saucer or a spoon that stirs: one to five touches of the same porcelain, peak 1."""
    stirring = rng.random() < 0.3
    count = int(rng.integers(3, 6)) if stirring else int(rng.integers(1, 4))
    gaps = rng.uniform(0.17, 0.24, count) if stirring else rng.uniform(0.03, 0.11, count)
    hz = rng.uniform(1500.0, 2700.0) * np.array([1.0, 1.58, 2.24, 2.92, 4.1]) * rng.uniform(0.95, 1.05, 5)
    piece = int(0.22 * sample_rate)
    out = np.zeros(int(gaps.sum() * sample_rate) + piece)
    at = 0
    for i in range(count):
        gain = rng.uniform(0.3, 1.0, 5) * (0.8 if stirring else 0.75**i)
        out[at : at + piece] += modes(
            hz, 0.05 * np.sqrt(hz[0] / hz), gain, rng.uniform(-3.0, 3.0, 5), piece, sample_rate
        ) * np.minimum(1.0, np.arange(piece) / 20.0)
        at += int(gaps[i] * sample_rate)
    out[-2000:] *= np.linspace(1.0, 0.0, 2000)
    return np.asarray(out / np.max(np.abs(out)), dtype=np.float64)


def scrape(sample_rate: int, rng: np.random.Generator) -> Floats:
    """Return a chair pushed back over boards: a wooden leg that sticks and slips some sixty times a second, peak 1."""
    length = rng.uniform(0.35, 0.7)
    t = np.arange(int(length * sample_rate)) / sample_rate
    slips = np.cumsum(rng.uniform(0.7, 1.3, int(length * 75.0)) / 62.0)
    leg = np.zeros(t.size)
    places = (slips[slips < length - 0.06] * sample_rate).astype(np.int64)
    leg[places] = rng.uniform(0.4, 1.0, places.size)
    ring = modes(
        [190.0, 345.0, 590.0, 1120.0], [0.02, 0.016, 0.011, 0.006], [1.0, 0.8, 0.6, 0.3], 0.3, 4096, sample_rate
    )
    size = 1 << (t.size + 4096).bit_length()
    floor = np.fft.rfftfreq(size, 1.0 / sample_rate) / 170.0
    boards = np.fft.rfft(ring, n=size) * (floor**2 / (1.0 + floor**2))
    sound = np.fft.irfft(np.fft.rfft(leg, n=size) * boards, n=size)[: t.size]
    sound *= np.sin(np.pi * t / length) ** 0.5
    return np.asarray(sound / np.max(np.abs(sound)), dtype=np.float64)
