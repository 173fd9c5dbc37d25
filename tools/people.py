"""Measure people's songs the way ours are measured, for the column beside them.

    python tools/people.py DATA

DATA holds the folders that the networks learned from. Melody and chords come from the held-out songs of POP909, drums
from the held-out performances of Groove; the figures go to `src/dusktape/evaluate/people.json`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.score import SIXTEENTH, TICKS_PER_BEAT, Chord, Key, Note, Score
from dusktape.data import groove, pop909
from dusktape.data.split import fold
from dusktape.evaluate import gather
from dusktape.evaluate.diversity import diversity
from dusktape.evaluate.judgement import summary
from dusktape.evaluate.repetition import repetition
from dusktape.evaluate.song import PEOPLE, measure
from dusktape.models.drums.net import TEST_SESSIONS

LEAST_BARS = 8
DRUMS = ("backbeat", "drum_timing_ms", "drum_velocity")
DIVERSE = 50
"""As many songs as ours are compared by."""

_PITCHES = (36, 38, 37, 42, 46, 44, 51, 49, 50, 47, 43)


def songs(data: Path) -> Iterator[Score]:
    """Yield the held-out songs in four quarters: melody and chords."""
    for song in pop909.songs(data):
        if song.common_time and fold(song.id) == "test":
            notes = song.tracks["melody"]
            columns = (notes.start * TICKS_PER_BEAT, notes.length * TICKS_PER_BEAT, notes.pitch, notes.velocity)
            rows = zip(*(np.rint(column).astype(int).tolist() for column in columns), strict=True)
            chords = (
                Chord(round(start * TICKS_PER_BEAT), round(length * TICKS_PER_BEAT), root, quality)
                for start, length, root, quality in song.chords
            )
            _, tonic, mode = song.keys[0]
            melody = tuple(Note(start, max(1, length), pitch, velocity) for start, length, pitch, velocity in rows)
            yield Score(song.bpm, Key(tonic, mode), chords=tuple(chords), parts={"lead": melody})


def drummers(data: Path) -> Iterator[Score]:
    """Yield the held-out performances of eight bars or more."""
    for played in groove.read(data):
        if played.session in TEST_SESSIONS and not played.is_fill and played.step[-1] >= LEAST_BARS * 16:
            rows = zip(played.step, played.offset, played.drum, played.velocity, strict=True)
            hits = tuple(
                Note(max(0, round((s + late) * SIXTEENTH)), SIXTEENTH, _PITCHES[d], int(v)) for s, late, d, v in rows
            )
            yield Score(played.bpm, Key(0, "major"), parts={"drums": hits})


def figures(data: Path) -> dict[str, Any]:
    """Return mean and percentiles of every measure, with the songs they come from."""
    rows = {
        "POP909, held-out songs": [measure(s) for s in songs(data)],
        "Groove, held-out performances": [measure(s) for s in drummers(data)],
    }
    out: dict[str, Any] = {}
    for source, measured in rows.items():
        for name, row in summary(measured).items():
            if row["songs"] and (name in DRUMS) == source.startswith("Groove"):
                out[name] = {"source": source, **{k: round(v, 4) for k, v in row.items()}}
    return out


def main() -> None:
    """Write the figures."""
    data = Path(sys.argv[1])
    lines = [gather.line(str(k), song) for k, song in enumerate(songs(data))]
    curve = repetition(lines)
    table = {
        "measures": figures(data),
        "repetition": {
            "place": curve.place.tolist(),
            "positional": [round(v, 4) for v in curve.positional.tolist()],
            "bag": [round(v, 4) for v in curve.bag.tolist()],
            "songs": curve.songs.tolist(),
        },
        "diversity": {k: round(v, 4) for k, v in diversity(lines[:DIVERSE]).figures().items()},
    }
    PEOPLE.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    print(PEOPLE)


if __name__ == "__main__":
    main()
