"""Chord qualities: what stands above the root."""

from __future__ import annotations

QUALITIES: dict[str, tuple[int, ...]] = {
    "maj": (0, 4, 7),
    "min": (0, 3, 7),
    "dim": (0, 3, 6),
    "aug": (0, 4, 8),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "69": (0, 4, 7, 9, 14),
    "maj7": (0, 4, 7, 11),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "mmaj7": (0, 3, 7, 11),
    "m7b5": (0, 3, 6, 10),
    "dim7": (0, 3, 6, 9),
    "aug7": (0, 4, 8, 10),
    "7sus4": (0, 5, 7, 10),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "maj9": (0, 4, 7, 11, 14),
    "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14),
    "9sus4": (0, 5, 7, 10, 14),
    "7b9": (0, 4, 7, 10, 13),
    "7#9": (0, 4, 7, 10, 15),
    "7b13": (0, 4, 7, 10, 20),
    "maj7#11": (0, 4, 7, 11, 18),
    "m11": (0, 3, 7, 10, 14, 17),
    "13": (0, 4, 7, 10, 14, 21),
    "maj13": (0, 4, 7, 11, 14, 21),
    "m13": (0, 3, 7, 10, 14, 21),
}
"""Quality to semitones above the root, in thirds upwards; tensions keep their octave."""

FAMILIES = ("major", "minor", "dominant", "half-diminished", "diminished", "augmented", "suspended")
"""Coarse kinds of chord, for models that need few."""


def family(quality: str) -> str:
    """Return the coarse kind of a quality: what it does, not how it is coloured."""
    steps = QUALITIES[quality]
    if 4 in steps and 8 in steps:
        return "augmented"
    if 4 in steps:
        return "dominant" if 10 in steps else "major"
    if 3 in steps and 6 in steps:
        return "half-diminished" if 10 in steps else "diminished"
    return "minor" if 3 in steps else "suspended"


def pitch_classes(root: int, quality: str) -> tuple[int, ...]:
    """Return the pitch classes of a chord, root first, in the order of its thirds."""
    return tuple((root + step) % 12 for step in QUALITIES[quality])
