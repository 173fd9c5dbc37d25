"""A ZIP file that is sent while it is made, without a copy on disk or in memory."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, and what it is called inside."""

    name: str
    path: Path


class _Pipe(io.RawIOBase):
    """Takes what `zipfile` writes, and gives it away."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def zipped(entries: Iterable[Entry], *, at: float) -> Iterator[bytes]:
    """Yield a ZIP file of these files, stored as they are: sound does not get smaller.

    Parameters
    ----------
    entries
        What goes in.
    at
        When the files were made, in seconds since 1970.
    """
    pipe = _Pipe()
    stamp = max(time.gmtime(at)[:6], (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for entry in entries:
            info = zipfile.ZipInfo(entry.name, stamp)
            info.external_attr = 0o644 << 16
            with entry.path.open("rb") as source, archive.open(info, "w", force_zip64=True) as target:
                while piece := source.read(_PIECE):
                    target.write(piece)
                    yield pipe.taken()
            yield pipe.taken()
    yield pipe.taken()
