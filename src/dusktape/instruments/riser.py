"""Riser: what rushes up before a section begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dusktape.core.audio import Block, Cues, EventCue, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.noise import band, noise_table
from dusktape.dsp.oscillator import decibels, modes
from dusktape.instruments.sampling import Piece, PiecePlayer

KINDS = ("riser", "swell")
"""Events that it listens for."""

TABLE_FRAMES = 1 << 16
LOWEST_HZ, HIGHEST_HZ, BANDS = 180.0, 12_000.0, 8
STEP_FRAMES = 512
FADE_OUT_S = 0.012
STROKES = 28


@dataclass(frozen=True, slots=True)
class Riser:
    """Noise that climbs towards a section, or a cymbal played backwards into it, and stops on the beat.

    A texture: it takes no notes and listens for the events `riser` (noise whose pitch and level rise) and `swell`
    (a cymbal reversed: it grows exponentially, its treble last). Each lasts as long as its event and is at its
    loudest at the end. Without a song around it, that is without events and sections, it rises once, through all
    the time it is given: that is how loud it is. Costs nothing between events, 15 ms for one of five seconds.
    """

    listens_for: ClassVar[tuple[str, ...]] = KINDS

    reach_octaves: float = param(4.0, low=0.5, high=6.0, unit="octaves", text="how far a riser's noise climbs")
    range_db: float = param(30.0, low=6.0, high=60.0, unit="dB", text="from its beginning to its end")
    width: float = param(0.8, low=0.0, high=1.0, text="0 is mono, 1 is all around")
    brightness: float = param(0.5, low=0.0, high=1.0, text="0 ends around 2 kHz, 1 at the top")
    metal: float = param(0.35, low=0.0, high=1.0, text="how much of a swell rings, against its hiss")
    level_db: float = param(-20.0, low=-60.0, high=-6.0, unit="dB", text="RMS at its loudest, before the mix")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> PiecePlayer:
        """Return a player at frame 0, two channels. Notes are not looked at."""
        events = [e for e in cues.events if e.kind in KINDS and e.frames > 0]
        if not cues.events and not cues.sections:
            events = [EventCue(KINDS[0], 0, cues.frames)]
        sweep = Sweep(self, sample_rate, seed)
        fade = round(FADE_OUT_S * sample_rate)
        pieces = [Piece(e.start_frame, e.frames, k, 0, fade_out=fade) for k, e in enumerate(events)]

        def make(index: int) -> Block:
            event = events[index]
            return sweep.swell(event.frames, index) if event.kind == "swell" else sweep.riser(event.frames)

        return PiecePlayer(pieces, make, channels=2, last_off=cues.frames)


class Sweep:
    """Makes the sounds of a `Riser`: bands of noise under moving gains."""

    def __init__(self, riser: Riser, sample_rate: int, seed: Seed) -> None:
        self._riser, self._rate, self._seed = riser, sample_rate, seed
        self._tables: list[Block] = []
        self._centres = np.geomspace(LOWEST_HZ, HIGHEST_HZ, BANDS)

    def riser(self, frames: int) -> Block:
        """Return noise whose pitch and level climb, shape (2, frames)."""
        time = self._grid(frames)
        top = np.log2(2_000.0 * (HIGHEST_HZ / 2_000.0) ** self._riser.brightness)
        centre = top - self._riser.reach_octaves * (1.0 - time)
        width = np.log2(HIGHEST_HZ / LOWEST_HZ) / (BANDS - 1)
        away = (np.log2(self._centres)[:, None] - centre) / width
        return self._sounded(np.exp(-0.5 * away**2) * self._climb(time), frames)

    def swell(self, frames: int, index: int) -> Block:
        """Return a cymbal backwards, shape (2, frames). `index`: no two of a song are hit at the same spot."""
        time = self._grid(frames)
        tilt = (self._centres / 4_000.0) ** (1.2 * self._riser.brightness - 0.9)
        cut = 1.0 / (1.0 + (700.0 / self._centres) ** 2)
        # Treble dies first in a cymbal, so here it comes last.
        later = np.linspace(0.5, 1.6, BANDS)[:, None]
        hiss = self._sounded((tilt * cut)[:, None] * self._climb(time) ** later, frames)
        ring = np.stack([self._metal(frames, index, side) for side in range(2)])
        ring *= np.float32(decibels(self._riser.level_db) / max(1e-9, self._loudest(ring)))
        return hiss * np.float32(1.0 - 0.6 * self._riser.metal) + ring * np.float32(self._riser.metal)

    def _metal(self, frames: int, index: int, side: int) -> Block:
        rng = self._seed.at("metal", index, side).rng()
        hz = 320.0 * (9_000.0 / 320.0) ** rng.random(STROKES)
        decay = 0.25 * frames / self._rate * (900.0 / hz) ** 0.35
        ring = modes(hz, decay, rng.uniform(0.3, 1.0, STROKES), rng.uniform(-3.1, 3.1, STROKES), frames, self._rate)
        return np.asarray(ring[::-1])

    def _grid(self, frames: int) -> Floats:
        """Return how far the sweep is at each step, 0 to 1; the last step lies at its end or beyond."""
        return np.minimum(1.0, np.arange(-(-frames // STEP_FRAMES) + 1) * STEP_FRAMES / frames)

    def _climb(self, time: Floats) -> Floats:
        return np.asarray(10.0 ** (self._riser.range_db * (time - 1.0) / 20.0))

    def _sounded(self, gains: Floats, frames: int) -> Block:
        """Return the bands under gains (BANDS, steps + 1), brought to the level, shape (2, frames)."""
        step = (np.arange(STEP_FRAMES, dtype=np.float32) / STEP_FRAMES)[None]
        out = np.zeros((2, frames), dtype=np.float32)
        for k, curve in enumerate(gains.astype(np.float32)):
            ramp = (curve[:-1, None] + np.diff(curve)[:, None] * step).reshape(-1)[:frames]
            noise = self._noise(k)
            repeated = np.tile(noise, -(-frames // noise.shape[1]))[:, :frames]
            out += repeated * ramp
        return out * np.float32(decibels(self._riser.level_db) / max(1e-9, self._loudest(out)))

    def _loudest(self, sound: Block) -> float:
        """Return the RMS of the last tenth of a second."""
        end = sound[:, -self._rate // 10 :].astype(np.float64)
        return float(np.sqrt(np.mean(end**2)))

    def _noise(self, index: int) -> Block:
        while len(self._tables) <= index:
            centre = self._centres[len(self._tables)]
            colour = band(centre / 1.35, centre * 1.35, order=2)
            rng = self._seed.at("band", len(self._tables)).rng()
            shared = 1.0 - self._riser.width
            self._tables.append(noise_table(TABLE_FRAMES, 2, colour, sample_rate=self._rate, rng=rng, shared=shared))
        return self._tables[index]
