"""The keys and the pad: voicings laid on strikes, broken into arpeggios or held."""

from __future__ import annotations

from collections.abc import Sequence

from dusktape.core.score import TICKS_PER_BEAT, Chord, Note
from dusktape.core.seed import Seed

SIXTEENTH = TICKS_PER_BEAT // 4
EIGHTH = TICKS_PER_BEAT // 2


def at_tick(chords: Sequence[Chord], tick: int) -> int:
    """Return the index of the chord that sounds at a tick (the first before anything sounds)."""
    return max((i for i, c in enumerate(chords) if c.start <= tick), default=0)


def struck(
    chords: Sequence[Chord], voicings: Sequence[tuple[int, ...]], strikes: Sequence[tuple[int, int]], seed: Seed
) -> list[Note]:
    """Return voicings played at (start, length) strikes.

    The first strike of a chord has all its notes; later ones sometimes leave the lowest out. A strike just before a
    chord belongs to that chord: it was pushed early.
    """
    notes: list[Note] = []
    touched: set[int] = set()
    for start, length in strikes:
        index = at_tick(chords, start)
        chord = chords[index]
        left = chord.start + chord.length - start
        if left <= EIGHTH and index + 1 < len(chords) and length > left:
            index += 1
        first = index not in touched
        touched.add(index)
        here = seed.at(start)
        tones = voicings[index] if first or here.at("all").chance(0.6) else voicings[index][1:]
        accent = 84 if first else 72
        for k, pitch in enumerate(tones):
            top = 5 if k == len(tones) - 1 else 0
            notes.append(Note(start, length, pitch, accent + top + int(here.at("v", k).between(-5, 6))))
    return notes


def arpeggio(chords: Sequence[Chord], voicings: Sequence[tuple[int, ...]], density: float, seed: Seed) -> list[Note]:
    """Return chords broken into eighths, up and down, with holes; the notes ring into each other."""
    notes: list[Note] = []
    for chord, voicing in zip(chords, voicings, strict=True):
        here = seed.at(chord.start)
        order = (*voicing, *voicing[-2:0:-1])
        if here.at("turn").chance(0.3):
            order = order[::-1]
        for k, tick in enumerate(range(0, chord.length, EIGHTH)):
            hole = (0.05 if k % 2 == 0 else 0.15) + 0.4 * (1.0 - density)
            if k and here.at("hole", k).chance(hole):
                continue
            length = min(3 * EIGHTH + EIGHTH // 2, chord.length - tick + EIGHTH // 2)
            loud = (80 if k == 0 else 66 if k % 4 == 0 else 58) + int(here.at("v", k).between(-6, 7))
            notes.append(Note(chord.start + tick, length, order[k % len(order)], loud))
        notes += [Note(chord.start, chord.length, p, 52) for p in voicing[:2]]
    return notes


def held(chords: Sequence[Chord], voicings: Sequence[tuple[int, ...]], *, velocity: int, gap: int = 60) -> list[Note]:
    """Return each chord once, held to its end; tones that two neighbours share go on sounding, up to four bars."""
    open_notes: dict[int, Note] = {}
    notes: list[Note] = []
    for chord, voicing in zip(chords, voicings, strict=True):
        for pitch in list(open_notes):
            if pitch not in voicing or open_notes[pitch].length + chord.length > 16 * TICKS_PER_BEAT:
                notes.append(open_notes.pop(pitch))
        for pitch in voicing:
            if pitch in open_notes:
                old = open_notes[pitch]
                open_notes[pitch] = Note(old.start, chord.start + chord.length - gap - old.start, pitch, velocity)
            else:
                open_notes[pitch] = Note(chord.start, chord.length - gap, pitch, velocity)
    return notes + list(open_notes.values())
