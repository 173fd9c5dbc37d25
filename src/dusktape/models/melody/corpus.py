"""Where the melodies come from: the sources that the shipped weights learned from, or anybody's dataset."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dusktape.core.score import TICKS_PER_BEAT
from dusktape.data import openewld, pop909
from dusktape.data.dataset import MANIFEST, Dataset, Song
from dusktape.data.split import fold
from dusktape.models.melody.song import Melody, example
from dusktape.nn.training import Example

AT_LEAST = 16
"""Melodies of fewer notes are left out."""


def melodies(data: Path) -> Iterator[tuple[str, Melody]]:
    """Yield (split, melody) for every melody in four quarters.

    Parameters
    ----------
    data
        A dataset, which brings its own split; or the folder that holds POP909 and OpenEWLD.
    """
    if (data / MANIFEST).is_file():
        for song in Dataset.read(data).songs():
            if song.beats_per_bar == 4 and len(song.line()) >= AT_LEAST:
                yield song.split, _of(song)
        return
    for found in pop909.songs(data):
        if found.common_time:
            for source in ("melody", "bridge"):
                notes = found.tracks[source]
                if len(notes.start) >= AT_LEAST:
                    arrays = notes.start, notes.length, notes.pitch, notes.velocity
                    yield fold(found.id), Melody(found.id, source, found.keys, found.chords, *arrays)
    for sheet in openewld.songs(data):
        if sheet.meter in ((4, 4), (2, 2)) and len(sheet.melody) >= AT_LEAST:
            start, length, pitch = (np.array(column) for column in zip(*sheet.melody, strict=True))
            yield fold(sheet.id), Melody(sheet.id, "lead", [(0.0, *sheet.key)], sheet.chords, start, length, pitch)


def _of(song: Song) -> Melody:
    notes, beat = song.of("melody"), float(TICKS_PER_BEAT)
    return Melody(
        song.name,
        "melody",
        [(0.0, song.key.tonic, song.key.mode)],
        [(c.start / beat, c.length / beat, c.root, c.quality) for c in song.chords],
        notes.start / beat,
        notes.length / beat,
        notes.pitch,
        notes.velocity,
    )


def examples(data: Path, *, half_time: bool = True) -> dict[str, list[Example]]:
    """Return the examples of each split: `train`, `valid`, `test`.

    Parameters
    ----------
    data
        As for `melodies`.
    half_time
        Also learn from each song in half time: this is where long notes and one chord a bar come from.
        Songs that stop or judge the training are always as they were written.
    """
    out: dict[str, list[Example]] = {"train": [], "valid": [], "test": []}
    numbers: dict[str, int] = {}
    for split, melody in melodies(data):
        number = numbers.setdefault(melody.song, len(numbers))
        out[split].append(example(melody, number))
        if split == "train" and half_time and melody.source != "lead":
            out[split].append(example(melody.slower(), number))
    return out
