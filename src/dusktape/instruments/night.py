"""A summer night: crickets, and an owl far away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats, PlayedNote
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.ambience import Layer, Loop, NowAndThen, Place, beside, far_off, prime_near, stereo_noise
from dusktape.dsp.grains import CellPlayer, scatter
from dusktape.dsp.noise import NoiseBed, SlowCurve, band

TABLE_FRAMES = 1 << 18
READ_FRAMES = 1 << 16
LOOPS_S = (11.3, 7.9)
"""Lengths of the two loops of crickets, each made a prime number of frames: together they return after days."""


@dataclass(frozen=True, slots=True)
class Night:
    """Crickets near and far, each at its own pace, over still air; now and then an owl asks.

    A chirp is three or four pulses of a high sine, as wings give it; how fast they come is how warm it is (Dolbear,
    1897: about 60 a minute at 10 °C, 180 at 27 °C). A texture: it takes no notes and sounds from frame 0 to the end
    of the song.
    """

    crickets: int = param(5, low=0, high=12, text="near ones that can be told apart; 2 is a balcony, 10 a meadow")
    chorus: float = param(0.4, low=0.0, high=1.0, text="the far meadow: a shimmer without single chirps")
    warmth_c: float = param(20.0, low=10.0, high=30.0, unit="°C", text="10 is slow and low, 27 is a hot night")
    owl: float = param(0.4, low=0.0, high=1.0, text="how often the owl calls; 0 never, 1 every half minute")
    distance: float = param(0.4, low=0.0, high=1.0, text="0 is in the grass, 1 is through a window")
    width: float = param(0.7, low=0.0, high=1.0, text="0 is mono, 1 is all around")
    level_db: float = param(-30.0, low=-90.0, high=-10.0, unit="dB", text="peak of a near cricket over full scale")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, notes: Sequence[PlayedNote], *, cues: Cues, seed: Seed) -> CellPlayer:
        """Return a player at frame 0. Notes are not looked at."""
        breath = SlowCurve(seed.at("breath"), period_frames=int(2.9 * sample_rate))
        air = NoiseBed(self._air(sample_rate, seed), seed.at("air"), cell_frames=READ_FRAMES)

        def still(frames: Floats) -> Floats:
            return np.asarray(0.12 * np.exp(0.25 * breath.at(frames)), dtype=np.float64)

        layers = [Layer(air, still)]
        for index, length_s in enumerate(LOOPS_S):
            voices = [v for v in range(self.crickets) if v % 2 == index]
            if voices:
                loop = Loop(self._crickets(voices, length_s, sample_rate, seed))
                layers.append(Layer(loop))
        passing = [self._owl(sample_rate, seed.at("owl"))] if self.owl > 0.0 else []
        place = Place(layers, passing=passing, gain=10.0 ** (self.level_db / 20.0))
        return place.player(cues, sample_rate=sample_rate, fade_s=0.4)

    def _air(self, sample_rate: int, seed: Seed) -> Block:
        """Return still air and, above it, the far chorus: narrow noise that pulses too fast to count. RMS 1."""
        rng = seed.at("air").rng()
        still = band(90.0, 900.0, slope_db=-3.0)
        table = stereo_noise(TABLE_FRAMES, still, sample_rate=sample_rate, rng=rng, width=0.6 * self.width)
        if self.chorus > 0.0:
            song = band(self._carrier() * 0.88, self._carrier() * 1.08, order=4, low_order=4)
            far = stereo_noise(TABLE_FRAMES, song, sample_rate=sample_rate, rng=rng, width=0.6 * self.width)
            turns = round(33.0 * TABLE_FRAMES / sample_rate)
            far *= (1.0 + 0.5 * np.sin(2.0 * np.pi * turns * np.arange(TABLE_FRAMES) / TABLE_FRAMES)).astype(np.float32)
            table += np.float32(0.9 * self.chorus) * far
        return table / np.float32(np.sqrt(np.mean(np.square(table))))

    def _carrier(self) -> float:
        return 4350.0 + 28.0 * (self.warmth_c - 20.0)

    def _crickets(self, voices: Sequence[int], length_s: float, sample_rate: int, seed: Seed) -> Block:
        """Return a seamless loop of some crickets, shape (2, a prime number of frames)."""
        table = np.zeros((2, prime_near(int(length_s * sample_rate))), dtype=np.float32)
        # Dolbear's law in chirps a second, for the temperature in degrees Celsius.
        pace = (7.0 * self.warmth_c - 10.0) / 60.0
        for voice in voices:
            rng = seed.at("cricket", voice).rng()
            away = float(np.clip(self.distance + rng.uniform(-0.3, 0.5), 0.0, 1.0))
            chirps = [self._chirp(sample_rate, away, rng) for _ in range(3)]
            count = max(1, round(length_s * pace * rng.uniform(0.75, 1.15)))
            every = table.shape[1] / count
            starts = (np.arange(count) + rng.random()) * every + rng.normal(0.0, 0.012 * sample_rate, count)
            # It falls silent for a while when somebody passes.
            sings = np.sin(2.0 * np.pi * (np.arange(count) / count + rng.random())) > rng.uniform(-0.95, -0.2)
            places = starts[sings].astype(np.int64) % table.shape[1]
            size = (1.0 - 0.8 * away) * rng.uniform(0.5, 1.0) * rng.uniform(0.8, 1.0, places.size)
            left, right = beside(self.width * rng.uniform(-0.9, 0.9))
            gains = size * np.array([[left], [right]])
            scatter(table, chirps, places, rng.integers(0, 3, places.size), gains)
        return table

    def _chirp(self, sample_rate: int, away: float, rng: np.random.Generator) -> Block:
        """Return three or four pulses within a tenth of a second, each a little louder, peak 1. Shape (frames,)."""
        warm = 1.0 - 0.018 * (self.warmth_c - 20.0)
        pulse_s, gap_s = 0.016 * warm, 0.026 * warm
        hz = self._carrier() * rng.choice([0.82, 1.0, 1.0, 1.13]) * rng.uniform(0.95, 1.05)
        pulses = int(rng.integers(3, 5))
        t = np.arange(int((pulses * gap_s + 0.01 + 0.03 * away) * sample_rate)) / sample_rate
        shape = np.zeros(t.size)
        for i in range(pulses):
            x = np.clip((t - i * gap_s) / pulse_s, 0.0, 1.0)
            shape += (0.6 + 0.4 * i / pulses) * np.sin(np.pi * x) ** 1.2
        # Grass and walls smear a far one.
        smear = np.hanning(2 + int((0.002 + 0.018 * away) * sample_rate))
        shape = np.convolve(shape, smear / smear.sum())[: t.size]
        tone = np.sin(2.0 * np.pi * hz * t * (1.0 - 0.012 * t / t[-1]))
        chirp = shape * tone * np.minimum(1.0, (t[-1] - t) / 0.004)
        return np.asarray(chirp / np.max(np.abs(chirp)), dtype=np.float32)

    def _owl(self, sample_rate: int, seed: Seed) -> NowAndThen:
        calls = []
        for which in range(2):
            rng = seed.at("call", which).rng()
            hoot = owl_call(sample_rate, rng, answer=bool(which))
            calls.append(far_off(hoot, sample_rate=sample_rate, rng=rng, distance=0.85, darken_hz=900.0))
        left, right = beside(self.width * seed.at("place").between(-0.7, 0.7))

        def choose(here: Seed) -> tuple[Block, float, float] | None:
            if not here.at("calls").chance(0.2 + 0.75 * self.owl):
                return None
            gain = 0.3 * here.at("gain").between(0.6, 1.0)
            return calls[int(here.at("call").unit() * 2.0)], gain * left, gain * right

        every = int((46.0 - 20.0 * self.owl) * sample_rate)
        return NowAndThen(seed, every_frames=every, longest=max(c.shape[1] for c in calls), choose=choose)


def owl_call(sample_rate: int, rng: np.random.Generator, *, answer: bool) -> Floats:
    """Return a tawny owl: one long hoot, a pause, then a wavering one; or only the wavering one as an answer."""
    hz = 840.0 * rng.uniform(0.95, 1.05) * (0.94 if answer else 1.0)
    parts = [(0.0, 0.75, 0.0)] if not answer else []
    after = 0.0 if answer else 1.6
    parts += [(after, 0.18, 0.0), (after + 0.45, 1.35, 0.1)]
    out = np.zeros(int((after + 1.9) * sample_rate))
    for start, duration, waver in parts:
        t = np.arange(int(duration * sample_rate)) / sample_rate
        x = t / duration
        glide = hz * (0.93 + 0.1 * np.sin(np.pi * np.minimum(1.3 * x, 1.0)))
        phase = 2.0 * np.pi * np.cumsum(glide * (1.0 + 0.012 * np.sin(2.0 * np.pi * 12.0 * t))) / sample_rate
        shape = np.sin(np.pi * x) ** 0.6 * (
            1.0 - 8.0 * waver * (0.5 + 0.5 * np.sin(2.0 * np.pi * 13.0 * t)) * (1.0 - x)
        )
        at = int(start * sample_rate)
        out[at : at + t.size] += shape * (np.sin(phase) + 0.08 * np.sin(2.0 * phase))
    return out
