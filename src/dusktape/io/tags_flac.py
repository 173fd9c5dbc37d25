"""Tags in FLAC: metadata blocks between the stream's own description and its first frame."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import BinaryIO

from dusktape.core.errors import InputError
from dusktape.io.tags import Tags
from dusktape.io.tags_vorbis import comments, picture

_PADDING, _COMMENT, _PICTURE = 1, 4, 6
_LAST = 0x80


SPARE = 4096
"""Bytes of padding left behind the tags, so that a player can change one without writing the file anew."""


def room(tags: Tags) -> int:
    """Return how many bytes of header to set aside for `fill`."""
    return sum(4 + len(body) for _, body in _ours(tags)) + SPARE


def fill(stream: BinaryIO, tags: Tags) -> bool:
    """Write tags over those that a FLAC stream has, in place; what is left becomes padding.

    Returns
    -------
    Whether there was room. If not, nothing is changed: `embed` makes some.

    Raises
    ------
    InputError
        If this is no FLAC stream.
    """
    blocks = _read(stream)
    length = stream.tell()
    blocks[1:1] = _ours(tags)
    left = length - 4 - sum(4 + len(body) for _, body in blocks)
    if left < 4:
        return False
    stream.seek(0)
    _write(stream, [*blocks, (_PADDING, bytes(left - 4))])
    return True


def embed(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Copy a FLAC stream and give it these tags in place of its own. Frames are copied as they are.

    Raises
    ------
    InputError
        If the source is no FLAC stream.

    Source
    ------
    RFC 9639, section 8.
    """
    blocks = _read(source)
    blocks[1:1] = _ours(tags)
    _write(target, [*blocks, (_PADDING, bytes(SPARE))])
    shutil.copyfileobj(source, target, 1 << 20)


def _ours(tags: Tags) -> list[tuple[int, bytes]]:
    return [(_COMMENT, comments(tags)), *([(_PICTURE, picture(tags.cover))] if tags.cover else [])]


def _read(stream: BinaryIO) -> list[tuple[int, bytes]]:
    """Return the blocks of a header, but for tags and padding, and go to the first frame."""
    if stream.read(4) != b"fLaC":
        raise InputError("this is no FLAC stream; write one first")
    blocks: list[tuple[int, bytes]] = []
    last = False
    while not last:
        head = stream.read(4)
        if len(head) < 4:
            raise InputError("this FLAC stream ends in its header; write it again")
        last, kind = bool(head[0] & _LAST), head[0] & ~_LAST
        body = stream.read(int.from_bytes(head[1:], "big"))
        if kind not in (_PADDING, _COMMENT, _PICTURE):
            blocks.append((kind, body))
    return blocks


def _write(stream: BinaryIO, blocks: Sequence[tuple[int, bytes]]) -> None:
    stream.write(b"fLaC")
    for number, (kind, body) in enumerate(blocks):
        end = _LAST if number == len(blocks) - 1 else 0
        stream.write(bytes([kind | end]) + len(body).to_bytes(3, "big") + body)
