"""One MIDI file's bytes to its notes. symusic parses; what it does not check is checked here."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

import numpy as np

from dusktape.core.errors import InputError, PluginError
from dusktape.core.score import TICKS_PER_BEAT, Key
from dusktape.data.dataset import Array, Notes
from dusktape.data.midi.raw import RawSong, RawTrack
from dusktape.io.midi_fault import fault
from dusktape.io.midi_size import size

VERSION = 1
"""Changes when the same file is read in another way: what was read before is read again."""

MOST_BYTES = 8_000_000
MOST_NOTES = 100_000
MOST_TRACKS = 256
MOST_BEATS = 20_000
"""Beyond these a file is no song: an hour of the busiest piano music has 60,000 notes and 8,000 beats."""

_HEADER = struct.Struct(">4sIHHH")
_CHUNK = struct.Struct(">4sI")
_LONGEST_NAME = 80


class FileError(InputError):
    """A file that is no song: `why` in a word (`broken`, `empty`, `too large`), the reason in a sentence."""

    def __init__(self, reason: str, *, why: str = "broken") -> None:
        super().__init__(reason)
        self.why = why


def parser() -> Any:
    """Return symusic.

    Raises
    ------
    PluginError
        If it is not installed.
    """
    try:
        return import_module("symusic")
    except ImportError as error:
        raise PluginError("reading MIDI files needs symusic; install it with: pip install 'dusktape[train]'") from error


def read(data: bytes, *, path: str, name: str, sha256: str) -> RawSong:
    """Read a standard MIDI file of type 0, 1 or 2, bare or in RIFF.

    The patterns of type 2 follow each other, each from a bar line. Tempi, metres and key signatures that cannot be
    (a tempo of infinity, a metre of 0/4) are left out, notes without an end too; a note of no length lasts a tick.

    Parameters
    ----------
    data
        The whole file.
    path, name, sha256
        As in `RawSong`.

    Raises
    ------
    FileError
        If it cannot be read, or is no song; the message is the reason alone.
    PluginError
        If symusic is not installed.

    Source
    ------
    MIDI Manufacturers Association, RP-001, Standard MIDI Files 1.0; RP-029 (RMID).
    """
    tempi: dict[int, float] = {}
    meters: dict[int, tuple[int, int]] = {}
    keys: dict[int, Key] = {}
    tracks: list[RawTrack] = []
    start = 0
    for piece in _pieces(data):
        score = _parsed(piece, data)
        if len(score.tracks) > MOST_TRACKS:
            raise FileError(
                f"it has {len(score.tracks):,} instruments; no more than {MOST_TRACKS} are read", why="too large"
            )
        if sum(len(t.notes) for t in tracks) + score.note_num() > MOST_NOTES:
            raise FileError(f"it has {score.note_num():,} notes; no more than {MOST_NOTES:,} are read", why="too large")
        tracks += _tracks(score, start)
        for tick, bpm in _tempi(score):
            tempi[tick + start] = bpm
        for tick, *meter in _meters(score):
            meters[tick + start] = (meter[0], meter[1])
        for tick, key in _keys(score):
            keys[tick + start] = key
        start = _next_bar(max((_end(t.notes) for t in tracks), default=0), meters)
    if not tracks:
        raise FileError("it has no notes", why="empty")
    return RawSong(
        path=path,
        name=name,
        sha256=sha256,
        tempi=tuple(sorted(tempi.items())),
        meters=tuple((tick, *meter) for tick, meter in sorted(meters.items())),
        keys=tuple(sorted(keys.items(), key=lambda item: item[0])),
        tracks=tuple(tracks),
    )


def _pieces(data: bytes) -> list[bytes]:
    """Return the file rebuilt from its header and whole tracks; of type 2, a file for every pattern."""
    data = _unwrapped(data)
    if not data:
        raise FileError("it is empty", why="empty")
    if data[:4] != b"MThd":
        raise FileError(fault(data))
    if len(data) < _HEADER.size:
        raise FileError("it is cut short: it ends within the header")
    _, length, kind, _, division = _HEADER.unpack_from(data)
    if kind > 2:
        raise FileError(f"it is of type {kind}; there are types 0, 1 and 2")
    if division & 0x8000:
        raise FileError("its times are SMPTE frames, not beats")
    if division == 0:
        raise FileError("it has 0 ticks a beat")
    chunks = list(_tracks_of(data, 8 + length))
    if not chunks:
        raise FileError("it has no tracks", why="empty")
    if len(chunks) > MOST_TRACKS:
        told = f"it has {len(chunks):,} tracks, {size(data).tracks:,} of them with notes"
        raise FileError(f"{told}; no more than {MOST_TRACKS} are read", why="too large")
    if kind == 2:
        return [_HEADER.pack(b"MThd", 6, 0, 1, division) + chunk for chunk in chunks]
    return [_HEADER.pack(b"MThd", 6, 1, len(chunks), division) + b"".join(chunks)]


def _tracks_of(data: bytes, place: int) -> Iterator[bytes]:
    while place + _CHUNK.size <= len(data):
        name, length = _CHUNK.unpack_from(data, place)
        end = place + _CHUNK.size + length
        if name == b"MTrk":
            if end > len(data):
                raise FileError(f"it is cut short: a track of {length:,} bytes lacks {end - len(data):,}")
            yield data[place:end]
        place = end


def _parsed(piece: bytes, whole: bytes) -> Any:
    try:
        return parser().Score.from_midi(piece)
    except (RuntimeError, ValueError, UnicodeError, MemoryError) as error:
        raise FileError(fault(_unwrapped(whole)) or "it is damaged") from error


def _unwrapped(data: bytes) -> bytes:
    """Return a file without the RIFF around it, if there is one."""
    return data[data.index(b"MThd") :] if data[:4] == b"RIFF" and b"MThd" in data[:4096] else data


def _tracks(score: Any, offset: int) -> Iterator[RawTrack]:
    for track in score.tracks:
        columns = {name: column.astype(np.int64) for name, column in track.notes.numpy().items()}
        if not len(columns["time"]):
            continue
        if columns["time"].min() < 0 or columns["duration"].min() < 0:
            raise FileError("it has a note at a negative time")
        start = _ticks(columns["time"], score.tpq) + offset
        end = _ticks(columns["time"] + columns["duration"], score.tpq) + offset
        if end.max() > MOST_BEATS * TICKS_PER_BEAT:
            beats = int(end.max()) // TICKS_PER_BEAT
            raise FileError(
                f"it has a note that ends at beat {beats:,}; no more than {MOST_BEATS:,} are read", why="too large"
            )
        velocity = np.clip(columns["velocity"], 1, 127)
        notes = np.stack([start, np.maximum(1, end - start), np.clip(columns["pitch"], 0, 127), velocity])
        yield RawTrack(
            name=_cleaned(track.name),
            program=int(track.program) & 127,
            channel=9 if track.is_drum else -1,
            is_drum=bool(track.is_drum),
            notes=Notes(*notes[:, np.lexsort(notes[[3, 1, 2, 0]])]),
        )


def _ticks(time: Array, ticks_per_beat: int) -> Array:
    """Return whole ticks of 1/960 beat, halves rounded up. Int64 in, int64 out."""
    return (2 * TICKS_PER_BEAT * time + ticks_per_beat) // (2 * ticks_per_beat)


def _tick(time: int, ticks_per_beat: int) -> int:
    return (2 * TICKS_PER_BEAT * int(time) + ticks_per_beat) // (2 * ticks_per_beat)


def _in_range(score: Any, events: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    for event in events:
        tick = _tick(event.time, score.tpq)
        if 0 <= tick <= MOST_BEATS * TICKS_PER_BEAT:
            yield tick, event


def _tempi(score: Any) -> Iterator[tuple[int, float]]:
    for tick, tempo in _in_range(score, score.tempos):
        if tempo.mspq > 0:
            yield tick, 60e6 / tempo.mspq


def _meters(score: Any) -> Iterator[tuple[int, int, int]]:
    for tick, meter in _in_range(score, score.time_signatures):
        if meter.numerator > 0 and meter.denominator > 0:
            yield tick, int(meter.numerator), int(meter.denominator)


def _keys(score: Any) -> Iterator[tuple[int, Key]]:
    for tick, signature in _in_range(score, score.key_signatures):
        if -7 <= signature.key <= 7 and signature.tonality in (0, 1):
            home, mode = (9, "minor") if signature.tonality else (0, "major")
            yield tick, Key((7 * signature.key + home) % 12, mode)


def _end(notes: Notes) -> int:
    return int((notes.start + notes.length).max())


def _next_bar(end: int, meters: dict[int, tuple[int, int]]) -> int:
    """Return the first bar line at or after `end`, bars counted from the last change of metre."""
    since = max((tick for tick in meters if tick <= end), default=0)
    beats, unit = meters.get(since, (4, 4))
    bar = max(1, 4 * TICKS_PER_BEAT * beats // unit)
    return since + -(-(end - since) // bar) * bar


def _cleaned(name: str) -> str:
    """Return a name that can be printed and stored, whatever was written there."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST_NAME]
