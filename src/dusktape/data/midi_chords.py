"""Free MIDI Chords: 190 short progressions, each with words for how it feels."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError
from dusktape.data.changes import Changes, mode_of, settled
from dusktape.data.harte import nearest
from dusktape.data.unreadable import ERRORS, unreadable

FILE = Path("free_midi_chords") / "progressions.json"
"""Where the progressions lie below the data folder."""

MOODS = {
    "Nostalgic": "wistful",
    "Sad": "wistful",
    "Lonely": "wistful",
    "Romantic": "warm",
    "Tender": "warm",
    "Playful": "warm",
    "Mysterious": "dreamy",
    "Surprised": "dreamy",
    "Spiritual": "sleepy",
    "Peaceful": "sleepy",
    "Relaxed": "sleepy",
    "Dark": "dark",
    "Rebellious": "dark",
    "Fearful": "dark",
    "Anguished": "dark",
    "Dramatic": "dark",
    "Hopeful": "hopeful",
    "Triumphant": "hopeful",
    "Joyful": "hopeful",
    "Empowered": "hopeful",
    "Excited": "hopeful",
    "New": "hopeful",
}
"""The list's tags to the moods a recipe may ask for; `Cadence` says nothing of mood."""

REPEATS_BARS = 16
"""Each progression is repeated until it fills so many bars."""

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)
_ROMAN = {"i": 0, "ii": 1, "iii": 2, "iv": 3, "v": 4, "vi": 5, "vii": 6}
_CHORD = re.compile(r"([#b]?)(VII|VI|V|IV|III|II|I|vii|vi|v|iv|iii|ii|i)(.*)$")
_SUFFIXES = {
    "m": (0, 3, 7),
    "M": (0, 4, 7),
    "dim": (0, 3, 6),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "m7": (0, 3, 7, 10),
    "M7": (0, 4, 7, 11),
    "dom7": (0, 4, 7, 10),
    "m9": (0, 3, 7, 10, 14),
    "m6": (0, 3, 7, 9),
    "M6": (0, 4, 7, 9),
    "madd9": (0, 3, 7, 14),
    "M-5": (0, 4, 6),
}
_ADDED = {"7": (), "6": (9,), "9": (10, 14), "69": (9, 14), "add9": (14,), "5": ()}


def songs(data: Path) -> Iterator[Changes]:
    """Read the progressions below `data`, one after the other, each repeated as a loop.

    Raises
    ------
    InputError
        If the file is missing or is not what it should be.
    """
    path = data / FILE
    try:
        lists: dict[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
    except ERRORS as error:
        raise unreadable("progressions", path, error) from error
    for name, progressions in lists.items():
        for progression in progressions:
            chords = [chord(text, minor=name == "prog_min") for text in progression["chords"]]
            bars = len(chords) + (len(chords) == 3)
            timed: list[tuple[float, float, int, str]] = []
            for start in range(0, REPEATS_BARS, bars):
                for i, (degree, quality) in enumerate(chords):
                    last = i == len(chords) - 1
                    timed.append((4.0 * (start + i), 4.0 * (bars - i if last else 1), degree, quality))
            mode = "minor" if name == "prog_min" else mode_of(0, timed)
            yield Changes(
                id=f"loops/{name}/{' '.join(progression['chords'])}",
                source="loops",
                tonic=0,
                mode=mode,
                chords=settled(timed, 0, mode),
                sections=tuple(range(0, 4 * REPEATS_BARS, 4 * bars)),
                moods=tuple(sorted({MOODS[tag] for tag in progression["tags"] if tag in MOODS})),
            )


def chord(text: str, *, minor: bool) -> tuple[int, str]:
    """Return semitones above the tonic and quality of `bVIIM`, `im7`, `Idom7`, `vi`.

    Without a suffix the scale decides on the seventh, and in `minor` also on the root. Accidentals count from major.

    Raises
    ------
    InputError
        If the text is no such chord.
    """
    found = _CHORD.match(text)
    if found is None or (found[3] and found[3] not in _SUFFIXES and found[3] not in _ADDED):
        raise InputError(f"{text!r} is no chord of the progression list; get the file again")
    accidental, roman, suffix = found.groups()
    place = _ROMAN[roman.lower()]
    scale = _MINOR if minor and not accidental else _MAJOR
    degree = (scale[place] + {"": 0, "#": 1, "b": -1}[accidental]) % 12
    if suffix in _SUFFIXES:
        return degree, nearest(_SUFFIXES[suffix])
    third, fifth = (4 if roman.isupper() else 3), 7
    if roman.islower() and (degree + 7) % 12 not in scale and (degree + 6) % 12 in scale:
        fifth = 6
    tones = {0, third, fifth, *_ADDED.get(suffix, ())}
    if suffix == "7":
        tones.add(10 if (degree + 10) % 12 in scale else 11)
    return degree, nearest(tones)
