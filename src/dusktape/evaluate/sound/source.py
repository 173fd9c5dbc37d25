"""Any sound file as it is measured: stereo, at one rate, never more of it than memory bears."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from dusktape.core.audio import Floats
from dusktape.core.errors import InputError
from dusktape.evaluate.sound.extra import needed
from dusktape.io.cut_off import is_cut_off
from dusktape.io.hush import quieted

RATE = 32_000
"""In Hz; what the bands were measured at."""

LONGEST_S = 600.0
"""Of longer files the middle is measured."""

SHORTEST_S = 10.0
SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".aif", ".aiff")
_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """Sound that was read: all of a file, or its middle.

    Parameters
    ----------
    samples
        Shape (2, frames), float64. One channel is put on both sides; beyond two the first two are taken.
    sample_rate
        In Hz.
    start_s
        Where in the file it begins.
    file_s
        How long the file is.
    """

    samples: Floats
    sample_rate: int
    start_s: float
    file_s: float

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1] / self.sample_rate)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was left out."""
        return self.start_s == 0.0


def read(path: Path, *, rate: int | None = RATE) -> Stretch:
    """Read a sound file, or the middle of one longer than `LONGEST_S`.

    Parameters
    ----------
    path
        Anything that libsndfile reads.
    rate
        What to resample to, in Hz; None keeps the file's, but never more than 48 kHz.

    Raises
    ------
    InputError
        If it is missing, no sound, empty, cut off, or holds samples that are no numbers.
    PluginError
        If the extra is missing.
    """
    if not path.is_file():
        raise InputError(f"{str(path)!r}: there is no such file; check the name")
    try:
        with quieted(path)(), soundfile.SoundFile(str(path) if os.name == "nt" else os.fsencode(path)) as file:
            if is_cut_off(path):
                raise InputError(f"{str(path)!r} is cut off: it says that it is longer than it is; take another copy")
            return _read(path, file, rate)
    except (soundfile.LibsndfileError, OSError) as error:
        if not path.stat().st_size:
            raise InputError(f"{str(path)!r} is empty, 0 bytes; make or download it again") from error
        raise InputError(f"{str(path)!r} is no sound file that we can read; try .flac or .wav") from error


def _read(path: Path, file: soundfile.SoundFile, rate: int | None) -> Stretch:
    own: int = file.samplerate
    wanted = rate or min(own, 48_000)
    length = int(file.frames)
    start, most = 0, round(LONGEST_S * own)
    if length > most:
        start = (length - most) // 2
        file.seek(start)
    pieces = list(_resampled(_blocks(file, most), own, wanted))
    samples = np.concatenate(pieces, axis=1) if pieces else np.zeros((2, 0))
    if not samples.shape[1]:
        raise InputError(f"{str(path)!r} holds no sound, or less than it says; make or download it again")
    if not math.isfinite(float(samples.sum())):
        raise InputError(f"{str(path)!r} holds samples that are no numbers; export it again")
    seconds = samples.shape[1] / wanted if not start else length / own
    return Stretch(samples, wanted, start / own, seconds)


def _blocks(file: soundfile.SoundFile, most: int) -> Iterator[Floats]:
    """Yield shape (2, frames), until so many frames have been read or the file ends."""
    while most > 0:
        block = file.read(min(_BLOCK_FRAMES, most), dtype="float64", always_2d=True)
        if not len(block):
            return
        most -= len(block)
        yield np.repeat(block.T, 2, axis=0) if block.shape[1] == 1 else block.T[:2]


def _resampled(blocks: Iterator[Floats], own: int, wanted: int) -> Iterator[Floats]:
    if own == wanted:
        yield from blocks
        return
    stream = needed("soxr").ResampleStream(own, wanted, 2, dtype="float64")
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block.T)).T
    yield stream.resample_chunk(np.zeros((0, 2)), last=True).T
