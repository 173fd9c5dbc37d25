"""Every registered effect, block by block, against scipy where it has the same thing, the plain method where not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scipy.signal

from bench import naive
from bench.effort import Effort, median_s, race
from bench.material import cues, sound
from bench.page import Table, milliseconds, ratio, times
from dusktape.core import plugins
from dusktape.core.audio import SAMPLE_RATE, Block, Floats, LinearEffect, Processor
from dusktape.core.seed import Seed
from dusktape.dsp import filters
from dusktape.studio.production import HOP

TITLE = "Effects"

_SECTIONS: dict[str, Callable[[], Floats]] = {
    "lowpass": lambda: filters.lowpass(8000.0, SAMPLE_RATE, order=2),
    "highpass": lambda: filters.highpass(60.0, SAMPLE_RATE, order=2),
    "bell": lambda: filters.bell(400.0, SAMPLE_RATE, gain_db=3.0, q=0.8),
    "shelf": lambda: filters.shelf(3000.0, SAMPLE_RATE, gain_db=-3.0, kind="high"),
    "tilt": lambda: filters.tilt(800.0, SAMPLE_RATE, db_per_octave=-1.0),
}
_WHOLE: dict[str, tuple[str, Callable[[Block], Block]]] = {
    "saturation": ("numpy tanh, aliasing", naive.plain_tanh),
    "crush": ("numpy hold and round", naive.plain_crush),
    "tremolo": ("numpy, one multiplication", naive.plain_tremolo),
    "width": ("numpy, mid and side", naive.plain_width),
}
_LOOPS: dict[str, tuple[str, Callable[[Block], Block]]] = {
    "chorus": ("loop over samples", naive.moving_delay),
    "wow": ("loop over samples", naive.moving_delay),
    "echo": ("loop over samples", naive.feedback_echo),
    "section_filter": ("loop over samples", naive.swept_filter),
    "duck": ("loop over samples", naive.envelope_gain),
    "compressor": ("loop over samples", naive.envelope_gain),
    "limiter": ("loop over samples", naive.envelope_gain),
}


def run(effort: Effort) -> list[Table]:
    """Measure them all."""
    rows = [_row(name, effort) for name in plugins.names("effects")]
    return [
        Table(
            f"{effort.seconds:.0f} s of stereo in blocks of {HOP}, default parameters. scipy gets the whole sound at "
            "once and has no block law to keep. In a recipe, neighbouring filters and reverbs share one convolution "
            f"and cost less than here. Loops over samples heard {naive.LOOP_S:g} s.",
            ["effect", "open", "times real time", "reference", "its times real time", "ratio"],
            rows,
        )
    ]


def _row(name: str, effort: Effort) -> list[str]:
    effect = plugins.find("effects", name)()
    block, heard = sound(effort.seconds), cues(effort.seconds)

    def opened() -> Processor:
        made: Processor = effect.open(SAMPLE_RATE, 2, cues=heard, seed=Seed(1).at(name))
        return made

    opening, processor = median_s(opened, effort.repeats), opened()

    def ours() -> None:
        for start in range(0, block.shape[1], HOP):
            processor.process(block[:, start : start + HOP])

    if name in _LOOPS:
        told, loop = _LOOPS[name]
        mine = median_s(ours, effort.repeats)
        short = block[:, : round(naive.LOOP_S * SAMPLE_RATE)]
        other = median_s(lambda: loop(short), 2) * effort.seconds / naive.LOOP_S
    else:
        told, reference = _reference(name, effect, block)
        if reference is None:
            mine = median_s(ours, effort.repeats)
            return [name, milliseconds(opening), times(effort.seconds, mine), "none", "", ""]
        mine, other = race(ours, reference, effort.repeats)
    speed, its_speed = times(effort.seconds, mine), times(effort.seconds, other)
    return [name, milliseconds(opening), speed, told, its_speed, ratio(other, mine)]


def _reference(name: str, effect: Any, block: Block) -> tuple[str, Callable[[], object] | None]:
    if name in _SECTIONS:
        sections = _SECTIONS[name]()
        return "scipy.signal.sosfilt", lambda: scipy.signal.sosfilt(sections, block, axis=1)
    if name in _WHOLE:
        told, method = _WHOLE[name]
        return told, lambda: method(block)
    if isinstance(effect, LinearEffect):
        taps = effect.impulse_response(SAMPLE_RATE, 2, seed=Seed(1).at(name)).astype("float32")
        return "scipy.signal.oaconvolve", lambda: scipy.signal.oaconvolve(block, taps, axes=1)
    return "none", None
