"""A user's folder of sound files, read file by file: what can be played, and what is left out and why."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from dusktape.core.errors import InputError, PluginError
from dusktape.instruments.naming import Struck, sound_files, strength_of
from dusktape.io.recording import Recording, check_heard, examine

Kind = TypeVar("Kind")

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]
"""Name, time and size of each sound of a folder."""

MOST_NAMED = 40
"""Files left out that a description names."""


@dataclass
class Found(Generic[Kind]):
    """What a folder holds.

    Parameters
    ----------
    files
        Kind (a pitch, a drum) to its files and how hard each was struck.
    channels
        Of the file that has most; 2 at most.
    amiss
        What is wrong with each file that is left out.
    folder
        That holds them.
    """

    folder: Path
    files: dict[Kind, list[Struck]] = field(default_factory=dict)
    channels: int = 1
    amiss: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> str:
        """A line on what is left out: the first file and how many more; nothing if none is."""
        if not self.amiss:
            return ""
        more = f", and {len(self.amiss) - 1} more" if len(self.amiss) > 1 else ""
        return f"left out: {self.amiss[0].partition(';')[0]}{more}"

    @property
    def left_out_too(self) -> str:
        """All of them as a sentence behind another one, by their names; of very many, how many more."""
        if not self.amiss:
            return ""
        told = [line.partition(";")[0] for line in self.amiss[:MOST_NAMED]]
        more = f", and {len(self.amiss) - MOST_NAMED} more" if len(self.amiss) > MOST_NAMED else ""
        return f" Left out: {', '.join(told)}{more}.".replace(repr(f"{self.folder}{os.sep}")[1:-1], "")

    def check_any(self, folder: Path, what: str) -> None:
        """Refuse a folder of which nothing can be played.

        Raises
        ------
        PluginError
            With what is wrong with its first file.
        """
        if not self.files:
            why = f": {self.amiss[0]}" if self.amiss else "; add some"
            raise PluginError(f"{str(folder)!r} has no {what} that we can play{why}")


def stamp(folder: Path) -> Stamp:
    """Return what is another one as soon as a sound of a folder is: put in, taken out, or written over.

    Raises
    ------
    PluginError
        If the folder cannot be read.
    """
    try:
        facts = [(file.name, file.stat()) for file in sound_files(folder)]
    except OSError as error:
        raise PluginError(f"{str(folder)!r} cannot be read: {error.strerror}; check the folder") from error
    return tuple((name, told.st_mtime_ns, told.st_size) for name, told in facts)


def read_folder(folder: Path, kind_of: Callable[[str], Kind | None], *, what: str, seconds: float) -> Found[Kind]:
    """Return what a folder holds.

    A file that cannot be read, in whose beginning is nothing to hear, or whose name says nothing is left out.

    Parameters
    ----------
    folder
        Of sound files.
    kind_of
        File name, without its ending, to what it is; None where it does not say.
    what
        That is, for messages: a pitch, a drum.
    seconds
        How much of a file would be played.
    """
    found: Found[Kind] = Found(folder)
    unnamed = []
    for file in sound_files(folder):
        kind = kind_of(file.stem)
        if kind is None:
            unnamed.append(f"{str(file)!r} is not named by {what}; rename it")
            continue
        try:
            about: Recording = examine(file)
            check_heard(file, seconds=seconds)
        except InputError as error:
            found.amiss.append(str(error))
            continue
        found.channels = max(found.channels, min(2, about.channels))
        found.files.setdefault(kind, []).append(Struck(strength_of(file.stem), file))
    found.amiss += unnamed
    return found
