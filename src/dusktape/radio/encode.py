"""What a station's sound becomes for its listeners: samples and MP3, in rings."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import lameenc
import numpy as np
from numpy.typing import NDArray

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.errors import DusktapeError
from dusktape.radio.packets import PACKET_FRAMES, alone, packets
from dusktape.radio.ring import DISCONTINUITY, RingReader, RingWriter

Pcm = NDArray[np.int16]
"""Samples as they are written, shape (frames, 2)."""

LATE = 15 * SAMPLE_RATE
"""A ring that is farther behind than this is not caught up with: it goes on at the head, and says so."""

PCM_SLOT = SAMPLE_RATE // 4
PCM_SLOTS = 240

KILOBITS = 128
_QUALITY = 5
MP3_SLOT = 19
"""Packets in a slot: 0.496 s."""
MP3_SLOTS = 182
_MP3_SLOT_BYTES = 16_384
DELAY = 1105
"""Frames by which the sound of a packet is late: 576 in the encoder, 529 in any decoder."""
_PREROLL = 8
"""Packets that a fresh encoder makes before one is used: it has heard what comes before by then."""


class Output(Protocol):
    """One form of a station's sound."""

    @property
    def needs(self) -> int:
        """The first frame that it has not been given; sound before it is passed over."""
        ...

    def feed(self, first: int, sound: Block, pcm: Pcm) -> None:
        """Take sound from frame `first` on, both as floats and as rounded samples."""
        ...

    def mark(self, frame: int) -> None:
        """Note that a join which could not wait begins at a frame: a slot begins there, and says so."""
        ...


def rounded(sound: Block) -> Pcm:
    """Return samples of 16 bits, shape (frames, 2)."""
    return np.ascontiguousarray(np.rint(np.clip(sound.T, -1.0, 1.0) * np.float32(32767.0)).astype(np.int16))


class Samples:
    """Interleaved samples of 16 bits, a quarter of a second in a slot.

    Parameters
    ----------
    path
        Of the ring.
    """

    def __init__(self, path: Path) -> None:
        self.ring = RingWriter(path, slots=PCM_SLOTS, slot_bytes=4 * PCM_SLOT)
        self.needs = self.ring.last.end if self.ring.last else 0
        self._mark = 0

    def go_to(self, frame: int) -> None:
        """Leave out what lies before a frame."""
        self._mark = DISCONTINUITY if self.ring.last and self.needs != frame else self._mark
        self.needs = frame

    def feed(self, first: int, sound: Block, pcm: Pcm) -> None:
        """Write whole slots; the last one may be short."""
        pcm = pcm[max(0, self.needs - first) :]
        for place in range(0, len(pcm), PCM_SLOT):
            piece = pcm[place : place + PCM_SLOT]
            self.ring.append(self.needs, len(piece), piece.tobytes(), self._mark)
            self.needs += len(piece)
            self._mark = 0

    def mark(self, frame: int) -> None:
        """Mark the next slot."""
        self._mark = DISCONTINUITY


def past(path: Path, first: int, frames: int) -> Pcm | None:
    """Return samples that a ring of samples still holds, silence before frame 0; None where some are gone."""
    found = np.zeros((frames, 2), np.int16)
    place, end = max(first, 0), first + frames
    if place >= end:
        return found
    ring = RingReader(path)
    try:
        number = ring.find(place)
        while number is not None and place < end:
            slot = ring.read(number)
            if slot is None or not slot.frame <= place < slot.end:
                return None
            samples = np.frombuffer(slot.data, np.int16).reshape(-1, 2)[place - slot.frame : end - slot.frame]
            found[place - first : place - first + len(samples)] = samples
            place, number = place + len(samples), number + 1
    finally:
        ring.close()
    return found if place >= end else None


class Mp3:
    """An MP3 stream of a constant 128 kb/s from one encoder, about half a second of whole packets in a slot.

    A slot's frame is the one that is heard when its first packet is decoded. A process that goes on with a ring
    lets a fresh encoder hear what came before, and makes its first packet stand on its own (see `packets.alone`): a
    decoder hears no seam.

    Parameters
    ----------
    path
        Of the ring.
    head
        Where the station stands.
    """

    def __init__(self, path: Path, head: int) -> None:
        self.ring = RingWriter(path, slots=MP3_SLOTS, slot_bytes=_MP3_SLOT_BYTES)
        last = self.ring.last
        near = last is not None and head - LATE <= last.end <= head
        self._next = last.end if last is not None and near else head
        self._mark = DISCONTINUITY if last is not None and not near else 0
        self._marks: list[int] = []
        self.needs = self._next + DELAY - PACKET_FRAMES * _PREROLL
        self._lame = _encoder(KILOBITS)
        self._bytes = b""
        self._first: list[bytes] | None = []
        self._slot: list[bytes] = []

    def feed(self, first: int, sound: Block, pcm: Pcm) -> None:
        """Encode; write the slots that come out."""
        pcm = pcm[max(0, self.needs - first) :]
        if not len(pcm):
            return
        self.needs += len(pcm)
        self._bytes += bytes(self._lame.encode(pcm.tobytes()))
        done = 0
        for packet in packets(self._bytes):
            done += len(packet)
            self._take(packet)
        self._bytes = self._bytes[done:]

    def mark(self, frame: int) -> None:
        """Begin a marked slot with the packet that a frame lies in."""
        self._marks.append(frame)

    def _take(self, packet: bytes) -> None:
        if self._first is not None:
            if len(self._first) < _PREROLL:
                self._first.append(packet)
                return
            packet, self._first = alone(self._first, packet), None
        end = self._next + PACKET_FRAMES * (len(self._slot) + 1)
        if self._marks and self._marks[0] < end:
            del self._marks[0]
            self._write()
            self._mark = DISCONTINUITY
        self._slot.append(packet)
        if len(self._slot) == MP3_SLOT:
            self._write()

    def _write(self) -> None:
        if self._slot:
            frames = PACKET_FRAMES * len(self._slot)
            self.ring.append(self._next, frames, b"".join(self._slot), self._mark)
            self._next += frames
            self._slot, self._mark = [], 0


def newest(path: Path) -> int:
    """Return the frame after the last one in a ring; 0 where there is none."""
    try:
        ring = RingReader(path)
    except (FileNotFoundError, DusktapeError):
        return 0
    slot = ring.read(ring.newest())
    ring.close()
    return slot.end if slot else 0


def _encoder(kilobits: int) -> lameenc.Encoder:
    lame = lameenc.Encoder()
    lame.silence()
    lame.set_bit_rate(kilobits)
    lame.set_in_sample_rate(SAMPLE_RATE)
    lame.set_out_sample_rate(SAMPLE_RATE)
    lame.set_channels(2)
    lame.set_quality(_QUALITY)
    return lame
