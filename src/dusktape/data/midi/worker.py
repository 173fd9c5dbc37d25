"""One of the processes that read and examine files: orders on stdin, findings on stdout."""

from __future__ import annotations

import faulthandler
import hashlib
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from dusktape.data.midi import pool
from dusktape.data.midi.analysis import Dropped, Normalise, analyse
from dusktape.data.midi.journal import Finding
from dusktape.data.midi.read import FileError, read

COMMAND = (sys.executable, "-m", "dusktape.data.midi.worker")

_GRACE_S = 10.0


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


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Answer orders until there are no more."""
    pool.send(answers, b"ready")
    while (message := pool.receive(orders)) is not None:
        order: dict[str, Any] = json.loads(message)
        # Ends this process if it hangs and whoever gave the order is gone.
        faulthandler.dump_traceback_later(order["limit_s"] + _GRACE_S, exit=True)
        found = finding(
            Path(order["place"]),
            file=order["file"],
            sha256=order["sha256"],
            normalise=Normalise(**order["normalise"]),
        )
        faulthandler.cancel_dump_traceback_later()
        pool.send(answers, found.encoded())


def main() -> None:
    """Serve whoever started this process. Ctrl-C is theirs to deal with."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Whatever is printed by others while a file is read may not come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, answers)
    os._exit(0)


if __name__ == "__main__":
    main()
