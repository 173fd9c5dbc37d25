"""How much a MIDI file holds, counted in a moment: what is too large for us need not be read to be refused."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dusktape.core.errors import InputError

MOST_BYTES, MOST_TRACKS, MOST_NOTES, MOST_EVENTS = 8_000_000, 256, 100_000, 400_000
"""Beyond these a file is no song: an hour of the busiest piano music has 60,000 notes."""

_NOTE_ON, _META = 0x90, 0xFF
_SYSTEM = (0xF0, 0xF7)
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}


@dataclass(frozen=True, slots=True)
class Size:
    """What was counted.

    Parameters
    ----------
    tracks
        Those that have notes.
    notes, events
        Of all tracks; an event is anything that a track holds.
    """

    tracks: int
    notes: int
    events: int


def refuse_large(path: Path) -> None:
    """Refuse a file that is no song by its size, before anybody takes it in.

    Raises
    ------
    InputError
        If it has more than `MOST_BYTES`, or more tracks with notes, notes or events than there may be.
    """
    with suppress(OSError):  # whoever reads it will say so
        has = path.stat().st_size
        if has > MOST_BYTES:
            raise InputError(f"{path} has {has / 1e6:,.1f} MB; give a MIDI file of at most {MOST_BYTES / 1e6:g}")
        found = size(path.read_bytes())
        for what, count, most in (
            ("notes", found.notes, MOST_NOTES),
            ("tracks with notes", found.tracks, MOST_TRACKS),
            ("events", found.events, MOST_EVENTS),
        ):
            if count > most:
                raise InputError(f"{path} has {count:,} {what}; give a MIDI file of at most {most:,}")


def size(data: bytes) -> Size:
    """Count what a standard MIDI file holds. What is damaged, or no such file, is counted up to there.

    Source
    ------
    MIDI Association, "Standard MIDI Files 1.0" (RP-001): chunks, variable-length quantities, running status.
    """
    tracks = notes = events = 0
    place = 8 + int.from_bytes(data[4:8], "big")
    while data[:4] == b"MThd" and place + 8 <= len(data):
        end = place + 8 + int.from_bytes(data[place + 4 : place + 8], "big")
        if data[place : place + 4] == b"MTrk":
            found = _track(data[place + 8 : end])
            tracks, notes, events = tracks + (found[0] > 0), notes + found[0], events + found[1]
        place = end
    return Size(tracks, notes, events)


def _track(data: bytes) -> tuple[int, int]:
    """Return how many notes begin in a track, and how many events it has."""
    notes = events = place = status = 0
    with suppress(IndexError, KeyError):  # damaged: whoever reads it will say so
        while place < len(data):
            place = _after_number(data, place)
            if data[place] & 0x80:
                status = data[place]
                place += 1
            if status == _META or status in _SYSTEM:
                place += status == _META  # its type
                after = _after_number(data, place)
                place = after + _number(data[place:after])
            else:
                notes += status & 0xF0 == _NOTE_ON and data[place + 1] > 0
                place += _DATA_BYTES[status & 0xF0]
            events += 1
    return notes, events


def _after_number(data: bytes, place: int) -> int:
    while data[place] & 0x80:
        place += 1
    return place + 1


def _number(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value << 7 | byte & 0x7F
    return value
