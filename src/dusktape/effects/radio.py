"""A station on medium wave, after dark."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.delay import Wander
from dusktape.dsp.dynamics import SoftCurve, edges_of, from_db, ramp
from dusktape.dsp.grains import burst, scatter
from dusktape.dsp.machine import Follower, breathing
from dusktape.dsp.noise import NoiseBed, band, noise_table

_TABLE_FRAMES, _READ_FRAMES = 1 << 18, 1 << 16
_DRIFT_S = 4.0
_GRAINS = 6


@dataclass(frozen=True, slots=True)
class Radio:
    """A small receiver tuned to a far station: narrow, one loudspeaker, slow fading, static and a thin whistle.

    Where the station fades, the receiver turns itself up and the static rises. Static and whistle end with the
    programme. Left and right become the same. No latency; about 1/1500 of real time.
    """

    distance: float = param(
        0.4, low=0.0, high=1.0, text="of the station: 0 next door, 0.5 across a border, 1 nearly lost"
    )
    bandwidth_hz: float = param(4500.0, low=1500.0, high=10_000.0, unit="Hz", text="top: 3000 is short wave, 4500 AM")
    static_db: float = param(
        -52.0, low=-100.0, high=-24.0, unit="dB", text="behind a loud song: -60 faint, -40 a storm"
    )
    fading_db: float = param(4.0, low=0.0, high=18.0, unit="dB", text="how far it fades: 3 breathes, 10 goes and comes")
    whistle_db: float = param(
        -66.0, low=-100.0, high=-30.0, unit="dB", text="of the next station: -70 hardly, -50 plain"
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> RadioProcessor:
        """Return a receiver at frame 0."""
        return RadioProcessor(self, sample_rate, channels, seed)


class RadioProcessor:
    """Running state of a `Radio`: filters, detector, the sky and the neighbour."""

    latency_frames = 0

    def __init__(self, effect: Radio, sample_rate: int, channels: int, seed: Seed) -> None:
        self.channels = channels
        self._rate = sample_rate
        low = filters.highpass(120.0 + 180.0 * effect.distance, sample_rate, order=2)
        self._before = filters.StateSpaceFilter(low, 1)
        self._detector = SoftCurve(1, 0.15 + 0.35 * effect.distance)
        self._drive = from_db(3.0 + 6.0 * effect.distance)
        self._rest = (1.0 + (0.15 + 0.35 * effect.distance) ** 2) ** 1.5 / self._drive
        tone = [
            filters.highpass(60.0, sample_rate, order=1),
            filters.bell(1600.0, sample_rate, gain_db=2.0 + 3.0 * effect.distance, q=0.8),
            filters.lowpass(effect.bandwidth_hz, sample_rate, order=4),
        ]
        self._after = filters.StateSpaceFilter(np.concatenate(tone), 1)
        self._fading_db = effect.fading_db
        second = sample_rate / CONTROL_FRAMES
        self._sky = Wander(seed.at("sky"), 2.5 * second), Wander(seed.at("flutter"), 0.6 * second)
        self._drift = Wander(seed.at("drift"), _DRIFT_S * second)
        self._pitch_hz = seed.at("whistle").between(0.45, 0.8) * min(effect.bandwidth_hz, 0.4 * sample_rate)
        self._whistle = 10.0 ** (effect.whistle_db / 20.0) * 2.0**0.5
        self._static = from_db(effect.static_db)
        table = _static(effect, sample_rate, seed.at("static"))
        self._noise = NoiseBed(table, seed.at("static"), cell_frames=_READ_FRAMES, fade_frames=1 << 12)
        self._level = Follower(breathing(0.0, 0.0), rise_ms=60.0, fall_ms=400.0, sample_rate=sample_rate, channels=1)
        self.tail_frames = self._before.tail_frames + self._after.tail_frames + self._level.tail_frames
        self._position = 0

    def process(self, block: Block) -> Block:
        """Return what the loudspeaker gives. Shape (channels, frames) in and out, all channels alike."""
        frames, offset = block.shape[1], self._position % CONTROL_FRAMES
        mono = block if len(block) == 1 else np.float32(0.5) * (block[:1] + block[1:])
        heard = self._detector.process(self._before.process(mono), self._drive, self._rest)
        out = self._after.process(heard)
        edges = edges_of(self._position, frames)
        faded_db = self._fading_db * np.clip(0.6 * self._sky[0].at(edges) + 0.3 * self._sky[1].at(edges) - 0.1, -1, 1)
        level = self._level.process(out)
        out *= ramp(10.0 ** (0.5 * np.minimum(faded_db, 0.0) / 20.0), offset, frames)
        added = self._noise.read(self._position, frames)
        added *= ramp(self._static * 10.0 ** (-faded_db / 20.0), offset, frames)
        if self._whistle > 2e-5:
            added += self._tone(edges, offset, frames)
        added *= level
        out += added
        self._position += frames
        return np.repeat(out, self.channels, axis=0)

    def _tone(self, edges: NDArray[np.int64], offset: int, frames: int) -> NDArray[np.float32]:
        """Return the beat with the neighbouring station, which drifts by some ten Hz, shape (frames,)."""
        turns = self._pitch_hz / self._rate * CONTROL_FRAMES * edges + 12.0 * _DRIFT_S * self._drift.at(edges)
        # Each cell starts within one turn, so that float32 is enough at any hour.
        step = (np.diff(turns) / CONTROL_FRAMES).astype(np.float32)[:, None]
        lines = np.mod(turns[:-1], 1.0).astype(np.float32)[:, None] + step * np.arange(CONTROL_FRAMES, dtype=np.float32)
        wave = np.sin(np.float32(2.0 * np.pi) * lines.reshape(-1)[offset : offset + frames])
        return np.asarray(np.float32(self._whistle) * wave)


def _static(effect: Radio, sample_rate: int, seed: Seed) -> Block:
    """Return a cyclic table of hiss of RMS 1 with far lightning in it, (1, frames)."""
    frames = _TABLE_FRAMES * max(1, round(sample_rate / 44_100))
    colour = band(200.0, effect.bandwidth_hz, order=3, slope_db=-1.0)
    rng = seed.rng()
    table = noise_table(frames, 1, colour, sample_rate=sample_rate, rng=rng)
    ms = sample_rate * 1e-3
    count = rng.poisson((1.0 + 9.0 * effect.distance) * frames / sample_rate)
    grains = [_rough(round(60 * ms), tau, rng) for tau in rng.uniform(3.0, 15.0, _GRAINS) * ms]
    gains = (1.0 + 2.0 * effect.distance) * np.minimum(rng.pareto(2.5, count) + 0.4, 4.0)[None]
    scatter(table, grains, rng.integers(0, frames, count), rng.integers(0, _GRAINS, count), gains)
    return table


def _rough(frames: int, tau: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a burst that crackles, below some 4 kHz: what a narrow filter leaves of lightning."""
    smooth: Floats = np.hanning(9) / np.hanning(9).sum()
    sound = burst(frames, tau, rng) * (rng.random(frames) < 0.3)
    return (3.0 * np.convolve(sound, smooth, "same")).astype(np.float32)
