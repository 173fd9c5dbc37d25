"""The programme as sound: what a station's entries sum up to at any frame of its clock.

Every frame is a function of the entries alone. Whoever renders it again, after a crash, for an encoder that lags
behind, comes to the same samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import soundfile

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.errors import InputError
from dusktape.radio.join import REACH, falling, limited, rising
from dusktape.radio.nouns import Entry

HISTORY = 2 * SAMPLE_RATE
"""A source can be read again from so far before its newest frame."""


class Source(Protocol):
    """What an entry plays, from its frame 0 on."""

    def read(self, first: int, frames: int) -> Block:
        """Return frames from `first` on, shape (2, frames); silence where there is nothing.

        Places mostly grow; going back is possible, and may take long.
        """
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class File:
    """A finished track, read from its file.

    Raises
    ------
    InputError
        If it cannot be read, or is not stereo at 44,100 Hz.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._file = soundfile.SoundFile(str(path))
        except (soundfile.LibsndfileError, OSError) as error:
            raise InputError(f"{str(path)!r} cannot be played: {error}; make the track again") from error
        self.frames = int(self._file.frames)
        if self._file.samplerate != SAMPLE_RATE or self._file.channels != 2:
            self.close()
            raise InputError(f"{str(path)!r} is not stereo at {SAMPLE_RATE} Hz; make the track again")

    def read(self, first: int, frames: int) -> Block:
        """Return frames from the file."""
        sound = np.zeros((2, frames), np.float32)
        low, high = max(first, 0), min(first + frames, self.frames)
        if low < high:
            try:
                if self._file.tell() != low:
                    self._file.seek(low)
                found = self._file.read(high - low, dtype="float32", always_2d=True)
            except (soundfile.LibsndfileError, OSError) as error:
                raise InputError(f"{str(self._path)!r} cannot be played: {error}; make the track again") from error
            sound[:, low - first : low - first + found.shape[0]] = found.T
        return sound

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Silence:
    """Nothing, in place of what cannot be sounded."""

    def read(self, first: int, frames: int) -> Block:
        """Return silence."""
        return np.zeros((2, frames), np.float32)

    def close(self) -> None:
        """Nothing is open."""


class Stream:
    """Something that is made while it plays, and can be made again from the start.

    Parameters
    ----------
    begin
        Returns its blocks, shape (2, any number of frames), the same each time it is called.
    """

    def __init__(self, begin: Callable[[], Iterator[Block]]) -> None:
        self._begin = begin
        self._again()

    def _again(self) -> None:
        self._blocks = self._begin()
        self._kept = np.zeros((2, 0), np.float32)
        self._from = 0

    def read(self, first: int, frames: int) -> Block:
        """Return frames; those that come first are made and let go."""
        if max(first, 0) < self._from:
            self.close()
            self._again()
        last = first + frames
        while self._from + self._kept.shape[1] < last:
            block = next(self._blocks, None)
            if block is None:
                break
            end = self._from + self._kept.shape[1]
            keep = max(self._from, min(first, end) - HISTORY)
            self._kept = np.concatenate([self._kept[:, keep - self._from :], block], axis=1)
            self._from = keep
        sound = np.zeros((2, frames), np.float32)
        low, high = max(first, self._from), min(last, self._from + self._kept.shape[1])
        if low < high:
            sound[:, low - first : high - first] = self._kept[:, low - self._from : high - self._from]
        return sound

    def close(self) -> None:
        """Stop making it."""
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()


class Programme:
    """Renders a station's entries.

    Parameters
    ----------
    open_source
        Returns what an entry plays; may take long for what has to be composed again.
    """

    def __init__(self, open_source: Callable[[Entry], Source]) -> None:
        self._open = open_source
        self._sources: dict[int, Source] = {}
        self.entries: dict[int, Entry] = {}

    def put(self, entry: Entry, source: Source | None = None) -> None:
        """Add an entry, or put it in place of the one with the same id."""
        known = self.entries.get(entry.id)
        if known is not None and what_sounds(known) != what_sounds(entry):
            self._drop(entry.id)
        self.entries[entry.id] = entry
        if source is not None:
            self._drop(entry.id)
            self._sources[entry.id] = source

    def at(self, frame: int) -> list[Entry]:
        """Return what sounds at a frame, in the order in which it began."""
        return sorted((e for e in self.entries.values() if e.start <= frame < e.end), key=lambda e: (e.start, e.id))

    def after(self, frame: int) -> list[Entry]:
        """Return what begins after a frame, in order."""
        return sorted((e for e in self.entries.values() if frame < e.start < e.end), key=lambda e: (e.start, e.id))

    def newest(self) -> Entry | None:
        """Return the entry that ends last."""
        return max(self.entries.values(), key=lambda e: (e.end, e.id), default=None)

    def forget(self, before: int) -> list[Entry]:
        """Let go of what ended before a frame, and return it."""
        over = [e for e in self.entries.values() if e.end <= before]
        for entry in over:
            self._drop(entry.id)
            del self.entries[entry.id]
        return over

    def close(self) -> None:
        """Let go of all sources."""
        for number in list(self._sources):
            self._drop(number)

    def render(self, first: int, frames: int) -> Block:
        """Return the sound from a frame on, shape (2, frames), within `join.CEILING`.

        Raises
        ------
        BrokenEntry
            If the source of one cannot be read.
        """
        begin, end = first - REACH, first + frames + REACH
        near = [e for e in self.entries.values() if e.start < end and begin < e.end and e.start < e.end]
        if len(near) > 1:
            return limited(self._sum(near, begin, end - begin), first, frames)
        return self._sum(near, first, frames)

    def _sum(self, entries: list[Entry], first: int, frames: int) -> Block:
        total = np.zeros((2, frames), np.float32)
        for entry in sorted(entries, key=lambda e: e.id):
            low, high = max(first, entry.start), min(first + frames, entry.end)
            if low < high:
                total[:, low - first : high - first] += self._voice(entry, low, high - low)
        return total

    def _voice(self, entry: Entry, first: int, frames: int) -> Block:
        place = first - entry.start
        try:
            sound = self._source(entry).read(place + int(entry.spec.get("offset", 0)), frames)
        except Exception as error:  # a damaged file, a recipe that is gone: whatever it is, the radio plays on
            raise BrokenEntry(entry, error) from error
        sound = sound * np.float32(10.0 ** (float(entry.spec.get("gain_db", 0.0)) / 20.0))
        if place < entry.join:
            sound *= rising(entry.join, place, frames)
        out = int(entry.spec.get("out", 0))
        until_fall = entry.end - out - first
        if out and until_fall < frames:
            sound *= falling(out, -until_fall, frames)
        return sound

    def _source(self, entry: Entry) -> Source:
        if entry.id not in self._sources:
            self._sources[entry.id] = self._open(entry)
        return self._sources[entry.id]

    def _drop(self, number: int) -> None:
        source = self._sources.pop(number, None)
        if source is not None:
            source.close()


class BrokenEntry(Exception):
    """An entry that cannot be sounded.

    Parameters
    ----------
    entry
        Which.
    why
        What went wrong.
    """

    def __init__(self, entry: Entry, why: Exception) -> None:
        super().__init__(f"{entry.title!r}: {why}")
        self.entry = entry


_SEAM = ("out", "gain_db", "offset", "order", "by", "queued")


def what_sounds(entry: Entry) -> tuple[Any, ...]:
    """Return what decides which source an entry has."""
    spec: Mapping[str, Any] = {k: v for k, v in entry.spec.items() if k not in _SEAM}
    return entry.kind, entry.track, repr(sorted(spec.items(), key=repr))
