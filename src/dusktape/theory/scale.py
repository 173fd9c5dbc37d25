"""Scales: which notes a key and a chord offer, and which ones rub."""

from __future__ import annotations

from dusktape.theory.chord import QUALITIES, family

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "lydian dominant": (0, 2, 4, 6, 7, 9, 10),
    "locrian natural 2": (0, 2, 3, 5, 6, 8, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
    "diminished": (0, 2, 3, 5, 6, 8, 9, 11),
    "altered": (0, 1, 3, 4, 6, 8, 10),
    "dominant diminished": (0, 1, 3, 4, 6, 7, 9, 10),
    "phrygian dominant": (0, 1, 4, 5, 7, 8, 10),
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
}
"""Scale to semitones above its root, ascending."""

_BY_FAMILY = {
    "major": "lydian",
    "minor": "dorian",
    "dominant": "mixolydian",
    "half-diminished": "locrian natural 2",
    "diminished": "diminished",
    "augmented": "whole tone",
    "suspended": "mixolydian",
}
_BY_QUALITY = {
    "mmaj7": "melodic minor",
    "m6": "dorian",
    "7b9": "phrygian dominant",
    "7b13": "phrygian dominant",
    "7#9": "dominant diminished",
}


def scale(root: int, name: str) -> tuple[int, ...]:
    """Return the pitch classes of a scale, root first."""
    return tuple((root + step) % 12 for step in SCALES[name])


def chord_scale(root: int, quality: str) -> tuple[int, ...]:
    """Return the pitch classes of the scale that suits a chord when nothing else is known, root first.

    Source
    ------
    Chord-scale theory as commonly taught: one mode for each kind of chord, chosen so that few notes rub.
    """
    return scale(root, _BY_QUALITY.get(quality, _BY_FAMILY[family(quality)]))


def clashes(pitch: int, root: int, quality: str) -> bool:
    """Return whether a held pitch rubs against a chord: no chord tone, and a semitone above one.

    That is the fourth over a major third, the minor sixth over a fifth, the minor ninth over a root: a minor
    ninth against the chord tone below. A semitone below a chord tone (the major seventh under a root, the
    raised eleventh under a fifth) is colour.
    """
    tones = {step % 12 for step in QUALITIES[quality]}
    above = (pitch - root) % 12
    return above not in tones and (above - 1) % 12 in tones


def avoid_notes(root: int, quality: str) -> frozenset[int]:
    """Return the pitch classes that clash with a chord, in any scale."""
    return frozenset(pc for pc in range(12) if clashes(pc, root, quality))


def is_chord_tone(pitch: int, root: int, quality: str) -> bool:
    """Return whether the pitch belongs to the chord, tensions included."""
    return (pitch - root) % 12 in {step % 12 for step in QUALITIES[quality]}


def in_scale(pitch: int, root: int, name: str) -> bool:
    """Return whether the pitch belongs to a scale on `root`."""
    return (pitch - root) % 12 in SCALES[name]


def nearest(pitch: int, pitch_classes: tuple[int, ...]) -> int:
    """Return the pitch nearest to `pitch` whose class is one of these; the lower one of two."""
    return min(
        (pitch + move for move in range(-6, 7) if (pitch + move) % 12 in pitch_classes),
        key=lambda p: (abs(p - pitch), p),
    )


def step_along(pitch: int, steps: int, root: int, name: str) -> int:
    """Return the pitch so many scale steps above `pitch` (below, when negative).

    A pitch outside the scale first falls to the scale note below it.
    """
    degrees = SCALES[name]
    octave, above = divmod(pitch - root, 12)
    place = max(i for i, step in enumerate(degrees) if step <= above)
    turns, place = divmod(place + steps, len(degrees))
    return root + 12 * (octave + turns) + degrees[place]
