"""Files under the name of what they hold: the same sound is kept once, and a name never changes what it means."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dusktape.core.errors import InputError
from dusktape.io import atomic

_NAME = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,8})?")
ORPHAN_S = 3600.0
"""A file that no track names is left alone for so long: its track may be about to be written down."""

YOUNG_S = 60.0
"""A file that was put in within so long stays when its track goes: the same sound may have come in again."""


@dataclass(frozen=True, slots=True)
class Blobs:
    """A folder of such files: `ab/` and then the whole name, which is the SHA-256 and a suffix.

    Parameters
    ----------
    folder
        Made when the first file comes.
    """

    folder: Path

    def path(self, name: str) -> Path:
        """Return where a file is; it need not be there.

        Raises
        ------
        InputError
            If the name is none of ours.
        """
        if not _NAME.fullmatch(name):
            raise InputError(f"{name[:80]!r} is no file of this library; take one that a track names")
        return self.folder / name[:2] / name

    def put(self, file: Path) -> str:
        """Move a file in and return its name. It is on disk, whole, when this returns.

        Raises
        ------
        OutputError
            If it cannot be written; it is where it was, then.
        """
        with atomic.writing(self.folder):
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            name = digest + file.suffix.lower()
            place = self.path(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            if _touched(place, file.stat().st_size):
                file.unlink()
                return name
            beside = place.with_name(f".{secrets.token_hex(8)}.part")
            try:
                _move(file, beside)
                _sync(beside)
                beside.replace(place)
            finally:
                with suppress(OSError):
                    beside.unlink(missing_ok=True)
            _sync(place.parent)
            return name

    def files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield every file that is there, with its size and times; unfinished ones too, under their odd names."""
        with suppress(FileNotFoundError):
            for shelf in os.scandir(self.folder):
                if shelf.is_dir():
                    for file in os.scandir(shelf.path):
                        with suppress(FileNotFoundError):
                            yield Path(file.path), file.stat()

    def drop(self, name: str, *, older_s: float = YOUNG_S) -> bool:
        """Take a file away, unless it came just now; say whether it is gone."""
        place = self.path(name)
        with suppress(OSError):
            if time.time() - place.stat().st_mtime >= older_s:
                place.unlink()
                return True
        return False

    def sweep(self, known: Collection[str], *, older_s: float = ORPHAN_S) -> int:
        """Take away what is not known, and what a killed process left half-written; return how many bytes."""
        freed, now = 0, time.time()
        for place, stat in list(self.files()):
            ours = place.suffix == ".part" or _NAME.fullmatch(place.name)
            if ours and place.name not in known and now - stat.st_mtime >= older_s:
                with suppress(OSError):
                    place.unlink()
                    freed += stat.st_size
        return freed


def _touched(place: Path, size: int) -> bool:
    """Make a file that is there already young again, so that no sweep takes it; say whether it is there, whole."""
    try:
        if place.stat().st_size != size:
            return False
        os.utime(place)
    except OSError:
        return False
    return True


def _move(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:  # another disk
        shutil.copyfile(source, target)
        source.unlink()


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows has no such thing for folders
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
