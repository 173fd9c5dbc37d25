"""Whether a file holds MPEG audio: looked at before a decoder is, which would say what it thinks of it on stderr."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

_OTHERS = (b"RIFF", b"RIFX", b"RF64", b"riff", b"FORM", b"fLaC", b"OggS", b"caff", b".snd")
_SEARCHED = 1 << 16
"""A decoder gives up after so much that is no frame."""

_MOST_TAGS = 8
_INFO_WITHIN = 64
_HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS = {
    (3, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (3, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (3, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""Version (3 is MPEG-1, 2 is MPEG-2, as 2.5 is) and layer (3 is I, 2 is II, 1 is III) to bit rates."""


def is_torn(path: Path) -> bool:
    """Return whether a file passes for MPEG audio, by its name or its first bytes, and holds none.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        passes, head = _beginning(path, file)
        return passes and not _has_frames(head + file.read(_SEARCHED))


def is_mpeg(path: Path) -> bool:
    """Return whether a file passes for MPEG audio, by its name or its first bytes.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        return _beginning(path, file)[0]


def _beginning(path: Path, file: BinaryIO) -> tuple[bool, bytes]:
    """Return whether a file passes for MPEG audio, and its first four bytes behind tags."""
    tagged = _skip_tags(file)
    head = file.read(4)
    passes = path.suffix.lower() == ".mp3" or tagged or (head[:1] == b"\xff" and head[1:2] >= b"\xe0")
    return passes and not head.startswith(_OTHERS), head


def frame_bytes(header: bytes) -> int:
    """Return the length of the frame that begins with four bytes; 0 if none does.

    Source
    ------
    ISO/IEC 11172-3 and 13818-3, 2.4.2.3; the version bits of MPEG-2.5 are those of Fraunhofer's extension.
    """
    if len(header) < 4 or header[0] != 0xFF or header[1] < 0xE0:
        return 0
    version, layer = header[1] >> 3 & 3, header[1] >> 1 & 3
    rate, hertz, padded = header[2] >> 4, header[2] >> 2 & 3, header[2] >> 1 & 1
    if version == 1 or layer == 0 or rate in (0, 15) or hertz == 3:
        return 0
    family = (3 if version == 3 else 2, max(layer, 2) if version != 3 and layer < 3 else layer)
    bits = 1000 * _KBITS[family][rate - 1]
    if layer == 3:
        return 4 * (12 * bits // _HERTZ[version][hertz] + padded)
    return (72 if layer == 1 and version != 3 else 144) * bits // _HERTZ[version][hertz] + padded


def missing_bytes(path: Path) -> int:
    """Return how many bytes an MPEG file lacks of those that its first frame tells; 0 if it tells none.

    A writer may have counted in the tags before it, so as many as these have may be missing unnoticed.

    Raises
    ------
    OSError
        If it cannot be read.

    Source
    ------
    Xing's VBR header, as LAME writes it into the first frame: `Xing` or `Info`, flags, frames, bytes.
    """
    with path.open("rb") as file:
        if not _beginning(path, file)[0]:
            return 0
        whole = file.seek(0, os.SEEK_END)
        _skip_tags(file)
        head = file.read(_SEARCHED)
    begins = len(head) - len(head.lstrip(b"\0"))
    frame = head[begins : begins + _INFO_WITHIN]
    if not frame_bytes(frame[:4]):
        return 0
    for name in (b"Xing", b"Info"):
        if (at := frame.find(name, 4)) >= 0:
            flags = int.from_bytes(frame[at + 4 : at + 8], "big")
            if flags & 2:
                at += 12 if flags & 1 else 8
                return max(0, int.from_bytes(frame[at : at + 4], "big") - whole)
    return 0


def _skip_tags(file: BinaryIO) -> bool:
    """Go to where a file's ID3 tags end, and return whether there are any."""
    place = 0
    for _ in range(_MOST_TAGS):
        file.seek(place)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3" or max(head[6:10]) > 0x7F:
            break
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        place += 10 + size + (10 if head[5] & 0x10 else 0)
    file.seek(place)
    return place > 0


def _has_frames(head: bytes) -> bool:
    """Return whether two frames of a kind follow each other somewhere, or the last byte is the end of one."""
    at = head.find(b"\xff")
    while at >= 0:
        if size := frame_bytes(head[at : at + 4]):
            following = head[at + size : at + size + 4]
            if len(following) < 4:
                found = at + size <= len(head)
            else:
                found = frame_bytes(following) > 0 and (following[1] ^ head[at + 1]) & 0xFE == 0
            if found:
                return True
        at = head.find(b"\xff", at + 1)
    return False
