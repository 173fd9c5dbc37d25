"""Sound set aside on disk between two passes, so that an hour costs no more memory than a minute."""

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


class Spool:
    """An anonymous temporary file of float32 blocks; gone when closed, whatever happens.

    Raises
    ------
    OutputError
        If there is no temporary folder, or it is full.
    """

    def __init__(self, channels: int) -> None:
        self._channels = channels
        with _explained():
            self._file = tempfile.TemporaryFile(prefix="dusktape-")  # noqa: SIM115
        self.frames = 0

    def write(self, block: Block) -> None:
        """Append a block, shape (channels, frames)."""
        with _explained():
            self._file.write(np.ascontiguousarray(block.T, np.float32).data)
        self.frames += block.shape[1]

    def read(self, frames: int) -> Iterator[Block]:
        """Yield everything from the start in blocks of at most `frames`.

        Raises
        ------
        OutputError
            If the file cannot be read back.
        """
        with _explained():
            self._file.seek(0)  # writes what is still held back
        while data := self._bytes(4 * self._channels * frames):
            yield np.ascontiguousarray(np.frombuffer(data, np.float32).reshape(-1, self._channels).T)

    def _bytes(self, count: int) -> bytes:
        with _explained():
            return self._file.read(count)

    def close(self) -> None:
        """Give the space back."""
        with suppress(OSError):
            self._file.close()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
