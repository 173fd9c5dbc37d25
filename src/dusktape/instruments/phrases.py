"""What a sampler makes of a part: phrases that return, and a grid of slices to cut them on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from dusktape.core.audio import Cues, Floats, PlayedNote, SectionCue

BEATS_PER_BAR = 4

UNITS = {"loop": 0.5, "beat": 1.0, "eighth": 0.5, "sixteenth": 0.25}
"""Name of a cut to its length in beats."""

SAME_PHRASE, SAME_CHORD = 0.86, 0.8
"""Least cosine between the pitch classes of two beats, for a take to be used again and for slices to change places."""

EARLY_S = 0.04
"""Notes so little before a slice are meant for it, and moved onto it."""

_LEAD_BEATS = 2
_RING_BEATS = 0.5


@dataclass(frozen=True, slots=True)
class Phrase:
    """Notes that are sampled in one go; their frames count from the phrase's start. `last`: the song ends in it."""

    notes: tuple[PlayedNote, ...]
    frames: int
    last: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """Some bars of the part in which a phrase is played.

    Parameters
    ----------
    start
        Frame at which they begin.
    section
        Name of the section they lie in.
    phrase
        Number of the phrase.
    cells
        (start, end) of every slice, in frames from `start`; the same in the phrase.
    cells_per_bar
        How many make a bar.
    sounds
        Whether the part itself sounds there.
    alike
        For each cell, those whose slices hold the same chord, itself included.
    leave_from
        The first cell that is left as it is, because the song ends there.
    last
        Whether the part's last note lies here.
    """

    start: int
    section: str
    phrase: int
    cells: tuple[tuple[int, int], ...]
    cells_per_bar: int
    sounds: tuple[bool, ...]
    alike: tuple[tuple[int, ...], ...]
    leave_from: int
    last: bool


