"""Rain outside: the wash of many drops, and the few that fall near."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import stereo_noise
from dusktape.dsp.grains import CellPlayer, Event, GrainTrack, scatter
from dusktape.dsp.noise import NoiseBed, SlowCurve, band, noise_table, ramps

CELL_FRAMES = 1 << 15
STEP_FRAMES = 1 << 11
TABLE_FRAMES = 1 << 19
_ROLLS = 12.0
"""A roll of thunder is over after so many of its rises."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What the drops fall on: their band, how long they ring, how much of each is noise, the bed's band."""

    low_hz: float
    high_hz: float
    ring_s: float
    noise: float
    body: float
    bed_low_hz: float
    bed_high_hz: float


SURFACES = {
    "window": Surface(1800.0, 8000.0, 0.0007, 0.35, 0.5, 420.0, 6500.0),
    "leaves": Surface(700.0, 4500.0, 0.0016, 0.85, 0.2, 350.0, 5200.0),
    "street": Surface(2200.0, 7000.0, 0.0011, 0.55, 0.1, 550.0, 7500.0),
}


@dataclass(frozen=True, slots=True)
class Weight:
    """How hard it rains: factors on the steady rain's numbers, and whether there is thunder.

    `drops` and `near` are numbers of small and near drops, `grain` how far small ones stand out of the wash,
    `largest` how large they get beside a typical one of 4, `low` and `high` where the wash lies, `slope_db` its tilt
    in dB per octave, `size` of the drops, `gusts` of the wind.
    """

    drops: float = 1.0
    near: float = 1.0
    grain: float = 1.0
    low: float = 1.0
    high: float = 1.0
    largest: float = math.inf
    size: float = 1.0
    gusts: float = 1.0
    slope_db: float = 0.7
    thunder: bool = False


WEIGHTS = {
    "drizzle": Weight(
        drops=0.45, near=0.35, grain=2.2, largest=11.0, low=1.7, high=1.15, size=0.5, gusts=0.7, slope_db=1.2
    ),
    "steady": Weight(),
    "heavy": Weight(
        drops=2.2, near=1.8, grain=0.6, largest=40.0, low=0.45, high=0.95, size=1.25, gusts=1.1, slope_db=-1.0
    ),
    "storm": Weight(
        drops=2.4,
        near=1.5,
        grain=0.5,
        largest=48.0,
        low=0.34,
        high=0.9,
        size=1.3,
        gusts=2.2,
        slope_db=-1.5,
        thunder=True,
    ),
}
"""Drizzle is single specks on the pane; heavy rain roars; a storm has the wind in it, and thunder behind the hills."""


@dataclass(frozen=True, slots=True)
class Rain:
    """Rain in four weights: a wash between 400 Hz and 7 kHz, small drops in it, big ones close by, far thunder.

    The wash and the small drops are one table of twelve seconds, read in an order that never returns; near
    drops fall one by one. A texture: it takes no notes and sounds from frame 0 to the end of the song. About
    90 ms for three minutes of stereo.
    """

    weight: str = param("steady", choices=tuple(WEIGHTS), text="what kind of rain; a storm has thunder, far away")
    intensity: float = param(
        0.4, low=0.0, high=1.0, text="within its weight: 0.1 drips, 0.4 is an evening in, 0.9 pours"
    )
    surface: str = param("window", choices=tuple(SURFACES), text="what it falls on")
    drop_db: float = param(
        0.0, low=-24.0, high=18.0, unit="dB", text="near drops against the wash; 0 is a room with the window shut"
    )
    drop_size: float = param(0.5, low=0.0, high=1.0, text="0 is drizzle, 1 falls off the gutter: lower and longer")
    distance: float = param(
        0.3, low=0.0, high=1.0, text="0 is at the pane, 1 is across the street: darker, fewer single drops"
    )
    gusts: float = param(0.4, low=0.0, high=1.0, text="how far wind moves the level; 1 is about 6 dB up and down")
    width: float = param(0.6, low=0.0, high=1.0, text="0 is mono, 1 is all around")
    level_db: float = param(-46.0, low=-90.0, high=-10.0, unit="dB", text="RMS over full scale between gusts")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        shower = Shower(self, sample_rate, seed)
        return CellPlayer(shower.cell, cell_frames=CELL_FRAMES, frames=cues.frames, fade_frames=int(0.4 * sample_rate))


class Shower:
    """The running sound of a `Rain`, cell by cell."""

    def __init__(self, rain: Rain, sample_rate: int, seed: Seed) -> None:
        self._rain, self._rate, self._seed = rain, sample_rate, seed
        self._weight = WEIGHTS[rain.weight]
        self._near = drop_bank(
            rain, sample_rate, seed.at("near").rng(), size=min(rain.drop_size * self._weight.size, 1.2)
        )
        self._bed = NoiseBed(self._table(), seed.at("bed"))
        self._gusts = SlowCurve(seed.at("gusts"), period_frames=int(3.1 * sample_rate))
        self._flutter = SlowCurve(seed.at("flutter"), period_frames=int(0.21 * sample_rate))
        self._drops = GrainTrack(self._events, cell_frames=CELL_FRAMES)
        self._thunder = Thunder(sample_rate, seed.at("thunder")) if self._weight.thunder else None
        self._gain = 10.0 ** (rain.level_db / 20.0)

    def cell(self, index: int) -> Block:
        """Return one cell of rain, shape (2, CELL_FRAMES)."""
        start = index * CELL_FRAMES
        sound = self._bed.read(start, CELL_FRAMES)
        sound += self._drops.cell(index)
        knots = np.arange(start, start + CELL_FRAMES + 1, STEP_FRAMES, dtype=np.float64)
        wind = 0.3 * self._rain.gusts * self._weight.gusts * self._gusts.at(knots) + 0.22 * self._flutter.at(knots)
        sound *= ramps(self._gain * np.exp(wind), STEP_FRAMES)
        if self._thunder is not None:
            self._thunder.add(sound, start, self._gain)
        return sound

    def _table(self) -> Block:
        """Return twelve seconds of wash with small drops in it, RMS 1."""
        rain, ground = self._rain, SURFACES[self._rain.surface]
        rng = self._seed.at("table").rng()
        far = 1.0 - 0.6 * rain.distance
        # Heavy rain roars: its wash reaches lower.
        weight = self._weight
        low = ground.bed_low_hz * (1.35 - 0.85 * rain.intensity) * weight.low
        colour = band(low, ground.bed_high_hz * far * weight.high, order=2, low_order=1, slope_db=weight.slope_db)
        shared = 1.0 - 0.85 * rain.width
        table = noise_table(TABLE_FRAMES, 2, colour, sample_rate=self._rate, rng=rng, shared=shared)
        small = drop_bank(rain, self._rate, rng, size=0.35 * rain.drop_size * weight.size)
        per_second = (60.0 + 240.0 * rain.intensity) * weight.drops
        count = int(per_second * TABLE_FRAMES / self._rate)
        share = 0.75 * (1.0 - 0.9 * rain.distance)
        gains = (
            weight.grain
            * share
            * np.minimum(rng.lognormal(1.35, 0.8, count), weight.largest)
            * np.sqrt(200.0 / per_second)
        )
        pan = 0.5 + rain.width * (rng.random(count) - 0.5)
        places = rng.integers(0, TABLE_FRAMES, count)
        scatter(table, small, places, rng.integers(0, len(small), count), gains * np.array([1.0 - pan, pan]))
        return table / np.float32(np.sqrt(np.mean(np.square(table))))

    def _events(self, index: int) -> list[Event]:
        rain, rng = self._rain, self._seed.at("drops", index).rng()
        rate = (1.5 + 14.0 * rain.intensity) * (1.0 - 0.8 * rain.distance) * self._weight.near
        count = int(rng.poisson(rate * CELL_FRAMES / self._rate))
        frames = rng.integers(0, CELL_FRAMES, count)
        grains = rng.integers(0, len(self._near), count)
        sizes = (
            10.0 ** (rain.drop_db / 20.0)
            * np.minimum(rng.lognormal(2.5, 0.8, count), 30.0)
            * (1.0 - 0.85 * rain.distance)
        )
        pan = 0.5 + 0.9 * rain.width * (rng.random(count) - 0.5)
        return [
            (int(frames[i]), self._near[int(grains[i])], float(sizes[i] * (1.0 - pan[i])), float(sizes[i] * pan[i]))
            for i in range(count)
        ]


