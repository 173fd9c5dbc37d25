"""The RS 200: Roman numerals of 200 rock songs, each analysed by two people."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from dusktape.data.changes import Changes, mode_of, settled
from dusktape.data.harte import pitch_class
from dusktape.data.roman import numeral
from dusktape.data.unreadable import ERRORS, unreadable

FILE = Path("rock_corpus") / "rs200.tar.xz"
"""Where the analyses lie below the data folder."""

_KEY = re.compile(r"\[([A-G][#b]?)\]")
_METRE = re.compile(r"\[(\d+)/(\d+)\]")


def songs(data: Path) -> Iterator[Changes]:
    """Read the analyses below `data`, one after the other: two of each song, with the same id.

    Raises
    ------
    InputError
        If the archive is missing or is not what it should be.
    """
    path = data / FILE
    texts = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                file = archive.extractfile(member) if "/rs200_harmony_exp/" in member.name else None
                if file is not None:
                    texts[Path(member.name).stem] = file.read().decode("utf-8", "replace")
    except ERRORS as error:
        raise unreadable("the rock corpus", path, error) from error
    for name, text in sorted(texts.items()):
        changes = read(f"rock/{name.rpartition('_')[0]}", text)
        if len(changes.chords) >= 4:
            yield changes


def read(song: str, text: str) -> Changes:
    """Read one expanded analysis. A bar becomes four beats, a bar of 2/4 two; sections in other keys come home."""
    chords: list[tuple[float, float, int, str]] = []
    home, length, now = None, 4.0, 0.0
    last: tuple[int, str] | None = None
    lines = [line for line in text.splitlines() if line.lstrip().startswith("[") or "|" in line]
    for bar in " ".join(lines).strip().removesuffix("|").split("|"):
        cells = []
        for word in bar.split():
            if key := _KEY.fullmatch(word):
                home = pitch_class(key[1]) if home is None else home
            elif metre := _METRE.fullmatch(word):
                length = 2.0 if (metre[1], metre[2]) == ("2", "4") else 4.0
            else:
                cells.append(word)
        for i, cell in enumerate(cells or ["."]):
            if cell == "R":
                last = None
            elif cell != ".":
                last = numeral(cell) or last
            if last:
                share = length / max(1, len(cells))
                chords.append((now + i * share, share, *last))
        now += length
    mode = mode_of(0, chords)
    tonic = home or 0
    moved = [(start, span, (degree + tonic) % 12, quality) for start, span, degree, quality in chords]
    return Changes(song, "rock", tonic, mode, settled(moved, tonic, mode), (0,))
