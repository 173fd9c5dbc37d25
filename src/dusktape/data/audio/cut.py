"""One sound file to clips at the dataset's rate: resampled, cut, brought to a level, faded. Needs soxr."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Block
from dusktape.core.errors import PluginError
from dusktape.data.audio.levels import is_silent
from dusktape.data.audio.source import FileError, Source, fold, opened
from dusktape.dsp.envelope import fall, rise

CUTS = ("oneshots", "beats", "bars", "fixed")
"""How files are cut."""

PEAK_DB = -1.0
"""Where the peak of a one-shot lies, and of anything else at most, dBFS."""

LUFS = -18.0
"""How loud a file is whose clips are cut by time, unless its peaks do not allow it."""

SHORTEST_S = 0.005
_QUALITY = "VHQ"
_LEAD_S, _BEFORE_S, _FADE_IN_S, _FADE_OUT_S, _CUT_OFF_S = 0.03, 0.01, 0.002, 0.01, 0.05
_ONSET, _TAIL = 0.01, 0.001
_FRAME_S = 0.01
_BEATS_PER_BAR = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """How one file is cut.

    Parameters
    ----------
    rate, channels
        Of the clips.
    cut
        One of `CUTS`.
    seconds
        Length of `fixed` clips, and of the longest one-shot.
    count
        Beats or bars in a clip.
    gain_db
        What the file is turned up by.
    level
        Whether every clip is brought to `PEAK_DB`, whatever it had.
    dc
        What is taken away from every sample first.
    side
        Which channel is taken where there are two: `both`, `left` or `right`.
    strikes
        When something is struck, in seconds, for one-shots.
    sound_from_s, sound_to_s
        Before and after, the file is silent.
    """

    rate: int
    channels: int
    cut: str
    seconds: float
    count: int = 1
    gain_db: float = 0.0
    level: bool = False
    dc: float = 0.0
    side: str = "both"
    strikes: Sequence[float] = ()
    sound_from_s: float = 0.0
    sound_to_s: float = float("inf")


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A clip and where it comes from: `left_out` is why it is no good, else empty."""

    sound: Block
    start_s: float
    bpm: float = 0.0
    left_out: str = ""


def pieces(path: Path, plan: Plan) -> Iterator[Piece]:
    """Yield the clips of a file in order. Memory: one clip and a few blocks, whatever the file's length.

    Raises
    ------
    FileError
        If the file cannot be used after all, or has no beat to cut by.
    PluginError
        If an extra is missing.
    """
    bpm = 0.0
    if plan.cut in ("beats", "bars"):
        places, bpm = _by_beat(path, plan)
    elif plan.cut == "oneshots":
        places = _by_strike(plan)
    else:
        places = _by_time(plan)
    with opened(path) as source:
        blocks = resampled(source, plan)
        for (start, _), sound in zip(places, sliced(blocks, places, plan.channels), strict=False):
            if plan.cut == "oneshots":
                piece = _one_shot(sound, start, plan, first=start == places[0][0])
            else:
                piece = _timed(sound, start, plan, bpm)
            yield piece


def resampled(source: Source, plan: Plan) -> Iterator[Block]:
    """Yield a source at the plan's rate, channels and level, (channels, frames)."""
    gain = np.float32(10.0 ** (plan.gain_db / 20.0))
    if source.rate == plan.rate:
        for block in source.blocks:
            yield _sided(block, plan) * gain
        return
    stream = _soxr().ResampleStream(source.rate, plan.rate, plan.channels, dtype="float32", quality=_QUALITY)
    for block in source.blocks:
        yield stream.resample_chunk(np.ascontiguousarray(_sided(block, plan).T)).T * gain
    yield stream.resample_chunk(np.zeros((0, plan.channels), np.float32), last=True).T * gain


def _sided(block: Block, plan: Plan) -> Block:
    if plan.side != "both":
        half = block[0 if plan.side == "left" else 1 :: 2]
        block = half.mean(axis=0, keepdims=True)
    return fold(block, plan.channels) - np.float32(plan.dc)


def sliced(blocks: Iterator[Block], places: Sequence[tuple[int, int]], channels: int) -> Iterator[Block]:
    """Yield the stretches between two frames each, in order of their starts; what lies beyond the end is missing."""
    held, first = np.zeros((channels, 0), np.float32), 0
    ended = False
    for start, stop in places:
        while not ended and first + held.shape[1] < stop:
            drop = min(held.shape[1], max(0, start - first))
            held, first = held[:, drop:], first + drop
            block = next(blocks, None)
            if block is None:
                ended = True
            else:
                held = np.concatenate([held, block], axis=1)
        yield held[:, max(0, start - first) : max(0, stop - first)].copy()


