"""Somebody's sound file, read piece by piece: as long as it may be, no more than a piece of it is in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np
import soundfile

from dusktape.core.audio import Block
from dusktape.core.errors import InputError
from dusktape.io.cut_off import is_cut_off
from dusktape.io.hush import quieted
from dusktape.io.mpeg import is_torn
from dusktape.io.recording import check_numbers

MOST_MINUTES = 30.0
"""Longer files are no songs."""

_PIECE = 1 << 16
_LOUDEST = 8.0
_RATES = (4_000, 384_000)
_KINDS = "WAV, FLAC, MP3, OGG or MIDI"


def kind_of(path: Path) -> str:
    """Return `midi` or `sound`, by what a file begins with.

    Raises
    ------
    InputError
        If there is no such file, it is empty, or it cannot be opened.
    """
    if path.is_dir():
        raise InputError(f"{str(path)!r} is a folder; give one file of it")
    if not path.is_file():
        raise InputError(f"{str(path)!r}: there is no such file; check the name")
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}; check who may open it") from error
    if not head:
        raise InputError(f"{str(path)!r} is empty; give a {_KINDS} file")
    if head[:4] == b"MThd" or (head[:4] == b"RIFF" and head[8:12] == b"RMID"):
        return "midi"
    called_midi = path.suffix.lower() in (".mid", ".midi", ".kar")
    return "midi" if called_midi and not _is_sound(head) else "sound"


def _is_sound(head: bytes) -> bool:
    """Return whether a file begins as sound files do, whatever it is called."""
    waves = head[:4] in (b"RIFF", b"RIFX", b"RF64") and head[8:12] == b"WAVE"
    return waves or head.startswith((b"fLaC", b"OggS", b"FORM", b"ID3", b"caff", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"))


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class SoundReader:
    """A sound file, opened. A context manager.

    Parameters
    ----------
    path
        WAV, FLAC, MP3, OGG, or what else libsndfile reads; one channel or two.

    Raises
    ------
    InputError
        If it is no sound, cut off, has no frame, more than two channels or more than `MOST_MINUTES`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        wrong = f"{str(path)!r} is no {_KINDS} file that we can read; export it again as one"
        try:
            if is_torn(path):
                raise InputError(wrong)
            self._quiet = quieted(path)
            with self._quiet():
                self._file = soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path))
            cut_off = is_cut_off(path)
        except (soundfile.LibsndfileError, OSError) as error:
            raise InputError(wrong) from error
        self.sample_rate, self.channels = int(self._file.samplerate), int(self._file.channels)
        try:
            if cut_off:
                raise InputError(f"{str(path)!r} is cut off: it says that it is longer than it is; export it again")
            self._check(int(self._file.frames))
        except InputError:
            self._file.close()
            raise

    def _check(self, frames: int) -> None:
        name, low, high = str(self.path), *_RATES
        if frames < 1:
            raise InputError(f"{name!r} has no sound in it; give one that has some")
        if self.channels > 2:
            raise InputError(f"{name!r} has {self.channels} channels; mix it down to two")
        if not low <= self.sample_rate <= high:
            raise InputError(
                f"{name!r} has {self.sample_rate} frames a second; convert it to {low} to {high}, as 44100"
            )
        minutes = frames / self.sample_rate / 60.0
        if minutes > MOST_MINUTES:
            raise InputError(f"{name!r} lasts {minutes:,.0f} minutes; cut out at most {MOST_MINUTES:g}")

    def blocks(self, frames: int = _PIECE) -> Iterator[Block]:
        """Yield everything from the start, shape (channels, at most `frames`).

        Raises
        ------
        InputError
            If the file breaks off, holds what is no number, or goes on for longer than it said it would.
        """
        most, done = MOST_MINUTES * 60.0 * self.sample_rate, 0
        try:
            with self._quiet():
                self._file.seek(0)
            while len(read := self._read(frames)):
                check_numbers(read, self.path, done / self.sample_rate, self.sample_rate)
                done += len(read)
                if done > most:
                    raise InputError(f"{str(self.path)!r} lasts more than {MOST_MINUTES:g} minutes; cut out a part")
                yield np.ascontiguousarray(np.clip(read, -_LOUDEST, _LOUDEST).T)
        except soundfile.LibsndfileError as error:
            raise InputError(
                f"{str(self.path)!r} is damaged {done / self.sample_rate:.1f} s from its start; export it again"
            ) from error

    def _read(self, frames: int) -> Block:
        with self._quiet():
            read: Block = self._file.read(frames, dtype="float32", always_2d=True)
        return read

    def __enter__(self) -> SoundReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._file.close()
