"""MP3 through LAME, with the header frame that lets players start and end on the very sample."""

from __future__ import annotations

from types import TracebackType
from typing import BinaryIO

import lameenc
import numpy as np
from numpy.typing import NDArray

KILOBITS = 256
"""Constant bit rate, joint stereo. Lo-fi holds little above 10 kHz: nobody will miss the rest."""

_QUALITY = 5
_FRAMES_PER_PACKET = 1152
_ENCODER_DELAY = 576
_RATES = {44_100: 0, 48_000: 1, 32_000: 2}


class Mp3Encoder:
    """Writes int16 frames to a stream that can seek, block after block.

    The wheel of LAME that we use cannot write LAME's own header frame ("Info"), so we leave room for it and fill it in
    at the end: number of packets, size, seek table, and the delay and padding that a decoder has to cut off.

    Parameters
    ----------
    stream
        Where the bytes go, from its current place; not closed here.
    sample_rate
        32000, 44100 or 48000.
    channels
        1 or 2.

    Raises
    ------
    ValueError
        If there is no MP3 of this rate.

    Source
    ------
    ISO/IEC 11172-3 for the packet header; the "LAME tag" rev 1 specification of G. Leaver et al. for the fields.
    """

    def __init__(self, stream: BinaryIO, sample_rate: int, channels: int) -> None:
        if sample_rate not in _RATES or channels not in (1, 2):
            raise ValueError(f"no MP3 of {sample_rate} Hz and {channels} channels")
        self._stream, self._start, self._channels = stream, stream.tell(), channels
        self._head = _packet_head(sample_rate, channels)
        self._frames = 0
        self._lame = lameenc.Encoder()
        self._lame.silence()
        self._lame.set_bit_rate(KILOBITS)
        self._lame.set_in_sample_rate(sample_rate)
        self._lame.set_out_sample_rate(sample_rate)
        self._lame.set_channels(channels)
        self._lame.set_quality(_QUALITY)
        size = 144 * KILOBITS * 1000 // sample_rate
        self._info_bytes = size
        stream.write(bytes(size))

    def write(self, frames: NDArray[np.int16]) -> None:
        """Encode int16 samples, shape (frames, channels)."""
        self._frames += frames.shape[0]
        if frames.shape[0]:
            self._stream.write(self._lame.encode(np.ascontiguousarray(frames, dtype="<i2").tobytes()))

    def finish(self) -> None:
        """Write what LAME still holds, then the header frame."""
        if self._frames:
            self._stream.write(self._lame.flush())
        end = self._stream.tell()
        self._stream.seek(self._start)
        self._stream.write(self._info_frame(end - self._start))
        self._stream.seek(end)

    def _info_frame(self, size: int) -> bytes:
        packets = round((size - self._info_bytes) / self._packet_bytes)
        padding = max(0, packets * _FRAMES_PER_PACKET - _ENCODER_DELAY - self._frames)
        body = bytearray(self._info_bytes)
        body[:4] = self._head
        at = 36 if self._channels == 2 else 21
        head = b"Info" + (15).to_bytes(4, "big") + packets.to_bytes(4, "big") + size.to_bytes(4, "big")
        head += bytes(256 * percent // 100 for percent in range(100))
        head += (100 - 10 * _QUALITY).to_bytes(4, "big")
        lame = b"LAME3.100" + bytes([0x01, 0]) + bytes(8) + bytes([0, min(KILOBITS, 255)])
        lame += (_ENCODER_DELAY << 12 | min(padding, 4095)).to_bytes(3, "big")
        lame += bytes([0, 0, 0, 0]) + size.to_bytes(4, "big") + bytes(2)
        body[at : at + len(head) + len(lame)] = head + lame
        checked = at + len(head) + len(lame)
        body[checked : checked + 2] = _crc16(bytes(body[:checked])).to_bytes(2, "big")
        return bytes(body)

    @property
    def _packet_bytes(self) -> float:
        return 144_000 * KILOBITS / {0: 44_100, 1: 48_000, 2: 32_000}[self._head[2] >> 2 & 3]

    def __enter__(self) -> Mp3Encoder:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        if kind is None:
            self.finish()


def _packet_head(sample_rate: int, channels: int) -> bytes:
    mode = 0x40 if channels == 2 else 0xC0  # joint stereo, or one channel
    return bytes([0xFF, 0xFB, 0xD0 | _RATES[sample_rate] << 2, mode])  # MPEG 1, layer 3, 256 kb/s


def _crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc
