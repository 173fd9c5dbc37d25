"""A record under the music: crackle, hiss and the turntable's rumble."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.fourier import spectrum
from dusktape.dsp.grains import CellPlayer, Event, GrainTrack, burst
from dusktape.dsp.noise import NoiseBed, SlowCurve, band, noise_table, ramps

CELL_FRAMES = 1 << 15
STEP_FRAMES = 1 << 12
TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
MIN_RPM = 16.0
SCRATCH_LIFE = 12
"""Revolutions that a scratch stays under the needle before the groove has passed it."""


Scratch: TypeAlias = tuple[float, float, Floats, int]
"""Angle in turns, its drift per turn, gain at each turn of its life, which tick."""


@dataclass(frozen=True, slots=True)
class Pressing:
    """A kind of record: its speed, and factors on what `Vinyl` says about a long-playing one.

    `ticks` and `tick_db` are how many and how loud, `hiss_db` and `top` level and upper end of the hiss, `grain` how
    coarse the surface is (crackle too dense to count), `swish` how far it turns with the record, `rumble_db` the
    motor, `slow` makes every tick longer.
    """

    rpm: float
    ticks: float = 1.0
    tick_db: float = 0.0
    hiss_db: float = 0.0
    low_hz: float = 150.0
    top: float = 1.0
    grain: float = 0.0
    swish: float = 1.0
    rumble_db: float = 0.0
    slow: float = 1.0


PRESSINGS = {
    "new": Pressing(33.333, ticks=0.16, tick_db=-7.0, hiss_db=-6.0, top=1.5, swish=0.4, rumble_db=-5.0),
    "lp": Pressing(33.333),
    "single": Pressing(45.0, ticks=1.8, tick_db=2.5, hiss_db=2.0, top=0.85, grain=0.25, swish=1.5),
    "shellac": Pressing(
        78.0, ticks=3.0, tick_db=0.0, hiss_db=3.0, low_hz=420.0, top=0.7, grain=1.0, swish=3.2, rumble_db=3.0, slow=1.7
    ),
}
"""From nearly new to shellac, whose filler is heard as one long crackle that turns with the record."""


@dataclass(frozen=True, slots=True)
class Vinyl:
    """Dust, ticks and pops that come and go, scratches once per turn, soft hiss and a low rumble.

    Ticks fall by chance (Poisson) with sizes that vary over 30 dB; one in forty is a pop that shakes the
    arm. Scratches return once per revolution until the groove has passed them. A texture: it takes no notes
    and sounds from frame 0 to the end of the song. About 50 ms for three minutes of stereo.
    """

    pressing: str = param(
        "lp", choices=tuple(PRESSINGS), text="which record: new, a played lp, a juke-box single, shellac at 78"
    )
    age: float = param(
        0.5, low=0.0, high=1.0, text="0 is a new pressing, 1 is from a flea market: more and louder dust"
    )
    wear: float = param(0.4, low=0.0, high=1.0, text="scratches, and how much the hiss turns with the record")
    crackle_per_s: float = param(
        6.0, low=0.0, high=60.0, unit="1/s", text="ticks at age 0.5; 2 is now and then, 20 is frying"
    )
    crackle_db: float = param(-39.0, low=-90.0, high=-10.0, unit="dB", text="peak of a typical tick over full scale")
    hiss_db: float = param(-46.0, low=-100.0, high=-20.0, unit="dB", text="RMS of the hiss over full scale")
    hiss_tone_hz: float = param(
        6500.0, low=1500.0, high=18000.0, unit="Hz", text="where the hiss ends; lower is an older cartridge"
    )
    rumble_db: float = param(
        -44.0, low=-100.0, high=-20.0, unit="dB", text="RMS of the rumble over full scale, most of it below 80 Hz"
    )
    rpm: float = param(
        0.0, low=0.0, high=90.0, unit="rpm", text="how often a scratch returns; 0 is the pressing's own speed"
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        surface = Surface(self, sample_rate, seed)
        return CellPlayer(
            surface.cell, cell_frames=CELL_FRAMES, frames=cues.frames, fade_frames=int(0.15 * sample_rate)
        )


class Surface:
    """The turning record of a `Vinyl`, cell by cell."""

    def __init__(self, vinyl: Vinyl, sample_rate: int, seed: Seed) -> None:
        self._vinyl, self._rate, self._seed = vinyl, sample_rate, seed
        self._pressing = pressing = PRESSINGS[vinyl.pressing]
        self._turn = 60.0 / (vinyl.rpm if vinyl.rpm >= MIN_RPM else pressing.rpm) * sample_rate
        self._hiss, self._rumble = _beds(vinyl, sample_rate, seed)
        self._breath = SlowCurve(seed.at("breath"), period_frames=int(2.3 * sample_rate))
        self._dust = SlowCurve(seed.at("dust"), period_frames=int(4.0 * sample_rate))
        self._ticks = tick_bank(sample_rate, seed.at("ticks").rng(), slow=pressing.slow)
        self._pops = pop_bank(sample_rate, seed.at("pops").rng())
        self._era: tuple[int, list[Scratch]] | None = None
        self._crackle = GrainTrack(self._events, cell_frames=CELL_FRAMES)
        self._hiss_gain = 10.0 ** ((vinyl.hiss_db + pressing.hiss_db + 6.0 * (vinyl.age - 0.5)) / 20.0)
        self._rumble_gain = np.float32(10.0 ** ((vinyl.rumble_db + pressing.rumble_db) / 20.0))
        self._tick_gain = 10.0 ** ((vinyl.crackle_db + pressing.tick_db + 8.0 * (vinyl.age - 0.5)) / 20.0)

    def cell(self, index: int) -> Block:
        """Return one cell of everything, shape (2, CELL_FRAMES)."""
        start = index * CELL_FRAMES
        sound = self._hiss.read(start, CELL_FRAMES)
        knots = np.arange(start, start + CELL_FRAMES + 1, STEP_FRAMES, dtype=np.float64)
        swish = 0.25 * self._vinyl.wear * self._pressing.swish * np.sin(2.0 * np.pi * knots / self._turn)
        sound *= ramps(self._hiss_gain * np.exp(0.09 * self._breath.at(knots) + swish), STEP_FRAMES)
        sound += self._rumble.read(start, CELL_FRAMES) * self._rumble_gain
        sound += self._crackle.cell(index)
        return sound

    def _events(self, index: int) -> list[Event]:
        vinyl, rng = self._vinyl, self._seed.at("crackle", index).rng()
        start = index * CELL_FRAMES
        # Dust gathers: the rate wanders by half around its mean.
        wander = float(np.exp(0.5 * self._dust.at(np.array([float(start)]))[0] - 0.125))
        rate = vinyl.crackle_per_s * self._pressing.ticks * 4.0 ** (vinyl.age - 0.5) * wander
        count = int(rng.poisson(rate * CELL_FRAMES / self._rate))
        frames = rng.integers(0, CELL_FRAMES, count)
        sizes = self._tick_gain * np.minimum(rng.lognormal(0.0, 1.0, count), 9.0)
        is_pop = rng.random(count) < 0.025
        grains = rng.integers(0, len(self._ticks), count)
        # Dust sits on one wall of the groove or lies across both.
        side = rng.uniform(-1.0, 1.0, count) ** 3
        left, right = 1.0 - 0.8 * np.maximum(side, 0.0), 1.0 + 0.8 * np.minimum(side, 0.0)
        events: list[Event] = []
        for i in range(count):
            bank, size = (self._pops, 1.8 * sizes[i]) if is_pop[i] else (self._ticks, sizes[i])
            grain = bank[int(grains[i]) % len(bank)]
            events.append((int(frames[i]), grain, float(size * left[i]), float(size * right[i])))
        return events + self._scratches(start)

    def _scratches(self, start: int) -> list[Event]:
        """Return the scratches that pass the needle in the cell from `start`: once a turn, each at its own angle."""
        events: list[Event] = []
        first, last = int(start // self._turn), int((start + CELL_FRAMES) // self._turn)
        for turn in range(max(first - 1, 0), last + 1):
            era, age = divmod(turn, SCRATCH_LIFE)
            if self._era is None or self._era[0] != era:
                self._era = (era, self._draw_scratches(era))
            for angle, slant, sizes, grain in self._era[1]:
                frame = int((turn + angle + slant * age) * self._turn) - start
                if 0 <= frame < CELL_FRAMES:
                    gain = self._tick_gain * float(sizes[age])
                    events.append((frame, self._ticks[grain], gain, gain))
        return events

    def _draw_scratches(self, era: int) -> list[Scratch]:
        rng = self._seed.at("scratch", era).rng()
        count = int(rng.binomial(3, 0.6 * self._vinyl.wear))
        # A scratch fades in and out as the groove crosses it.
        crossing = np.sin(np.pi * (np.arange(SCRATCH_LIFE) + 0.5) / SCRATCH_LIFE)
        return [
            (
                float(rng.uniform(0.0, 0.99)),
                float(rng.uniform(-0.0002, 0.0002)),
                crossing * rng.uniform(0.6, 2.2) * rng.uniform(0.7, 1.3, SCRATCH_LIFE),
                int(rng.integers(0, len(self._ticks))),
            )
            for _ in range(count)
        ]


@lru_cache(maxsize=2)
def _beds(vinyl: Vinyl, sample_rate: int, seed: Seed) -> tuple[NoiseBed, NoiseBed]:
    """Return the hiss and the rumble of a record; kept, since a part is opened twice."""
    hiss = NoiseBed(_surface_noise(vinyl, sample_rate, seed.at("hiss")), seed.at("hiss"), cell_frames=READ_FRAMES)
    low = noise_table(
        TABLE_FRAMES,
        2,
        band(20.0, 55.0, order=2),
        sample_rate=sample_rate,
        rng=seed.at("rumble").rng(),
        shared=0.92,
    )
    return hiss, NoiseBed(low, seed.at("rumble"), cell_frames=READ_FRAMES, fade_frames=1 << 14)


def _surface_noise(vinyl: Vinyl, sample_rate: int, seed: Seed) -> Block:
    """Return the hiss and the grain of a pressing, RMS 1. Shape (2, TABLE_FRAMES), cyclic."""
    pressing, rng = PRESSINGS[vinyl.pressing], seed.rng()
    top = min(vinyl.hiss_tone_hz * pressing.top, 18000.0)
    colour = band(pressing.low_hz, top, slope_db=-4.0)
    hiss = noise_table(TABLE_FRAMES, 2, colour, sample_rate=sample_rate, rng=rng, shared=0.3)
    if pressing.grain == 0.0:
        return hiss
    # Filler: some six hundred specks a second, of very different sizes, on both walls of the groove.
    specks = np.zeros((1, TABLE_FRAMES), dtype=np.float32)
    count = int(600.0 * TABLE_FRAMES / sample_rate)
    specks[0, rng.integers(0, TABLE_FRAMES, count)] = rng.standard_normal(count) * rng.lognormal(0.0, 0.9, count)
    hz = np.fft.rfftfreq(TABLE_FRAMES, 1.0 / sample_rate)
    heard = band(700.0, 0.8 * top, order=2)(hz.astype(np.float64)).astype(np.float32)
    grain = np.fft.irfft(spectrum(specks) * heard, n=TABLE_FRAMES, axis=1)
    hiss += np.float32(pressing.grain / np.sqrt(np.mean(np.square(grain)))) * grain
    return np.asarray(hiss / np.sqrt(np.mean(np.square(hiss))), dtype=np.float32)


def tick_bank(sample_rate: int, rng: np.random.Generator, *, slow: float = 1.0) -> list[Block]:
    """Return 64 ticks, peak 1: a speck of dust as a cartridge with a damped resonance hears it, 0.3 to 2 ms.

    `slow` makes them longer and lower.
    """
    ticks = []
    for _ in range(64):
        width = rng.uniform(0.00003, 0.00022)
        ring_hz, ring_s = rng.uniform(1500.0, 9000.0) / slow, rng.uniform(0.00012, 0.0006) * slow
        t = np.arange(int(0.004 * sample_rate)) / sample_rate
        tick = (
            (1.0 - np.exp(-t / width)) * np.exp(-t / ring_s) * np.sin(2.0 * np.pi * ring_hz * t + rng.uniform(0.3, 1.2))
        )
        tick -= tick.sum() * np.exp(-t / 0.0007) / np.exp(-t / 0.0007).sum()
        tick *= np.minimum(1.0, (t[-1] - t) / 0.001) * rng.choice([-1.0, 1.0]) / np.max(np.abs(tick))
        ticks.append(tick.astype(np.float32))
    return ticks


def pop_bank(sample_rate: int, rng: np.random.Generator) -> list[Block]:
    """Return 16 pops, peak 1: a crack of 2 to 6 ms and the arm's low thump after it."""
    pops = []
    for _ in range(16):
        t = np.arange(int(0.06 * sample_rate)) / sample_rate
        crack = np.convolve(burst(t.size, rng.uniform(25.0, 70.0), rng), np.ones(6) / 6.0)[: t.size]
        crack /= np.max(np.abs(crack))
        thump = np.sin(2.0 * np.pi * rng.uniform(55.0, 160.0) * t) * np.exp(-t / 0.012) * (1.0 - np.exp(-t / 0.001))
        pop = crack + rng.uniform(0.1, 0.5) * thump
        pop = (pop - pop.mean()) * np.minimum(1.0, (t[-1] - t) / 0.01) * np.minimum(1.0, t / 0.0001)
        pops.append((pop / np.max(np.abs(pop))).astype(np.float32))
    return pops
