"""The air of a room: what a microphone hears when nobody plays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dusktape.core.audio import Block, Cues, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.grains import CellPlayer
from dusktape.dsp.noise import Gain, NoiseBed, SlowCurve, band, noise_table, ramps

CELL_FRAMES = 1 << 15
STEP_FRAMES = 1 << 12
TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
HUM = ((1, 1.0), (2, 0.55), (3, 0.4), (4, 0.12), (5, 0.22), (7, 0.12), (9, 0.06), (11, 0.04))
"""Partials of a mains hum and their gains: transformers hum on the even, rectifiers buzz on the odd ones."""


@dataclass(frozen=True, slots=True)
class RoomTone:
    """Air that breathes: soft pink noise that rises and falls, a trace of mains hum, a city far away.

    A texture: it takes no notes and sounds from frame 0 to the end of the song. About 70 ms for three
    minutes of stereo.
    """

    air_db: float = param(-43.0, low=-100.0, high=-20.0, unit="dB", text="RMS of the air over full scale")
    colour_db: float = param(
        -4.0, low=-9.0, high=0.0, unit="dB/octave", text="slope of the air; -3 is pink and near, -6 is brown and far"
    )
    air_top_hz: float = param(
        9000.0, low=800.0, high=18000.0, unit="Hz", text="where the air ends; lower is a thicker wall"
    )
    breath: float = param(0.4, low=0.0, high=1.0, text="how far the air swells and sinks; 1 is about 5 dB")
    hum_hz: str = param("0", choices=("0", "50", "60"), unit="Hz", text="mains hum of the continent; 0 is none")
    hum_db: float = param(
        -58.0, low=-100.0, high=-30.0, unit="dB", text="RMS of the hum over full scale; -66 is felt more than heard"
    )
    city: float = param(0.0, low=0.0, high=1.0, text="traffic far below the window, in slow waves")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        air = _air(self, sample_rate, seed)
        return CellPlayer(air.cell, cell_frames=CELL_FRAMES, frames=cues.frames, fade_frames=int(0.3 * sample_rate))


class Air:
    """The running sound of a `RoomTone`, cell by cell."""

    def __init__(self, tone: RoomTone, sample_rate: int, seed: Seed) -> None:
        self._tone, self._rate = tone, sample_rate
        self._beds = [self._bed(band(60.0, tone.air_top_hz, slope_db=tone.colour_db), 0.35, seed.at("air"))]
        self._gains = [10.0 ** (tone.air_db / 20.0)]
        self._depths = [0.3 * tone.breath]
        self._curves = [SlowCurve(seed.at("breath"), period_frames=int(1.7 * sample_rate))]
        if tone.city > 0.0:
            self._beds.append(self._bed(band(45.0, 320.0, slope_db=-4.0), 0.6, seed.at("city")))
            self._gains.append(tone.city * 10.0 ** ((tone.air_db + 4.0) / 20.0))
            self._depths.append(0.6)
            self._curves.append(SlowCurve(seed.at("traffic"), period_frames=int(4.3 * sample_rate)))
        self._hum = hum(float(tone.hum_hz), sample_rate, seed.at("hum").rng()) * np.float32(
            10.0 ** (tone.hum_db / 20.0)
        )

    def cell(self, index: int) -> Block:
        """Return one cell of room, shape (2, CELL_FRAMES)."""
        start = index * CELL_FRAMES
        knots = np.arange(start, start + CELL_FRAMES + 1, STEP_FRAMES, dtype=np.float64)
        sound = np.zeros((2, CELL_FRAMES), dtype=np.float32)
        for bed, gain, depth, curve in zip(self._beds, self._gains, self._depths, self._curves, strict=True):
            sound += bed.read(start, CELL_FRAMES) * ramps(gain * np.exp(depth * curve.at(knots)), STEP_FRAMES)
        if self._hum.size:
            inside = start % self._hum.size
            turns = -(-(inside + CELL_FRAMES) // self._hum.size)
            sound += np.tile(self._hum, turns)[inside : inside + CELL_FRAMES]
        return sound

    def _bed(self, colour: Gain, shared: float, seed: Seed) -> NoiseBed:
        table = noise_table(TABLE_FRAMES, 2, colour, sample_rate=self._rate, rng=seed.rng(), shared=shared)
        return NoiseBed(table, seed, cell_frames=READ_FRAMES)


@lru_cache(maxsize=2)
def _air(tone: RoomTone, sample_rate: int, seed: Seed) -> Air:
    """Return a room; kept, since a part is opened twice, and what it does depends on the cell alone."""
    return Air(tone, sample_rate, seed)


def hum(hz: float, sample_rate: int, rng: np.random.Generator) -> Block:
    """Return a fifth of a second of mains hum, a whole number of periods, RMS 1. Shape (frames,); empty for 0 Hz."""
    if hz == 0.0:
        return np.zeros(0, dtype=np.float32)
    frames = sample_rate // 5
    t = np.arange(frames) / frames * np.round(hz * frames / sample_rate)
    wave = np.zeros(frames)
    for partial, gain in HUM:
        wave += gain * rng.uniform(0.7, 1.3) * np.sin(2.0 * np.pi * (partial * t + rng.random()))
    return np.asarray(wave / np.sqrt(np.mean(wave**2)), dtype=np.float32)
