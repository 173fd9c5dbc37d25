"""Sound files of any kind, block after block: libsndfile reads most, ffmpeg the rest."""

from __future__ import annotations

import math
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
import soundfile

from dusktape.core.audio import Block
from dusktape.data.find import Kind
from dusktape.io.hush import quieted

NATIVE = (".wav", ".flac", ".aif", ".aiff", ".ogg", ".mp3", ".oga", ".opus", ".au", ".caf", ".w64")
"""What libsndfile reads."""

FOREIGN = (".m4a", ".mp4", ".aac", ".wma", ".webm", ".mka", ".ape", ".wv", ".mp2", ".ac3", ".amr", ".tta")
"""What is left to ffmpeg, if it is there."""

SOUNDS = Kind("sound file", NATIVE + FOREIGN)

BLOCK_FRAMES = 1 << 16
"""Frames in every block but the last."""

_RATES = (2_000, 384_000)
_MOST_CHANNELS = 64
_BITS = {"PCM_U8": 8, "PCM_S8": 8, "ULAW": 8, "ALAW": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_AU = struct.Struct(">4sIIIII")
_AU_FLOAT = 6
_OPEN_END = 0x7FFFF000
_MOST_CHUNKS = 1000
_NO_FILE = "not a regular file"


class FileError(Exception):
    """A file that cannot be used: why in a word, the reason in the message."""

    def __init__(self, why: str, reason: str) -> None:
        super().__init__(reason)
        self.why = why


@dataclass(frozen=True, slots=True)
class Source:
    """An open sound file.

    Parameters
    ----------
    rate, channels
        Of the file.
    bits
        Of a sample; 0 where the format has no such number (MP3, Vorbis, floats).
    blocks
        Shape (channels, `BLOCK_FRAMES`), the last one shorter; can be gone through once. Raises `FileError` where the
        file breaks off or a sample is no number.
    """

    rate: int
    channels: int
    bits: int
    blocks: Iterator[Block]


def is_foreign(path: Path) -> bool:
    """Return whether only ffmpeg reads a file of this name."""
    return path.suffix.lower() in FOREIGN


def ffmpeg() -> str | None:
    """Return where ffmpeg is, or None."""
    return shutil.which("ffmpeg")


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a sound file.

    Raises
    ------
    FileError
        If it is empty, no sound, or has a rate or channels that nobody uses.
    OSError
        If it cannot be opened.
    """
    if path.stat().st_size == 0:
        raise FileError("empty", "it is empty (0 bytes)")
    with _by_ffmpeg(path) if is_foreign(path) else _by_libsndfile(path) as source:
        if not _RATES[0] <= source.rate <= _RATES[1]:
            raise FileError(
                "broken", f"it has {source.rate:,} frames a second; {_RATES[0]:,} to {_RATES[1]:,} are read"
            )
        if source.channels > _MOST_CHANNELS:
            raise FileError("broken", f"it has {source.channels} channels; up to {_MOST_CHANNELS} are read")
        yield source


@contextmanager
def _by_libsndfile(path: Path) -> Iterator[Source]:
    quiet = quieted(path)
    try:
        with quiet():
            file = soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path))
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
        raise FileError("broken", f"it is no sound file, or a damaged one: {_said(error)}") from error
    with file:
        if (short := _cut_off(path, file.format)) > 0:
            raise FileError("broken", f"it is cut off: {short:,} bytes are missing that its header promises")
        if file.frames < 1:
            raise FileError("empty", "it holds no sound")
        yield Source(
            file.samplerate, file.channels, _BITS.get(file.subtype, 0), _checked(_read(file, quiet), file.samplerate)
        )


def _cut_off(path: Path, kind: str) -> int:
    """Return how many bytes of its samples a WAV or AIFF promises and does not have; 0 if it has them all.

    What writes to a pipe cannot know the length: 0 and the highest numbers promise nothing.
    """
    order, samples = {"WAV": ("<", b"data"), "WAVEX": ("<", b"data"), "AIFF": (">", b"SSND")}.get(kind, ("", b""))
    if not order:
        return 0
    there = path.stat().st_size
    with path.open("rb") as file:
        if file.read(4) not in (b"RIFF", b"FORM"):
            return 0
        at = 12
        for _ in range(_MOST_CHUNKS):
            file.seek(at)
            head = file.read(8)
            if len(head) < 8:
                return 0
            name, size = struct.unpack(f"{order}4sI", head)
            if name == samples:
                return 0 if size >= _OPEN_END else max(0, at + 8 + size - there)
            at += 8 + size + size % 2
    return 0


def _read(file: soundfile.SoundFile, quiet: Callable[[], AbstractContextManager[None]]) -> Iterator[Block]:
    frames = 0
    while True:
        try:
            with quiet():
                block = file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise FileError(
                "broken", f"it breaks off after {frames / file.samplerate:.1f} s: {_said(error)}"
            ) from error
        if not len(block):
            break
        frames += len(block)
        yield np.ascontiguousarray(block.T)
    if 0 < frames < file.frames and file.format == "FLAC":
        raise FileError("broken", f"it breaks off after {frames / file.samplerate:.1f} s")


def _checked(blocks: Iterator[Block], rate: int) -> Iterator[Block]:
    """Pass blocks on that hold nothing but numbers."""
    frames = 0
    for block in blocks:
        finite = np.isfinite(block)
        if not finite.all():
            at = (frames + int(np.flatnonzero(~finite.all(axis=0))[0])) / rate
            raise FileError("broken", f"it holds samples that are no numbers, the first at {at:.2f} s; export it again")
        frames += block.shape[1]
        yield block


@contextmanager
def _by_ffmpeg(path: Path) -> Iterator[Source]:
    """Read what ffmpeg makes of a file: Sun audio with floats, whose header fits into a pipe."""
    program = ffmpeg()
    if program is None:
        raise FileError("unreadable", NEEDS_FFMPEG)
    # Nothing but the file itself: a playlist could name others, or the network.
    command = [program, "-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe", "-i", f"file:{path.resolve()}"]
    command += ["-vn", "-map", "0:a:0", "-f", "au", "-c:a", "pcm_f32be", "pipe:1"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said)
        try:
            assert process.stdout
            head = process.stdout.read(_AU.size)
            if len(head) < _AU.size:
                process.wait()
                said.seek(0)
                words = said.read(2000).decode("utf-8", "replace").strip().splitlines() or ["it says nothing"]
                told = words[-1].removeprefix(f"file:{path.resolve()}: ")
                raise FileError("broken", f"ffmpeg finds no sound in it: {told}")
            mark, offset, _, encoding, rate, channels = _AU.unpack(head)
            if mark != b".snd" or encoding != _AU_FLOAT or not channels:
                raise FileError("broken", "ffmpeg gives something else than sound")
            process.stdout.read(offset - _AU.size)
            yield Source(rate, channels, 0, _checked(_floats(process.stdout, channels), rate))
        finally:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


NEEDS_FFMPEG = "it can only be read by ffmpeg; install ffmpeg, or convert it to .flac or .wav"
"""The way out for `FOREIGN` files where there is no ffmpeg."""


def _floats(pipe: IO[bytes], channels: int) -> Iterator[Block]:
    frames = 0
    while data := pipe.read(BLOCK_FRAMES * channels * 4):
        whole = len(data) - len(data) % (4 * channels)
        block = np.frombuffer(data[:whole], ">f4").reshape(-1, channels)
        frames += len(block)
        if len(block):
            yield np.ascontiguousarray(block.T, np.float32)
    if not frames:
        raise FileError("empty", "it holds no sound")


def _said(error: Exception) -> str:
    text = str(error).strip().rstrip(".")
    if _NO_FILE in text:  # libsndfile's default, as for a text that is called .mp3; the file is there
        return "its beginning is that of no format"
    return text.rpartition(": ")[2] or type(error).__name__


def fold(block: Block, channels: int) -> Block:
    """Return a block with 1 or 2 channels: odd ones left, even ones right; one is heard on both sides.

    Parameters
    ----------
    block
        Shape (any, frames).
    channels
        1 or 2.
    """
    if len(block) > 2:
        block = np.stack([block[0::2].mean(axis=0), block[1::2].mean(axis=0)])
    if len(block) == channels:
        return block
    if channels == 1:
        return np.asarray(block.mean(axis=0, keepdims=True), np.float32)
    return np.concatenate([block, block])


def decibels(amplitude: float, floor: float = -120.0) -> float:
    """Return an amplitude in dB, to a hundredth."""
    return round(max(floor, 20.0 * math.log10(amplitude)), 2) if amplitude > 0.0 else floor
