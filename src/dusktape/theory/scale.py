"""Which notes a key and a chord offer, and which ones rub."""

from __future__ import annotations

from dusktape.theory.chord import QUALITIES

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
}
"""Scale to semitones above its root, ascending. Chords of a minor key take their leading tone from its dominant."""


def clashes(pitch: int, root: int, quality: str) -> bool:
    """Return whether a held pitch rubs against a chord: no chord tone, and a semitone above one.

    That is the fourth over a major third, the minor sixth over a fifth, the minor ninth over a root: a minor
    ninth against the chord tone below. A semitone below a chord tone (the major seventh under a root, the
    raised eleventh under a fifth) is colour.
    """
    tones = {step % 12 for step in QUALITIES[quality]}
    above = (pitch - root) % 12
    return above not in tones and (above - 1) % 12 in tones


def is_chord_tone(pitch: int, root: int, quality: str) -> bool:
    """Return whether the pitch belongs to the chord, tensions included."""
    return (pitch - root) % 12 in {step % 12 for step in QUALITIES[quality]}


def in_scale(pitch: int, root: int, name: str) -> bool:
    """Return whether the pitch belongs to a scale on `root`."""
    return (pitch - root) % 12 in SCALES[name]
