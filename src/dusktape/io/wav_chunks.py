"""What samplers read in a WAV: a `smpl` chunk with root and loop, an `acid` chunk with tempo and beats."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from dusktape.core.errors import InputError

MIDDLE_C = 60
_ONE_SHOT, _ROOT_SET, _STRETCH = 0x01, 0x02, 0x04
_LOWEST_ROOT = 0x30
_COPY_BYTES = 1 << 20
_OURS = (b"smpl", b"acid")


@dataclass(frozen=True, slots=True)
class Playing:
    """How a sound wants to be played.

    Parameters
    ----------
    loop_frames
        Its length, if it goes round; 0 for a one-shot.
    root
        MIDI pitch at which it sounds as it was recorded; None if it has none.
    beats
        How many it lasts; 0 if it keeps no time.
    bpm
        Tempo, where it keeps time.
    """

    loop_frames: int = 0
    root: int | None = None
    beats: int = 0
    bpm: float = 0.0


def embed(path: Path, playing: Playing) -> None:
    """Write both chunks into a WAV file, in place of those that are there. Everything else stays as it is.

    Raises
    ------
    InputError
        If it is no WAV file.
    """
    pending = path.with_name(f".{path.name}.chunks")
    try:
        with path.open("rb") as source, pending.open("xb") as target:
            _copy(source, target, playing)
        pending.replace(path)
    finally:
        pending.unlink(missing_ok=True)


def _copy(source: BinaryIO, target: BinaryIO, playing: Playing) -> None:
    head = source.read(12)
    if head[:4] != b"RIFF" or head[8:] != b"WAVE":
        raise InputError("this is no WAV file; write one first")
    target.write(head)
    rate = 0
    while chunk := source.read(8):
        name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        left = size + size % 2
        if name not in _OURS:
            target.write(chunk)
        while left and (data := source.read(min(left, _COPY_BYTES))):
            left -= len(data)
            rate = int.from_bytes(data[4:8], "little") if name == b"fmt " else rate
            if name not in _OURS:
                target.write(data)
    for name, body in ((b"smpl", sampler(playing, rate)), (b"acid", acid(playing))):
        target.write(name + struct.pack("<I", len(body)) + body)
    end = target.tell()
    target.seek(4)
    target.write(struct.pack("<I", end - 8))
    target.seek(end)


def sampler(playing: Playing, sample_rate: int) -> bytes:
    """Return the body of a `smpl` chunk: the key it was recorded at; of a loop, that it goes round without end.

    Source
    ------
    Microsoft, "New multimedia data types and data techniques", revision 3.0, 1994: the sample chunk. A loop's end is
    the last frame played; the period is in nanoseconds.
    """
    loops = 1 if playing.loop_frames else 0
    root = MIDDLE_C if playing.root is None else playing.root
    head = struct.pack("<9I", 0, 0, round(1e9 / sample_rate), root, 0, 0, 0, loops, 0)
    return head + (struct.pack("<6I", 0, 0, 0, playing.loop_frames - 1, 0, 0) if loops else b"")


def acid(playing: Playing) -> bytes:
    """Return the body of an `acid` chunk: one-shot or loop, root, beats, metre of four quarters, tempo.

    A loop with beats may be stretched to another tempo. The root is a pitch class, given in the octave from 0x30 on.

    Source
    ------
    Not published by its maker; the fields are those that libsndfile reads (`src/wav.c`, wav_read_acid_chunk).
    """
    flags = 0 if playing.loop_frames else _ONE_SHOT
    flags |= _ROOT_SET if playing.root is not None else 0
    flags |= _STRETCH if playing.loop_frames and playing.beats else 0
    root = _LOWEST_ROOT + (playing.root or 0) % 12
    return struct.pack("<IHHfIHHf", flags, root, 0x8000, 0.0, playing.beats, 4, 4, playing.bpm)


def read(path: Path) -> Playing:
    """Return what the two chunks of a WAV file say; nothing set where there is none.

    Raises
    ------
    InputError
        If it is no WAV file, or one of the chunks is shorter than it must be.
    """
    found = dict(_chunks(path))
    root, frames, beats, bpm = None, 0, 0, 0.0
    try:
        if b"smpl" in found:
            body = found[b"smpl"]
            root, loops = struct.unpack_from("<I", body, 12)[0], struct.unpack_from("<I", body, 28)[0]
            frames = struct.unpack_from("<I", body, 36 + 12)[0] + 1 if loops else 0
        if b"acid" in found:
            flags, _, _, _, beats, _, _, bpm = struct.unpack_from("<IHHfIHHf", found[b"acid"])
            root = root if flags & _ROOT_SET else None
    except struct.error as error:
        raise InputError(f"{str(path)!r} has a damaged sampler chunk; export it again") from error
    return Playing(frames, root, beats, bpm)


def _chunks(path: Path) -> list[tuple[bytes, bytes]]:
    data, found, at = path.read_bytes(), [], 12
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise InputError(f"{str(path)!r} is no WAV file; give one")
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found
