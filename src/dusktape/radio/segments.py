"""Segments for HLS: AAC in ADTS packets, each segment with the time stamp of its first sample.

The numbering needs no memory: segment n holds the frames from n * 176128 on. A process that goes on makes the segment
it stands in from its start again, after letting the encoder hear what came before, so nothing breaks off.

Source
------
RFC 8216, section 3.4 (packed audio); ISO/IEC 13818-7, section 6.2 (ADTS); ID3v2.4, PRIV frames.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block
from dusktape.core.errors import PluginError
from dusktape.radio.encode import LATE, Pcm
from dusktape.radio.ring import DISCONTINUITY, RingWriter

PACKET_FRAMES = 1024
PACKETS = 172
FRAMES = PACKET_FRAMES * PACKETS
"""Frames in a segment: 3.994 s."""

SLOTS = 16
KILOBITS = 128
_SLOT_BYTES = 131_072
_PREROLL = 4
_PRIMING = 1024
"""Frames by which the first packet of the encoder lies before what it was given first."""

_RATE_INDEX = 4
_OWNER = b"com.apple.streaming.transportStreamTimestamp\0"
_CLOCK_HZ = 90_000


class Segments:
    """AAC segments in a ring; number `slot.frame // FRAMES`.

    Parameters
    ----------
    path
        Of the ring.
    head
        Where the station stands.

    Raises
    ------
    PluginError
        If PyAV is not there.
    """

    def __init__(self, path: Path, head: int) -> None:
        self._codec = _encoder()
        self.ring = RingWriter(path, slots=SLOTS, slot_bytes=_SLOT_BYTES)
        last = self.ring.last
        near = last is not None and head - LATE <= last.end <= head
        self._next = last.end if last is not None and near else -(-head // FRAMES) * FRAMES
        self._mark = DISCONTINUITY if last is not None and not near else 0
        self._origin = self._next + _PRIMING - PACKET_FRAMES * (_PREROLL + 1)
        self._given = 0
        self._rest = np.zeros((2, 0), np.float32)
        self._packets: list[bytes] = []

    @property
    def needs(self) -> int:
        """The first frame that it has not been given."""
        return self._origin + self._given + self._rest.shape[1]

    def feed(self, first: int, sound: Block, pcm: Pcm) -> None:
        """Encode whole packets of it; write the segments that are complete."""
        rest = np.concatenate([self._rest, sound[:, max(0, self.needs - first) :]], axis=1)
        whole = rest.shape[1] // PACKET_FRAMES * PACKET_FRAMES
        self._rest = rest[:, whole:].copy()
        if whole:
            for packet in self._encoded(rest[:, :whole]):
                self._take(int(packet.pts), bytes(packet))

    def mark(self, frame: int) -> None:
        """Nothing: a segment goes on through a join."""

    def _encoded(self, sound: Block) -> Any:
        import av

        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = SAMPLE_RATE, self._given
        self._given += sound.shape[1]
        return self._codec.encode(frame)

    def _take(self, pts: int, packet: bytes) -> None:
        if self._origin + pts < self._next:
            return
        self._packets.append(_adts(len(packet)) + packet)
        if len(self._packets) == PACKETS:
            data = _stamp(self._next) + b"".join(self._packets)
            self.ring.append(self._next, FRAMES, data, self._mark)
            self._next += FRAMES
            self._packets, self._mark = [], 0


def available() -> bool:
    """Whether PyAV is there."""
    from importlib.util import find_spec

    return find_spec("av") is not None


def _encoder() -> Any:
    try:
        import av
    except ImportError as error:
        raise PluginError("HLS needs av; install it with: pip install 'dusktape[stream]'") from error
    codec: Any = av.CodecContext.create("aac", "w")
    codec.sample_rate = SAMPLE_RATE
    codec.bit_rate = 1000 * KILOBITS
    codec.layout = "stereo"
    codec.format = "fltp"
    return codec


def _adts(size: int) -> bytes:
    """Return the header of a packet of `size` bytes: MPEG-4, AAC-LC, 44.1 kHz, stereo, without a checksum."""
    length = size + 7
    profile, channels = 1, 2
    bits = 0xFFF << 44 | 0b0001 << 40 | profile << 38 | _RATE_INDEX << 34 | channels << 30
    return (bits << 0 | length << 13 | 0x7FF << 2).to_bytes(7, "big")


def _stamp(frame: int) -> bytes:
    """Return an ID3 tag that says when a segment begins, on the 33-bit clock of 90 kHz that HLS counts with."""
    ticks = round(frame * _CLOCK_HZ / SAMPLE_RATE) % (1 << 33)
    body = _OWNER + ticks.to_bytes(8, "big")
    framed = b"PRIV" + _synchsafe(len(body)) + bytes(2) + body
    return b"ID3" + bytes([4, 0, 0]) + _synchsafe(len(framed)) + framed


def _synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))
