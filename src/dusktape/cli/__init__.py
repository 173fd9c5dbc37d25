"""The command line: translation only. Results on stdout, talk on stderr, one line for a mistake."""

from __future__ import annotations

import atexit
import codecs
import gc
import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dusktape.cli.commands import dusktape as dusktape


class Terminated(KeyboardInterrupt):
    """SIGTERM: whoever cleans up after Ctrl-C cleans up after this too."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit code: 0, 1 for a mistake, 130 for Ctrl-C, 143 for SIGTERM.

    Whoever keeps something when stopped says so in a note on the `KeyboardInterrupt`.
    """
    # One BLAS thread: our matrices are small, and the strips already use both cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Pydantic would look through all that is installed for plug-ins of its own.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
    # Imports and scores make many objects that stay: looking them through for cycles took a tenth of the start.
    gc.set_threshold(200_000)
    # On the way out all of them would be looked through once more; what holds a file or a process is closed by then.
    atexit.register(gc.freeze)
    try:
        with _terminable():
            _prepare_streams()
            from dusktape.cli.commands import run  # here, so that Ctrl-C during imports is no traceback

            code = run(arguments)
    except KeyboardInterrupt as stop:
        told = getattr(stop, "__notes__", ["stopped; nothing half-written was left behind"])
        print(f"dusktape: {told[-1]}", file=sys.stderr)
        code = 143 if isinstance(stop, Terminated) else 130
    sys.exit(code)


@contextmanager
def _terminable() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not in the main thread, where nobody may be signalled
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed, as by >&-
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    # File names may hold bytes that are no text, titles letters that the terminal lacks; neither may cost a track.
    codecs.register_error("dusktape", _as_bytes)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="dusktape")


def _as_bytes(error: UnicodeError) -> tuple[bytes, int]:
    """Return what cannot be encoded as the bytes a file name has."""
    assert isinstance(error, UnicodeEncodeError)
    letters = error.object[error.start : error.end]
    try:
        return letters.encode("utf-8", "surrogateescape"), error.end
    except UnicodeEncodeError:
        return letters.encode("ascii", "backslashreplace"), error.end


def __getattr__(name: str) -> Any:
    if name == "dusktape":
        from dusktape.cli.commands import dusktape

        return dusktape
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
