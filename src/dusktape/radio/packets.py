"""MP3 packets as they lie in a stream, and how one is made to stand on its own.

A packet's sound may begin in the bytes of packets before it (the bit reservoir). A stream that goes on with another
encoder's packets must therefore begin with one that needs nothing from before, or a decoder takes the old encoder's
last bytes for sound.

Source
------
ISO/IEC 11172-3: 2.4.1.3 header, 2.4.1.7 side information, `main_data_begin`, `part2_3_length`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

PACKET_FRAMES = 1152
_KILOBITS = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATE = 44_100
_HEAD, _SIDE = 4, 32
_GRANULE_BITS, _FIRST_GRANULE_BIT = 59, 20


def packet_bytes(header: bytes) -> int:
    """Return the length of the packet that a header begins: MPEG 1, layer 3, 44.1 kHz, stereo, without a checksum.

    Raises
    ------
    ValueError
        If it is the header of something else.
    """
    if len(header) < _HEAD or header[0] != 0xFF or header[1] != 0xFB or header[2] & 0x0C or header[3] >> 6 == 3:
        raise ValueError(f"no MP3 packet of ours begins with {header[:4].hex()}")
    kilobits = (*_KILOBITS, 0)[header[2] >> 4]
    if not kilobits:
        raise ValueError(f"no MP3 packet of ours begins with {header[:4].hex()}")
    return 144_000 * kilobits // _RATE + (header[2] >> 1 & 1)


def packets(data: bytes) -> Iterator[bytes]:
    """Yield the whole packets at the start of some bytes.

    Raises
    ------
    ValueError
        If something else lies among them.
    """
    place = 0
    while place + _HEAD <= len(data):
        size = packet_bytes(data[place : place + _HEAD])
        if place + size > len(data):
            return
        yield data[place : place + size]
        place += size


def alone(before: Sequence[bytes], packet: bytes) -> bytes:
    """Return a packet that sounds the same and needs nothing of those before it; those after it still fit.

    It becomes a packet of a higher bit rate, in which what lay in front of it comes first, and what belongs to the
    packets after it comes last, where they look for it.

    Parameters
    ----------
    before
        The encoder's packets just before it.
    packet
        The one that shall be first.
    """
    side = int.from_bytes(packet[_HEAD : _HEAD + _SIDE], "big")
    bits = 8 * _SIDE
    back = side >> bits - 9
    if not back:
        return packet
    reservoir = b"".join(one[_HEAD + _SIDE :] for one in before)
    if len(reservoir) < back:
        raise ValueError(f"the packet begins {back} bytes back, only {len(reservoir)} are there")
    stream = reservoir[len(reservoir) - back :] + packet[_HEAD + _SIDE :]
    used = sum(side >> bits - _FIRST_GRANULE_BIT - _GRANULE_BITS * k - 12 & 0xFFF for k in range(4))
    own = min(len(stream), (used + 7) // 8)
    for index in range(packet[2] >> 4, len(_KILOBITS)):
        head = bytes([packet[0], packet[1], index << 4 | packet[2] & 0x0D, packet[3]])
        room = packet_bytes(head) - _HEAD - _SIDE
        if room >= len(stream):
            side &= (1 << bits - 9) - 1
            filler = bytes(room - len(stream))
            return head + side.to_bytes(_SIDE, "big") + stream[:own] + filler + stream[own:]
    raise ValueError("no packet is large enough")
