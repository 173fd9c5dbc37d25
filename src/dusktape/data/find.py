"""Which files of a kind lie below some folders, and what each is called."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dusktape.core.errors import InputError, OutputError
from dusktape.io import atomic

_MANY = 4
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
"""So many files with one reason are counted, not named."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is looked for.

    Parameters
    ----------
    called
        As in `no MIDI file lies below 'x'`.
    suffixes
        In lower case; files may have them in any case.
    """

    called: str
    suffixes: tuple[str, ...]

    def of(self, name: str) -> bool:
        """Return whether a file's name says it is one."""
        return Path(name).suffix.lower() in self.suffixes

    def __str__(self) -> str:
        return f"{self.called} ({', '.join(self.suffixes)})"


@dataclass(frozen=True, slots=True)
class Found:
    """A file to look at, or a place that cannot be looked into.

    Parameters
    ----------
    place
        Where it is.
    file
        Relative to the folder that was given, `/` between folders; with that folder's name before it where the same
        file name stands below several of them.
    name
        Unique: `file` without its suffix, or with it where that would be another's name too.
    trouble
        Why it cannot be looked at; empty where it can.
    """

    place: Path
    file: str
    name: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class _Seen:
    place: Path
    root: str
    file: str
    trouble: str = ""


def find(folders: Sequence[Path], kind: Kind, *, without: Sequence[Path] = ()) -> list[Found]:
    """Return what lies below the folders, sorted by name; links are followed, nothing is met twice.

    Parameters
    ----------
    folders
        Where to look; a file of the kind is taken as it is.
    kind
        What to look for.
    without
        Folders that are passed over.

    Raises
    ------
    InputError
        If a folder is missing, or none has such a file.
    """
    seen: list[_Seen] = []
    met = {os.path.realpath(path) for path in without}
    for folder in folders:
        if not folder.exists():
            raise InputError(f"there is no folder {str(folder)!r}; name one with {kind.called}s")
        root = _shown(folder.resolve().name)
        if folder.is_dir():
            seen += _below(folder, root, kind, met)
        elif kind.of(folder.name):
            seen += _once([_Seen(folder, _shown(folder.resolve().parent.name), _shown(folder.name))], met)
        else:
            raise InputError(f"{str(folder)!r} is neither a folder nor a {kind}")
    if not any(not s.trouble for s in seen):
        said = f"; {seen[0].file} {seen[0].trouble}" if seen else ""
        places = ", ".join(repr(str(f)) for f in folders)
        raise InputError(f"no {kind} lies below {places}{said}; name another folder")
    return sorted(_named(seen, kind), key=lambda f: (f.name, f.file))


def check_place(folders: Sequence[Path], out: Path, *, force: bool) -> None:
    """Refuse a place for a dataset that cannot be written, or that holds the files to read.

    Raises
    ------
    OutputError
        Naming it.
    """
    for folder in folders:
        if folder.resolve().is_relative_to(out.resolve()):
            raise OutputError(f"{str(out)!r} holds the files to read; choose another name for the dataset")
    atomic.check_folder_writable(out, force=force)


class Entry(Protocol):
    """What is known of one file by now."""

    found: Found
    sha256: str

    def drop(self, why: str, reason: str) -> None:
        """Leave the file out."""
        ...


def look(
    entries: Sequence[Entry],
    refused: Callable[[Path], tuple[str, str] | None],
    progress: Callable[[str, float], None],
) -> None:
    """Hash every file, and drop those that need not be opened again.

    Parameters
    ----------
    entries
        The files.
    refused
        Returns why a file is left out without being read, in a word and in a sentence, if it is.
    progress
        Is told a stage and how much of it is done, 0 to 1.
    """
    for done, entry in enumerate(entries):
        progress("looking", done / len(entries))
        if entry.found.trouble:
            entry.drop("unreadable", f"it {entry.found.trouble}")
            continue
        try:
            if why := refused(entry.found.place):
                entry.drop(*why)
            else:
                entry.sha256 = hash_of(entry.found.place)
        except OSError as error:
            entry.drop("unreadable", f"it cannot be opened: {error.strerror or error}")
    progress("looking", 1.0)


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _below(folder: Path, root: str, kind: Kind, met: set[str]) -> Iterator[_Seen]:
    troubles: list[OSError] = []
    for here, folders, files in os.walk(folder, onerror=troubles.append, followlinks=True):
        real = os.path.realpath(here)
        if real in met:
            folders.clear()
            continue
        met.add(real)
        folders.sort()
        wanted = sorted(name for name in files if kind.of(name))
        places = [Path(here, name) for name in wanted]
        yield from _once([_Seen(p, root, _shown(p.relative_to(folder).as_posix())) for p in places], met)
    for error in troubles:
        place = Path(error.filename or folder)
        file = place.relative_to(folder).as_posix() + "/" if place != folder else "./"
        yield _Seen(place, root, _shown(file), f"cannot be looked into: {error.strerror or error}")


def _once(files: list[_Seen], met: set[str]) -> Iterator[_Seen]:
    for file in files:
        real = os.path.realpath(file.place)
        if real in met:
            continue
        met.add(real)
        if file.place.is_file():
            yield file
        else:  # a link that leads nowhere, or a pipe that would never end
            yield _Seen(file.place, file.root, file.file, "is no plain file")


def _named(seen: Sequence[_Seen], kind: Kind) -> Iterator[Found]:
    """Give each the shortest name that no other has: see `Found`."""
    files = _told_apart([s.file for s in seen], [f"{s.root}/{s.file}" for s in seen])
    names = _told_apart([_bare(file, kind) for file in files], files)
    for s, file, name in zip(seen, files, names, strict=True):
        yield Found(s.place, file, name, s.trouble)


def _bare(file: str, kind: Kind) -> str:
    return file.removesuffix(Path(file).suffix) if kind.of(file) else file


def _told_apart(short: Sequence[str], long: Sequence[str]) -> list[str]:
    """Return the short name where only one has it, else the long one, with a number if that is not enough."""
    shared = Counter(short)
    out: list[str] = []
    taken = {name for name, times in shared.items() if times == 1}
    for brief, full in zip(short, long, strict=True):
        name, number = brief, 1
        if shared[brief] > 1:
            name = full
            while name in taken:
                number += 1
                name = f"{full}~{number}"
            taken.add(name)
        out.append(name)
    return out


def _shown(path: str) -> str:
    """Return a path that can be printed on a line and stored, the same on every system."""
    text = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in unicodedata.normalize("NFC", text))


def gathered(left_out: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (which files, why) for each reason: by name, or by number with the first where many share it.

    Many also share one that differs in its numbers alone; those of the first are told.
    """
    alike: dict[str, list[tuple[str, str]]] = {}
    for file, reason in left_out:
        alike.setdefault(_NUMBER.sub("0", reason), []).append((file, reason))
    told = []
    for some in alike.values():
        if len(some) >= _MANY:
            told.append((f"{len(some):,} files, as {some[0][0]}", some[0][1]))
        else:
            reasons = dict.fromkeys(reason for _, reason in some)
            told += [(", ".join(file for file, why in some if why == reason), reason) for reason in reasons]
    return told
