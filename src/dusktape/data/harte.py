"""Chord labels in the syntax of Harte (ISMIR 2005), and which of our qualities comes closest to any chord."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

from dusktape.theory.chord import QUALITIES

POWER = "5"
"""A bare fifth: what it means only the key can say."""

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_DEGREES = {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 11, 9: 14, 10: 16, 11: 17, 12: 19, 13: 21}
_SHORTHANDS = {
    "maj": "1 3 5",
    "min": "1 b3 5",
    "dim": "1 b3 b5",
    "aug": "1 3 #5",
    "maj7": "1 3 5 7",
    "min7": "1 b3 5 b7",
    "7": "1 3 5 b7",
    "dim7": "1 b3 b5 bb7",
    "hdim7": "1 b3 b5 b7",
    "minmaj7": "1 b3 5 7",
    "maj6": "1 3 5 6",
    "min6": "1 b3 5 6",
    "9": "1 3 5 b7 9",
    "maj9": "1 3 5 7 9",
    "min9": "1 b3 5 b7 9",
    "11": "1 4 5 b7 9",
    "min11": "1 b3 5 b7 9 11",
    "13": "1 3 5 b7 9 13",
    "maj13": "1 3 5 7 9 13",
    "min13": "1 b3 5 b7 9 13",
    "sus2": "1 2 5",
    "sus4": "1 4 5",
    "1": "1",
    "5": "1 5",
}
_LABEL = re.compile(r"([A-G][#b]*)(?::([^/(]*)(?:\(([^)]*)\))?)?(?:/(.+))?$")
_WEIGHT = {3: 5, 4: 5, 5: 3, 6: 3, 8: 2, 9: 2, 10: 4, 11: 4}


@lru_cache(maxsize=4096)
def parse(label: str) -> tuple[int, str] | None:
    """Return root (pitch class) and quality of a label such as `Eb:min7(9)/b7`; None for no chord.

    A foreign bass makes another chord where that is how it sounds: `C:maj/9` is D9sus4, `C:maj/13` Am7. The quality
    is one of ours, or `POWER`.
    """
    found = _LABEL.match(label)
    if found is None:
        return None
    root = pitch_class(found[1])
    shorthand = found[2] if found[2] is not None else "maj"
    steps = {step(d) % 12 for d in _SHORTHANDS.get(shorthand, "1 3 5" if not shorthand else "1").split()}
    for extra in (found[3] or "").split(","):
        name = extra.strip()
        if name.startswith("*"):
            steps.discard(step(name[1:]) % 12)
        elif name:
            steps.add(step(name) % 12)
    bass = step(found[4]) % 12 if found[4] else 0
    if steps <= {0, 7}:
        return (root, POWER)
    if bass in (2, 5, 9) and bass not in steps and len(steps) <= 4:
        above = {(s - bass) % 12 for s in steps} | {0, 7}
        return ((root + bass) % 12, nearest(above | {4} if 11 in above and 3 not in above else above))
    return (root, nearest(steps | {bass} if bass in (10, 11) else steps))


def pitch_class(name: str) -> int:
    """Return the pitch class of a note name: `Ebb` is 2."""
    return (_LETTERS[name[0].upper()] + name.count("#", 1) - name.count("b", 1)) % 12


def step(degree: str) -> int:
    """Return a scale degree in semitones: `b7` is 10, `#11` 18."""
    number = degree.lstrip("#b")
    return _DEGREES[int(number)] + degree.count("#") - degree.count("b")


def nearest(steps: Collection[int]) -> str:
    """Return the quality whose tones differ least from these steps: third and seventh count most."""
    wanted = {s % 12 for s in steps}
    return min(QUALITIES, key=lambda q: sum(_WEIGHT.get(s, 1) for s in wanted ^ {t % 12 for t in QUALITIES[q]}))
