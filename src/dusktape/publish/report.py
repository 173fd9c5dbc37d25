"""A track's report as a folder: the page, its pictures, its figures."""

from __future__ import annotations

from pathlib import Path

from dusktape.evaluate.sound.sheet import PAGE, Sheet
from dusktape.io import atomic


def write(sheet: Sheet, folder: Path, *, force: bool = False) -> Path:
    """Write a report whole or not at all, and return the path of its page.

    Raises
    ------
    OutputError
        If the folder is there and not empty (and not `force`), or cannot be written.
    """
    with atomic.replacing_folder(folder, force=force) as pending:
        for name, data in sheet.files().items():
            (pending / name).write_bytes(data)
    return folder / PAGE
