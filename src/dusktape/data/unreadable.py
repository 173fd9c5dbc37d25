"""One line for a source that cannot be read."""

from __future__ import annotations

import lzma
import tarfile
import zipfile
import zlib
from pathlib import Path

from dusktape.core.errors import InputError

ERRORS: tuple[type[Exception], ...] = (
    *(OSError, EOFError, ValueError, KeyError, TypeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError),
)
"""What a file that is missing, damaged or something else makes its reader raise."""


def unreadable(source: str, path: Path, error: Exception) -> InputError:
    """Return what to raise `from` the error: which source, where, why, and where to get it. The path stands there once.

    Parameters
    ----------
    source
        What it is called.
    path
        Of its file.
    error
        One of `ERRORS`.
    """
    if isinstance(error, FileNotFoundError):
        why = "there is no such file"
    elif isinstance(error, OSError) and error.strerror:
        why = error.strerror
    else:
        said = str(error).strip().partition("\n")[0].rstrip(":")
        why = f"it is damaged, or something else: {said or type(error).__name__}"
    return InputError(f"cannot read {source} from {path}: {why}; see the model's card for where to get it")
