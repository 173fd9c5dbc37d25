"""The user's own folders as a shelf of parts: SoundFonts, folders of samples, recordings, recipes."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from dusktape.core import home
from dusktape.core.errors import PluginError
from dusktape.core.letters import latin
from dusktape.core.roles import SEATS
from dusktape.io.recording import SUFFIXES

FONTS = (".sf2", ".sf3")
MOST = 2000
"""Entries looked at in one folder."""


class YourShelf:
    """What lies in the folders that `dusktape home` shows. Names are those of the files; the first of a name counts."""

    def parts(self, group: str) -> Mapping[str, Callable[[], Any]]:
        """Return name to what makes the part, of a group."""
        if group == "recipes":
            own = home.folder("recipes")
            # In the order of names this comes before what is registered, so that recipes of ours keep their names.
            return {"at_home": lambda: own} if own.is_dir() else {}
        if group != "instruments":
            return {}
        found: dict[str, Callable[[], Any]] = {}
        for path, make in _entries():
            if not _is_seat(path):
                found.setdefault(name_of(path), make)
        return found

    def remarks(self, taken: Collection[str]) -> list[tuple[str, str]]:
        """Return the name of each file that has another instrument's, or a part's, and a line on it."""
        said, first = [], dict[str, Path]()
        for path, _ in _entries():
            name = name_of(path)
            if _is_seat(path):
                why = f"{name} is a part of a song, and it would take its place; rename the file"
            elif name in taken:
                why = f"{name} is an instrument of ours; rename the {'folder' if path.is_dir() else 'file'}"
            elif (other := first.setdefault(name, path)) != path:
                why = f"{other.name} has the name {name}; rename one of them"
            else:
                continue
            said.append((name, f"{str(path)!r} is passed over: {why}"))
        return said


def name_of(path: Path) -> str:
    """Return the name under which a file or folder is known: its own, what is no letter, digit or `-` made `_`.

    In the letters that a part's name may have: it becomes a key of settings and recipes, and a stem's file name.
    """
    stem = path.name if path.suffix.lower() not in (*FONTS, *SUFFIXES) else path.stem
    return re.sub(r"[^A-Za-z0-9-]+", "_", latin(stem)).strip("_") or "unnamed"


def _is_seat(path: Path) -> bool:
    """Return whether a recording, which is laid over as a part of its own name, has the name of another part."""
    return path.suffix.lower() in SUFFIXES and name_of(path).lower() in SEATS


def _entries() -> Iterator[tuple[Path, Callable[[], Any]]]:
    for place in home.instrument_folders():
        for path in _listed(place):
            if path.suffix.lower() in FONTS and not path.is_dir():
                yield path, partial(_font, path)
            elif path.is_dir():
                yield path, partial(_folder, path)
    for path in _listed(home.folder("kits")):
        if path.is_dir():
            yield path, partial(_folder, path)
    for path in _listed(home.folder("effects")):
        if path.suffix.lower() in SUFFIXES:  # a folder or a pipe of that name says what it is when it is asked for
            yield path, partial(_recording, path)


def _listed(place: Path) -> list[Path]:
    try:
        names = sorted(path for path, _ in zip(place.iterdir(), range(MOST), strict=False))
    except OSError:  # not there, or closed to us
        return []
    return [path for path in names if not path.name.startswith(".")]


def _font(path: Path) -> Any:
    from dusktape.instruments.soundfont import part

    return part(path)


def _recording(path: Path) -> Any:
    from dusktape.instruments.overlaid import part

    return part(path)


def _folder(path: Path) -> Any:
    """Return a folder of samples as what most of its files are: drums, or notes."""
    from dusktape.instruments import folder_kit, sampler
    from dusktape.instruments.naming import drum_of, pitch_of, sound_files

    try:
        files = sound_files(path)
    except OSError as error:
        raise PluginError(f"{str(path)!r} cannot be read: {error.strerror}; check the folder") from error
    drums = sum(drum_of(file.stem) is not None for file in files)
    notes = sum(pitch_of(file.stem) is not None for file in files)
    if not drums and not notes:
        held = "none of its sounds is named by" if files else "it has no sound named by"
        raise PluginError(f"{str(path)!r} is no instrument: {held} pitch (A#3.wav) or drum (kick_1.wav); rename them")
    return folder_kit.part(path) if drums >= notes else sampler.part(path)


SHELF = YourShelf()
