"""Tags in MP3: ID3v2.4 before the first packet."""

from __future__ import annotations

import re
import shutil
from typing import BinaryIO

from dusktape.io.tags import LICENCE_URLS, Tags

_UTF8 = b"\x03"
_FRONT_COVER = b"\x03"
_TEXT_FRAMES = {
    "TITLE": "TIT2",
    "ARTIST": "TPE1",
    "ALBUM": "TALB",
    "DATE": "TDRC",
    "GENRE": "TCON",
    "BPM": "TBPM",
    "INITIALKEY": "TKEY",
}


def embed(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Copy an MP3 stream and give it these tags in place of its own. Packets are copied as they are."""
    head = source.read(10)
    if head[:3] == b"ID3" and len(head) == 10:
        source.seek(10 + _from_syncsafe(head[6:10]) + (10 if head[5] & 0x10 else 0))
    else:
        source.seek(0)
    target.write(id3(tags))
    shutil.copyfileobj(source, target, 1 << 20)


def id3(tags: Tags) -> bytes:
    """Return a whole ID3v2.4 tag, UTF-8, no padding.

    What has no frame of its own goes into `TXXX` under the name it has elsewhere. `TBPM` holds whole numbers only;
    `TDRC` only dates; `TCOP` has to begin with a year.

    Source
    ------
    M. Nilsson, "ID3 tag version 2.4.0: main structure" and "native frames", 2000.
    """
    fields = tags.fields()
    frames = []
    for name, text in fields.items():
        frame = _TEXT_FRAMES.get(name)
        if name == "COMMENT":
            frames.append(_frame("COMM", _UTF8 + b"eng\0" + text.encode()))
        elif name == "BPM":
            frames.append(_text("TBPM", str(round(float(text)))))
        elif frame is None or (name == "DATE" and not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", text)):
            frames.append(_frame("TXXX", _UTF8 + name.encode() + b"\0" + text.encode()))
        else:
            frames.append(_text(frame, text))
    licence, date = fields.get("LICENSE", ""), fields.get("DATE", "")
    if licence and re.match(r"\d{4}(-|$)", date):
        frames.append(_text("TCOP", f"{date[:4]} {licence}"))
    if licence in LICENCE_URLS:
        frames.append(_frame("WCOP", LICENCE_URLS[licence].encode("ascii")))
    if tags.cover:
        frames.append(_frame("APIC", _UTF8 + b"image/png\0" + _FRONT_COVER + b"\0" + tags.cover))
    body = b"".join(frames)
    return b"ID3\x04\0\0" + _syncsafe(len(body)) + body


def _text(name: str, text: str) -> bytes:
    return _frame(name, _UTF8 + text.encode())


def _frame(name: str, body: bytes) -> bytes:
    return name.encode("ascii") + _syncsafe(len(body)) + b"\0\0" + body


def _syncsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _from_syncsafe(data: bytes) -> int:
    return sum(byte << shift for byte, shift in zip(data, (21, 14, 7, 0), strict=True))
