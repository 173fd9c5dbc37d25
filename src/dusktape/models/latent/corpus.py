"""Where the eight bars come from: the sources that the shipped weights learned from, or anybody's dataset."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from dusktape.core.roles import LoopChord
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.core.seed import Seed
from dusktape.data import openewld, pop909
from dusktape.data.dataset import MANIFEST, Dataset
from dusktape.data.split import fold
from dusktape.models.latent.tokens import (
    CONTROLS,
    HALVES,
    MODES,
    NO_DEGREE,
    QUALITY_NAMES,
    Window,
    chord_controls,
    past,
    windows,
)
from dusktape.nn.line import Line
from dusktape.nn.training import Example
from dusktape.theory.colour import enriched

LEAST_NOTES = 8
"""Windows with fewer notes say too little."""

HOP_BARS = 4
"""Training songs are read every four bars, the others every eight."""

_BPM = 90.0


def songs(data: Path) -> Iterator[tuple[str, Line, float]]:
    """Yield (split, melody with its chords, tempo) of songs in four quarters.

    Parameters
    ----------
    data
        A dataset, which brings its own split; or the folder that holds POP909 and OpenEWLD.
    """
    if (data / MANIFEST).is_file():
        for song in Dataset.read(data).songs():
            if song.beats_per_bar == 4:
                yield song.split, song.line(), song.bpm
        return
    for found in pop909.songs(data):
        if found.common_time and len({key[1:] for key in found.keys}) == 1:
            key, chords = Key(*found.keys[0][1:]), _chords(found.chords)
            for name in ("melody", "bridge"):
                n = found.tracks[name]
                line = Line.of_notes(found.id, key, chords, n.start, n.length, n.pitch, n.velocity)
                yield fold(found.id), line, found.bpm
    for sheet in openewld.songs(data):
        if sheet.meter in ((4, 4), (2, 2)) and sheet.melody:
            start, length, pitch = (np.array(column) for column in zip(*sheet.melody, strict=True))
            key, touch = Key(*sheet.key), np.full(len(start), 72)
            line = Line.of_notes(sheet.id, key, _chords(sheet.chords), start, length, pitch, touch)
            yield fold(sheet.id), line, _BPM


def _chords(chords: Sequence[tuple[float, float, int, str]]) -> tuple[Chord, ...]:
    beat = TICKS_PER_BEAT
    return tuple(Chord(round(s * beat), max(1, round(n * beat)), root, q) for s, n, root, q in chords)


def examples(data: Path) -> dict[str, list[Example]]:
    """Return the windows of each split as examples."""
    out: dict[str, list[Example]] = {"train": [], "valid": [], "test": []}
    numbers: dict[str, int] = {}
    for split, line, bpm in songs(data):
        number = numbers.setdefault(line.name, len(numbers))
        hop = HOP_BARS if split == "train" else HALVES // 2
        for window in windows(line, bpm, hop_bars=hop, least_notes=LEAST_NOTES):
            out[split].append(example(window, number))
    return out


def lines(data: Path, split: str) -> list[Line]:
    """Return a split's melodies that have a window with notes enough, each whole."""
    found = ((line, bpm) for side, line, bpm in songs(data) if side == split)
    return [line for line, bpm in found if any(windows(line, bpm, hop_bars=HOP_BARS, least_notes=LEAST_NOTES))]


def example(window: Window, song: int) -> Example:
    """Return a window as arrays of 16 half bars."""
    state, age = (column.reshape(window.tokens.shape) for column in past(window.tokens.ravel()))
    return {
        "tokens": window.tokens,
        "state": state,
        "age": age,
        "degree": window.degree,
        "quality": window.quality,
        "mode": np.full(HALVES, window.mode, np.int64),
        "controls": np.tile(window.controls.astype(np.float32), (HALVES, 1)),
        "song": np.full(HALVES, song, np.int32),
    }


def coloured(example: Example, rng: np.random.Generator) -> Example:
    """Return the window with chords as rich as lo-fi has them, one time in two; pop alone would never show any."""
    if rng.random() < 0.5:
        return example
    level, seed = rng.random(), Seed(int(rng.integers(1 << 30)))
    degree, quality = example["degree"], example["quality"].copy()
    mode = MODES[int(example["mode"][0])]
    starts = np.flatnonzero(np.diff(degree, prepend=-1) | np.diff(quality, prepend=-1))
    ends = [*starts[1:].tolist(), HALVES]
    chords = [LoopChord(int(degree[s]), QUALITY_NAMES[quality[s]], 2) for s in starts.tolist()]
    for i, (start, end) in enumerate(zip(starts.tolist(), ends, strict=True)):
        if degree[start] != NO_DEGREE:
            after = chords[(i + 1) % len(chords)]
            here = seed.at(i)
            rich = enriched(
                chords[i], mode, _level(level, here.unit()), here, after=after if after.degree < 12 else None
            )
            quality[start:end] = QUALITY_NAMES.index(rich.quality)
    controls = example["controls"].copy()
    for name, value in chord_controls(degree, quality).items():
        controls[:, CONTROLS.index(name)] = value
    return {**example, "quality": quality, "controls": controls}


def _level(amount: float, unit: float) -> int:
    """Return 0 to leave a chord alone, up to 3 for what lies beyond ninths; the more, the larger the amount."""
    return int(np.searchsorted((1.0 - 1.2 * amount, 1.0 - 0.6 * amount, 1.0 - 0.2 * amount), unit, side="right"))
