"""A phrase off an old record."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.delay import Wobble
from dusktape.dsp.dynamics import SoftCurve, from_db
from dusktape.dsp.grains import burst, scatter
from dusktape.dsp.machine import Eccentric, Follower, Transport, breathing
from dusktape.dsp.noise import NoiseBed, band, noise_table

_TURNS_HZ = 100.0 / 180.0
_TABLE_FRAMES, _READ_FRAMES = 1 << 18, 1 << 16
_GRAINS = 12


@dataclass(frozen=True, slots=True)
class Record:
    """An older, worse record: narrow, nearly mono, crackling, and turning around a hole that is not in its middle.

    The off-centre hole bends the pitch once a turn, 33 1/3 times a minute. Surface and crackle are heard under the
    music and end with it. Left and right move together. About 1/750 of real time.
    """

    wear: float = param(
        0.5, low=0.0, high=1.0, text="bandwidth and roughness: 0 a good pressing, 0.5 flea market, 1 78s"
    )
    off_centre_cents: float = param(
        4.0, low=0.0, high=30.0, unit="cents", text="largest deviation in each turn: 3 is charm, 10 is drunk"
    )
    crackle: float = param(0.4, low=0.0, high=1.0, text="ticks: 0 none, 0.3 a few a second, 1 frying")
    surface_db: float = param(
        -56.0, low=-100.0, high=-30.0, unit="dB", text="noise under loud music: -65 clean, -48 old"
    )
    width: float = param(0.35, low=0.0, high=1.0, text="of the stereo image: 0 mono, 1 as it was")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> RecordProcessor:
        """Return a turntable at frame 0."""
        return RecordProcessor(self, sample_rate, channels, seed)

    def tone(self, sample_rate: int) -> Floats:
        """Return the sections of groove and pickup."""
        return np.concatenate(
            [
                filters.highpass(40.0 * 5.0**self.wear, sample_rate, order=2),
                filters.bell(1400.0, sample_rate, gain_db=1.0 + 3.0 * self.wear, q=0.6),
                filters.lowpass(13_000.0 * (3600.0 / 13_000.0) ** self.wear, sample_rate, order=3),
            ]
        )


class RecordProcessor:
    """Running state of a `Record`: groove, pickup and the surface around them."""

    def __init__(self, effect: Record, sample_rate: int, channels: int, seed: Seed) -> None:
        self.channels = channels
        self._side = np.float32(0.5 * (1.0 - effect.width))
        # A worn groove breaks up where it is loud.
        self._drive = from_db(-6.0 + 12.0 * effect.wear)
        self._curve = SoftCurve(channels)
        swings = (
            Eccentric(seed.at("hole"), rate_hz=_TURNS_HZ, cents=effect.off_centre_cents, sample_rate=sample_rate),
            Wobble(seed.at("motor"), rate_hz=5.0, cents=0.15 * effect.off_centre_cents, sample_rate=sample_rate),
        )
        self._turntable = Transport(channels, swings, sample_rate)
        self._tone = filters.StateSpaceFilter(effect.tone(sample_rate), channels)
        table = _surface(effect, sample_rate, channels, seed.at("surface"))
        self._surface = NoiseBed(table, seed.at("groove"), cell_frames=_READ_FRAMES, fade_frames=1 << 12)
        self._level = Follower(
            breathing(effect.surface_db, 0.15), rise_ms=40.0, fall_ms=300.0, sample_rate=sample_rate, channels=channels
        )
        self.latency_frames = self._turntable.latency_frames
        self.tail_frames = self._turntable.tail_frames + self._tone.tail_frames + self._level.tail_frames
        self._position = 0

    def process(self, block: Block) -> Block:
        """Return the block as the record plays it. Shape (channels, frames) in and out."""
        if self.channels == 2:
            lean = self._side * (block[0] - block[1])
            block = np.stack([block[0] - lean, block[1] + lean])
        worn = self._curve.process(block, self._drive, 1.0 / self._drive)
        out = self._tone.process(self._turntable.process(worn))
        noise = self._surface.read(self._position, block.shape[1])
        noise *= self._level.process(out)
        out += noise
        self._position += block.shape[1]
        return out


def _surface(effect: Record, sample_rate: int, channels: int, seed: Seed) -> Block:
    """Return a cyclic table of surface noise of RMS 1 with ticks in it."""
    frames = _TABLE_FRAMES * max(1, round(sample_rate / 44_100))
    top = 9000.0 * (4000.0 / 9000.0) ** effect.wear
    colour = band(120.0, top, order=2, slope_db=-2.0)
    rng = seed.rng()
    table = noise_table(frames, channels, colour, sample_rate=sample_rate, rng=rng, shared=0.6)
    count = rng.poisson(40.0 * effect.crackle**2 * frames / sample_rate)
    ms = sample_rate * 1e-3
    grains = [burst(round(3.0 * ms), tau, rng) for tau in rng.uniform(0.08, 0.5, _GRAINS) * ms]
    heights = 10.0 * np.minimum(rng.pareto(2.2, count) + 0.6, 8.0)
    leans = rng.uniform(0.75, 1.25, count)
    gains = np.stack([heights * leans, heights * (2.0 - leans)])[:channels]
    scatter(table, grains, rng.integers(0, frames, count), rng.integers(0, _GRAINS, count), gains)
    return table
