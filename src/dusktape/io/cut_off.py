"""Whether a sound file ends before its header says it does: a copy or a recording that was broken off."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Literal

import soundfile

from dusktape.io.mpeg import missing_bytes

_STREAMED = 0x7FFF0000
"""Who writes into a pipe cannot come back to say how long it is: such a length, or 0, is none."""

_SLACK_BYTES = 64
"""Some writers count their header in."""

_MOST_CHUNKS = 1000
_TAIL_FRAMES = 1024


def is_cut_off(path: Path) -> bool:
    """Return whether a WAV, AIFF, FLAC or MP3 file holds less sound than it says; False of what is no such file.

    Of WAV and AIFF, the length of the chunk with the sound is compared with the file's; of MP3, what its first frame
    says of it, if it does; of FLAC, the last frames are read.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(12)
        if head[:4] in (b"RIFF", b"RF64") and head[8:] == b"WAVE":
            return _is_short(file, b"data", "little")
        if head[:4] == b"RIFX" and head[8:] == b"WAVE":
            return _is_short(file, b"data", "big")
        if head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC"):
            return _is_short(file, b"SSND", "big")
    return _ends_early(path) if head[:4] == b"fLaC" else missing_bytes(path) > _SLACK_BYTES


def _is_short(file: BinaryIO, wanted: bytes, order: Literal["little", "big"]) -> bool:
    """Return whether the chunk with the sound reaches beyond the file, which is read from its first chunk on.

    Source
    ------
    Microsoft and IBM, "Multimedia programming interface and data specifications 1.0", 1991; EBU Tech 3306, 2009, of
    the 64-bit lengths; Apple, "Audio Interchange File Format 1.3", 1989.
    """
    whole, long = os.fstat(file.fileno()).st_size, 0
    for _ in range(_MOST_CHUNKS):
        chunk = file.read(8)
        if len(chunk) < 8:
            return False  # without its sound it is no sound file, which its reader says
        name, size, begins = chunk[:4], int.from_bytes(chunk[4:], order), file.tell()
        if name == b"ds64":
            long = int.from_bytes(file.read(16)[8:], "little")
        if name == wanted:
            size = long if long and size == 0xFFFFFFFF else 0 if size >= _STREAMED else size
            return begins + size > whole + _SLACK_BYTES
        file.seek(begins + size + size % 2)
    return False


def _ends_early(path: Path) -> bool:
    try:
        with soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path)) as file:
            tail = min(file.frames, _TAIL_FRAMES)
            if not 0 < file.frames < 1 << 40:  # its length is not told
                return False
            file.seek(file.frames - tail)
            return bool(len(file.read(tail, dtype="float32")) < tail)
    except (soundfile.LibsndfileError, RuntimeError):
        return True
