"""Flash Video: what a muxer writes, cut into the messages that RTMP sends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

AUDIO: Final = 8
VIDEO: Final = 9
SCRIPT: Final = 18

_HEADER: Final = 13
_TAG: Final = 11
_TRAILER: Final = 4


@dataclass(frozen=True, slots=True)
class Tag:
    """One message.

    Parameters
    ----------
    kind
        `AUDIO`, `VIDEO` or `SCRIPT`.
    time_ms
        When it is decoded.
    data
        Its body.
    """

    kind: int
    time_ms: int
    data: bytes

    @property
    def is_header(self) -> bool:
        """Whether a decoder needs it before anything else: facts, or the codec's own configuration."""
        return self.kind == SCRIPT or (self.data[1:2] == b"\0" and self._codec in (7, 10))

    @property
    def is_key(self) -> bool:
        """Whether a picture can be decoded from here on."""
        return self.kind == VIDEO and self.data[0] >> 4 == 1 and not self.is_header

    @property
    def _codec(self) -> int:
        return self.data[0] & 15 if self.kind == VIDEO else self.data[0] >> 4


class Cutter:
    """Takes bytes as they come and gives whole tags.

    Source
    ------
    Adobe, "Video File Format Specification", version 10.1, annex E.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._begun = False

    def cut(self, data: bytes) -> Iterator[Tag]:
        """Yield the tags that are whole now."""
        held = self._held
        held += data
        if not self._begun:
            if len(held) < _HEADER:
                return
            del held[:_HEADER]
            self._begun = True
        while len(held) >= _TAG:
            size = int.from_bytes(held[1:4])
            if len(held) < _TAG + size + _TRAILER:
                return
            time_ms = int.from_bytes(held[4:7]) | held[7] << 24
            yield Tag(held[0] & 31, time_ms, bytes(held[_TAG : _TAG + size]))
            del held[: _TAG + size + _TRAILER]
