"""Everything that is found in one sound file, in one pass over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.data.audio.ear import FRAMES_S, Ear, Heard
from dusktape.data.audio.excerpts import LONGEST_S, as_track
from dusktape.data.audio.finding import Finding
from dusktape.data.audio.levels import SILENT_DB, Levels
from dusktape.data.audio.source import opened

VERSION = 2
"""Changes when the same samples are measured in another way: what was found before is found again."""

PICTURE = 96
"""Columns of the pictures."""

MOST_ANCHORS = 2048
_AROUND_S, _SAME_FRAMES = 0.8, 8
_PRINT_BANDS = slice(0, 34)
_PRINT_RANGE_DB = 60.0
_BEGINS = 0.01
_STEPS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_DARKEST_DB, _NOTHING_DB = -70.0, -120.0


def measure(path: Path) -> Finding:
    """Read a sound file and return what was found in it. Memory: about 20 kB a second.

    Raises
    ------
    FileError
        If it cannot be used.
    OSError
        If it cannot be opened.
    """
    with opened(path) as source:
        levels, ear = Levels(source.rate, source.channels, source.bits), Ear(source.rate)
        for block in source.blocks:
            levels.push(block)
            ear.push(block)
        facts: dict[str, Any] = {"rate": source.rate, "channels": source.channels, "bits": source.bits}
    facts |= levels.facts()
    if facts["peak_db"] < SILENT_DB:
        empty = facts["peak_db"] <= _NOTHING_DB
        told = "all its samples are 0" if empty else f"its peak is at {facts['peak_db']:.0f} dB of full scale"
        return Finding(facts, {}, "silent", f"{told}: it is silent")
    heard = ear.heard()
    events = heard.events()
    facts |= heard.facts()
    anchors = _anchors(heard, events)
    arrays = {
        "strikes": np.asarray(heard.strikes(), "<f4"),
        "anchors": np.asarray(anchors / FRAMES_S, "<f4"),
        "track": _track(heard),
        "prints": np.asarray([_print(heard, int(a)) for a in anchors], "<f2"),
        "mel": _mel_picture(heard),
        "waveform": _waveform_picture(heard),
        "texture": np.asarray(_texture(heard), "<f4"),
    }
    return Finding(facts, arrays)


def _anchors(heard: Heard, events: Floats) -> Floats:
    """Return the frames that stand for a recording: where its sound begins, and events that are the strongest around.

    They depend on what sounds and not on where the file begins, so a copy with another beginning has the same.
    """
    # By its samples: what the spectrum's window shows before them is not there where a file begins with its sound.
    reach = np.abs(heard.outline).max(axis=1)
    first = int(np.argmax(reach >= _BEGINS * reach.max()))
    frames = np.rint(events * FRAMES_S).astype(int)
    strength = heard.rising()[frames]
    around = round(_AROUND_S * FRAMES_S)
    low, high = np.searchsorted(frames, frames - around), np.searchsorted(frames, frames + around, "right")
    best = [k for k in range(len(frames)) if strength[k] >= strength[low[k] : high[k]].max()]
    best.sort(key=lambda k: (-strength[k], k))
    chosen = {frame for frame in frames[best[: MOST_ANCHORS - 1]].tolist() if frame - first > _SAME_FRAMES}
    return np.array(sorted({first} | chosen))


def _print(heard: Heard, frame: int) -> Floats:
    """Return the log-mel spectrum from a frame on, finely at first and coarsely later, with unit length around 0.

    What is louder or softer, in another format or at another rate (down to 16 kHz) has nearly the same.
    """
    piece = heard.mel[frame : frame + _STEPS[-1], _PRINT_BANDS].astype(np.float32)
    floor = float(piece.max()) - _PRINT_RANGE_DB
    piece = np.pad(np.maximum(piece, floor), ((0, _STEPS[-1] - len(piece)), (0, 0)), constant_values=floor)
    steps = np.add.reduceat(piece, _STEPS[:-1], axis=0) / np.diff(_STEPS)[:, None]
    numbers = (steps - steps.mean()).ravel().astype(np.float64)
    return np.asarray(numbers / (np.linalg.norm(numbers) or 1.0))


def _track(heard: Heard) -> Any:
    """Return the mel frames of the sound, as `excerpts` compares them; none of a long file."""
    first, last = heard.bounds(_PRINT_RANGE_DB)
    if last - first > LONGEST_S * FRAMES_S:
        last = first
    return as_track(heard.mel[first:last, _PRINT_BANDS])


def _texture(heard: Heard) -> Floats:
    """Return the shape of the mean spectrum, (8,): its cosine transform without the level, in dB."""
    loud = heard.level > heard.level.max() - 40.0
    mean = heard.mel[loud].mean(axis=0, dtype=np.float64)
    bands = np.arange(len(mean))
    waves = np.cos(np.pi * np.arange(1, 9)[:, None] * (bands + 0.5) / len(mean))
    return np.asarray(waves @ mean * (2.0 / len(mean)))


def _mel_picture(heard: Heard) -> Any:
    """Return the mel spectrum as a picture, (bands, columns) of 0 to 255; the loudest is 255."""
    columns = np.maximum.reduceat(heard.mel, _columns(len(heard.mel)), axis=0).astype(np.float32)
    shade = np.clip(1.0 - (columns - columns.max()) / _DARKEST_DB, 0.0, 1.0)
    return np.ascontiguousarray(np.rint(255.0 * shade).astype(np.uint8).T)


def _waveform_picture(heard: Heard) -> Any:
    """Return the outline of the waveform, (columns, 2) of -127 to 127; the loudest sample is 127."""
    edges = _columns(len(heard.outline))
    low = np.minimum.reduceat(heard.outline[:, 0], edges)
    high = np.maximum.reduceat(heard.outline[:, 1], edges)
    outline = np.stack([low, high], axis=1)
    return np.rint(outline * (127.0 / max(1e-9, float(np.abs(outline).max())))).astype(np.int8)


def _columns(frames: int) -> Any:
    """Return where each column of a picture begins."""
    return np.linspace(0, frames, min(PICTURE, frames) + 1).astype(int)[:-1]
