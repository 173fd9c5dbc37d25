"""Audio files: written block by block, whole or not at all, and read."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Protocol

import numpy as np
import soundfile
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Audio, Block
from dusktape.core.errors import InputError, OutputError
from dusktape.core.seed import Seed
from dusktape.io import atomic, tags_flac, tags_id3, tags_ogg, tags_wav
from dusktape.io.mp3 import Mp3Encoder
from dusktape.io.tags import Tags

FORMATS = (".flac", ".wav", ".ogg", ".mp3")
"""The suffixes we write: lossless 24 bit twice, then Vorbis (about 220 kb/s) and MP3 (256 kb/s)."""

LOSSY = (".ogg", ".mp3")
"""Formats whose decoders overshoot: what comes out has other peaks than what went in."""

_EMBED: dict[str, Callable[[BinaryIO, BinaryIO, Tags], None]] = {
    ".flac": tags_flac.embed,
    ".wav": tags_wav.embed,
    ".ogg": tags_ogg.embed,
    ".mp3": tags_id3.embed,
}
_DITHER_FRAMES = 4096
_VORBIS_FRAMES = 4096
_VORBIS_QUALITY = 0.7
_FLAC_EFFORT = 0.5
"""Of libsndfile's 0 to 1: level 4, whose files are as small as those of its usual 5 to a tenth of a percent, in four
fifths of the time."""


class _Encoder(Protocol):
    def expect(self, tags: Tags) -> None: ...
    def write(self, block: Block) -> None: ...
    def close(self) -> None: ...
    def abandon(self) -> None: ...


class AudioWriter:
    """A sound file that grows block by block and takes its name at the end.

    Holds one block and the encoder's state, never the song. Leaving a `with` on an error (Ctrl-C too) leaves nothing.
    A 180 s stereo track costs about 0.25 s as FLAC, 0.1 as WAV, 1.5 as Vorbis or MP3.

    Parameters
    ----------
    path
        Where the file shall be; its suffix picks one of `FORMATS`.
    sample_rate
        In Hz.
    channels
        1 or 2.
    seed
        Where the dither of 16-bit paths comes from.
    tags
        What the file says about itself, cover included. The attribute may be set until `close`, which writes them; a
        FLAC file that knows them before its first block need not be copied for that.
    bits
        24, or 16 with triangular dither; FLAC and WAV only. MP3 is fed 16 bits always.
    force
        Whether an existing file may be replaced.

    Raises
    ------
    OutputError
        If the suffix is none of ours, the place is taken or closed to us, or (while writing) the disk is full.
    """

    def __init__(
        self,
        path: str | Path,
        sample_rate: int = SAMPLE_RATE,
        channels: int = 2,
        *,
        seed: Seed,
        tags: Tags | None = None,
        bits: int = 24,
        force: bool = False,
    ) -> None:
        self.path = Path(path)
        self.channels = channels
        self.tags = tags
        self._expected: Tags | None = None
        self.frames = 0
        self._suffix = check_suffix(self.path)
        self._pending = atomic.PendingFile(self.path, force=force)
        try:
            with self._telling():
                self._encoder = self._open(self._suffix, sample_rate, Dither(seed, channels), bits)
        except BaseException:
            self._pending.discard()
            raise
        self._open_still = True

    def write(self, block: Block) -> None:
        """Append a block, shape (channels, frames); samples beyond full scale are clipped."""
        if block.ndim != 2 or block.shape[0] != self.channels:
            raise ValueError(f"a block of shape {block.shape} does not fit {self.channels} channels")
        if not self.frames and self.tags is not None:
            self._expected = self.tags
            self._encoder.expect(self.tags)
        self._guarded(lambda: self._encoder.write(block))
        self.frames += block.shape[1]

    def close(self) -> Path:
        """Finish the file, give it its name and return it."""
        if self._open_still:
            self._open_still = False
            self._guarded(self._encoder.close)
            self._guarded(self._embed)
            self._pending.commit()
        return self.path

    def discard(self) -> None:
        """Stop writing and leave no file. Does nothing after `close`."""
        if self._open_still:
            self._open_still = False
            try:
                self._encoder.abandon()
            finally:
                self._pending.discard()

    def _embed(self) -> None:
        tags = self.tags or self._expected
        if tags is None:
            return
        if self._expected is not None and self._suffix == ".flac":
            with self._pending.temporary.open("r+b") as stream:
                if tags_flac.fill(stream, tags):
                    return
        with self._pending.replacing_content() as (source, target):
            _EMBED[self._suffix](source, target, tags)

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            with self._telling():
                act()
        except BaseException:
            self.discard()
            self._pending.discard()
            raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say in one line what keeps the file from being written."""
        with atomic.writing(self.path):
            try:
                yield
            except soundfile.LibsndfileError as error:
                # libsndfile keeps the reason to itself: one more write of ours asks the system for it.
                with self._pending.temporary.open("ab") as file:
                    file.write(bytes(1 << 20))
                raise OutputError(f"{str(self.path)!r} cannot be written: {error}; choose another place") from error

    def _open(self, suffix: str, sample_rate: int, dither: Dither, bits: int) -> _Encoder:
        temporary = self._pending.temporary
        if suffix == ".mp3":
            return _Mp3(temporary, sample_rate, dither)
        return _Sndfile(temporary, suffix, sample_rate, dither, bits)

    def __enter__(self) -> AudioWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()


