"""Vorbis comments and pictures, as FLAC and Ogg share them."""

from __future__ import annotations

import struct

from dusktape.io.tags import Tags

_FRONT_COVER = 3


def comments(tags: Tags, extra: dict[str, bytes] | None = None) -> bytes:
    """Return the comment list, without the framing that Ogg adds.

    Source
    ------
    Xiph.org, "Ogg Vorbis I format specification: comment field and header specification".
    """
    fields = {name: text.encode() for name, text in tags.fields().items()} | (extra or {})
    if tags.loop_frames:  # no standard has a field for it; game engines read these two, in frames
        fields |= {"LOOPSTART": b"0", "LOOPLENGTH": str(tags.loop_frames).encode()}
    entries = b"".join(_counted(name.encode("ascii") + b"=" + text) for name, text in fields.items())
    return _counted(tags.software.encode()) + struct.pack("<I", len(fields)) + entries


def picture(png: bytes) -> bytes:
    """Return a front cover as FLAC's PICTURE block holds it.

    Source
    ------
    RFC 9639, section 8.8; width and height from the PNG's IHDR chunk.
    """
    width, height, bits, colour = struct.unpack(">IIBB", png[16:26])
    samples = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}[colour]
    colours = 1 << bits if colour == 3 else 0
    depth = 8 * samples if colour == 3 else bits * samples
    mime = b"image/png"
    head = struct.pack(">II", _FRONT_COVER, len(mime)) + mime + struct.pack(">I", 0)
    return head + struct.pack(">IIIII", width, height, depth, colours, len(png)) + png


def _counted(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data
