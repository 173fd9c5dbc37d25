"""The bass line: rules. Roots where the chord starts, hits where the kick is, a way into the next chord."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dusktape.compose.comping import turns
from dusktape.core.score import SIXTEENTH, TICKS_PER_BEAT, Chord, Note
from dusktape.core.seed import Seed
from dusktape.theory.chord import QUALITIES

LOWEST = 28
"""E1, the open string of a double bass."""


def write_bass(
    chords: Sequence[Chord], kicks: Sequence[int], *, style: str, top: int, seed: Seed, next_root: int | None = None
) -> tuple[Note, ...]:
    """Return a bass line under chords. The line of the loop's first turn comes back in most of the others.

    Parameters
    ----------
    chords
        In order, without gaps.
    kicks
        Ticks at which the kick plays; the line leans on them.
    style
        `roots` holds the root; `kick` plays roots, fifths and octaves with the kick; `walking` moves in quarters
        through chord tones and approaches the next root by a step.
    top
        Highest MIDI pitch of a root, so that roots lie within an octave below it.
    seed
        At the bass's place; draws are addressed by the turn of the loop and the tick inside it.
    next_root
        Pitch class that comes after the last chord; the line then approaches it.
    """
    notes: list[Note] = []
    groups = turns(chords)
    comings = [*(turn[0].root for turn in groups[1:]), next_root]
    for index, (turn, coming) in enumerate(zip(groups, comings, strict=True)):
        kind = index if seed.at("anew", index).chance(0.2) else 0
        heard_at, start = groups[kind][0].start, turn[0].start
        line = _turn(
            [replace(c, start=c.start - start) for c in turn],
            [k - heard_at for k in kicks],
            coming,
            style=style,
            top=top,
            seed=seed.at("turn", kind),
        )
        notes += [replace(n, start=n.start + start) for n in line]
    return tuple(notes)


def _turn(
    chords: Sequence[Chord], kicks: Sequence[int], coming_after: int | None, *, style: str, top: int, seed: Seed
) -> tuple[Note, ...]:
    notes: list[Note] = []
    following = [*(c.root for c in chords[1:]), coming_after]
    for chord, coming in zip(chords, following, strict=True):
        here = seed.at(chord.start)
        root = _root(chord.root, top)
        target = None if coming is None or coming == chord.root else _nearest(coming, root)
        if style == "walking":
            notes += _walk(chord, root, target, here)
        else:
            notes += _lean(chord, root, target, kicks if style == "kick" else (), here)
    return _breathe(notes, seed)


def _root(pitch_class: int, top: int) -> int:
    pitch = top - (top - pitch_class) % 12
    return pitch if pitch >= LOWEST else pitch + 12


def _nearest(pitch_class: int, around: int) -> int:
    up = (pitch_class - around) % 12
    pitch = around + (up if up <= 6 else up - 12)
    return pitch if pitch >= LOWEST else pitch + 12


def _lean(chord: Chord, root: int, target: int | None, kicks: Sequence[int], seed: Seed) -> list[Note]:
    end = chord.start + chord.length
    starts = [chord.start]
    for tick in kicks:
        step = round(tick / SIXTEENTH) * SIXTEENTH
        if chord.start + 2 * SIXTEENTH <= step < end - SIXTEENTH and seed.at("with", step).chance(0.72):
            starts.append(step)
    starts = sorted(set(starts))
    if target is not None and chord.length >= 2 * TICKS_PER_BEAT and seed.at("lead-in").chance(0.4):
        lead_in = end - 2 * SIXTEENTH
        starts = [s for s in starts if s < lead_in - SIXTEENTH] + [lead_in]
    steps = QUALITIES[chord.quality]
    fifth = next((s for s in steps if s in (6, 7, 8)), 7)
    notes = []
    for i, (start, stop) in enumerate(pairwise([*starts, end])):
        pitch = root
        if i and target is not None and stop == end and start == end - 2 * SIXTEENTH:
            pitch = _approach(target, root, seed)
        elif i:
            pitch = root + seed.at("tone", start).pick((0, fifth, fifth - 12, 12), (0.62, 0.2, 0.08, 0.1))
        while pitch < LOWEST:
            pitch += 12
        loud = 96 if i == 0 else 82
        notes.append(Note(start, stop - start, pitch, loud))
    return notes


def _walk(chord: Chord, root: int, target: int | None, seed: Seed) -> list[Note]:
    steps = [s for s in QUALITIES[chord.quality] if s <= 12]
    beats = max(1, chord.length // TICKS_PER_BEAT)
    line = [root]
    for beat in range(1, beats):
        last = line[-1]
        if beat == beats - 1 and target is not None:
            line.append(_approach(target, last, seed.at("approach")))
            continue
        choices = sorted((root + s + o for s in steps for o in (0, -12)), key=lambda p: (abs(p - last), p))
        near = [p for p in choices if p != last and LOWEST <= p <= root + 12][:3]
        line.append(seed.at("walk", beat).pick(near or [root]))
    length = chord.length // beats
    return [Note(chord.start + i * length, length, p, 92 if i == 0 else 80) for i, p in enumerate(line)]


def _approach(target: int, last: int, seed: Seed) -> int:
    below, above, fifth = target - 1, target + (2 if target < last else 1), target + 7
    pitch = seed.at("approach").pick((below, above, target - 2, fifth), (0.4, 0.25, 0.2, 0.15))
    while pitch < LOWEST:
        pitch += 12
    while pitch > last + 12:
        pitch -= 12
    return max(pitch, LOWEST)


def _breathe(notes: list[Note], seed: Seed) -> tuple[Note, ...]:
    """Shorten most notes a little and some a lot: held low notes, but not a drone."""
    out = []
    for note in sorted(notes):
        share = seed.at("gate", note.start).pick((0.97, 0.9, 0.7), (0.5, 0.35, 0.15))
        out.append(Note(note.start, max(SIXTEENTH // 2, round(note.length * share)), note.pitch, note.velocity))
    return tuple(out)