class Thunder:
    """Thunder behind the hills: a low rumble that rolls, once in some twenty seconds, the first after ten.

    One table of noise below 300 Hz and, for each strike, five to nine rolls that gather and die.
    """

    EVERY_S = 21.0

    def __init__(self, sample_rate: int, seed: Seed) -> None:
        self._rate, self._seed = sample_rate, seed
        table = stereo_noise(
            1 << 17, band(38.0, 190.0, order=2), sample_rate=sample_rate, rng=seed.at("table").rng(), width=0.4
        )
        self._bed = NoiseBed(table, seed.at("bed"), cell_frames=1 << 15)
        self._known: dict[int, tuple[Floats, Floats, Floats]] = {}

    def add(self, sound: Block, start: int, gain: float) -> None:
        """Add the thunder of a cell from frame `start`, in place. Shape (2, frames)."""
        knots = np.arange(start, start + sound.shape[1] + 1, STEP_FRAMES, dtype=np.float64)
        rolling = self._rolling(knots / self._rate)
        if rolling.any():
            sound += self._bed.read(start, sound.shape[1]) * ramps(gain * rolling, STEP_FRAMES)

    def _rolling(self, time_s: Floats) -> Floats:
        total = np.zeros(time_s.size)
        last = int(time_s[-1] / self.EVERY_S)
        for strike in range(max(0, last - 1), last + 1):
            if strike not in self._known:
                self._known = {s: rolls for s, rolls in self._known.items() if s >= last - 1}
                self._known[strike] = self._draw(strike)
            when, rise_s, loud = self._known[strike]
            if time_s[-1] > when[0] and time_s[0] < when[-1] + _ROLLS * rise_s.max():
                x = np.clip((time_s - when[:, None]) / rise_s[:, None], 0.0, _ROLLS)
                # A gamma curve, brought to 0 where it has fallen below -70 dB.
                total += loud @ (x * np.exp(1.0 - x) * (x < _ROLLS))
        return total

    def _draw(self, strike: int) -> tuple[Floats, Floats, Floats]:
        """Return the rolls of one strike: when they begin in the song, how long they grow, how loud they get."""
        rng = self._seed.at("strike", strike).rng()
        count = int(rng.integers(5, 10))
        later = np.sort(rng.uniform(0.0, 5.0, count))
        loud = rng.uniform(0.25, 1.0, count) * rng.uniform(0.9, 2.2) * np.exp(-later / 4.0)
        return (strike + rng.uniform(0.45, 0.95)) * self.EVERY_S + later, rng.uniform(0.12, 0.7, count), loud


def drop_bank(rain: Rain, sample_rate: int, rng: np.random.Generator, *, size: float) -> list[Block]:
    """Return 48 drops, peak 1: a splash of noise and what the surface rings with, 3 to 12 ms.

    Bigger drops are lower and longer; glass adds a dull body below the tick.
    """
    ground = SURFACES[rain.surface]
    t = np.arange(int(0.02 * sample_rate)) / sample_rate
    drops = []
    for _ in range(48):
        small = rng.random()
        hz = ground.low_hz * (ground.high_hz / ground.low_hz) ** (
            small * (1.0 - 0.5 * size) * (1.0 - 0.3 * rain.distance)
        )
        ring = ground.ring_s * (0.6 + 1.6 * size) * rng.uniform(0.6, 1.6)
        tone = np.sin(2.0 * np.pi * hz * t + rng.uniform(0.0, 6.28)) * np.exp(-t / ring)
        splash = np.diff(rng.standard_normal(t.size + 1)) * np.exp(-t / (1.3 * ring))
        width = max(1, int(sample_rate / (5.0 * hz)))
        splash = np.convolve(splash, np.hanning(width + 2)[1:-1])[: t.size]
        splash /= np.max(np.abs(splash))
        low = np.sin(2.0 * np.pi * 0.14 * hz * t) * np.exp(-t / 0.0035)
        drop = (1.0 - ground.noise) * tone + ground.noise * splash + ground.body * (0.3 + size) * 0.5 * low
        drop *= (1.0 - np.exp(-t / 0.00015)) * np.minimum(1.0, (t[-1] - t) / 0.004)
        drop -= drop.mean() * 1.0
        drop *= np.minimum(1.0, t / 0.0002) * np.minimum(1.0, (t[-1] - t) / 0.004)
        drops.append((drop / np.max(np.abs(drop))).astype(np.float32))
    return drops
