"""A fire in a stove: it breathes, and the wood cracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import CELL_FRAMES, Layer, Place, stereo_noise
from dusktape.dsp.grains import CellPlayer, Event, burst
from dusktape.dsp.noise import NoiseBed, SlowCurve, band

TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
STEP_FRAMES = 1 << 10


@dataclass(frozen=True, slots=True)
class Fire:
    """A low, fluttering roar, sap that hisses, and crackles in flurries: most of them ticks, a few of them shots.

    Crackles come by chance at a rate that itself wanders, so there are flurries and lulls; sizes vary over 30 dB.
    A texture: it takes no notes and sounds from frame 0 to the end of the song.
    """

    crackle_per_s: float = param(9.0, low=0.0, high=60.0, unit="1/s", text="3 is embers, 9 a stove, 30 dry twigs")
    crackle_db: float = param(0.0, low=-24.0, high=18.0, unit="dB", text="crackles against the roar")
    flurries: float = param(0.6, low=0.0, high=1.0, text="0 is even, 1 is all at once and then nothing")
    roar: float = param(0.5, low=0.0, high=1.0, text="draught in the chimney: 0.2 is embers, 1 is a big open fire")
    size: float = param(0.5, low=0.0, high=1.0, text="of the logs: bigger ones crack lower and longer")
    width: float = param(0.5, low=0.0, high=1.0, text="0 is a stove across the room, 1 is sitting in front of it")
    level_db: float = param(-42.0, low=-90.0, high=-10.0, unit="dB", text="RMS over full scale, shots left out")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        breath = SlowCurve(seed.at("breath"), period_frames=int(1.9 * sample_rate))
        flutter = SlowCurve(seed.at("flutter"), period_frames=int(0.09 * sample_rate))
        sap = SlowCurve(seed.at("sap"), period_frames=int(2.7 * sample_rate))

        def roaring(frames: Floats) -> Floats:
            return np.asarray(
                (0.35 + 0.75 * self.roar) * np.exp(0.22 * breath.at(frames) + 0.2 * flutter.at(frames)), np.float64
            )

        def hissing(frames: Floats) -> Floats:
            return np.asarray(0.16 * np.exp(0.8 * sap.at(frames) + 0.1 * flutter.at(frames)), np.float64)

        def bed(name: str, low_hz: float, high_hz: float, slope_db: float) -> NoiseBed:
            colour = band(low_hz, high_hz, order=1, slope_db=slope_db)
            rng = seed.at(name).rng()
            table = stereo_noise(TABLE_FRAMES, colour, sample_rate=sample_rate, rng=rng, width=self.width)
            return NoiseBed(table, seed.at(name), cell_frames=READ_FRAMES)

        crackle = Crackle(self, sample_rate, seed)
        layers = [
            Layer(bed("roar", 55.0, 240.0 + 200.0 * self.roar, -3.0), roaring, STEP_FRAMES),
            Layer(bed("sap", 2400.0, 7000.0, 0.0), hissing, STEP_FRAMES),
        ]
        place = Place(layers, grains=crackle.events, gain=10.0 ** (self.level_db / 20.0))
        return place.player(cues, sample_rate=sample_rate, fade_s=0.3)


class Crackle:
    """The wood of a `Fire`: which cracks start in a cell."""

    def __init__(self, fire: Fire, sample_rate: int, seed: Seed) -> None:
        self._fire, self._rate, self._seed = fire, sample_rate, seed
        self._mood = SlowCurve(seed.at("mood"), period_frames=int(0.8 * sample_rate))
        self._bank = crack_bank(sample_rate, seed.at("bank").rng(), size=fire.size)
        self._gain = 10.0 ** (fire.crackle_db / 20.0)

    def events(self, index: int) -> list[Event]:
        """Return the cracks that start in a cell."""
        fire, rng = self._fire, self._seed.at("cell", index).rng()
        start = index * CELL_FRAMES
        # Rates are drawn at the middle of a candidate's own moment: thinning of an even process (Lewis and Shedler).
        most = fire.crackle_per_s * np.exp(2.2 * fire.flurries)
        count = int(rng.poisson(most * CELL_FRAMES / self._rate))
        frames = rng.integers(0, CELL_FRAMES, count)
        mood = np.exp(fire.flurries * (1.3 * self._mood.at(start + frames.astype(np.float64)) - 0.8))
        kept = rng.random(count) * np.exp(2.2 * fire.flurries) < mood
        sizes = self._gain * np.minimum(rng.lognormal(0.3, 1.25, count), 18.0)
        places = 0.5 + 0.45 * fire.width * (rng.random(count) * 2.0 - 1.0)
        # Only big shots are big logs: the bank is in order of size.
        which = np.clip(np.log(sizes / self._gain) * 9.0 + 18.0 + rng.normal(0.0, 6.0, count), 0, len(self._bank) - 1)
        return [
            (
                int(frames[i]),
                self._bank[int(which[i])],
                float(2.0 * sizes[i] * (1.0 - places[i])),
                float(2.0 * sizes[i] * places[i]),
            )
            for i in np.flatnonzero(kept)
        ]


def crack_bank(sample_rate: int, rng: np.random.Generator, *, size: float) -> list[Block]:
    """Return 48 cracks from splinters to logs, peak 1: a snap, what rings with it, and a thud under the last ones."""
    cracks = []
    for i in range(48):
        big = i / 47.0
        length = 0.004 + 0.05 * big * big
        t = np.arange(int(length * sample_rate)) / sample_rate
        ring_hz = 5200.0 * 0.16 ** (big * (0.6 + 0.5 * size)) * rng.uniform(0.7, 1.4)
        ring_s = (0.0003 + 0.0022 * big) * (0.7 + 0.6 * size)
        snap = np.convolve(burst(t.size, ring_s * sample_rate, rng), np.hanning(2 + int(1 + 5 * big)))[: t.size]
        snap /= np.max(np.abs(snap))
        ring = np.sin(2.0 * np.pi * ring_hz * t + rng.uniform(0.0, 6.28)) * np.exp(-t / (1.6 * ring_s))
        thud = np.sin(2.0 * np.pi * 150.0 * t) * np.exp(-t / 0.012) * max(0.0, big - 0.6)
        crack = (snap + 0.7 * ring + thud) * (1.0 - np.exp(-t / 0.00006))
        crack -= crack.mean()
        crack *= np.minimum(1.0, t / 0.0001) * np.minimum(1.0, (t[-1] - t) / 0.0015)
        cracks.append((crack / np.max(np.abs(crack))).astype(np.float32))
    return cracks
