"""What MP3 does to the peaks of finished tracks: `python tools/mp3_round_trip.py FOLDER|FILE ... [-n N]`.

Each FLAC or WAV goes through LAME at 128 kb/s, and comes back twice: as our own encoder is fed (a limiter in front of
it gives way to the overshoot) and as anybody's is who takes the file as it is. The decoder is libsndfile's. True peaks
are those of ITU-R BS.1770-4. Prints a Markdown table; exits 1 if a track made our way comes back above 0 dBTP.
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import lameenc
import numpy as np
import soundfile

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.counting import counted
from dusktape.dsp.loudness import TruePeakMeter
from dusktape.io.audiofile import AudioWriter
from dusktape.publish.lossy import feed

KILOBITS = 128
QUALITY = 5
"""LAME's, as our own MP3 has it."""

CEILING_DBTP = -1.0
"""True peak that our masters keep below, unless a recipe says otherwise."""

PROMISED_DBTP = 0.0
_SUFFIXES = (".flac", ".wav")
_BLOCK_FRAMES = 1 << 16


@dataclass(frozen=True)
class Trip:
    """True peaks of a track in dBTP: as it is, and back from MP3, made our way and made as it is."""

    name: str
    before: float
    ours: float
    plain: float


def tracks(places: Sequence[Path]) -> list[Path]:
    """Return the sound files of these folders, by name, and the files that were named."""
    found = []
    for place in places:
        inside = sorted(f for f in place.rglob("*") if f.suffix.lower() in _SUFFIXES) if place.is_dir() else [place]
        found += inside
    return found


def blocks(path: Path | BinaryIO) -> Iterator[Block]:
    """Yield a file in stereo, shape (2, frames)."""
    with soundfile.SoundFile(path) as file:
        if file.samplerate != SAMPLE_RATE:
            sys.exit(f"{path} has {file.samplerate} frames a second; ours have {SAMPLE_RATE}")
        for piece in file.blocks(_BLOCK_FRAMES, dtype="float32", always_2d=True):
            yield np.ascontiguousarray(
                np.broadcast_to(piece.T, (2, len(piece))) if piece.shape[1] == 1 else piece.T[:2]
            )


def peak_of(sound: Iterator[Block]) -> float:
    """Return the true peak in dBTP."""
    meter = TruePeakMeter(2)
    for block in sound:
        meter.process(block)
    return meter.true_peak_db


class Lame:
    """Takes blocks as an `AudioWriter` of an MP3 does, and keeps the packets."""

    path, channels = Path("there.mp3"), 2

    def __init__(self, kilobits: int) -> None:
        self._encoder = lameenc.Encoder()
        self._encoder.silence()
        self._encoder.set_bit_rate(kilobits)
        self._encoder.set_in_sample_rate(SAMPLE_RATE)
        self._encoder.set_out_sample_rate(SAMPLE_RATE)
        self._encoder.set_channels(2)
        self._encoder.set_quality(QUALITY)
        self._packets = bytearray()

    def write(self, block: Block) -> None:
        """Encode a block, shape (2, frames), from 16 bits."""
        frames = np.rint(np.clip(block.T, -1.0, 1.0) * 32767.0).astype("<i2")
        self._packets += self._encoder.encode(np.ascontiguousarray(frames).tobytes())

    def close(self) -> io.BytesIO:
        """Return all packets."""
        self._packets += self._encoder.flush()
        return io.BytesIO(bytes(self._packets))


def back(path: Path, kilobits: int, *, limited: bool) -> float:
    """Return the true peak of a track that has been MP3."""
    lame = Lame(kilobits)
    into = feed(cast(AudioWriter, lame), ceiling_dbtp=CEILING_DBTP) if limited else None
    for block in blocks(path):
        (into or lame).write(block)
    if into:
        into.finish()
    return peak_of(blocks(lame.close()))


def trip(path: Path, kilobits: int) -> Trip:
    """Send a track to MP3 and back."""
    ours, plain = (back(path, kilobits, limited=limited) for limited in (True, False))
    return Trip(path.stem, peak_of(blocks(path)), ours, plain)


def table(trips: Sequence[Trip], kilobits: int) -> Iterator[str]:
    """Yield the lines of a Markdown table: every track, then the highest of all."""
    yield "| track | master | MP3 of ours | MP3 of the file as it is |\n|---|---|---|---|"
    for one in trips:
        yield f"| {one.name} | {one.before:+.2f} | {one.ours:+.2f} | {one.plain:+.2f} |"
    highest = [max(getattr(one, field) for one in trips) for field in ("before", "ours", "plain")]
    rise = max(one.plain - one.before for one in trips)
    yield f"| highest of {len(trips)} | {highest[0]:+.2f} | {highest[1]:+.2f} | {highest[2]:+.2f} |"
    yield f"\ndBTP at {kilobits} kb/s; the codec raised a peak by {rise:.2f} dB at most"


def main() -> None:
    """Read the command line, encode, decode, print the table."""
    parser = argparse.ArgumentParser(description="Measure true peaks after a trip through MP3.")
    parser.add_argument("places", nargs="+", type=Path, metavar="FOLDER|FILE")
    parser.add_argument("-n", type=int, metavar="N", help="so many tracks, evenly spread; default: all")
    parser.add_argument("--kilobits", type=int, default=KILOBITS, help=f"default {KILOBITS}")
    options = parser.parse_args()
    found = tracks(options.places)
    if not found:
        sys.exit(f"no {' or '.join(_SUFFIXES)} there; make some with dusktape make -n 8 --out DIR")
    if options.n and options.n < len(found):
        found = [found[round(k * (len(found) - 1) / max(1, options.n - 1))] for k in range(options.n)]
    trips = [trip(path, options.kilobits) for path in found]
    print(*table(trips, options.kilobits), sep="\n")
    if over := [one for one in trips if one.ours > PROMISED_DBTP]:
        sys.exit(f"{counted(len(over), 'track')} above {PROMISED_DBTP:g} dBTP: {', '.join(one.name for one in over)}")


if __name__ == "__main__":
    main()
