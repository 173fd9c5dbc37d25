"""Samples to what an Icecast server passes on: MP3, or Opus in Ogg."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, Protocol

import lameenc
import numpy as np

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import PluginError
from dusktape.radio.outputs import options
from dusktape.radio.outputs.follow import Samples

_OPUS_RATE: Final = 48_000
_PAGE_US: Final = 200_000


class Encoder(Protocol):
    """Turns samples into a stream of bytes.

    Attributes
    ----------
    content_type
        For HTTP.
    bitrate_kbps
        Of the stream.
    """

    content_type: str
    bitrate_kbps: int

    def encode(self, sound: Samples) -> bytes:
        """Return what these samples, shape (frames, 2), add to the stream; may be nothing yet."""

    def retitle(self, title: str) -> bytes | None:
        """Return what a new title adds to the stream, or None if the stream cannot hold one."""


def encoder(format: str, bitrate: str | None) -> Encoder:
    """Return a fresh encoder.

    Raises
    ------
    InputError
        If there is no such format or bitrate.
    PluginError
        If the format needs an extra that is not installed.
    """
    asked = {"format": format} if bitrate is None else {"format": format, "bitrate": bitrate}
    _, kbps = options.sound(asked)
    return _ENCODERS[format](kbps)


class Mp3:
    """MP3 at a constant bitrate; titles go beside the stream."""

    content_type = "audio/mpeg"

    def __init__(self, bitrate_kbps: int) -> None:
        self.bitrate_kbps = bitrate_kbps
        self._lame = lameenc.Encoder()
        self._lame.set_in_sample_rate(SAMPLE_RATE)
        self._lame.set_channels(2)
        self._lame.set_bit_rate(bitrate_kbps)
        self._lame.set_quality(5)
        self._lame.silence()

    def encode(self, sound: Samples) -> bytes:
        """Return whole MP3 frames."""
        return bytes(self._lame.encode(np.ascontiguousarray(sound).tobytes()))

    def retitle(self, title: str) -> None:
        """Return None: see `Icecast.retitle`."""
        return


class Opus:
    """Opus in Ogg; each title begins a new logical stream that holds it as a comment.

    The resampler goes on through all of them, and each logical stream ends on the frame where the next begins, so a
    player that honours pre-skip and end trimming hears no seam.

    Source
    ------
    RFC 7845, sections 3 (chaining), 4.4 (end trimming) and 5.2 (comments).
    """

    content_type = "application/ogg"

    def __init__(self, bitrate_kbps: int) -> None:
        self.bitrate_kbps = bitrate_kbps
        self._av = pyav("an Opus stream")
        self._resampler = self._av.AudioResampler(format="s16", layout="stereo", rate=_OPUS_RATE)
        self._sink = Sink()
        self._container: Any = None
        self._frames = 0
        self._begin("")

    def encode(self, sound: Samples) -> bytes:
        """Return Ogg pages as they become full."""
        frame = self._av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound).reshape(1, -1), format="s16", layout="stereo"
        )
        frame.sample_rate = SAMPLE_RATE
        for piece in self._resampler.resample(frame):
            piece.pts, piece.time_base = self._frames, Fraction(1, _OPUS_RATE)
            self._frames += piece.samples
            self._container.mux(self._stream.encode(piece))
        return self._sink.taken()

    def retitle(self, title: str) -> bytes:
        """Return the last pages of the stream so far; the next one has this title."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        self._begin(title)
        return self._sink.taken()

    def _begin(self, title: str) -> None:
        options = {"page_duration": str(_PAGE_US)}
        self._container = self._av.open(self._sink, "w", format="ogg", container_options=options)
        if title:
            self._container.metadata["title"] = title
        self._stream = self._container.add_stream("libopus", rate=_OPUS_RATE)
        self._stream.layout = "stereo"
        self._stream.bit_rate = self.bitrate_kbps * 1000
        self._frames = 0


_ENCODERS: Final[dict[str, Callable[[int], Encoder]]] = {"mp3": Mp3, "opus": Opus}


class Sink:
    """A file that is only written, and taken from."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take bytes; return how many."""
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since this was last asked."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def pyav(what: str) -> Any:
    """Return PyAV.

    Raises
    ------
    PluginError
        If it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise PluginError(f"{what} needs PyAV; install it with: pip install 'dusktape[stream]'") from error
    return av
