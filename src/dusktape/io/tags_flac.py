"""Tags in FLAC: metadata blocks between the stream's own description and its first frame."""

from __future__ import annotations

import shutil
from typing import BinaryIO

from dusktape.core.errors import InputError
from dusktape.io.tags import Tags
from dusktape.io.tags_vorbis import comments, picture

_PADDING, _COMMENT, _PICTURE = 1, 4, 6
_LAST = 0x80


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
    if source.read(4) != b"fLaC":
        raise InputError("this is no FLAC stream; write one first")
    blocks: list[tuple[int, bytes]] = []
    last = False
    while not last:
        head = source.read(4)
        if len(head) < 4:
            raise InputError("this FLAC stream ends in its header; write it again")
        last, kind = bool(head[0] & _LAST), head[0] & ~_LAST
        body = source.read(int.from_bytes(head[1:], "big"))
        if kind not in (_PADDING, _COMMENT, _PICTURE):
            blocks.append((kind, body))
    blocks.insert(1, (_COMMENT, comments(tags)))
    if tags.cover:
        blocks.insert(2, (_PICTURE, picture(tags.cover)))
    target.write(b"fLaC")
    for number, (kind, body) in enumerate(blocks):
        end = _LAST if number == len(blocks) - 1 else 0
        target.write(bytes([kind | end]) + len(body).to_bytes(3, "big") + body)
    shutil.copyfileobj(source, target, 1 << 20)
