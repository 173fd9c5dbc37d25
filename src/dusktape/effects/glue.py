"""What a mix bus does to a mix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dusktape.core.audio import CONTROL_FRAMES, Block, Cues, Floats
from dusktape.core.params import check, param
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.dynamics import GainRider, SoftCurve, decaying_maximum, from_db, per_cell, soft_knee

_RMS_SECONDS = 0.02
_FAST_MS = 90.0
_CHARGE_SECONDS = 0.3
_FLOOR = 0.7


@dataclass(frozen=True, slots=True)
class Glue:
    """A slow, gentle bus compressor and a soft curve behind it: parts that were beside each other are now together.

    It listens to middle and side as one, the bass held back so that a kick does not pump the room, and turns both down
    alike, so the image stands still. Two releases run at once and the longer wins: peaks are let go at once, loud
    passages slowly. One cell (64 frames) late; about 1/2000 of real time.

    Source
    ------
    Detector as in `Compressor`; two releases: Giannoulis, Massberg, Reiss, JAES 60(6), 2012, on automatic release.
    """

    threshold_db: float = param(
        -20.0, low=-60.0, high=0.0, unit="dB", text="a dB or three of work is glue; set it for that"
    )
    ratio: float = param(1.6, low=1.0, high=6.0, text="1.3 leans, 1.6 glues, 3 squeezes")
    attack_ms: float = param(30.0, low=1.0, high=200.0, unit="ms", text="10 holds drums back, 30 lets them through")
    release_ms: float = param(
        500.0, low=50.0, high=3000.0, unit="ms", text="of loud passages; peaks are let go in 90 ms"
    )
    bass_hz: float = param(110.0, low=10.0, high=500.0, unit="Hz", text="what lies below counts less")
    drive_db: float = param(
        0.0, low=-24.0, high=18.0, unit="dB", text="into the soft curve: -12 clean, 0 rounded, 6 warm"
    )
    makeup_db: float = param(0.0, low=-12.0, high=12.0, unit="dB", text="gain of what comes out")

    def __post_init__(self) -> None:
        check(self)

    def open(self, sample_rate: int, channels: int, *, cues: Cues, seed: Seed) -> GlueProcessor:
        """Return a bus at rest."""
        return GlueProcessor(self, sample_rate, channels)


class GlueProcessor:
    """Running state of a `Glue`: an unfinished cell, the reduction, and one cell of delayed sound."""

    latency_frames = CONTROL_FRAMES
    tail_frames = 1

    def __init__(self, effect: Glue, sample_rate: int, channels: int) -> None:
        self.channels = channels
        self._effect = effect
        cells_a_second = sample_rate / CONTROL_FRAMES
        self._ears = filters.StateSpaceFilter(filters.highpass(effect.bass_hz, sample_rate, order=1), 1)
        self._power = filters.Smoother(_RMS_SECONDS, cells_a_second)
        self._attack = filters.Smoother(effect.attack_ms * 1e-3, cells_a_second)
        self._charge = filters.Smoother(_CHARGE_SECONDS, cells_a_second)
        self._ratios = per_cell(_FAST_MS, sample_rate), per_cell(effect.release_ms, sample_rate)
        self._held = [0.0, 0.0]
        self._started: Block = np.zeros((2, 0), np.float32)
        self._rider = GainRider(channels, 1)
        self._rider.push(np.ones(1))
        self._curve = SoftCurve(channels)
        self._drive = from_db(effect.drive_db)
        self._level = from_db(effect.makeup_db - effect.drive_db)

    def process(self, block: Block) -> Block:
        """Return the block, held together, one cell late. Shape (channels, frames) in and out."""
        if len(block) == 2:
            middle, side = np.float32(0.5) * (block[:1] + block[1:]), np.float32(0.5) * (block[:1] - block[1:])
        else:
            middle, side = block, np.zeros_like(block)
        stream = np.concatenate([self._started, np.concatenate([self._ears.process(middle), side])], axis=1)
        whole = stream.shape[1] // CONTROL_FRAMES * CONTROL_FRAMES
        self._started = stream[:, whole:].copy()
        if whole:
            self._rider.push(self._gains(stream[:, :whole]))
        return self._curve.process(self._rider.process(block), self._drive, self._level)

    def _gains(self, cells: Block) -> Floats:
        """Return the gain at the edge after each cell, from middle and side, shape (2, frames)."""
        shaped = cells.reshape(2, -1, CONTROL_FRAMES)
        power = np.einsum("cjf,cjf->j", shaped, shaped).astype(np.float64) / CONTROL_FRAMES
        level = np.sqrt(2.0 * np.maximum(self._power.process(power), 0.0))
        wanted = soft_knee(20.0 * np.log10(level + 1e-9), self._effect.threshold_db, self._effect.ratio, 10.0)
        # The slow one fills up first, which a peak is too short for: it is the floor on which the quick one moves.
        quick = decaying_maximum(wanted, self._ratios[0], self._held[0])
        slow = decaying_maximum(_FLOOR * self._charge.process(wanted), self._ratios[1], self._held[1])
        self._held = [float(quick[-1]), float(slow[-1])]
        reduction = self._attack.process(np.maximum(quick, slow))
        return np.asarray(10.0 ** (-reduction / 20.0))
