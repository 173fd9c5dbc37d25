"""One of the processes that read and examine files: orders on stdin, findings on stdout."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dusktape.data import pool
from dusktape.data.midi.analysis import Dropped, Normalise, analyse
from dusktape.data.midi.finding import Finding
from dusktape.data.midi.read import FileError, read

COMMAND = (sys.executable, "-m", "dusktape.data.midi.worker")


def finding(place: Path, *, file: str, sha256: str, normalise: Normalise) -> Finding:
    """Read and examine one file. Nothing is raised: whatever is wrong with it is said in the finding."""
    try:
        data = place.read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            return Finding(None, {}, "broken", "it changed while it was read")
        raw = read(data, path=file, name=file, sha256=sha256)
    except OSError as error:
        return Finding(None, {}, "broken", f"it cannot be opened: {error.strerror or error}")
    except FileError as error:
        return Finding(None, {}, error.why, str(error))
    try:
        result = analyse(raw, normalise=normalise)
    except Exception as error:  # one odd file of ten thousand may not stop the others; its name and reason are kept
        return Finding(None, {}, "failed", f"examining it failed: {type(error).__name__}: {error}")
    if isinstance(result, Dropped):
        return Finding(None, result.found, result.why, result.reason)
    return Finding(result.song, result.found)


def answer(order: Mapping[str, Any]) -> bytes:
    """Return what came of one file."""
    return finding(
        Path(order["place"]),
        file=order["file"],
        sha256=order["sha256"],
        normalise=Normalise(**order["normalise"]),
    ).encoded()


def main() -> None:
    """Serve whoever started this process."""
    pool.work(answer)


if __name__ == "__main__":
    main()
