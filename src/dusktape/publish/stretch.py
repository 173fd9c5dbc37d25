"""Somebody's sound, stretched into a texture: read, turned and written in blocks, as loud as it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Block, Cues
from dusktape.core.errors import InputError, OutputError
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.core.version import __version__
from dusktape.dsp.loudness import LoudnessMeter
from dusktape.dsp.paulstretch import PaulStretch
from dusktape.io import atomic
from dusktape.io.audiofile import LOSSY, AudioWriter, check_suffix
from dusktape.io.recording import examine
from dusktape.io.sound import SoundReader, kind_of
from dusktape.io.spool import Spool
from dusktape.io.tags import Tags
from dusktape.mix.master import Ceiling, FirstPass
from dusktape.publish.lossy import HEADROOM_DB

MOST_TIMES, MOST_HOURS = 1000.0, 4.0
"""How much longer a sound may become, and how long in all."""

WINDOW_S = 0.25

_WINDOWS_S = (0.01, 10.0)
_WAV_BYTES, _MP3_RATES = 1 << 32, (32_000, 44_100, 48_000)
_PIECE_FRAMES = 1 << 16
_CEILING_DBTP = -1.0
_MOST_DRIVE_DB = 6.0

Progress = Callable[[float], None]


class _Level:
    """Mean square, loudness and peak of what goes by."""

    def __init__(self, sample_rate: int, channels: int) -> None:
        self._meter = LoudnessMeter(sample_rate, channels, with_true_peak=False)
        self._energy, self._values, self.peak = 0.0, 0, 0.0

    def hear(self, block: Block) -> None:
        self._meter.process(block)
        self._energy += float(np.einsum("cf,cf->", block, block, dtype=np.float64))
        self._values += block.size
        self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))

    @property
    def rms(self) -> float:
        return math.sqrt(self._energy / self._values) if self._values else 0.0

    @property
    def lufs(self) -> float:
        return self._meter.integrated_lufs

    def facts(self) -> dict[str, float | None]:
        """Return the level in dB; None for silence."""
        rms, lufs = self.rms, self.lufs
        return {
            "rms_db": round(20.0 * math.log10(rms), 2) if rms > 0.0 else None,
            "integrated_lufs": round(lufs, 2) if math.isfinite(lufs) else None,
        }


def deliver(
    source: Path,
    path: Path,
    *,
    times: float,
    window_s: float = WINDOW_S,
    seed: Seed,
    force: bool = False,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Stretch a sound file into another one, at the same rate, and return what was measured.

    The result is set aside on disk first, then written with the one gain that gives it the level (root mean square) of
    the source. Peaks that would then be too high go through the limiter, and the gain makes up for what that takes, by
    up to 6 dB: of a source without headroom, the result is quieter.

    Parameters
    ----------
    source
        One or two channels, at most half an hour.
    path
        The result; its suffix picks the format.
    times
        How much longer, 1 to `MOST_TIMES`.
    window_s
        Of the spectra, 0.01 to 10 s.
    seed
        Where the phases come from.
    force
        Whether `path` may be replaced.
    progress
        Told the share that is done.

    Raises
    ------
    InputError
        If the source is no sound, or the numbers cannot be.
    OutputError
        If the result cannot be written, or would not fit its format.
    """
    check(source, path, times=times, window_s=window_s, force=force)
    with SoundReader(source) as reader, Spool(reader.channels) as aside:
        rate, channels, frames = reader.sample_rate, reader.channels, examine(source).frames
        _check_room(path, round(frames * times), rate, channels)
        before, after = _Level(rate, channels), _Level(rate, channels)
        first = FirstPass(rate, channels, frames=round(frames * times) + _PIECE_FRAMES)
        stretch = PaulStretch(channels, times, window_frames=max(16, round(window_s * rate)), seed=seed)
        came = 0
        for block in reader.blocks():
            before.hear(block)
            _aside(stretch.push(block), aside, after, first)
            came += block.shape[1]
            if progress:
                progress(0.7 * min(1.0, came / frames))
        _aside(stretch.finish(), aside, after, first)
        gain, ceiling = _gain(before, after, first, lossy=path.suffix.lower() in LOSSY)
        written = _Level(rate, channels)
        tags = Tags(title=f"{source.stem}, {times:g} times slower", genre="", seed=seed.value, version=__version__)
        with AudioWriter(path, rate, channels, seed=seed.at("dither"), tags=tags, force=force) as writer:
            for block in _loud(aside, gain, rate, ceiling):
                written.hear(block)
                writer.write(block)
                if progress:
                    progress(0.7 + 0.3 * writer.frames / max(1, aside.frames))
        return {
            "times": times,
            "seconds": round(aside.frames / rate, 3),
            "sample_rate": rate,
            "channels": channels,
            "seed": seed.value,
            "before": before.facts(),
            "after": written.facts(),
        }


