"""A MIDI file track by track, channel by channel: what somebody else's program wrote, before we call it our parts."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path

import mido

from dusktape.core.score import TICKS_PER_BEAT, Note
from dusktape.io.midi_file import parse

_DRUM_CHANNEL = 9


@dataclass(frozen=True, slots=True)
class Track:
    """What one channel of one track plays.

    Parameters
    ----------
    name
        As written in the file; may be empty.
    program
        General MIDI, 0 to 127.
    channel
        0 to 15.
    notes
        By start, in ticks of 1/960 beat.
    """

    name: str
    program: int
    channel: int
    notes: tuple[Note, ...]

    @property
    def is_drum(self) -> bool:
        """Whether it lies on the channel of percussion."""
        return self.channel == _DRUM_CHANNEL


@dataclass(frozen=True, slots=True)
class Tracks:
    """All of a file.

    Parameters
    ----------
    tracks
        Those that have notes.
    tempi
        (tick, beats a minute) of every change; empty where the file has none.
    meters
        (numerator, denominator) of every time signature, in order; empty where the file has none.
    """

    tracks: tuple[Track, ...]
    tempi: tuple[tuple[int, float], ...]
    meters: tuple[tuple[int, int], ...]


def read(path: Path) -> Tracks:
    """Read a file that `io.midi.from_midi` has accepted."""
    file = parse(path.read_bytes())
    scale = TICKS_PER_BEAT / file.ticks_per_beat
    tracks: list[Track] = []
    tempi: list[tuple[int, float]] = []
    meters: list[tuple[int, int, int]] = []
    for track in file.tracks:
        found = _Channels()
        now = 0
        for message in track:
            now += message.time
            tick = round(now * scale)
            if message.type == "set_tempo" and message.tempo:
                tempi.append((tick, 60e6 / message.tempo))
            elif message.type == "time_signature":
                meters.append((tick, message.numerator, message.denominator))
            else:
                found.take(message, tick)
        tracks += found.tracks(round(now * scale))
    return Tracks(tuple(tracks), tuple(sorted(tempi)), tuple((n, d) for _, n, d in sorted(meters)))


class _Channels:
    """The notes of one track while it is read. Of equal pitches, the first to start ends first."""

    def __init__(self) -> None:
        self._name = ""
        self._program: dict[int, int] = {}
        self._notes: dict[int, list[Note]] = defaultdict(list)
        self._sounding: dict[tuple[int, int], deque[tuple[int, int]]] = defaultdict(deque)

    def take(self, message: mido.Message, tick: int) -> None:
        if message.type == "track_name":
            self._name = self._name or message.name.strip()
        elif message.type == "program_change":
            self._program.setdefault(message.channel, message.program)
        elif message.type == "note_on" and message.velocity:
            self._sounding[message.channel, message.note].append((tick, message.velocity))
        elif message.type in ("note_on", "note_off") and self._sounding[message.channel, message.note]:
            start, velocity = self._sounding[message.channel, message.note].popleft()
            self._notes[message.channel].append(Note(start, max(1, tick - start), message.note, velocity))

    def tracks(self, end: int) -> list[Track]:
        for (channel, pitch), left in self._sounding.items():
            self._notes[channel] += [Note(start, max(1, end - start), pitch, velocity) for start, velocity in left]
        return [
            Track(self._name, self._program.get(channel, 0), channel, tuple(sorted(notes)))
            for channel, notes in sorted(self._notes.items())
            if notes
        ]
