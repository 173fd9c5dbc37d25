"""Sound files of a user's own, of any rate, depth and length: looked at without reading them, read within bounds."""

from __future__ import annotations

import math
import os
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from dusktape.core.audio import Block
from dusktape.core.counting import counted
from dusktape.core.errors import InputError
from dusktape.dsp.envelope import rise
from dusktape.io.cut_off import is_cut_off
from dusktape.io.hush import quieted
from dusktape.io.mpeg import is_torn

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".aif", ".aiff")
"""What is taken for a recording."""

SHORTEST_FRAMES = 32
"""Of what is shorter, nothing can be heard but a click that depends on who plays it."""

_RATES = (2_000, 384_000)
_SILENT = 2e-5
_HEARD_FRAMES = 1 << 13
_PIECE_FRAMES = 1 << 18
_EDGE_FRAMES = 1 << 11


@dataclass(frozen=True, slots=True)
class Recording:
    """What a sound file says of itself."""

    path: Path
    frames: int
    rate: int
    channels: int
    floats: bool = False

    @property
    def seconds(self) -> float:
        """Its length, as its header has it."""
        return self.frames / self.rate


def examine(path: Path) -> Recording:
    """Return what a sound file says of itself.

    Raises
    ------
    InputError
        If it is missing, empty, cut off, too short, or no sound that we can read.
    """
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):  # opening a pipe would wait for whoever writes into it
            what = "a folder" if stat.S_ISDIR(facts.st_mode) else "a pipe or device"
            raise InputError(f"{str(path)!r} is {what}, no sound file; give a .wav, .flac or .mp3")
        if facts.st_size == 0:
            raise InputError(f"{str(path)!r} is empty (0 bytes); take another copy")
        if is_torn(path):
            raise InputError(f"{str(path)!r} is no sound file that we can read; try .wav or .flac")
        with quieted(path)():
            found = soundfile.info(_named(path))
        if is_cut_off(path):
            raise InputError(f"{str(path)!r} is cut off: it says that it is longer than it is; take another copy")
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read: {error.strerror}; check the file") from error
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise InputError(f"{str(path)!r} is no sound file that we can read; try .wav or .flac") from error
    if found.frames < 1:
        raise InputError(f"{str(path)!r} holds no sound; take another copy")
    if found.frames < SHORTEST_FRAMES:
        raise InputError(f"{str(path)!r} is too short: {counted(found.frames, 'frame')}; take a longer one")
    if not _RATES[0] <= found.samplerate <= _RATES[1]:
        raise InputError(f"{str(path)!r} has {found.samplerate} frames a second; convert it to 44100")
    return Recording(
        path, int(found.frames), int(found.samplerate), int(found.channels), found.subtype in ("FLOAT", "DOUBLE")
    )


def check_heard(path: Path, *, seconds: float) -> None:
    """Refuse a file in whose first seconds there is nothing to hear. Reads as far as its first sound;
    of floating-point files all of that, since they can hold what is no number.

    Raises
    ------
    InputError
        If it holds only silence or what is no number, or cannot be read.
    """
    about = examine(path)
    left, gone, heard = math.ceil(seconds * about.rate), 0, False
    low, high = math.inf, -math.inf
    try:
        with quieted(path)(), soundfile.SoundFile(_named(path)) as file:
            while left > 0:
                piece = file.read(min(left, _HEARD_FRAMES), dtype="float32", always_2d=True)
                check_numbers(piece, path, gone / about.rate, about.rate)
                mono = piece.mean(axis=1)
                if not mono.size:
                    break
                left, gone = left - mono.size, gone + mono.size
                low, high = min(low, float(mono.min())), max(high, float(mono.max()))
                heard = high - low > _SILENT  # a level that stands still is no sound either
                if heard and not about.floats:
                    return
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        raise InputError(f"{str(path)!r} breaks off at once; take another copy") from error
    if not heard:
        raise InputError(f"{str(path)!r} holds only silence; take another copy")


def check_numbers(piece: Block, path: Path, begins_s: float, rate: int) -> None:
    """Refuse a piece of a file, shape (frames, channels), that holds what is no number.

    Raises
    ------
    InputError
        If it does: says where, in seconds.
    """
    wrong = np.nonzero(~np.isfinite(piece).all(axis=1))[0]
    if wrong.size:
        at = begins_s + int(wrong[0]) / rate
        raise InputError(f"{str(path)!r} holds what is not a number at {at:.3f} s; take another copy")


def _named(path: Path) -> str | bytes:
    # A name that is no text would stop soundfile elsewhere than on Windows.
    return str(path) if os.name == "nt" else os.fsencode(path)


