"""Room for what MP3 and Vorbis do to peaks: their decoders overshoot what went in."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from dusktape.core.audio import SAMPLE_RATE, Block, Cues
from dusktape.core.plugins import find
from dusktape.core.seed import Seed
from dusktape.io.audiofile import LOSSY, AudioWriter
from dusktape.mix.chain import Chain

HEADROOM_DB = 1.0
"""How much lower the peaks go into a lossy encoder. 256 kb/s MP3 of ours rose by up to 0.6 dB."""


class Feed(Protocol):
    """Takes the blocks of a finished track on their way into a file."""

    def write(self, block: Block) -> None:
        """Take the next block, shape (2, frames)."""
        ...

    def finish(self) -> None:
        """Hand over what is still on its way. The file is not closed."""
        ...


class _Straight:
    def __init__(self, writer: AudioWriter) -> None:
        self.write = writer.write

    def finish(self) -> None:
        pass


class _Limited:
    """A second, gentle limiter: the master's loudness stays within 0.1 LU, its highest peaks come down."""

    def __init__(self, writer: AudioWriter, ceiling_dbtp: float) -> None:
        limiter = find("effects", "limiter")(ceiling_dbtp=max(-24.0, ceiling_dbtp - HEADROOM_DB))
        cues = Cues(frames=0)
        self._chain = Chain([("limiter", limiter)], SAMPLE_RATE, writer.channels, cues=cues, seed=Seed(0))
        self._writer = writer

    def write(self, block: Block) -> None:
        out = self._chain.process(block)
        if out.shape[1]:
            self._writer.write(out)

    def finish(self) -> None:
        self.write(np.zeros((self._writer.channels, self._chain.latency_frames), np.float32))


def feed(writer: AudioWriter, *, ceiling_dbtp: float) -> Feed:
    """Return what to write a master's blocks to: the file itself, or for a lossy one a limiter in front of it.

    Parameters
    ----------
    writer
        Of the file.
    ceiling_dbtp
        True peak that the master keeps below.
    """
    return _Limited(writer, ceiling_dbtp) if writer.path.suffix.lower() in LOSSY else _Straight(writer)
