"""A standard MIDI file's bytes as messages: types 0 and 1 as they are, the patterns of type 2 one after the other."""

from __future__ import annotations

import io

import mido

from dusktape.io.midi_fault import fault

_UNREADABLE = (OSError, EOFError, ValueError, LookupError, TypeError, mido.KeySignatureError)
_FOUR = (4, 4)


class MidiError(ValueError):
    """A file that cannot be read; the message says what is wrong with it."""


def parse(data: bytes) -> mido.MidiFile:
    """Read a file, bare or in RIFF. Patterns of type 2 follow each other, each from a bar line, as one song of type 1.

    Raises
    ------
    MidiError
        If it is no MIDI file, is damaged, or counts time in film frames.

    Source
    ------
    MIDI Association, "Standard MIDI Files 1.0" (RP-001); RP-029 (RMID).
    """
    if data[:4] == b"RIFF" and b"MThd" in data[:4096]:
        data = data[data.index(b"MThd") :]
    try:
        # In Latin 1 every byte is a character; whoever wants UTF-8 decodes it.
        file = mido.MidiFile(file=io.BytesIO(data), charset="latin-1", clip=True)
    except _UNREADABLE as error:
        raise MidiError(fault(data) or "it is damaged") from error
    if file.ticks_per_beat <= 0:
        raise MidiError(fault(data) or "its times are SMPTE frames, not beats")
    if file.type == 2:
        _join(file)
    return file


def _join(file: mido.MidiFile) -> None:
    """Move every pattern behind the one before it."""
    start, meters = 0, {0: _FOUR}
    for track in file.tracks:
        now, end = start, start
        for message in track:
            now += message.time
            if message.type == "time_signature":
                meters[now] = (message.numerator, message.denominator)
            if message.type in ("note_on", "note_off"):
                end = now
        if track:
            track[0].time += start
        start = _next_bar(end, meters, file.ticks_per_beat)
    file.type = 1


def _next_bar(end: int, meters: dict[int, tuple[int, int]], ticks_per_beat: int) -> int:
    """Return the first bar line at or after `end`, bars counted from the last change of metre."""
    since = max(tick for tick in meters if tick <= end)
    beats, unit = meters[since]
    bar = max(1, 4 * ticks_per_beat * beats // unit)
    return since + -(-(end - since) // bar) * bar
