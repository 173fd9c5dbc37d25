"""A guest: an instrument that comes by once, answers the lead, and leaves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dusktape.core.score import BAR, SIXTEENTH, TICKS_PER_BEAT, Chord, Note, Score, Section
from dusktape.core.seed import Seed
from dusktape.theory.chord import pitch_classes

CALL_BARS = 2
"""The lead calls for two bars, the guest answers for two."""

LOWEST, HIGHEST = 57, 86

_VISITS = {"B": 3.0, "B'": 4.0, "A'": 2.0, "break": 1.0}
"""Sections that a guest may come by in, and how likely it is."""


def with_guest(score: Score, seed: Seed) -> Score:
    """Return the score with a part `guest` in exactly one section, where the lead plays; as it is if there is none.

    In every other pair of bars the lead rests and the guest answers it: the same rhythm and the same contour, moved by
    an octave or a third, on the chords that stand there. Its last answer ends on a long note.

    Parameters
    ----------
    score
        On the grid.
    seed
        At the guest's place.
    """
    lead = score.parts.get("lead", ())
    rooms = [s for s in score.sections if s.name in _VISITS and s.length >= 2 * CALL_BARS * BAR and _calls(lead, s)]
    if not rooms:
        return score
    section = seed.at("section").pick(rooms, [_VISITS[s.name] for s in rooms])
    return _visit(score, section, _pairs(section), seed)


def answered_again(score: Score, before: Sequence[Note], seed: Seed) -> Score:
    """Return the score with a guest that answers in the bars in which it played before, and a lead that rests there.

    Parameters
    ----------
    score
        On the grid. Its part `guest` is replaced; where nobody calls any more, there is none.
    before
        What the guest played.
    seed
        At the guest's place.
    """
    for section in score.sections:
        firsts = [
            f for f in _pairs(section) if any(f <= n.start - CALL_BARS * BAR < f + CALL_BARS * BAR for n in before)
        ]
        if section.name in _VISITS and firsts:
            return _visit(score, section, firsts, seed)
    return score


def _visit(score: Score, section: Section, firsts: Iterable[int], seed: Seed) -> Score:
    """Return the score with answers to the calls that begin at `firsts`, in ticks."""
    shift = seed.at("register").pick((12, -12, 4), (3, 2, 1))
    answers: list[Note] = []
    lead = score.parts.get("lead", ())
    kept = list(lead)
    for first in firsts:
        call = [n for n in lead if first <= n.start < first + CALL_BARS * BAR]
        if not call:
            continue
        low, high = first + CALL_BARS * BAR, first + 2 * CALL_BARS * BAR
        kept = [n for n in kept if not low <= n.start < high - SIXTEENTH]
        kept = [replace(n, length=low - n.start) if n.start < low < n.start + n.length else n for n in kept]
        answers += _answer(call, score.chords, shift, high, seed.at("answer", first - section.start))
    if not answers:
        return replace(score, parts={p: n for p, n in score.parts.items() if p != "guest"})
    last = answers[-1]
    end = section.start + section.length
    answers[-1] = replace(last, length=max(last.length, min(2 * TICKS_PER_BEAT, end - last.start)))
    return replace(score, parts={**score.parts, "lead": tuple(kept), "guest": tuple(answers)})


def _pairs(section: Section) -> range:
    return range(section.start, section.start + section.length - 2 * CALL_BARS * BAR + 1, 2 * CALL_BARS * BAR)


def _calls(lead: Sequence[Note], section: Section) -> bool:
    return any(first <= n.start < first + CALL_BARS * BAR for first in _pairs(section) for n in lead)


def _answer(call: Sequence[Note], chords: Sequence[Chord], shift: int, end: int, seed: Seed) -> list[Note]:
    """Return the call two bars later, on the chords there, a little softer; now and then its end is left out."""
    whole = sorted(call)
    if len(whole) > 3 and seed.at("short").chance(0.35):
        whole = whole[: -(len(whole) // 3)]
    out: list[Note] = []
    for k, note in enumerate(whole):
        start = note.start + CALL_BARS * BAR
        pitch = _folded(_on_chord(note.pitch + shift, start, chords))
        length = min(note.length, end - start)
        out.append(Note(start, length, pitch, max(40, note.velocity - 6 + int(seed.at("v", k).between(-4, 5)))))
    return out


def _on_chord(pitch: int, tick: int, chords: Sequence[Chord]) -> int:
    chord = next(c for c in reversed(chords) if c.start <= tick)
    tones = pitch_classes(chord.root, chord.quality)
    return min(range(pitch - 3, pitch + 4), key=lambda p: ((p % 12) not in tones, abs(p - pitch), p))


def _folded(pitch: int) -> int:
    while pitch > HIGHEST:
        pitch -= 12
    while pitch < LOWEST:
        pitch += 12
    return pitch
