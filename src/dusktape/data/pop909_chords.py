"""POP909's own chord labels: 818 Chinese pop songs on the beat grid, a third of the chords sevenths and richer."""

from __future__ import annotations

import lzma
import re
from collections.abc import Iterator
from pathlib import Path

from dusktape.core.errors import InputError
from dusktape.data.changes import Changes, settled
from dusktape.data.harte import parse, pitch_class
from dusktape.data.unreadable import ERRORS, unreadable
from dusktape.theory.chord import QUALITIES

FILE = Path("pop909_chords") / "chords.tsv.xz"
"""Where the labels lie below the data folder."""

_HEADER = re.compile(r"# (\d+) key=([A-G][#b]*):(maj|min) .*first_downbeat=(\d+)")
_SCALE = frozenset((0, 2, 4, 5, 7, 9, 11))


def songs(data: Path) -> Iterator[Changes]:
    """Read the songs below `data`, one after the other.

    Raises
    ------
    InputError
        If the file is missing or is not what it should be.
    """
    path = data / FILE
    try:
        with lzma.open(path, "rt", encoding="utf-8") as file:
            text = file.read()
    except ERRORS as error:
        raise unreadable("POP909's chords", path, error) from error
    for block in text.split("# ")[1:]:
        lines = block.splitlines()
        found = _HEADER.match("# " + lines[0])
        if found is None:
            raise InputError(f"{path} has no song header in {lines[0]!r}; get the file again")
        tonic, mode = pitch_class(found[2]), "major" if found[3] == "maj" else "minor"
        chords = []
        for line in lines[1:]:
            beat, length, label = line.split("\t")
            chord = parse(label)
            if chord:
                chords.append((int(beat) - int(found[4]), int(length), *chord))
        major = tonic if mode == "major" else (tonic + 3) % 12
        yield Changes(
            id=f"pop909/{found[1]}",
            source="pop",
            tonic=tonic,
            mode=mode,
            chords=settled(unmodulated(chords, major), tonic, mode),
            sections=(min((c[0] for c in chords), default=0) // 4 * 4,),
        )


def unmodulated(chords: list[tuple[int, int, int, str]], major: int) -> list[tuple[int, int, int, str]]:
    """Move stretches in another key back home, where the label names one key for the whole song.

    Every chord is explained by a transposition of the key's scale (`major` is its pitch class); changing the
    transposition costs as much as 24 beats of one foreign tone, so passing chords do not.

    Source
    ------
    Viterbi decoding over the twelve transpositions.
    """
    if not chords:
        return []
    change = 24.0
    cost = [0.0 if shift == 0 else change for shift in range(12)]
    back: list[list[int]] = []
    for _, length, root, quality in chords:
        tones = [(root + s - major) % 12 for s in QUALITIES.get(quality, (0, 7))]
        cheapest = min(range(12), key=cost.__getitem__)
        come_from = [s if cost[s] < cost[cheapest] + change else cheapest for s in range(12)]
        back.append(come_from)
        cost = [
            min(cost[s], cost[cheapest] + change) + length * sum((t - s) % 12 not in _SCALE for t in tones)
            for s in range(12)
        ]
    shift = min(range(12), key=cost.__getitem__)
    path = []
    for come_from in reversed(back):
        path.append(shift)
        shift = come_from[shift]
    return [(b, n, (r - s) % 12, q) for (b, n, r, q), s in zip(chords, reversed(path), strict=True)]
