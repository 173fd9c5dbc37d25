"""What a hand does between notes: slurs from one into the next, and shifts along the neck.

The engine in `voices` knows a tone by its pitch alone. A note that is played in a special way carries a mark in its
pitch number: `marked` puts it there, `unmarked` takes it off again. Marks are for instruments of one voice at a time
(`choke="all"`), whose release does not depend on the pitch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dusktape.core.audio import PlayedNote

PITCHES = 128
WIDEST = 12
"""Widest slur in semitones."""

_MIDDLE = 32


def marked(note: PlayedNote, interval: int) -> PlayedNote:
    """Return the note with the interval in semitones that it was reached by, at most an octave; 0 leaves it plain."""
    if interval == 0:
        return note
    mark = _MIDDLE + max(-WIDEST, min(WIDEST, interval))
    return PlayedNote(note.start_frame, note.length_frames, note.pitch + PITCHES * mark, note.velocity)


def unmarked(pitch: int) -> tuple[int, int]:
    """Return the true pitch and the interval it was reached by, 0 if it was begun afresh."""
    mark, plain = divmod(pitch, PITCHES)
    return plain, mark - _MIDDLE if mark else 0


def intervals(notes: Sequence[PlayedNote], *, gap_frames: int) -> list[int]:
    """Return for each note, in order of start, the semitones from the note it follows without a rest; 0 for none.

    Parameters
    ----------
    notes
        In order of start.
    gap_frames
        Longest rest that still counts as none. Notes that start together with the last one are chords, not slurs.
    """
    found = [0] * len(notes)
    for i in range(1, len(notes)):
        last, here = notes[i - 1], notes[i]
        rest = here.start_frame - last.start_frame - last.length_frames
        if here.start_frame > last.start_frame and rest <= gap_frames:
            found[i] = here.pitch - last.pitch
    return found


def shifts(notes: Sequence[PlayedNote], *, least: int, room_frames: int) -> list[tuple[int, int]]:
    """Return (frame, semitones) of each time the hand moves along the neck.

    Parameters
    ----------
    notes
        In order of start. Notes less than `room_frames` apart belong to one grip; its lowest note is the hand's place.
    least
        Smallest move that counts, in semitones.
    room_frames
        Time that a move takes. It ends where the next grip starts, so none comes before the first note.
    """
    grips: list[tuple[int, int, int]] = []
    for note in notes:
        if grips and note.start_frame - grips[-1][1] < room_frames:
            first, _, low = grips[-1]
            grips[-1] = (first, note.start_frame, min(low, note.pitch))
        else:
            grips.append((note.start_frame, note.start_frame, note.pitch))
    moves = []
    for (_, _, before), (start, _, after) in pairwise(grips):
        if abs(after - before) >= least:
            moves.append((start, after - before))
    return moves