def check(source: Path, path: Path, *, times: float, window_s: float, force: bool) -> None:
    """Refuse, before any work, what cannot be. Raises as `deliver`."""
    if not 1.0 <= times <= MOST_TIMES:
        raise InputError(f"--times is 1 to {MOST_TIMES:g}, got {times:g}; 8 is usual")
    if not _WINDOWS_S[0] <= window_s <= _WINDOWS_S[1]:
        raise InputError(f"--window is {_WINDOWS_S[0]:g} to {_WINDOWS_S[1]:g} s, got {window_s:g}; {WINDOW_S} is usual")
    check_suffix(path)
    if kind_of(source) == "midi":
        raise InputError(f"{str(source)!r} holds notes, no sound; make sound of it first: dusktape lofi")
    if path.exists() and path.samefile(source):
        raise OutputError(f"{str(path)!r} is the file that is read; choose another name for the result")
    atomic.check_writable(path, force=force)


def _check_room(path: Path, frames: int, rate: int, channels: int) -> None:
    hours, suffix = frames / rate / 3600.0, path.suffix.lower()
    if hours > MOST_HOURS:
        raise InputError(f"that would last {hours:,.1f} hours, and {MOST_HOURS:g} is the most; choose fewer --times")
    if suffix == ".wav" and 3 * channels * frames >= _WAV_BYTES - (1 << 20):
        raise OutputError(f"{str(path)!r}: a WAV file cannot be so long; choose .flac")
    if suffix == ".mp3" and rate not in _MP3_RATES:
        raise OutputError(f"{str(path)!r}: there is no MP3 of {rate} frames a second; choose .flac, .wav or .ogg")


def _aside(block: Block, spool: Spool, level: _Level, first: FirstPass) -> None:
    if block.shape[1]:
        level.hear(block)
        first.process(block)
        spool.write(block)


def _gain(before: _Level, after: _Level, first: FirstPass, *, lossy: bool) -> tuple[float, Ceiling | None]:
    """Return the gain that keeps the level, and what has to limit the peaks then, if anything must."""
    if not after.rms:
        return 1.0, None
    gain = before.rms / after.rms
    ceiling = Ceiling(_CEILING_DBTP - (HEADROOM_DB if lossy else 0.0))
    if after.peak * gain <= 10.0 ** (ceiling.ceiling_dbtp / 20.0):
        return gain, None
    if math.isfinite(after.lufs):
        more_db = first.gain_db(after.lufs + 20.0 * math.log10(gain), ceiling) - 20.0 * math.log10(gain)
        gain *= 10.0 ** (min(_MOST_DRIVE_DB, max(0.0, more_db)) / 20.0)
    return gain, ceiling


def _loud(aside: Spool, gain: float, rate: int, ceiling: Ceiling | None) -> Iterator[Block]:
    """Yield what was set aside with a gain, through a limiter if there is a ceiling."""
    if ceiling is None:
        for block in aside.read(_PIECE_FRAMES):
            yield block * np.float32(gain)
        return
    limiter = find("effects", "limiter")(
        ceiling_dbtp=ceiling.ceiling_dbtp, release_ms=ceiling.release_ms, lookahead_ms=ceiling.lookahead_ms
    )
    channels = 0
    late = left = 0
    running = None
    for block in aside.read(_PIECE_FRAMES):
        if running is None:
            channels = len(block)
            running = limiter.open(rate, channels, cues=Cues(frames=aside.frames), seed=Seed(0))
            late = left = running.latency_frames
        out = running.process(block * np.float32(gain))
        skip = min(left, out.shape[1])
        left -= skip
        yield out[:, skip:]
    if running is not None:
        yield running.process(np.zeros((channels, late), np.float32))
