"""What is wrong with the bytes of a MIDI file, in our own words: whatever library reads it says it in others."""

from __future__ import annotations

from dusktape.core.counting import counted

_NOTE_KINDS = (0x80, 0x90)
_DATA_BYTES = {0x80: 2, 0x90: 2, 0xA0: 2, 0xB0: 2, 0xC0: 1, 0xD0: 1, 0xE0: 2}
_META, _SYSTEM, _KEY = 0xFF, (0xF0, 0xF7), 0x59
_HEADER, _CHUNK = 14, 8


class _Found(Exception):
    """Carries the sentence."""


def fault(data: bytes) -> str:
    """Return what is wrong with a standard MIDI file, in a sentence; empty where nothing is found.

    Source
    ------
    MIDI Association, "Standard MIDI Files 1.0" (RP-001).
    """
    if not data:
        return "it is empty"
    if data[:4] != b"MThd":
        return f"it is no MIDI file: it starts with {_shown(data[:4])}, not 'MThd'"
    if len(data) < _HEADER:
        return "it is cut short: it ends within the header"
    kind, division = int.from_bytes(data[8:10], "big"), int.from_bytes(data[12:14], "big")
    if kind > 2:
        return f"it is of type {kind}; there are types 0, 1 and 2"
    if division & 0x8000:
        return "its times are SMPTE frames, not beats"
    if division == 0:
        return "it has 0 ticks a beat"
    return _tracks(data, 8 + int.from_bytes(data[4:8], "big"))


def _tracks(data: bytes, place: int) -> str:
    number = 0
    while place + _CHUNK <= len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "big")
        end = place + _CHUNK + length
        if data[place : place + 4] == b"MTrk":
            number += 1
            if end > len(data):
                return f"it is cut short: a track of {length:,} bytes lacks {end - len(data):,}"
            try:
                _track(data, place + _CHUNK, end)
            except _Found as found:
                return f"it is damaged: track {number} {found}"
            except IndexError:
                return f"it is damaged: the last event of track {number} runs past its end"
        place = end
    declared = int.from_bytes(data[10:12], "big")
    return f"it is cut short: it has {number:,} of {counted(declared, 'track')}" if number < declared else ""


def _track(data: bytes, place: int, end: int) -> None:
    """Walk the events of a track. Raises `_Found`, or `IndexError` where one runs past the end."""
    status = 0
    track = memoryview(data)[:end]
    while place < end:
        _, place = _number(track, place)
        if track[place] & 0x80:
            status = track[place]
            place += 1
        elif not status:
            raise _Found(f"begins with an event of no kind, at byte {place:,}")
        if status == _META or status in _SYSTEM:
            what, place = (track[place], place + 1) if status == _META else (-1, place)
            length, place = _number(track, place)
            _check_key(bytes(track[place : place + length]), what, place)
            place += length
            if place > end:
                raise IndexError
            continue
        if status & 0xF0 not in _DATA_BYTES:
            raise _Found(f"has an event 0x{status:02X}, which no file may hold, at byte {place - 1:,}")
        names = ("pitch", "velocity") if status & 0xF0 in _NOTE_KINDS else ("value", "value")
        for name in names[: _DATA_BYTES[status & 0xF0]]:
            if track[place] > 127:
                raise _Found(f"has {track[place]} where a {name} of 0 to 127 belongs, at byte {place:,}")
            place += 1


def _check_key(content: bytes, what: int, place: int) -> None:
    """Refuse a key signature that there is not."""
    if what != _KEY or len(content) != 2:
        return
    sharps = int.from_bytes(content[:1], "big", signed=True)
    if abs(sharps) > 7 or content[1] > 1:
        raise _Found(f"has a key signature of {sharps} sharps, mode {content[1]}, which is none, at byte {place:,}")


def _number(track: memoryview, place: int) -> tuple[int, int]:
    """Return a number of one to four bytes, and the place behind it."""
    value = 0
    for k in range(4):
        byte = track[place + k]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, place + k + 1
    raise _Found(f"has a number of more than four bytes, at byte {place:,}")


def _shown(head: bytes) -> str:
    """Return bytes as the letters that they are, or as the numbers, if they are none."""
    text = head.decode("latin-1")
    if text.isascii() and text.isprintable():
        return f"'{text}'"
    return f"the {'byte' if len(head) == 1 else 'bytes'} {head.hex(' ')}"
