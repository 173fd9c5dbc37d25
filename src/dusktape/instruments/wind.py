"""Wind around a house: it leans on the walls and sings in the gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import Layer, Place, stereo_noise
from dusktape.dsp.grains import CellPlayer
from dusktape.dsp.noise import NoiseBed, SlowCurve, band

TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
WHISTLE_FRAMES = 1 << 17


@dataclass(frozen=True, slots=True)
class Wind:
    """Slow gusts: a low push, leaves and edges that hiss when it rises, and a gap that whistles at the height of it.

    Louder is brighter: the hiss grows with the square of the gust, the whistle with its fourth power. A texture:
    it takes no notes and sounds from frame 0 to the end of the song.
    """

    force: float = param(0.4, low=0.0, high=1.0, text="0.1 is a breeze, 0.5 rattles shutters, 1 is a gale")
    gusts: float = param(0.6, low=0.0, high=1.0, text="how far it comes and goes; 0 is a steady draught")
    gust_s: float = param(4.5, low=1.5, high=20.0, unit="s", text="time between a gust and the lull after it")
    whistle: float = param(0.3, low=0.0, high=1.0, text="how much a gap or a wire sings; 0 is open land")
    whistle_hz: float = param(620.0, low=200.0, high=2000.0, unit="Hz", text="where it sings; it glides around that")
    leaves: float = param(0.4, low=0.0, high=1.0, text="hiss of trees over the low push")
    width: float = param(0.6, low=0.0, high=1.0, text="0 is mono, 1 is all around")
    level_db: float = param(-44.5, low=-90.0, high=-10.0, unit="dB", text="RMS over full scale, between the gusts")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        slow = SlowCurve(seed.at("gusts"), period_frames=int(self.gust_s * sample_rate))
        quick = SlowCurve(seed.at("flutter"), period_frames=int(0.35 * sample_rate))

        def gust(frames: Floats) -> Floats:
            wandering = 0.7 * self.gusts * slow.at(frames) + 0.12 * (0.3 + self.gusts) * quick.at(frames)
            return np.asarray(np.exp(wandering), dtype=np.float64)

        def bed(name: str, low_hz: float, high_hz: float, slope_db: float) -> NoiseBed:
            table = stereo_noise(
                TABLE_FRAMES,
                band(low_hz, high_hz, order=2, slope_db=slope_db),
                sample_rate=sample_rate,
                rng=seed.at(name).rng(),
                width=self.width,
            )
            return NoiseBed(table, seed.at(name), cell_frames=READ_FRAMES)

        hiss = self.leaves * (0.10 + 0.22 * self.force)
        sing = self.whistle * (0.15 + 0.75 * self.force)
        layers = [Layer(bed("push", 70.0, 260.0 + 260.0 * self.force, -3.0), gust)]
        if hiss > 0.0:
            layers.append(Layer(bed("leaves", 500.0, 3800.0, -2.0), lambda f: hiss * gust(f) ** 2))
        if sing > 0.0:
            song = NoiseBed(self._whistle(sample_rate, seed), seed.at("song"), cell_frames=READ_FRAMES // 2)
            layers.append(Layer(song, lambda f: sing * np.maximum(gust(f) ** 4 - 0.5, 0.0) * 0.45))
        place = Place(layers, gain=10.0 ** (self.level_db / 20.0))
        return place.player(cues, sample_rate=sample_rate, fade_s=0.4)

    def _whistle(self, sample_rate: int, seed: Seed) -> Block:
        """Return a table of two gaps that sing, a fifth or so apart: narrow noise whose centre glides. RMS 1."""
        t = np.arange(WHISTLE_FRAMES) / sample_rate
        rng = seed.at("whistle").rng()
        song = np.zeros((2, WHISTLE_FRAMES))
        for ratio, gain, place in ((1.0, 1.0, -0.3), (1.0 + rng.uniform(0.42, 0.55), 0.4, 0.35)):
            turns = np.sin(2.0 * np.pi * (t / t[-1] * 3.0 + rng.random())) + 0.5 * np.sin(
                2.0 * np.pi * (t / t[-1] * 7.0 + rng.random())
            )
            hz = self.whistle_hz * ratio * 2.0 ** (0.14 * turns)
            wobble = np.cumsum(_slow_noise(WHISTLE_FRAMES, 11.0, sample_rate, rng)) * (2.0 * np.pi * 20.0 / sample_rate)
            tone = np.sin(2.0 * np.pi * np.cumsum(hz) / sample_rate + wobble)
            tone *= np.abs(1.0 + 0.6 * _slow_noise(WHISTLE_FRAMES, 18.0, sample_rate, rng))
            song += gain * tone * np.array([[1.0 - max(place, 0.0)], [1.0 + min(place, 0.0)]])
        return np.asarray(song / np.sqrt(np.mean(song**2)), dtype=np.float32)


def _slow_noise(frames: int, top_hz: float, sample_rate: int, rng: np.random.Generator) -> Floats:
    """Return cyclic noise below `top_hz`, RMS 1, by interpolating few knots. Shape (frames,)."""
    knots = rng.standard_normal(max(8, int(2.0 * top_hz * frames / sample_rate)))
    place = np.arange(frames) * (knots.size / frames)
    smooth = np.interp(place, np.arange(knots.size + 1), np.append(knots, knots[0]))
    return np.asarray(smooth / np.sqrt(np.mean(smooth**2)), dtype=np.float64)