def read(path: Path, *, sample_rate: int, seconds: float, speed: float = 1.0) -> Block:
    """Return at most so many seconds from the beginning of a file, in stereo or mono, at our rate.

    Parameters
    ----------
    path
        Of the file. More than two channels are folded to two: odd ones left, even ones right.
    sample_rate
        In Hz, of what is returned.
    seconds
        Of the file, at most; memory follows this, not the file.
    speed
        As of a tape: 2 is an octave up.

    Returns
    -------
    Shape (1 or 2, frames).

    Raises
    ------
    InputError
        If it is no sound file, breaks off at once, or holds what is no number.
    """
    about = examine(path)
    frames = min(about.frames, math.ceil(seconds * about.rate))
    channels = min(2, about.channels)
    pieces: list[Block] = []
    try:
        with quieted(path)(), soundfile.SoundFile(_named(path)) as file:
            while frames > 0:
                piece = file.read(min(frames, _PIECE_FRAMES), dtype="float32", always_2d=True).T
                if not piece.shape[1]:
                    break
                check_numbers(piece.T, path, sum(p.shape[1] for p in pieces) / about.rate, about.rate)
                frames -= piece.shape[1]
                pieces.append(_folded(piece, channels))
    except (soundfile.LibsndfileError, RuntimeError, OSError) as error:
        if not pieces:
            raise InputError(f"{str(path)!r} breaks off at once; take another copy") from error
    if not pieces:
        raise InputError(f"{str(path)!r} holds no sound; take another copy")
    sound = np.concatenate(pieces, axis=1)
    return respeed(sound, speed * about.rate / sample_rate)


def _folded(piece: Block, channels: int) -> Block:
    if len(piece) <= 2:
        return np.ascontiguousarray(piece[:channels])
    return np.stack([piece[0::2].mean(axis=0), piece[1::2].mean(axis=0)]).astype(np.float32)


def respeed(sound: Block, speed: float) -> Block:
    """Return a sound played faster or slower, band-limited: what would lie above half the rate is left out.

    Long sounds are turned in pieces that overlap; a spectrum cut or lengthened resamples each piece exactly.

    Parameters
    ----------
    sound
        Shape (channels, frames).
    speed
        2 is twice as fast and an octave up; kept to a few parts in a million.

    Returns
    -------
    Shape (channels, frames / speed).
    """
    if abs(speed - 1.0) < 1e-7:
        return sound
    frames = sound.shape[1]
    total = max(1, round(frames / speed))
    if frames <= _PIECE_FRAMES:
        return _turned(sound, speed)[:, :total]
    out = np.zeros((len(sound), total + _PIECE_FRAMES), np.float32)
    hop = _PIECE_FRAMES - 2 * _EDGE_FRAMES
    for start in range(0, frames, hop):
        piece = sound[:, max(0, start - _EDGE_FRAMES) : start + hop + _EDGE_FRAMES]
        first = max(0, start - _EDGE_FRAMES)
        turned = _turned(piece, speed, begins=first / speed - math.floor(first / speed))
        at = math.floor(first / speed)
        fade = min(turned.shape[1], max(1, round(1.5 * _EDGE_FRAMES / speed)))
        skip = round(0.25 * _EDGE_FRAMES / speed) if start else 0
        if start:
            turned, at = turned[:, skip:], at + skip
            fade = min(fade, turned.shape[1])
            up = rise(fade)
            turned[:, :fade] *= up
            out[:, at : at + fade] *= 1.0 - up
            out[:, at + fade :] = 0.0
        count = min(turned.shape[1], out.shape[1] - at)
        out[:, at : at + count] += turned[:, :count]
    return out[:, :total].copy()


def _turned(sound: Block, speed: float, *, begins: float = 0.0) -> Block:
    """Return a sound resampled as a whole; it begins `begins` frames (of the result) after the result does."""
    frames = sound.shape[1] + 2 * 64
    before, after = _sizes(frames, speed)
    padded = np.zeros((len(sound), before), np.float32)
    padded[:, 64 : 64 + sound.shape[1]] = sound
    spectrum = np.fft.rfft(padded, axis=1)
    bins = after // 2 + 1
    kept = min(bins, spectrum.shape[1])
    turned = np.zeros((len(sound), bins), spectrum.dtype)
    shift = 64.0 / speed - begins
    turned[:, :kept] = spectrum[:, :kept] * np.exp(2j * np.pi * np.arange(kept) * shift / after)
    if after < before:
        # A soft edge below half the new rate, or what is cut off would ring.
        edge = max(1, kept // 20)
        turned[:, kept - edge : kept] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(edge) + 1.0) / edge)
    out = np.fft.irfft(turned, after, axis=1) * (after / before)
    return np.asarray(out[:, : max(1, round(sound.shape[1] / speed))], dtype=np.float32)


def _sizes(frames: int, speed: float) -> tuple[int, int]:
    """Return lengths of transforms before and after: the ratio that is nearest to the speed, the first one quick."""
    most = max(round(1.15 * frames), frames + 64)
    return min(
        ((size, max(1, round(size / speed))) for size in _smooth(frames, most)),
        key=lambda pair: abs(pair[0] / pair[1] / speed - 1.0),
    )


def _smooth(low: int, high: int) -> list[int]:
    """Return the products of 2, 3 and 5 between two numbers; one power of two more if there is none."""
    odd = [3**three * 5**five for three in range(12) for five in range(8)]
    sizes = [one << max(1, (-(-low // one) - 1).bit_length()) for one in odd if one < high]
    found = [size for size in sizes if low <= size <= high]
    return found or [1 << (low - 1).bit_length()]
