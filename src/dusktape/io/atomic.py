"""Files that are there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from dusktape.core.errors import OutputError


class PendingFile:
    """A file that is being written under another name beside its place, until `commit` renames it.

    The check for an existing file comes first, so nobody waits for a song that cannot be kept; it comes again at the
    end, so a file that appeared meanwhile is not overwritten either. Not synced to disk: a power cut may lose the
    file, a crash of ours may not leave half of one.

    Parameters
    ----------
    path
        Where the file shall be.
    force
        Whether an existing file there may be replaced.

    Raises
    ------
    OutputError
        If the place is taken, a folder, missing or closed to us.
    """

    def __init__(self, path: str | Path, *, force: bool = False) -> None:
        self.path = Path(path)
        self._force = force
        check_writable(self.path, force=force)
        self.temporary = _beside(self.path)
        with writing(self.path):
            self.temporary.touch(exist_ok=False)

    def commit(self) -> Path:
        """Put the file in its place and return where that is."""
        try:
            with writing(self.path):
                if self.path.is_dir():
                    raise _is_folder(self.path)
                if self._force:
                    self.temporary.replace(self.path)
                else:
                    _rename_to_free_name(self.temporary, self.path)
        except BaseException:
            self.discard()
            raise
        return self.path

    @contextmanager
    def replacing_content(self) -> Iterator[tuple[BinaryIO, BinaryIO]]:
        """Hand out the unfinished file to read and an empty one to write, which takes its place."""
        second = _beside(self.path)
        try:
            with self.temporary.open("rb") as source, second.open("xb") as target:
                yield source, target
            second.replace(self.temporary)
        finally:
            with suppress(OSError):
                second.unlink(missing_ok=True)

    def discard(self) -> None:
        """Take the unfinished file away. Does nothing after `commit`."""
        with suppress(OSError):
            self.temporary.unlink(missing_ok=True)


@contextmanager
def replacing(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Hand out a temporary file to fill; rename it at the end, or remove it if anything (Ctrl-C too) went wrong.

    Parameters
    ----------
    path, force
        As for `PendingFile`.

    Raises
    ------
    OutputError
        As for `PendingFile`, and if the disk is full.
    """
    pending = PendingFile(path, force=force)
    try:
        with writing(pending.path):
            yield pending.temporary
        pending.commit()
    finally:
        pending.discard()


@contextmanager
def replacing_folder(path: str | Path, *, force: bool = False) -> Iterator[Path]:
    """Hand out a temporary folder to fill; it takes its name at the end, or goes with all that is in it.

    With `force`, an existing folder keeps the files that we do not write.

    Parameters
    ----------
    path
        Where the folder shall be. One that is there but empty may be filled unasked.
    force
        Whether files in an existing folder may be replaced.

    Raises
    ------
    OutputError
        If the place is taken, a file, missing or closed to us, or the disk is full.
    """
    target = Path(path)
    check_folder_writable(target, force=force)
    temporary = _beside(target / "folder" if target.is_dir() else target)
    try:
        with writing(target):
            temporary.mkdir()
            yield temporary
            if target.is_dir():
                _move_into(temporary, target, force=force)
            else:
                temporary.rename(target)
    except OutputError as error:
        # What failed inside names the temporary folder, which nobody has asked for and nobody will find.
        raise OutputError(str(error).replace(_inside(temporary), _inside(target))) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_bytes(path: str | Path, data: bytes, *, force: bool = False) -> Path:
    """Write a whole file at once and return its path. Raises as `replacing`."""
    with replacing(path, force=force) as temporary:
        temporary.write_bytes(data)
    return Path(path)


def check_writable(path: Path, *, force: bool = False) -> None:
    """Refuse a place where a file cannot go.

    Raises
    ------
    OutputError
        If the place is taken (and not `force`), a folder, or in a folder that is missing or closed to us.
    """
    with writing(path):
        if path.is_dir():
            raise _is_folder(path)
        if os.path.lexists(path):
            if not force:
                raise _is_there(path)
            if path.exists() and not path.is_file():
                raise OutputError(f"{str(path)!r} is no plain file; choose another name")
        _check_parent(path)


def check_folder_writable(path: Path, *, force: bool = False) -> None:
    """Refuse a place where a folder of files cannot go.

    Raises
    ------
    OutputError
        If the place is a file, a folder with files in it (and not `force`), or in a folder missing or closed to us.
    """
    with writing(path):
        _check_parent(path / "any" if path.is_dir() else path)
        if path.exists() and not path.is_dir():
            raise OutputError(f"{str(path)!r} is a file, not a folder; choose another name")
        if path.is_dir() and any(path.iterdir()) and not force:
            raise OutputError(f"{str(path)!r} is there and not empty; choose another name, or say --force")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says about a file into an `OutputError` that names the place and the way out."""
    try:
        yield
    except OSError as error:
        raise _explained(error, path) from error


def _explained(error: OSError, path: Path) -> OutputError:
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
        return OutputError(f"{str(path)!r}: the disk is full; free some space, or choose a folder on another disk")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return OutputError(f"{str(path)!r} may not be written; choose a folder of your own")
    if error.errno == errno.ENAMETOOLONG:
        return OutputError(f"{str(path)!r}: the name is too long; choose a shorter one")
    if error.errno == errno.EFBIG:
        return OutputError(f"{str(path)!r}: the file grew larger than the system allows; choose fewer minutes")
    return OutputError(f"{str(path)!r} cannot be written: {error.strerror or error}; choose another place")


def _check_parent(path: Path) -> None:
    parent = path.parent
    if not parent.exists():
        raise OutputError(f"{str(path)!r}: there is no folder {str(parent)!r}; make it, or choose another")
    if not parent.is_dir():
        raise OutputError(f"{str(path)!r}: {str(parent)!r} is a file, not a folder; choose another")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"{str(path)!r}: the folder {str(parent)!r} may not be written; choose a folder of your own")
    with suppress(FileNotFoundError):
        path.lstat()  # refuses names that are too long
    probe = _beside(path)  # some folders, as those under /proc, take no files whatever their mode says
    try:
        probe.touch(exist_ok=False)
    finally:
        probe.unlink(missing_ok=True)


def _inside(path: Path) -> str:
    return repr(str(path))[1:-1]


def _beside(path: Path) -> Path:
    # Not tempfile: its files are closed to everybody else, and the mode would stay after the rename.
    return path.with_name(f".{path.name[:40]}.{secrets.token_hex(6)}.part")


def _rename_to_free_name(source: Path, target: Path) -> None:
    if os.path.lexists(target):
        raise _is_there(target)
    if os.name == "nt":
        source.rename(target)  # refuses by itself
        return
    try:
        os.link(source, target)  # the only rename of POSIX that never overwrites
    except FileExistsError:
        raise _is_there(target) from None
    except OSError:
        source.replace(target)  # a file system without links
    else:
        source.unlink()


def _move_into(source: Path, target: Path, *, force: bool) -> None:
    for item in sorted(source.rglob("*")):
        place = target / item.relative_to(source)
        if item.is_dir():
            if place.exists() and not place.is_dir():
                raise OutputError(f"{str(place)!r} is a file, not a folder; move it away, or choose another name")
            place.mkdir(exist_ok=True)
        elif place.is_dir():
            raise _is_folder(place)
        elif force:
            item.replace(place)
        else:
            _rename_to_free_name(item, place)


def _is_there(path: Path) -> OutputError:
    return OutputError(f"{str(path)!r} is there already; choose another name, or say --force")


def _is_folder(path: Path) -> OutputError:
    return OutputError(f"{str(path)!r} is a folder; name a file in it")