@dataclass(frozen=True, slots=True)
class _Bars:
    """A stretch of the part before it is decided what it is a phrase of."""

    start: int
    frames: int
    section: str
    notes: tuple[PlayedNote, ...]
    profile: Floats  # (beats, 12)

    @property
    def centre(self) -> float:
        return float(np.mean([n.pitch for n in self.notes]))

    @property
    def strikes(self) -> int:
        return len({n.start_frame // 2048 for n in self.notes})


def laid_out(
    notes: Sequence[PlayedNote], cues: Cues, sample_rate: int, *, bars: int, unit: float
) -> tuple[list[Phrase], list[Slot]]:
    """Return the phrases of a part and the slots that play them; bars without a note have none.

    Parameters
    ----------
    notes
        Sorted.
    cues
        Tempo, and the sections that phrases begin with.
    sample_rate
        In Hz.
    bars
        Longest phrase.
    unit
        Length of a slice in beats.
    """
    beat = 60.0 / cues.bpm * sample_rate
    early = round(EARLY_S * sample_rate)
    phrases: list[Phrase] = []
    kept: list[_Bars] = []
    slots: list[Slot] = []
    end_of_song = notes[-1].start_frame if notes else 0
    for stretch in _stretches(notes, cues, beat, bars, unit, early):
        last = stretch.start <= end_of_song + early < stretch.start + stretch.frames
        index = None if last else _known(stretch, kept, phrases)
        if index is None:
            index = len(phrases)
            kept.append(stretch)
            phrases.append(Phrase(stretch.notes, stretch.frames, last))
        until = end_of_song - stretch.start + early if last else 1 << 60
        slots.append(_slot(stretch, kept[index].profile, index, beat, unit, until, last))
    return phrases, slots


def _stretches(notes: Sequence[PlayedNote], cues: Cues, beat: float, bars: int, unit: float, early: int) -> list[_Bars]:
    out: list[_Bars] = []
    waiting = list(notes)
    for name, start, beats in _grid(notes, cues, beat, bars, early):
        frames = round(beats * beat)
        # What ended before this stretch is never looked at again.
        waiting = [n for n in waiting if n.start_frame + n.length_frames > start - early]
        here = [n for n in waiting if n.start_frame < start + frames - early]
        placed = tuple(_placed(n, start, beat * unit, early, round(_LEAD_BEATS * beat)) for n in here)
        placed = tuple(n for n in placed if n.start_frame >= 0 or n.start_frame + n.length_frames > 0.5 * beat)
        if placed:
            out.append(_Bars(start, frames, name, placed, _profile(placed, beats, beat)))
    return out


def _grid(
    notes: Sequence[PlayedNote], cues: Cues, beat: float, bars: int, early: int
) -> Iterator[tuple[str, int, int]]:
    """Yield section, first frame and beats of each stretch; the one of the last note goes on until that has ended."""
    if not notes:
        return
    last_on, last_off = notes[-1].start_frame, max(n.start_frame + n.length_frames for n in notes)
    for section in cues.sections or (SectionCue("", 0, max(cues.frames, last_off)),):
        beats = max(1, round(section.frames / beat))
        for first in range(0, beats, bars * BEATS_PER_BAR):
            count = min(bars * BEATS_PER_BAR, beats - first)
            start = section.start_frame + round(first * beat)
            if last_on + early < start + round(count * beat):
                yield section.name, start, max(count, math.ceil((last_off - start) / beat))
                return
            yield section.name, start, count


def _placed(note: PlayedNote, start: int, cell: float, early: int, lead: int) -> PlayedNote:
    """Return a note in frames of its stretch, on the slice that it is meant for, and not long before the first one."""
    at, end = note.start_frame - start, note.start_frame - start + note.length_frames
    ahead = round(-(-at // cell) * cell) - at
    at = max(at + ahead if 0 < ahead <= early else at, -lead)
    return replace(note, start_frame=at, length_frames=max(1, end - at))


def _profile(notes: Sequence[PlayedNote], beats: int, beat: float) -> Floats:
    """Return how long each pitch class sounds in each beat, shape (beats, 12)."""
    out = np.zeros((beats, 12))
    for n in notes:
        low, high = n.start_frame, n.start_frame + n.length_frames
        for b in range(max(0, int(low // beat)), min(beats, int(high // beat) + 1)):
            out[b, n.pitch % 12] += max(0.0, min(high, (b + 1) * beat) - max(low, b * beat))
    return out


def _known(stretch: _Bars, kept: Sequence[_Bars], phrases: Sequence[Phrase]) -> int | None:
    """Return the phrase whose chords, register and pace are those of the stretch; None if there is none."""
    best, found = SAME_PHRASE, None
    for index, other in enumerate(kept):
        size = len(stretch.profile)
        if len(other.profile) < size or phrases[index].last or abs(other.centre - stretch.centre) > 2.5:
            continue
        if not 0.5 <= stretch.strikes * len(other.profile) / (other.strikes * size) <= 2.0:
            continue
        heard = stretch.profile.sum(axis=1) > 0.0
        alike = np.diag(_cosines(stretch.profile, other.profile[:size]))[heard]
        if alike.size and alike.mean() > best:
            best, found = float(alike.mean()), index
    return found


def _cosines(one: Floats, other: Floats) -> Floats:
    """Return the cosines between beats, (beats, 12) and (beats', 12) to (beats, beats'); 0 for silent ones."""
    lengths = np.outer(np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1))
    return np.asarray(one @ other.T / np.maximum(lengths, 1e-9))


def _slot(stretch: _Bars, profile: Floats, phrase: int, beat: float, unit: float, until: int, last: bool) -> Slot:
    beats = len(stretch.profile)
    count = round(beats / unit)
    edges = [round(k * unit * beat) for k in range(count + 1)]
    cells = tuple((a, b) for a, b in pairwise(edges))
    sounding = np.zeros(count, dtype=bool)
    for n in stretch.notes:
        low, high = n.start_frame / (unit * beat), (n.start_frame + n.length_frames) / (unit * beat)
        sounding[max(0, int(low)) : max(0, int(np.ceil(high + _RING_BEATS)))] = True
    same = _cosines(profile, profile)
    of = [min(len(profile) - 1, int(k * unit)) for k in range(count)]
    return Slot(
        start=stretch.start,
        section=stretch.section,
        phrase=phrase,
        cells=cells,
        cells_per_bar=round(BEATS_PER_BAR / unit),
        sounds=tuple(bool(s) for s in sounding),
        alike=tuple(tuple(j for j in range(count) if j == k or same[of[k], of[j]] >= SAME_CHORD) for k in range(count)),
        leave_from=next((k for k, (_, end) in enumerate(cells) if end > until), count),
        last=last,
    )
