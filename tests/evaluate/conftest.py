"""Songs small enough to measure by hand."""

from __future__ import annotations

from collections.abc import Sequence

from dusktape.core.score import BAR, SIXTEENTH, TICKS_PER_BEAT, Chord, Key, Note, Score

C = Key(0, "major")


def melody(pitches: Sequence[int | None], *, beats: float = 1.0) -> tuple[Note, ...]:
    """One note a step of so many beats; None is a rest."""
    length = round(beats * TICKS_PER_BEAT)
    return tuple(Note(i * length, length, p, 80) for i, p in enumerate(pitches) if p is not None)


def song(
    lead: Sequence[Note] = (), chords: Sequence[Chord] = (), drums: Sequence[Note] = (), key: Key = C, bpm: float = 75.0
) -> Score:
    parts = {name: tuple(notes) for name, notes in (("lead", lead), ("drums", drums)) if notes}
    return Score(bpm, key, chords=tuple(chords), parts=parts)


def hit(bar: int, sixteenth: float, pitch: int, velocity: int = 90) -> Note:
    return Note(round(bar * BAR + sixteenth * SIXTEENTH), SIXTEENTH, pitch, velocity)
