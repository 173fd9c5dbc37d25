"""Tunes for tests, made here."""

from __future__ import annotations

from dusktape.core.score import BAR, EIGHTH, Chord, Key, Note, Score

KEY = Key(7, "major")
LOOP = ((0, "maj7"), (9, "m7"), (2, "m7"), (7, "7"))
DEGREES = ((0, 2, 4, 2, 5, 4, 2, 0), (4, 5, 7, 5, 4, 2, 4, 2), (5, 4, 2, 4, 5, 7, 9, 7), (7, 5, 4, 2, 4, 2, 0, 2))
"""Pitches above the tonic's scale, an eighth each; over `LOOP` they are mostly its tones."""

_SCALE = (0, 2, 4, 5, 7, 9, 11)


def tune(bars: int = 16, *, key: Key = KEY, late: int = 0) -> tuple[Note, ...]:
    """Return a plain melody in eighths, every other one longer; `late` bars of silence before it."""
    notes = []
    for bar in range(bars):
        for k, degree in enumerate(DEGREES[bar % 4]):
            if (bar + k) % 3 != 2:
                pitch = 60 + key.tonic + 12 * (degree // 7) + _SCALE[degree % 7]
                notes.append(Note((bar + late) * BAR + k * EIGHTH + (7 if k % 2 else 0), EIGHTH - 20, pitch, 70 + k))
    return tuple(notes)


def chords(bars: int = 16, *, key: Key = KEY) -> tuple[Chord, ...]:
    """Return `LOOP` under it, a chord a bar."""
    return tuple(Chord(b * BAR, BAR, (key.tonic + LOOP[b % 4][0]) % 12, LOOP[b % 4][1]) for b in range(bars))


def song(bars: int = 16, *, bpm: float = 84.0, key: Key = KEY) -> Score:
    """Return melody, chords, keys and a bass."""
    from dusktape.theory.chord import pitch_classes

    under = chords(bars, key=key)
    keys = [Note(c.start, c.length, 48 + (pc % 12), 60) for c in under for pc in pitch_classes(c.root, c.quality)]
    bass = [Note(c.start, c.length, 36 + c.root, 80) for c in under]
    parts = {"lead": tune(bars, key=key), "keys": tuple(keys), "bass": tuple(bass)}
    return Score(bpm, key, (), under, parts)
