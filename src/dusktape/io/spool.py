"""Sound set aside between two passes: some minutes in memory, the rest on disk, so that an hour costs no more."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

import numpy as np

from dusktape.core.audio import Block
from dusktape.core.errors import OutputError


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"cannot set the mix aside in a temporary folder: {error.strerror or error}; free some space there, or "
            "point TMPDIR elsewhere"
        ) from error


IN_MEMORY = 10_000_000
"""Frames that stay in memory: nearly four minutes, 80 MB in stereo, of which only what is written is taken."""


class Spool:
    """Float32 blocks in memory and, beyond `IN_MEMORY`, in an anonymous temporary file; gone when closed.

    Raises
    ------
    OutputError
        If there is no temporary folder, or it is full.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        self._held = np.empty((channels, IN_MEMORY), np.float32)
        with _explained():
            self._file = tempfile.TemporaryFile(prefix="dusktape-")  # noqa: SIM115
        self.frames = 0

    def write(self, block: Block) -> None:
        """Append a block, shape (channels, frames)."""
        held = max(0, min(block.shape[1], IN_MEMORY - self.frames))
        if held:
            self._held[:, self.frames : self.frames + held] = block[:, :held]
        if held < block.shape[1]:
            with _explained():
                self._file.write(np.ascontiguousarray(block[:, held:].T, np.float32).data)
        self.frames += block.shape[1]

    def read(self, frames: int) -> Iterator[Block]:
        """Yield everything from the start in blocks of at most `frames`, which the reader may change.

        Raises
        ------
        OutputError
            If the file cannot be read back.
        """
        held = min(self.frames, IN_MEMORY)
        for start in range(0, held, frames):
            yield self._held[:, start : min(start + frames, held)].copy()
        with _explained():
            self._file.seek(0)  # writes what is still held back
        while data := self._bytes(4 * self._channels * frames):
            yield np.ascontiguousarray(np.frombuffer(data, np.float32).reshape(-1, self._channels).T)

    def _bytes(self, count: int) -> bytes:
        with _explained():
            return self._file.read(count)

    def close(self) -> None:
        """Give the space back."""
        self._held = np.empty((self._channels, 0), np.float32)
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
