"""Tags in Ogg Vorbis: the second packet of the stream, which every later page has to make room for."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from dusktape.core.errors import InputError
from dusktape.io.tags import Tags
from dusktape.io.tags_vorbis import comments, picture

_CONTINUED = 1
_NO_PACKET_ENDS = b"\xff" * 8
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """One page: flags, the position it ends at, the lacing values of its segments, and their bytes."""

    flags: int
    position: bytes
    lacing: bytes
    body: bytes

    def to_bytes(self, serial: int, number: int) -> bytes:
        """Return the page with its place in the stream and its checksum."""
        head = b"OggS\0" + bytes([self.flags]) + self.position
        head += serial.to_bytes(4, "little") + number.to_bytes(4, "little")
        rest = bytes([len(self.lacing)]) + self.lacing + self.body
        return head + checksum(head + bytes(4) + rest).to_bytes(4, "little") + rest


def embed(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Copy an Ogg Vorbis stream and give it these tags in place of its own. Sound packets are copied as they are.

    The stream's serial number, which encoders draw at random, is taken from the tags: the same sound with the same
    tags is the same file.

    Raises
    ------
    InputError
        If the source is no Ogg Vorbis stream.

    Source
    ------
    RFC 3533 for pages; "Ogg Vorbis I format specification" for the three header packets.
    """
    pages = _pages(source)
    first = next(pages, None)
    if first is None or not first.body.startswith(b"\x01vorbis"):
        raise InputError("this is no Ogg Vorbis stream; write one first")
    _, setup = _packets(pages, 2)
    extra = {"METADATA_BLOCK_PICTURE": base64.b64encode(picture(tags.cover))} if tags.cover else {}
    comment = b"\x03vorbis" + comments(tags, extra) + b"\x01"
    serial = zlib.crc32(comment)
    number = 0
    for page in (replace(first, flags=2), *paginate([comment, setup])):
        target.write(page.to_bytes(serial, number))
        number += 1
    for page in pages:
        target.write(page.to_bytes(serial, number))
        number += 1


def paginate(packets: list[bytes]) -> Iterator[Page]:
    """Lay header packets out over pages of at most 255 segments."""
    lacing = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets)
    body, at, flags = b"".join(packets), 0, 0
    for start in range(0, len(lacing), 255):
        part = lacing[start : start + 255]
        size = sum(part)
        ends = any(value < 255 for value in part)
        yield Page(flags, bytes(8) if ends else _NO_PACKET_ENDS, part, body[at : at + size])
        at += size
        flags = _CONTINUED if part[-1] == 255 else 0


def checksum(data: bytes) -> int:
    """Return Ogg's CRC-32: zlib's polynomial, with bits taken from the other end and nothing inverted."""
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")


def _pages(source: BinaryIO) -> Iterator[Page]:
    while head := source.read(27):
        lacing = source.read(head[26]) if len(head) == 27 else b""
        body = source.read(sum(lacing))
        if not head.startswith(b"OggS\0") or len(body) < sum(lacing):
            raise InputError("this Ogg stream is broken; write it again")
        yield Page(head[5], head[6:14], lacing, body)


def _packets(pages: Iterator[Page], count: int) -> list[bytes]:
    """Return the next whole packets. Vorbis starts a new page after its headers, so none is cut."""
    packets: list[bytes] = []
    open_packet = bytearray()
    while len(packets) < count:
        page = next(pages, None)
        if page is None:
            raise InputError("this Ogg Vorbis stream ends in its header; write it again")
        at = 0
        for value in page.lacing:
            open_packet += page.body[at : at + value]
            at += value
            if value < 255:
                packets.append(bytes(open_packet))
                open_packet.clear()
    return packets
