"""What was found in each file, kept beside the dataset that is being made: a call that was cut off goes on from it."""

from __future__ import annotations

import hashlib
import secrets
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

_FRAME = struct.Struct("<4sII32s")
_MARK = b"dusk"


class Journal:
    """Entries by the hash of the file, or of what was asked, in files that only ever grow.

    Every call writes a file of its own, so two calls at once do no harm; a file that ends in the middle of an entry
    gives the entries before.

    Parameters
    ----------
    folder
        Where they lie; made when there is something to write.
    stamp
        All that entries depend on besides the file: versions and options. Entries under another one are not seen.
    """

    def __init__(self, folder: Path, stamp: str) -> None:
        self._folder = folder
        self._prefix = hashlib.sha256(stamp.encode()).hexdigest()[:16]
        self._places: dict[bytes, tuple[Path, int, int]] = {}
        self._file: IO[bytes] | None = None
        self._path = folder / f"{self._prefix}-{secrets.token_hex(6)}.journal"
        self._readers: dict[Path, IO[bytes]] = {}
        for path in sorted(folder.glob(f"{self._prefix}-*.journal")):
            for key, place, length in _entries(path):
                self._places[key] = (path, place, length)

    def __contains__(self, sha256: str) -> bool:
        return bytes.fromhex(sha256) in self._places

    def __len__(self) -> int:
        return len(self._places)

    def put(self, sha256: str, entry: bytes) -> None:
        """Add an entry. It is handed to the system at once: what was put before a kill is there after it."""
        if self._file is None:
            self._folder.mkdir(exist_ok=True)
            self._file = self._path.open("xb")
        key = bytes.fromhex(sha256)
        place = self._file.tell() + _FRAME.size
        self._file.write(_FRAME.pack(_MARK, len(entry), zlib.crc32(entry), key) + entry)
        self._file.flush()
        self._places[key] = (self._path, place, len(entry))

    def get(self, sha256: str) -> bytes:
        """Return an entry, read from disk."""
        path, place, length = self._places[bytes.fromhex(sha256)]
        file = self._readers.get(path) or self._readers.setdefault(path, path.open("rb"))
        file.seek(place)
        return file.read(length)

    def close(self) -> None:
        """Close the files."""
        for file in (self._file, *self._readers.values()):
            if file is not None:
                file.close()
        self._file, self._readers = None, {}

    def remove(self) -> None:
        """Close and delete the files, of other stamps too, and the folder if nothing else lies in it."""
        self.close()
        for path in self._folder.glob("*.journal"):
            with suppress(OSError):
                path.unlink()
        with suppress(OSError):
            self._folder.rmdir()


def _entries(path: Path) -> Iterator[tuple[bytes, int, int]]:
    with path.open("rb") as file:
        while len(head := file.read(_FRAME.size)) == _FRAME.size:
            mark, length, check, key = _FRAME.unpack(head)
            place = file.tell()
            if mark != _MARK or zlib.crc32(entry := file.read(length)) != check or len(entry) != length:
                return
            yield key, place, length
