"""How melody, chords and key go together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import Floats
from dusktape.core.score import BAR, SIXTEENTH, Chord, Key, Note, Score
from dusktape.theory.chord import QUALITIES, pitch_classes
from dusktape.theory.scale import SCALES

LOOP_BARS = (2, 4, 8, 16)
"""Lengths that a loop of chords may have."""

_MINOR = ("minor", "harmonic minor", "dorian")
_GRACE = SIXTEENTH // 2


def measure(score: Score) -> dict[str, float]:
    """Return the measures of one song; NaN where there is nothing to measure.

    `chord_tones`
        Share of melody time on tones of the chord that sounds, tensions that its name holds included.
    `chord_tone_ratio`
        (chord tones + proper ones) / (chord tones + others), notes counted; proper is a foreign note that the
        next note resolves by at most two semitones (CTnCTR: Yeh et al., Journal of New Music Research 2021).
    `tonal_distance`
        Mean distance of note and chord in the tonal centroid space, weighted by time (MCTD: same paper; the space:
        Harte, Sandler and Gasser 2006). 0 is the same, random notes come near 1.4.
    `in_key`
        Share of melody time inside the key; a minor key has its natural, harmonic and dorian tones.
    `scale_consistency`
        Share of melody notes in the best of the 24 major and natural minor scales (Mogren 2016).
    `sevenths`
        Share of chord time with four tones or more.
    `chords_per_loop`
        Distinct chords in a loop, averaged over the song's sections.
    """
    melody = score.parts.get("lead", ())
    pairs = _under(melody, score.chords)
    return {
        "chord_tones": _chord_tones(pairs),
        "chord_tone_ratio": _ratio(pairs),
        "tonal_distance": _tonal_distance(pairs),
        "in_key": _in_key(melody, score.key),
        "scale_consistency": scale_consistency([n.pitch for n in melody]),
        "sevenths": _sevenths(score.chords),
        "chords_per_loop": _chords_per_loop(score),
    }


_Pairs = list[tuple[Note, Chord, int]]


def _under(melody: Sequence[Note], chords: Sequence[Chord]) -> _Pairs:
    """Return each note with each chord that sounds under it, and for how many ticks together.

    A note played a little before the chord changes means the new chord.
    """
    pairs: _Pairs = []
    first = 0
    for note in sorted(melody):
        start, end = note.start + _GRACE, note.start + max(note.length, SIXTEENTH)
        while first < len(chords) and chords[first].start + chords[first].length <= start:
            first += 1
        for chord in chords[first:]:
            if chord.start >= end:
                break
            together = min(end, chord.start + chord.length) - max(start, chord.start)
            if together > 0:
                pairs.append((note, chord, together))
    return pairs


def _tones(chord: Chord) -> set[int]:
    return set(pitch_classes(chord.root, chord.quality))


def _chord_tones(pairs: _Pairs) -> float:
    inside = sum(t for note, chord, t in pairs if note.pitch % 12 in _tones(chord))
    total = sum(t for *_, t in pairs)
    return inside / total if total else math.nan


def _ratio(pairs: _Pairs) -> float:
    # The chord that a note starts over decides.
    starts = list({note: (note, chord) for note, chord, _ in reversed(pairs)}.values())[::-1]
    inside = proper = outside = 0
    for i, (note, chord) in enumerate(starts):
        if note.pitch % 12 in _tones(chord):
            inside += 1
            continue
        outside += 1
        if i + 1 < len(starts) and abs(starts[i + 1][0].pitch - note.pitch) <= 2:
            proper += 1
    return (inside + proper) / (inside + outside) if inside + outside else math.nan


def tonal_centroid(chroma: Floats) -> Floats:
    """Return the six coordinates of pitch-class weights (..., 12): circles of fifths, minor and major thirds."""
    pitch = np.arange(12)
    rows = []
    for radius, turn in ((1.0, 7 * math.pi / 6), (1.0, 3 * math.pi / 2), (0.5, 2 * math.pi / 3)):
        rows += [radius * np.sin(pitch * turn), radius * np.cos(pitch * turn)]
    total = np.maximum(chroma.sum(axis=-1, keepdims=True), 1e-12)
    return np.asarray(chroma / total @ np.array(rows).T)


def _tonal_distance(pairs: _Pairs) -> float:
    if not pairs:
        return math.nan
    notes, chords = np.zeros((len(pairs), 12)), np.zeros((len(pairs), 12))
    for i, (note, chord, _) in enumerate(pairs):
        notes[i, note.pitch % 12] = 1.0
        chords[i, list(_tones(chord))] = 1.0
    apart = np.linalg.norm(tonal_centroid(notes) - tonal_centroid(chords), axis=1)
    return float(np.average(apart, weights=[t for *_, t in pairs]))


def _in_key(melody: Sequence[Note], key: Key) -> float:
    scales = _MINOR if key.mode == "minor" else ("major",)
    tones = {(key.tonic + step) % 12 for scale in scales for step in SCALES[scale]}
    total = sum(n.length for n in melody)
    return sum(n.length for n in melody if n.pitch % 12 in tones) / total if total else math.nan


def scale_consistency(pitches: Sequence[int] | NDArray[np.int64]) -> float:
    """Return the largest share of the pitches that one major or natural minor scale holds."""
    if not len(pitches):
        return math.nan
    counts = np.bincount(np.asarray(pitches) % 12, minlength=12)
    best = max(sum(counts[(root + step) % 12] for step in SCALES["major"]) for root in range(12))
    return float(best / counts.sum())  # a natural minor scale has the notes of its relative major


def _sevenths(chords: Sequence[Chord]) -> float:
    total = sum(c.length for c in chords)
    return sum(c.length for c in chords if len(QUALITIES[c.quality]) >= 4) / total if total else math.nan


def loop(chords: Sequence[Chord], start: int, end: int) -> tuple[Chord, ...]:
    """Return one turn of the loop that stands in [start, end) ticks, counted from 0.

    It is the shortest of `LOOP_BARS` after which at least nine tenths of the time come again; the first eight bars
    where nothing does.
    """
    beat = BAR // 4
    grid = [_at(chords, t) for t in range(start, end, beat)]
    bars = 8
    for candidate in LOOP_BARS:
        lag = candidate * 4
        pairs = list(zip(grid, grid[lag:], strict=False))
        if len(pairs) >= lag and np.mean([a == b for a, b in pairs]) >= 0.9:
            bars = candidate
            break
    stop = min(end, start + bars * BAR)
    return tuple(
        Chord(max(0, c.start - start), min(stop, c.start + c.length) - max(start, c.start), c.root, c.quality)
        for c in chords
        if c.start < stop and c.start + c.length > start
    )


def _at(chords: Sequence[Chord], tick: int) -> tuple[int, str] | None:
    i = int(np.searchsorted([c.start for c in chords], tick, side="right")) - 1
    if i < 0 or chords[i].start + chords[i].length <= tick:
        return None
    return chords[i].root, chords[i].quality


def loops(score: Score) -> list[tuple[Chord, ...]]:
    """Return the loop of every section that lasts four bars or more; of the whole song where it has no sections."""
    spans = [(s.start, s.start + s.length) for s in score.sections if s.length >= 4 * BAR]
    if not spans and score.chords:
        spans = [(0, score.chords[-1].start + score.chords[-1].length)]
    return [turn for a, b in spans if (turn := loop(score.chords, a, b))]


def _chords_per_loop(score: Score) -> float:
    found = [len({(c.root, c.quality) for c in turn}) for turn in loops(score)]
    return float(np.mean(found)) if found else math.nan
