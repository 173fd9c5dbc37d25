"""Write the index of phrases that ships beside the melody network's weights.

    python tools/phrases.py DATA

DATA holds the sources that the card names. Indexed is what the network learned from: every line of the training fold.
Beside it stands what the melodies of the other two folds reach, the songs by people that it has not seen.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.data.split import fold
from dusktape.models.melody import MODEL, corpus
from dusktape.nn.line import Line
from dusktape.nn.phrases import FILE, LENGTHS, MODES, build


def line_of(song: corpus.Line) -> Line:
    """Return a melody of the corpus on the grid of sixteenths."""
    chords = [Chord(round(a * TICKS_PER_BEAT), round(n * TICKS_PER_BEAT), r, q) for a, n, r, q in song.chords]
    velocity = np.full(len(song.pitch), 64)
    return Line.of_notes(song.song, Key(*song.keys[0][1:]), chords, song.start, song.length, song.pitch, velocity)


def main() -> None:
    """Build, write, and say what people reach."""
    songs = list(corpus.lines(Path(sys.argv[1])))
    learned = [line_of(song) for song in songs if fold(song.song) == "train"]
    held_out = [line_of(song) for song in songs if fold(song.song) != "train" and song.source != "bridge"]
    index = build(learned, held_out=held_out)
    path = MODEL.folder / FILE
    index.save(path)
    print(
        f"{path}: {index.songs} songs, {index.notes} notes, {path.stat().st_size} bytes, {len(held_out)} held-out songs"
    )
    for mode in MODES:
        longest = ", ".join(f"{p} %: {index.people.percentile(mode, p):g}" for p in (5, 50, 95, 100))
        share = index.people.share[mode][LENGTHS.index(15)]
        print(f"{mode}: longest match of people's songs {longest} notes; 15-note sequences {share:.5f}")


if __name__ == "__main__":
    main()
