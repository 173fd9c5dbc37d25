"""What a page draws by: where bars, beats, kicks, sections and chords of a track lie, and how loud it is when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.score import TICKS_PER_BEAT, Score
from dusktape.studio.rig import cues_of

HOP = 2205
"""Frames of one reading of the level: 20 a second."""

SILENT_DB = -90

_PIECE = 200 * HOP


def timeline(score: Score, level_db: list[int], *, frames: int | None = None) -> dict[str, Any]:
    """Return what happens when, in frames from the start of the track.

    Parameters
    ----------
    score
        As it is played.
    level_db
        As `envelope` measures it.
    frames
        Length of the track; None takes the score's.
    """
    cues = cues_of(score)
    end = cues.frames if frames is None else frames

    def at(ticks: int) -> int:
        return round(score.seconds(ticks) * SAMPLE_RATE)

    bar = score.ticks_per_bar
    return {
        "sample_rate": SAMPLE_RATE,
        "frames": end,
        "bpm": round(score.bpm, 3),
        "key": score.key.name,
        "bars": _grid(score, bar, end),
        "beats": _grid(score, TICKS_PER_BEAT, end),
        "kicks": [frame for frame, _ in cues.kicks if frame < end],
        "sections": [
            {"name": s.name, "start": at(s.start), "bars": round(s.length / bar, 2)}
            for s in score.sections
            if at(s.start) < end
        ],
        "chords": [[at(c.start), c.name] for c in score.chords if at(c.start) < end],
        "level": {"hop": HOP, "db": level_db},
    }


def _grid(score: Score, ticks: int, end: int) -> list[int]:
    """Return where each multiple of so many ticks lies, rounded one by one so that nothing drifts."""
    frames: list[int] = []
    while (frame := round(score.seconds(len(frames) * ticks) * SAMPLE_RATE)) < end:
        frames.append(frame)
    return frames


def envelope(path: Path) -> list[int]:
    """Return the level of a sound file, one whole number of dBFS (RMS, all channels) for every `HOP` frames."""
    return [level for block in _blocks(path) for level in levels(block)]


def levels(block: Block) -> list[int]:
    """Return the level of each `HOP` frames of a block (channels, frames); the last may be shorter."""
    squares = np.mean(np.square(block, dtype=np.float64), axis=0)
    if not squares.size:
        return []
    starts = np.arange(0, squares.size, HOP)
    lengths = np.diff([*starts, squares.size])
    power = np.add.reduceat(squares, starts) / lengths
    db = 10.0 * np.log10(np.maximum(power, 10.0 ** (SILENT_DB / 10.0)))
    return [round(float(value)) for value in db]


def _blocks(path: Path) -> Iterator[Block]:
    with soundfile.SoundFile(str(path)) as file:
        while (piece := file.read(_PIECE, dtype="float32", always_2d=True)).size:
            yield piece.T
