"""A ring of slots in a memory-mapped file: one process writes what a station sounds like, any number read it.

    header (64 bytes)   magic "DUSKRING", version, slots, bytes a slot, number before the first slot, newest number
    slot (64 bytes + data)   number, frame, frames, size, mark, CRC-32, then the data

All fields are little-endian unsigned 64-bit. A slot is written like this: its number becomes 0, its fields and data
are stored, its number becomes the new one, and at last the header's newest number goes up by one. A writer that dies
at any instant leaves at worst one slot with number 0 that nobody was told of. A reader copies the slot and then looks
whether its number is still the same and the checksum right; the checksum also covers machines that reorder stores.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dusktape.core.errors import DusktapeError

_MAGIC: Final = int.from_bytes(b"DUSKRING", "little")
_VERSION: Final = 1
_HEADER: Final = 64
_SLOT_HEADER: Final = 64
_SLOTS, _SLOT_BYTES, _BASE, _NEWEST = 2, 3, 4, 5
_NUMBER, _FRAME, _FRAMES, _SIZE, _MARK, _CHECK = range(6)

DISCONTINUITY: Final = 1
"""Mark of a slot whose encoder started anew: its data does not continue the slot before."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What one slot holds.

    Parameters
    ----------
    number
        1, 2, 3 ... for ever, across restarts.
    frame, frames
        The station's sample clock at its first sample, and how many samples it stands for.
    data
        Encoded sound, or interleaved samples.
    mark
        What is special about it; see `DISCONTINUITY`.
    """

    number: int
    frame: int
    frames: int
    data: bytes
    mark: int = 0

    @property
    def end(self) -> int:
        """Frame after the last one."""
        return self.frame + self.frames


class _Map:
    """A ring's file as 64-bit words and as bytes."""

    def __init__(self, path: Path, access: int) -> None:
        mode = "r+b" if access == mmap.ACCESS_WRITE else "rb"
        with path.open(mode) as file:
            self.identity = _identity(os.fstat(file.fileno()))
            size = os.fstat(file.fileno()).st_size
            if size < _HEADER:
                raise DusktapeError(f"{path} is not a ring; delete it and start the radio again")
            self._mmap = mmap.mmap(file.fileno(), size, access=access)
        self.bytes = memoryview(self._mmap)
        self.words = self.bytes[: size // 8 * 8].cast("Q")
        self.slots, self.slot_bytes = int(self.words[_SLOTS]), int(self.words[_SLOT_BYTES])
        whole = _HEADER + self.slots * (_SLOT_HEADER + self.slot_bytes)
        if self.words[0] != _MAGIC or self.words[1] != _VERSION or size != whole:
            self.close()
            raise DusktapeError(f"{path} is not a ring; delete it and start the radio again")

    def close(self) -> None:
        self.words.release()
        self.bytes.release()
        self._mmap.close()

    def place(self, number: int) -> int:
        """Return where the slot of this number begins, in bytes."""
        return _HEADER + (number - 1) % self.slots * (_SLOT_HEADER + self.slot_bytes)

    def newest(self) -> int:
        return int(self.words[_NEWEST])

    def oldest(self) -> int:
        return max(int(self.words[_BASE]) + 1, self.newest() - self.slots + 1)

    def read(self, number: int) -> Slot | None:
        if not self.oldest() <= number <= self.newest():
            return None
        at = self.place(number)
        word = at // 8
        if self.words[word] != number:
            return None
        fields = self.words[word : word + 6].tolist()
        size = fields[_SIZE]
        if size > self.slot_bytes:
            return None
        data = bytes(self.bytes[at + _SLOT_HEADER : at + _SLOT_HEADER + size])
        if self.words[word] != number or _check(fields, data) != fields[_CHECK]:
            return None
        return Slot(number, fields[_FRAME], fields[_FRAMES], data, fields[_MARK])


class RingWriter:
    """Writes slots; there is one writer at a time.

    A writer that is opened again goes on counting where the last one stopped. A file of another size is replaced,
    and the count goes on too.

    Parameters
    ----------
    path
        The ring's file; made when it is not there.
    slots
        How many slots are kept, at least 2.
    slot_bytes
        The most bytes that a slot can hold; rounded up to a multiple of 64.

    Raises
    ------
    OSError
        If the file cannot be made or mapped.
    """

    def __init__(self, path: Path, *, slots: int, slot_bytes: int) -> None:
        if slots < 2 or slot_bytes < 1:
            raise ValueError(f"a ring needs 2 slots of 1 byte at least, got {slots!r} of {slot_bytes!r}")
        slot_bytes = -(-slot_bytes // 64) * 64
        held = _open(path)
        if held is None or (held.slots, held.slot_bytes) != (slots, slot_bytes):
            base = 0
            if held is not None:
                base = held.newest()
                held.close()
            _create(path, slots, slot_bytes, base)
            held = _Map(path, mmap.ACCESS_WRITE)
        self._map = held
        self._last = self._recover()

    def _recover(self) -> Slot | None:
        """Take back slots that a power cut left damaged, and return the newest whole one."""
        ring = self._map
        for number in range(ring.newest(), ring.oldest() - 1, -1):
            if (slot := ring.read(number)) is not None:
                ring.words[_NEWEST] = number
                return slot
        ring.words[_BASE] = ring.words[_NEWEST]
        return None

    @property
    def last(self) -> Slot | None:
        """The newest slot, or None in a new ring."""
        return self._last

    def append(self, frame: int, frames: int, data: bytes | memoryview, mark: int = 0) -> int:
        """Write the next slot and return its number.

        Raises
        ------
        ValueError
            If `data` is larger than a slot, or a field is negative.
        """
        ring = self._map
        data = bytes(data)
        if len(data) > ring.slot_bytes:
            raise ValueError(f"a slot of this ring holds {ring.slot_bytes} bytes, got {len(data)}")
        if min(frame, frames, mark) < 0:
            raise ValueError(f"frame, frames and mark are not negative, got {frame!r}, {frames!r}, {mark!r}")
        number = ring.newest() + 1
        at = ring.place(number)
        word = at // 8
        fields = [number, frame, frames, len(data), mark]
        ring.words[word] = 0
        for index in range(_FRAME, _CHECK):
            ring.words[word + index] = fields[index]
        ring.words[word + _CHECK] = _check(fields, data)
        ring.bytes[at + _SLOT_HEADER : at + _SLOT_HEADER + len(data)] = data
        ring.words[word] = number
        ring.words[_NEWEST] = number
        self._last = Slot(number, frame, frames, data, mark)
        return number

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


class RingReader:
    """Reads slots while they are written; readers never wait and are never seen by the writer.

    Raises
    ------
    FileNotFoundError
        If no writer has made the ring yet.
    DusktapeError
        If the file is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._map = _Map(path, mmap.ACCESS_READ)

    def newest(self) -> int:
        """Return the number of the newest slot; 0 in a new ring. Cheap enough to ask often."""
        return self._map.newest()

    def oldest(self) -> int:
        """Return the number of the oldest slot that is kept; it may be overwritten next."""
        return self._map.oldest()

    def read(self, number: int) -> Slot | None:
        """Return the slot of this number, or None if it is gone, still to come, or being overwritten."""
        return self._map.read(number)

    def find(self, frame: int) -> int | None:
        """Return the number of the slot in which this frame lies, or None if none has it."""
        low, high = self._map.oldest(), self._map.newest()
        while low <= high:
            middle = (low + high) // 2
            slot = self._map.read(middle)
            if slot is None or slot.end <= frame:
                low = middle + 1
            elif slot.frame > frame:
                high = middle - 1
            else:
                return middle
        return None

    def replaced(self) -> bool:
        """Whether the path now names another file (a ring of another size): open it again."""
        try:
            return _identity(self._path.stat()) != self._map.identity
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Let go of the file."""
        self._map.close()


def _open(path: Path) -> _Map | None:
    """Return the ring at this path, or None if there is none or it is damaged."""
    try:
        return _Map(path, mmap.ACCESS_WRITE)
    except (FileNotFoundError, DusktapeError):
        return None


def _create(path: Path, slots: int, slot_bytes: int, base: int) -> None:
    """Make an empty ring under another name, and rename it when it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [_MAGIC, _VERSION, slots, slot_bytes, base, base, 0, 0]
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join(word.to_bytes(8, "little") for word in words))
            size = _HEADER + slots * (_SLOT_HEADER + slot_bytes)
            file.truncate(size)
            if sys.platform == "linux":
                file.flush()
                os.posix_fallocate(file.fileno(), 0, size)  # a full disk is told here, not by a signal later
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise


def _check(fields: list[int], data: bytes) -> int:
    """Return the checksum of a slot's fields (without the checksum itself) and data."""
    return zlib.crc32(data, zlib.crc32(repr(fields[:_CHECK]).encode()))


def _identity(stat: os.stat_result) -> tuple[int, int]:
    return stat.st_dev, stat.st_ino


if sys.byteorder != "little":  # the words are stored as the machine has them
    raise ImportError("the radio's rings need a little-endian machine")
