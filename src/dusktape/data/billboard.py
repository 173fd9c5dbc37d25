"""McGill Billboard: chords, metre and sections of chart songs, 1958 to 1991, annotated by hand."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from pathlib import Path

from dusktape.data.changes import Changes, mode_of, settled
from dusktape.data.harte import parse, pitch_class
from dusktape.data.unreadable import ERRORS, unreadable

FILE = Path("mcgill_billboard") / "salami_chords.tar.xz"
"""Where the annotations lie below the data folder."""

_REPEAT = re.compile(r"x(\d+)\s*$")
_METRE = re.compile(r"^\((\d+)/(\d+)\)$")
_SECTION = re.compile(r"^[A-Z]'*, ?[a-z]")


def songs(data: Path) -> Iterator[Changes]:
    """Read the annotations below `data`, one after the other; some songs have two.

    Raises
    ------
    InputError
        If the archive is missing or is not what it should be.
    """
    path = data / FILE
    texts = []
    try:
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                file = archive.extractfile(member) if member.name.endswith(".txt") else None
                if file is not None:
                    texts.append(file.read().decode("utf-8"))
    except ERRORS as error:
        raise unreadable("Billboard", path, error) from error
    for changes in map(read, texts):
        if len(changes.chords) >= 4:
            yield changes


def read(text: str) -> Changes:
    """Read one annotation. Whatever the metre, a bar becomes four beats; what is cut short stays short."""
    facts = {"title": "", "artist": "", "metre": "4/4"}
    home: int | None = None
    tonic, now = 0, 0.0
    chords: list[tuple[float, float, int, str]] = []
    sections = []
    for line in text.splitlines():
        if line.startswith("#"):
            name, _, value = line[1:].strip().partition(": ")
            facts[name] = value.strip()
            if name == "tonic":
                tonic = pitch_class(facts[name])
                home = tonic if home is None else home
            continue
        _, _, content = line.partition("\t")
        if _SECTION.match(content):
            sections.append(int(now))
        bars = content.split("|")
        if len(bars) < 3:
            continue
        repeats = _REPEAT.search(bars[-1])
        for _ in range(int(repeats[1]) if repeats else 1):
            for bar in bars[1:-1]:
                cells, length = _cells(bar, facts["metre"])
                for i, cell in enumerate(cells):
                    where = (now + length * i / len(cells), length / len(cells))
                    chord = parse(cell)
                    if chord:
                        chords.append((*where, (chord[0] - tonic + (home or 0)) % 12, chord[1]))
                    elif cell == "." and chords:
                        chords.append((*where, *chords[-1][2:]))
                now += length
    mode = mode_of(home or 0, chords)
    return Changes(
        id=f"billboard/{facts['title'].lower()}|{facts['artist'].lower()}",
        source="charts",
        tonic=home or 0,
        mode=mode,
        chords=settled(chords, home or 0, mode),
        sections=tuple(sections),
    )


def _cells(bar: str, metre: str) -> tuple[list[str], float]:
    """Return the chords of a bar and how many beats it lasts."""
    words = bar.split()
    length = 4.0
    if words and (own := _METRE.match(words[0])):
        beats, unit = (int(n) for n in metre.split("/"))
        length = float(max(1, round(4.0 * (int(own[1]) / int(own[2])) / (beats / unit))))
        words = words[1:]
    return [w for w in words if w == "." or ":" in w or w == "N"] or ["."], length
