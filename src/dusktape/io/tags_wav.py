"""Tags in WAV: an INFO list for everybody, an `id3 ` chunk for the rest and the cover, a `smpl` chunk for loops."""

from __future__ import annotations

import struct
from typing import BinaryIO

from dusktape.core.errors import InputError
from dusktape.io.tags import Tags
from dusktape.io.tags_id3 import id3

_INFO = {
    "TITLE": b"INAM",
    "ARTIST": b"IART",
    "ALBUM": b"IPRD",
    "DATE": b"ICRD",
    "GENRE": b"IGNR",
    "COMMENT": b"ICMT",
    "LICENSE": b"ICOP",
}
_COPY_BYTES = 1 << 20
_MIDDLE_C = 60


def embed(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Copy a WAV file and give it these tags, after the samples, in place of its own.

    Raises
    ------
    InputError
        If the source is no WAV file.

    Source
    ------
    Microsoft and IBM, "Multimedia programming interface and data specifications 1.0", 1991; INFO texts are UTF-8,
    as players of today expect.
    """
    head = source.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise InputError("this is no WAV file; write one first")
    target.write(head)
    rate = 0
    while chunk := source.read(8):
        name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        kept = name not in (b"LIST", b"id3 ", b"ID3 ", b"smpl")
        if kept:
            target.write(chunk)
        left = size + size % 2
        while left and (data := source.read(min(left, _COPY_BYTES))):
            left -= len(data)
            rate = int.from_bytes(data[4:8], "little") if name == b"fmt " else rate
            if kept:
                target.write(data)
    if tags.loop_frames:
        target.write(_chunk(b"smpl", _sampler(tags.loop_frames, rate)))
    target.write(_chunk(b"LIST", b"INFO" + _info(tags)) + _chunk(b"id3 ", id3(tags)))
    end = target.tell()
    target.seek(4)
    target.write(struct.pack("<I", end - 8))
    target.seek(end)


def _sampler(frames: int, sample_rate: int) -> bytes:
    """Return what a sampler is told: play all of it forward, round and round, without end.

    Source
    ------
    Microsoft, "New multimedia data types and data techniques", revision 3.0, 1994: the sample chunk. Its last sample is
    the last one played; the period is in nanoseconds.
    """
    period = round(1e9 / sample_rate)
    head = struct.pack("<9I", 0, 0, period, _MIDDLE_C, 0, 0, 0, 1, 0)
    return head + struct.pack("<6I", 0, 0, 0, frames - 1, 0, 0)


def _info(tags: Tags) -> bytes:
    fields = tags.fields()
    # A reader of INFO alone shall find the rest too: what has no name there follows the comment.
    rest = [f"{name}: {text}" for name, text in fields.items() if name not in _INFO]
    fields["COMMENT"] = "\n".join([*filter(None, [fields.get("COMMENT")]), *rest])
    entries = [(name, fields.get(field, "")) for field, name in _INFO.items()] + [(b"ISFT", tags.software)]
    return b"".join(_chunk(name, text.encode() + b"\0") for name, text in entries if text)


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)
