"""Bus compression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp.dynamics import GainRider, cell_levels, decaying_maximum, from_db, per_cell, soft_knee
from dusktape.dsp.filters import Smoother

_RMS_SECONDS = 0.010


@dataclass(frozen=True, slots=True)
class Compressor:
    """Loud moments step back and the whole sits closer together, as if glued.

    Level, knee, attack and release run once per 64 frames, in dB; the louder channel decides for all. The release
    is a decaying maximum and the attack smooths what it holds (a smooth decoupled detector), so a release takes
    about one attack longer than asked.

    Source
    ------
    Giannoulis, Massberg, Reiss, "Digital dynamic range compressor design", JAES 60(6), 2012.
    """

    threshold_db: float = param(
        -18.0, low=-60.0, high=0.0, unit="dB", text="Level above which it works; a full-scale sine is at 0."
    )
    ratio: float = param(2.0, low=1.0, high=20.0, text="dB in for one dB out above the threshold: 1.5 glues, 4 grips.")
    attack_ms: float = param(
        30.0,
        low=1.0,
        high=200.0,
        unit="ms",
        text="Time to 63 % of the reduction: 30 lets the stroke of a drum through.",
    )
    release_ms: float = param(
        120.0,
        low=10.0,
        high=2000.0,
        unit="ms",
        text="Time in which the reduction falls to 37 %: 120 moves with the beat.",
    )
    knee_db: float = param(6.0, low=0.0, high=24.0, unit="dB", text="Width of the bend at the threshold.")
    makeup_db: float = param(0.0, low=-24.0, high=24.0, unit="dB", text="Gain of the compressed sound.")
    mix: float = param(
        1.0, low=0.0, high=1.0, text="0 is untouched, 1 compressed only; between is parallel compression."
    )
    detector: str = param(
        "rms", choices=("rms", "peak"), text="What counts as level: power over 10 ms, or the highest sample."
    )

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> CompressorProcessor:
        """Return a processor at rest."""
        return CompressorProcessor(self, sample_rate, channels)


class CompressorProcessor:
    """Running state of a `Compressor`: an unfinished cell, the reduction, and one cell of delayed sound."""

    latency_frames = CONTROL_FRAMES
    tail_frames = 0

    def __init__(self, effect: Compressor, sample_rate: int, channels: int) -> None:
        self.channels = channels
        self._effect = effect
        cells_a_second = sample_rate / CONTROL_FRAMES
        self._power = Smoother(_RMS_SECONDS, cells_a_second)
        self._attack = Smoother(effect.attack_ms * 1e-3, cells_a_second)
        self._ratio = per_cell(effect.release_ms, sample_rate)
        self._reduction = 0.0
        self._started: Block = np.zeros((channels, 0), np.float32)
        resting = from_db(effect.makeup_db) * effect.mix + 1.0 - effect.mix
        self._rider = GainRider(channels, 1, resting)
        # The first edge comes before the first cell.
        self._rider.push(np.array([resting]))

    def process(self, block: Block) -> Block:
        """Return the compressed block, one cell late. Shape (channels, frames) in and out."""
        stream = np.concatenate([self._started, block], axis=1)
        whole = stream.shape[1] // CONTROL_FRAMES * CONTROL_FRAMES
        self._started = stream[:, whole:].copy()
        if whole:
            self._rider.push(self._gains(stream[:, :whole]))
        return self._rider.process(block)

    def _gains(self, cells: Block) -> Floats:
        """Return the gain at the edge after each cell."""
        effect = self._effect
        level = cell_levels(cells, effect.detector)
        if effect.detector == "rms":
            level = np.sqrt(2.0 * np.maximum(self._power.process(level), 0.0))
        wanted = soft_knee(20.0 * np.log10(level + 1e-9), effect.threshold_db, effect.ratio, effect.knee_db)
        held = decaying_maximum(wanted, self._ratio, self._reduction)
        self._reduction = float(held[-1])
        reduction = self._attack.process(held)
        return np.asarray(effect.mix * 10.0 ** ((effect.makeup_db - reduction) / 20.0) + 1.0 - effect.mix)
