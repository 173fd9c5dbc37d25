"""The keys and the pad: voicings laid on strikes, broken into arpeggios or held."""

from __future__ import annotations

from collections.abc import Sequence

from dusktape.core.score import EIGHTH, SIXTEENTH, TICKS_PER_BEAT, Chord, Note
from dusktape.core.seed import Seed


def at_tick(chords: Sequence[Chord], tick: int) -> int:
    """Return the index of the chord that sounds at a tick (the first before anything sounds)."""
    return max((i for i, c in enumerate(chords) if c.start <= tick), default=0)


def turns(chords: Sequence[Chord]) -> list[tuple[Chord, ...]]:
    """Return the chords cut where their loop comes round: one group a turn, the last one perhaps shorter.

    Players learn a loop once and mostly play it the same; what they do is addressed by the place inside the turn.
    """
    loop = next(n for n in range(1, len(chords) + 1) if _comes_round(chords, n)) if chords else 1
    return [tuple(chords[i : i + loop]) for i in range(0, len(chords), loop)]


def _comes_round(chords: Sequence[Chord], after: int) -> bool:
    pairs = list(zip(chords, chords[after:], strict=False))
    same = all((a.root, a.quality) == (b.root, b.quality) for a, b in pairs)
    return same and all(a.length == b.length for a, b in pairs[:-1])


def struck(
    chords: Sequence[Chord], voicings: Sequence[tuple[int, ...]], strikes: Sequence[tuple[int, int]], seed: Seed
) -> list[Note]:
    """Return voicings played at (start, length) strikes.

    The first strike of a chord has all its notes; later ones sometimes leave the lowest out. A strike just before a
    chord belongs to that chord: it was pushed early.
    """
    notes: list[Note] = []
    touched: set[int] = set()
    turn_starts = [turn[0].start for turn in turns(chords)]
    for start, length in strikes:
        index = at_tick(chords, start)
        chord = chords[index]
        left = chord.start + chord.length - start
        if left <= EIGHTH and index + 1 < len(chords) and length > left:
            index += 1
        first = index not in touched
        touched.add(index)
        here = seed.at(start)
        turn = max((t for t in turn_starts if t <= start), default=0)
        whole = first or seed.at("all", start - turn).chance(0.6)
        tones = voicings[index] if whole else voicings[index][1:]
        accent = 84 if first else 72
        for k, pitch in enumerate(tones):
            top = 5 if k == len(tones) - 1 else 0
            notes.append(Note(start, length, pitch, accent + top + int(here.at("v", k).between(-5, 6))))
    return notes


def arpeggio(chords: Sequence[Chord], voicings: Sequence[tuple[int, ...]], density: float, seed: Seed) -> list[Note]:
    """Return chords broken into eighths, up and down, with holes; the notes ring into each other.

    Each turn of the loop is broken like the first, but for one in six.
    """
    notes: list[Note] = []
    voiced = iter(voicings)
    for index, turn in enumerate(turns(chords)):
        kind = seed.at("turn", index if seed.at("anew", index).chance(0.16) else 0)
        for chord in turn:
            notes += _broken(chord, next(voiced), density, kind.at(chord.start - turn[0].start))
    return notes


def _broken(chord: Chord, voicing: tuple[int, ...], density: float, seed: Seed) -> list[Note]:
    order = (*voicing, *voicing[-2:0:-1])
    if seed.at("turn").chance(0.3):
        order = order[::-1]
    notes = [Note(chord.start, chord.length, p, 52) for p in voicing[:2]]
    for k, tick in enumerate(range(0, chord.length, EIGHTH)):
        hole = (0.05 if k % 2 == 0 else 0.15) + 0.4 * (1.0 - density)
        if k and seed.at("hole", k).chance(hole):
            continue
        length = min(3 * EIGHTH + EIGHTH // 2, chord.length - tick + EIGHTH // 2)
        loud = (80 if k == 0 else 66 if k % 4 == 0 else 58) + int(seed.at("v", k).between(-6, 7))
        notes.append(Note(chord.start + tick, length, order[k % len(order)], loud))
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


def thinned(notes: Sequence[Note], chords: Sequence[Chord]) -> list[Note]:
    """Return only what strikes each chord first, held until the chord ends: the same hands, at rest."""
    first: dict[int, int] = {}
    placed = []
    for note in sorted(notes):
        index = at_tick(chords, note.start + EIGHTH - 1)
        placed.append((index, note))
        first.setdefault(index, note.start)
    out = []
    for index, note in placed:
        if note.start - first[index] < SIXTEENTH:
            end = chords[index].start + chords[index].length
            out.append(Note(note.start, max(note.length, end - note.start - SIXTEENTH // 4), note.pitch, note.velocity))
    return out
