"""The cover in one of our FLAC files, so that it need not be drawn twice."""

from __future__ import annotations

from pathlib import Path

_PICTURE, _LAST = 6, 0x80


def cover_in(path: Path) -> bytes:
    """Return the picture in a FLAC file that we wrote; nothing if it has none.

    Source
    ------
    RFC 9639, sections 8.1 (blocks) and 8.8 (picture): type, lengths and texts of media type and description, four
    numbers about the picture, its length, itself.
    """
    with path.open("rb") as file:
        last = file.read(4) != b"fLaC"
        while not last and len(head := file.read(4)) == 4:
            last = bool(head[0] & _LAST)
            body = file.read(int.from_bytes(head[1:], "big"))
            if head[0] & ~_LAST == _PICTURE:
                return _picture(body)
    return b""


def _picture(body: bytes) -> bytes:
    def number(at: int) -> int:
        return int.from_bytes(body[at : at + 4], "big")

    description = 8 + number(4)
    length = description + 4 + number(description) + 16
    return body[length + 4 : length + 4 + number(length)]
