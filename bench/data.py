"""Reading a dataset beside reading the MIDI files it was made of."""

from __future__ import annotations

import random
import tempfile
import warnings
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pretty_midi
import symusic

from bench.effort import Effort, relay
from bench.page import Table, milliseconds, ratio
from dusktape.core.score import BAR, EIGHTH, SIXTEENTH, Key, Note, Score
from dusktape.data.dataset import Dataset
from dusktape.data.midi.build import build
from dusktape.data.midi.options import Options
from dusktape.io.midi import to_midi

TITLE = "Data"

_BARS = 80
_SCALE = (0, 2, 4, 5, 7, 9, 11)
_COLUMNS = ("start", "length", "pitch", "velocity")


def run(effort: Effort) -> list[Table]:
    """Write songs as MIDI files, make a dataset of them, and read both."""
    songs = 10 if effort.quick else 60
    with tempfile.TemporaryDirectory() as folder:
        midi = Path(folder) / "midi"
        midi.mkdir()
        for seed in range(songs):
            to_midi(_song(seed), midi / f"{seed:03d}.mid")
        files = sorted(midi.iterdir())
        out = build([midi], Path(folder) / "songs.dataset", Options(drop_duplicates=False)).folder
        notes, whole = _dataset(out), _symusic(files)
        ours = partial(_dataset, out)
        # All three in turns: a time of ours from another race, beside another neighbour, makes no ratio.
        others = (partial(_pretty_midi, files), partial(_symusic, files))
        mine, slow, quick = relay((ours, *others), effort.repeats)
        size = sum(p.stat().st_size for p in files), sum(p.stat().st_size for p in out.glob("songs.npz"))
    return [
        Table(
            f"{songs} songs of {_BARS} bars to arrays of notes: start, length, pitch, velocity. The dataset is opened, "
            "checked against its hash and read song by song, with parts, keys and chords "
            f"({notes:,} notes, {size[1] / 1e3:,.0f} kB); the others parse a MIDI file for each song "
            f"({whole:,} notes, {size[0] / 1e3:,.0f} kB). Aim 50 times pretty_midi.",
            ["", "all songs", "a song", "ratio"],
            [
                ["`Dataset.read`, all songs", milliseconds(mine), milliseconds(mine / songs), "1"],
                ["pretty_midi, the reference", milliseconds(slow), milliseconds(slow / songs), ratio(slow, mine)],
                ["symusic", milliseconds(quick), milliseconds(quick / songs), ratio(quick, mine)],
            ],
        )
    ]


def _song(seed: int) -> Score:
    """A melody, chords and a bass, about 1,700 notes: as many as a song of POP909 has."""
    draw = random.Random(seed)
    melody, chords, bass = [], [], []
    place = 0
    while place < _BARS * BAR:
        length = draw.choice((SIXTEENTH, EIGHTH, EIGHTH, 2 * EIGHTH))
        melody.append(Note(place, length, 64 + draw.choice(_SCALE), draw.randrange(60, 110)))
        place += length
    for beat in range(0, _BARS * BAR, 2 * EIGHTH):
        root = draw.choice((0, 5, 7, 9))
        chords += [Note(beat, EIGHTH, 50 + root + third, draw.randrange(50, 90)) for third in (0, 4, 7)]
        bass.append(Note(beat, EIGHTH, 36 + root, 80))
    return Score(80.0, Key(0, "major"), parts={"melody": tuple(melody), "piano": tuple(chords), "bass": tuple(bass)})


def _dataset(folder: Path) -> int:
    return sum(len(song.notes) for song in Dataset.read(folder).songs())


def _pretty_midi(files: Sequence[Path]) -> int:
    """As one does it with that library: its notes are objects with times in seconds."""
    count = 0
    for path in files:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            midi = pretty_midi.PrettyMIDI(str(path))
        rows = [(n.start, n.end - n.start, n.pitch, n.velocity) for i in midi.instruments for n in i.notes]
        count += len(np.array(rows, float).reshape(-1, len(_COLUMNS)))
    return count


def _symusic(files: Sequence[Path]) -> int:
    count = 0
    for path in files:
        columns: list[dict[str, Any]] = [t.notes.numpy() for t in symusic.Score(path).tracks]
        count += len(np.concatenate([c["time"] for c in columns]))
    return count