class Dither:
    """Triangular noise of one step peak, that turns the rounding to 16 bits into a steady faint hiss.

    Addressed by absolute frame, so that it does not depend on the size of the blocks.

    Source
    ------
    Lipshitz, Wannamaker, Vanderkooy, "Quantization and dither", JAES 40(5), 1992.
    """

    def __init__(self, seed: Seed, channels: int) -> None:
        self._seed, self.channels = seed.at("dither"), channels
        self._frame, self._cell, self._noise = 0, -1, np.zeros((channels, _DITHER_FRAMES), np.float32)

    def to_int16(self, block: Block) -> NDArray[np.int16]:
        """Return the next frames as 16 bits, shape (frames, channels)."""
        frames = block.shape[1]
        steps = np.empty((frames, self.channels), np.float32)
        done = 0
        while done < frames:
            cell, at = divmod(self._frame, _DITHER_FRAMES)
            count = min(_DITHER_FRAMES - at, frames - done)
            noise = self._at(cell)[:, at : at + count]
            steps[done : done + count] = (block[:, done : done + count] * 32768.0 + noise).T
            self._frame, done = self._frame + count, done + count
        return np.clip(np.rint(steps), -32768, 32767).astype(np.int16)

    def _at(self, cell: int) -> Block:
        if cell != self._cell:
            pair = self._seed.at(cell).rng().random((2, self.channels, _DITHER_FRAMES), dtype=np.float32)
            self._cell, self._noise = cell, pair[0] - pair[1]
        return self._noise


class _Sndfile:
    """FLAC, WAV and Vorbis through libsndfile."""

    def __init__(self, path: Path, suffix: str, sample_rate: int, dither: Dither, bits: int) -> None:
        self._path, self._dither, self._frames = path, dither if bits == 16 else None, 0
        options: dict[str, Any] = {"format": suffix[1:].upper(), "subtype": f"PCM_{bits}"}
        self._reserves = suffix == ".flac"
        if suffix == ".flac":
            options["compression_level"] = _FLAC_EFFORT
        if suffix == ".ogg":
            options |= {"subtype": "VORBIS", "compression_level": 1.0 - _VORBIS_QUALITY}
        # libvorbis decides anew at every call how to cut the sound up, and long calls have crashed it.
        self._step = _VORBIS_FRAMES if suffix == ".ogg" else 0
        self._waiting = np.zeros((dither.channels, 0), np.float32)
        self._file = soundfile.SoundFile(_named(path), "w", sample_rate, dither.channels, **options)

    def expect(self, tags: Tags) -> None:
        if self._reserves:  # as one long comment, which libsndfile writes in front of the frames
            self._file.comment = " " * tags_flac.room(tags)

    def write(self, block: Block) -> None:
        self._frames += block.shape[1]
        if not self._step:
            self._put(block)
            return
        held = np.concatenate([self._waiting, block], axis=1)
        whole = held.shape[1] - held.shape[1] % self._step
        for start in range(0, whole, self._step):
            self._put(held[:, start : start + self._step])
        self._waiting = held[:, whole:]

    def _put(self, block: Block) -> None:
        self._file.write(self._dither.to_int16(block) if self._dither else np.ascontiguousarray(block.T, np.float32))

    def close(self) -> None:
        try:
            self._put(self._waiting)
        finally:
            self._file.close()
        # What closing wrote (the last frames, the header) fails silently: count again.
        if soundfile.info(_named(self._path)).frames != self._frames:
            raise soundfile.LibsndfileError(2)

    def abandon(self) -> None:
        with suppress(OSError, soundfile.LibsndfileError):
            self._file.close()


def _named(path: Path) -> str | bytes:
    """Return a path as soundfile wants it: a name that is no text would stop it elsewhere than on Windows."""
    return str(path) if os.name == "nt" else os.fsencode(path)


class _Mp3:
    """MP3 through LAME."""

    def __init__(self, path: Path, sample_rate: int, dither: Dither) -> None:
        self._dither, self._file = dither, path.open("wb")
        try:
            self._encoder = Mp3Encoder(self._file, sample_rate, dither.channels)
        except BaseException:
            self._file.close()
            raise

    def expect(self, tags: Tags) -> None:
        pass

    def write(self, block: Block) -> None:
        self._encoder.write(self._dither.to_int16(block))

    def close(self) -> None:
        with self._file:
            self._encoder.finish()

    def abandon(self) -> None:
        with suppress(OSError):
            self._file.close()


def check_suffix(path: Path) -> str:
    """Return the suffix of a file that we can write, in lower case.

    Raises
    ------
    OutputError
        If it is none of `FORMATS`.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        told = f"ends in {path.suffix!r}" if suffix else "has no ending"
        raise OutputError(f"{str(path)!r} {told}, which we do not write; choose {', '.join(FORMATS[:-1])} or .mp3")
    return suffix


def read(path: str | Path) -> Audio:
    """Return a whole sound file, in any format that libsndfile reads.

    Raises
    ------
    InputError
        If the file is missing or no sound.
    """
    if not Path(path).is_file():
        raise InputError(f"{str(path)!r}: there is no such file; check the name")
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise InputError(f"{str(path)!r} is no sound file that we can read; try .flac or .wav") from error
    return Audio(np.ascontiguousarray(samples.T), int(rate))
