"""Picture and sound to Flash Video: one encoder each, and one muxer, from the first moment to the last."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import numpy as np

from dusktape.core.audio import SAMPLE_RATE
from dusktape.radio.outputs.encoders import Sink, pyav
from dusktape.radio.outputs.flv import Cutter, Tag
from dusktape.radio.outputs.follow import Samples
from dusktape.radio.outputs.picture import Frame

_KEY_S: Final = 2
_AUDIO_BPS: Final = 160_000
_BITS_PER_PIXEL: Final = 0.12


class Video:
    """H.264 and AAC; nobody who watches ever sees it restart.

    Pictures are stamped with the sample clock of the sound, so they stay together whatever is left out.

    Parameters
    ----------
    width, height
        In pixels, even.
    rate
        Pictures a second.

    Raises
    ------
    PluginError
        If PyAV is not installed.
    """

    def __init__(self, width: int, height: int, rate: int) -> None:
        self._av = pyav("live video")
        self._rate = rate
        self._sink = Sink()
        self._cutter = Cutter()
        self._samples = 0
        self._next_key = 0
        options = {"flvflags": "no_duration_filesize", "flush_packets": "1"}
        self._muxer: Any = self._av.open(self._sink, "w", format="flv", container_options=options)
        bps = int(width * height * rate * _BITS_PER_PIXEL)
        self._picture = self._muxer.add_stream("libx264", rate=rate)
        self._picture.width, self._picture.height, self._picture.pix_fmt = width, height, "yuv420p"
        self._picture.codec_context.time_base = Fraction(1, rate)
        self._picture.codec_context.gop_size = 10 * _KEY_S * rate
        self._picture.codec_context.thread_count = 1
        self._picture.options = {
            "preset": "veryfast",
            "tune": "animation",
            "crf": "21",
            "maxrate": str(bps),
            "bufsize": str(2 * bps),
            "bf": "0",
            "sc_threshold": "0",
            "rc-lookahead": "0",
        }
        self._sound = self._muxer.add_stream("aac", rate=SAMPLE_RATE)
        self._sound.layout = "stereo"
        self._sound.bit_rate = _AUDIO_BPS
        self._resampler = self._av.AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE, frame_size=1024)

    def hear(self, sound: Samples) -> list[Tag]:
        """Add samples, shape (frames, 2); return the messages that are whole."""
        block = np.ascontiguousarray(sound).reshape(1, -1)
        frame = self._av.AudioFrame.from_ndarray(block, format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, self._samples, Fraction(1, SAMPLE_RATE)
        self._samples += len(sound)
        for piece in self._resampler.resample(frame):
            self._muxer.mux(self._sound.encode(piece))
        return list(self._cutter.cut(self._sink.taken()))

    def see(self, number: int, frame: Frame) -> list[Tag]:
        """Add the picture of this number; return the messages that are whole. Numbers may be left out."""
        picture = self._av.VideoFrame.from_ndarray(frame, format="rgba")
        picture.pts, picture.time_base = number, Fraction(1, self._rate)
        if number >= self._next_key:  # by the clock: who joins shall not wait where pictures are left out
            picture.pict_type = self._av.video.frame.PictureType.I
            self._next_key = number + _KEY_S * self._rate
        self._muxer.mux(self._picture.encode(picture))
        return list(self._cutter.cut(self._sink.taken()))