def _by_time(plan: Plan) -> list[tuple[int, int]]:
    """Return clips one after the other from the first sound on; of a file shorter than one, what there is."""
    size = round(plan.seconds * plan.rate)
    start, stop = round(plan.sound_from_s * plan.rate), round(plan.sound_to_s * plan.rate)
    count = max(1, (stop - start) // size)
    return [(start + k * size, start + (k + 1) * size) for k in range(count)]


def _by_strike(plan: Plan) -> list[tuple[int, int]]:
    """Return a stretch for each strike; a file that is short, or has one strike, is one."""
    start, stop = plan.sound_from_s, plan.sound_to_s
    strikes = [s for s in plan.strikes if start - 0.1 <= s <= stop]
    if stop - start <= plan.seconds or len(strikes) < 2:
        spans = [(start - _LEAD_S, min(stop + 0.1, start + plan.seconds + 0.2))]
    else:
        ends = [*(s - _BEFORE_S for s in strikes[1:]), stop + 0.1]
        spans = [(s - _LEAD_S, min(e, s + plan.seconds + 0.1)) for s, e in zip(strikes, ends, strict=True)]
    return [(max(0, round(a * plan.rate)), round(b * plan.rate)) for a, b in spans]


def _by_beat(path: Path, plan: Plan) -> tuple[list[tuple[int, int]], float]:
    from dusktape.data.beats import find_beats
    from dusktape.data.hearing import hear

    with opened(path) as source:
        grid = find_beats(hear((fold(block, 1) for block in source.blocks), source.rate))
    if grid is None:
        raise FileError("no beat", "it has no beat to cut by; say --cut oneshots or fixed")
    step = plan.count * (_BEATS_PER_BAR if plan.cut == "bars" else 1)
    times = grid.times[grid.first if step > 1 else 0 :: step]
    frames = np.rint(times * plan.rate).astype(int).tolist()
    if len(frames) < 2:
        raise FileError("short", f"it is shorter than {plan.count} {plan.cut}")
    return list(pairwise(frames)), round(float(grid.bpm), 2)


def _timed(sound: Block, start: int, plan: Plan, bpm: float) -> Piece:
    """Return a clip cut by time; `fixed` ones are filled up with silence."""
    at = round(start / plan.rate, 4)
    if is_silent(sound):
        return Piece(sound, at, bpm, "silent")
    if plan.cut == "fixed":
        missing = round(plan.seconds * plan.rate) - sound.shape[1]
        sound = np.pad(sound, ((0, 0), (0, max(0, missing))))
    return Piece(sound, at, bpm)


def _one_shot(sound: Block, start: int, plan: Plan, *, first: bool) -> Piece:
    """Return a one-shot from two milliseconds before its attack until it has died away, 60 dB below its peak."""
    outline = np.abs(sound).max(axis=0, initial=0.0)
    peak = float(outline.max(initial=0.0))
    if is_silent(sound):
        return Piece(sound, start / plan.rate, left_out="silent")
    frame = max(1, round(_FRAME_S * plan.rate))
    ringing = 0.0 if first else float(outline[:frame].max())  # of the strike before
    onset = int(np.argmax(outline >= max(_ONSET * peak, min(2.0 * ringing, 0.5 * peak))))
    begin = max(0, onset - round(_FADE_IN_S * plan.rate))
    frames = (
        outline[begin : begin + (len(outline) - begin) // frame * frame].reshape(-1, frame).max(axis=1, initial=0.0)
    )
    loud = np.flatnonzero(frames > _TAIL * peak)
    last = begin + (int(loud[-1]) + 2 if len(loud) else 1) * frame
    longest = begin + round(plan.seconds * plan.rate)
    cut_off = min(last, longest) < last or last >= sound.shape[1]
    out = sound[:, begin : min(last, longest)].copy()
    if out.shape[1] < SHORTEST_S * plan.rate:
        return Piece(out, start / plan.rate, left_out="short")
    if onset > begin:
        out[:, : onset - begin] *= rise(onset - begin)
    edge = min(out.shape[1] // 4, round((_CUT_OFF_S if cut_off else _FADE_OUT_S) * plan.rate))
    out[:, -edge:] *= fall(edge)
    if plan.level:
        out *= np.float32(10.0 ** (PEAK_DB / 20.0) / np.abs(out).max())
    return Piece(out, round((start + begin) / plan.rate, 4))


def _soxr() -> Any:
    try:
        import soxr
    except ModuleNotFoundError as error:
        raise PluginError("resampling needs soxr; install it with: pip install 'dusktape[audio]'") from error
    return soxr


def check_extras() -> None:
    """Raise PluginError now rather than when ten thousand files have been read."""
    _soxr()
