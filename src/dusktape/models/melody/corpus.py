"""Songs turned into what the network reads: one example a melody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dusktape.core.audio import Floats
from dusktape.data import openewld, pop909
from dusktape.data.split import fold
from dusktape.models.melody.memory import past
from dusktape.models.melody.tokens import (
    STEPS_PER_BAR,
    STEPS_PER_BEAT,
    Ints,
    chord_number,
    density_bin,
    encode,
    grid,
    notes_per_bar,
    plan,
)
from dusktape.nn.training import Example


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One melody, times in beats.

    Parameters
    ----------
    song, source
        The song's id and one of `tokens.SOURCES`.
    keys
        (start, tonic, mode).
    chords
        (start, length, root, quality).
    start, length, pitch
        Its notes.
    """

    song: str
    source: str
    keys: Sequence[tuple[float, int, str]]
    chords: Sequence[tuple[float, float, int, str]]
    start: Floats
    length: Floats
    pitch: Ints

    def slower(self) -> Line:
        """Return the same line in half time: a bar becomes two, and sixteenths eighths."""
        return Line(
            self.song,
            self.source,
            [(2 * start, *rest) for start, *rest in self.keys],  # type: ignore[misc]
            [(2 * start, 2 * length, root, quality) for start, length, root, quality in self.chords],
            2 * self.start,
            2 * self.length,
            self.pitch,
        )


def lines(data: Path) -> Iterator[Line]:
    """Read every melody in four quarters of the sources this model learns from."""
    for song in pop909.songs(data):
        if song.common_time:
            for source in ("melody", "bridge"):
                notes = song.tracks[source]
                if len(notes.start) >= 16:
                    yield Line(song.id, source, song.keys, song.chords, notes.start, notes.length, notes.pitch)
    for sheet in openewld.songs(data):
        if sheet.meter in ((4, 4), (2, 2)) and len(sheet.melody) >= 16:
            start, length, pitch = (np.array(column) for column in zip(*sheet.melody, strict=True))
            yield Line(sheet.id, "lead", [(0.0, *sheet.key)], sheet.chords, start, length, pitch)


def example(line: Line, number: int) -> Example:
    """Return the arrays of one melody: `token` (T,), `x` (T, columns), `song` (T,).

    The song is cut to the bars from one before its first note to one after its last.
    """
    notes = grid(line.start, line.length, line.pitch)
    first = max(0, notes[0][0] // STEPS_PER_BAR - 1) * STEPS_PER_BAR
    steps = (notes[-1][0] // STEPS_PER_BAR + 2) * STEPS_PER_BAR - first
    tonics = np.zeros(steps, np.int64)
    modes = [mode for _, _, mode in line.keys[:1]]
    for start, tonic, mode in line.keys:
        at = round(start * STEPS_PER_BEAT) - first
        tonics[max(0, at) :] = tonic
        if at <= 0:
            modes = [mode]
    middle = float(np.median(line.pitch))
    references = tonics + 12 * np.rint((middle - tonics) / 12.0).astype(np.int64)
    tokens = encode([(a - first, b - first, p) for a, b, p in notes], references)
    chords = []
    for start, length, root, quality in line.chords:
        a, b = round(start * STEPS_PER_BEAT) - first, round((start + length) * STEPS_PER_BEAT) - first
        if b > 0 and a < steps:
            chords.append((a, b, chord_number(root - int(tonics[max(a, 0)]), quality)))
    known = plan(chords, steps, mode=modes[0], source=line.source, density=density_bin(notes_per_bar(tokens)))
    x = np.concatenate([known, past(tokens, known[:, 0].astype(np.int64))], axis=1)
    return {"token": tokens.astype(np.int16), "x": x, "song": np.full(steps, number, np.int32)}


def examples(data: Path, *, half_time: bool = True) -> dict[str, list[Example]]:
    """Return the examples of each fold: `train`, `valid`, `test`.

    Parameters
    ----------
    data
        The folder that holds the sources.
    half_time
        Also learn from each song in half time: this is where long notes and one chord a bar come from.
        Songs that stop or judge the training are always as they were written.
    """
    out: dict[str, list[Example]] = {"train": [], "valid": [], "test": []}
    numbers: dict[str, int] = {}
    for line in lines(data):
        part = fold(line.song)
        number = numbers.setdefault(line.song, len(numbers))
        out[part].append(example(line, number))
        if part == "train" and half_time and line.source != "lead":
            out[part].append(example(line.slower(), number))
    return out
