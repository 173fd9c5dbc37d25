"""The machinery below the effects: fused convolution, filters, loudness, true peak."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyloudnorm
import scipy.signal

from bench.effort import Effort, race
from bench.material import sound
from bench.page import Table, ratio, times
from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.dsp.convolve import Convolver, fuse
from dusktape.dsp.loudness import LoudnessMeter, TruePeakMeter
from dusktape.studio.production import HOP

TITLE = "Signal processing"

Contest = tuple[str, Callable[[], object], str, Callable[[], object]]
"""Name and act of ours, then of the reference."""


def run(effort: Effort) -> list[Table]:
    """Measure each against scipy or pyloudnorm."""
    block = sound(effort.seconds)
    rows = []
    for row in (_convolver(block), _filter(block), _loudness(block), _true_peak(block)):
        name, ours, reference_name, reference = row
        mine, other = race(ours, reference, effort.repeats)
        seconds = effort.seconds
        rows.append([name, times(seconds, mine), reference_name, times(seconds, other), ratio(other, mine)])
    return [
        Table(
            f"{effort.seconds:.0f} s of stereo in blocks of {HOP}.",
            ["what", "times real time", "reference", "its times real time", "ratio"],
            rows,
        )
    ]


def _blocks(block: Block) -> list[Block]:
    return [block[:, start : start + HOP] for start in range(0, block.shape[1], HOP)]


def _convolver(block: Block) -> Contest:
    chain = [find("effects", name)() for name in ("highpass", "lowpass", "bell", "room")]
    responses = [e.impulse_response(SAMPLE_RATE, 2, seed=Seed(1)) for e in chain]
    fused = fuse(responses)

    def ours() -> None:
        convolver = Convolver(fused, 2)
        for piece in _blocks(block):
            convolver.process(piece)

    def reference() -> None:
        out = block
        for response in responses:
            taps = np.broadcast_to(response, (2, response.shape[1])).astype(np.float32)
            out = scipy.signal.oaconvolve(out, taps, axes=1)

    return "two filters, a bell and a room as one", ours, "scipy.signal.oaconvolve, four times", reference


def _filter(block: Block) -> Contest:
    sections = filters.lowpass(3000.0, SAMPLE_RATE, order=4)

    def ours() -> None:
        running = filters.StateSpaceFilter(sections, 2)
        for piece in _blocks(block):
            running.process(piece)

    return (
        "low-pass of order 4",
        ours,
        "scipy.signal.sosfilt",
        lambda: scipy.signal.sosfilt(sections, block, axis=1),
    )


def _loudness(block: Block) -> Contest:
    meter = pyloudnorm.Meter(SAMPLE_RATE)
    frames_first = block.T.astype(np.float64)

    def ours() -> float:
        mine = LoudnessMeter(SAMPLE_RATE, 2, with_true_peak=False)
        for piece in _blocks(block):
            mine.process(piece)
        return mine.integrated_lufs

    return "integrated loudness", ours, "pyloudnorm", lambda: meter.integrated_loudness(frames_first)


def _true_peak(block: Block) -> Contest:
    def ours() -> None:
        meter = TruePeakMeter(2)
        for piece in _blocks(block):
            meter.process(piece)

    return (
        "true peak, four-fold",
        ours,
        "scipy.signal.resample_poly",
        lambda: np.abs(scipy.signal.resample_poly(block, 4, 1, axis=1)).max(),
    )
