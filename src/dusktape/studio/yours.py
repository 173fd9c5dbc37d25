"""What of a song comes out of the user's own folders: found, put into a recipe, and named in the track's provenance."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from dusktape.core import plugins
from dusktape.core.errors import InputError, PluginError, suggestion
from dusktape.core.recipe import Recipe
from dusktape.core.roles import SEATS
from dusktape.studio.seating import takes_notes

TEXTURE_LUFS = -42.0
"""How loud a recording is laid over, unless it is said otherwise."""

_PIECE = 1 << 20


def names() -> tuple[str, ...]:
    """Return the instruments that lie in the user's folders, sorted."""
    ours = set(plugins.registered("instruments"))
    return tuple(name for name in plugins.names("instruments") if name not in ours)


def remarks(asked: Iterable[str] | None = None) -> list[str]:
    """Return a line on each file of the user's that is passed over, with the way out.

    Parameters
    ----------
    asked
        What somebody said, settings and words: only the files whose names are in it count.
    """
    said = "\n".join(asked).lower() if asked is not None else None
    return [line for name, line in _passed_over() if said is None or _in(name, said)]


def _passed_over() -> list[tuple[str, str]]:
    taken = plugins.registered("instruments")
    return [remark for shelf in plugins.shelves() for remark in shelf.remarks(taken)]


def _in(name: str, said: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name.lower())}(?![\w-])", said) is not None


def laid_over(effects: Sequence[str]) -> tuple[str, ...]:
    """Return the settings that lay recordings over a song, by name.

    Raises
    ------
    InputError
        If there is no such recording, or it is an instrument that plays notes.
    """
    told: list[str] = []
    for name in effects:
        if name.lower() in SEATS:
            told_of = [line for one, line in _passed_over() if one == name]
            raise InputError(f"--effect: {told_of[0] if told_of else f'{name} is a part of a song; name a recording'}")
        if name not in plugins.names("instruments"):
            known = recordings()
            put = "" if known else "; put a .wav, .flac or .mp3 into the folder that dusktape home effects prints"
            raise InputError(f"--effect: there is no recording {name!r}{suggestion(name, known)}{put}")
        if name in plugins.registered("instruments"):
            raise InputError(
                f"--effect: {name} is a part of ours, and files of that name are passed over; rename yours"
            )
        if not is_texture(name):
            raise InputError(
                f"--effect: {name} plays notes; seat it in a part, as in --set keys.instrument={name}, "
                "or rename the file"
            )
        part = f"parts.{name}"
        told += [
            f'{part}.instrument="{name}"',
            f"{part}.texture=true",
            f"{part}.on=true",
            f"{part}.loudness_lufs={TEXTURE_LUFS}",
        ]
    return tuple(told)


def recordings() -> tuple[str, ...]:
    """Return the user's recordings that can be laid over a song; what is broken cannot."""
    return tuple(name for name in names() if _lies_over(name))


def _lies_over(name: str) -> bool:
    try:
        return takes_notes(name) is False
    except PluginError:
        return False


def is_texture(name: str) -> bool:
    """Return whether an instrument sounds by itself. One of the user's that is broken is said to when it is made."""
    try:
        return takes_notes(name) is False
    except PluginError:
        return name in names()


def said(recipe: Recipe) -> list[str]:
    """Return what a user should know of their own sounds that play in a song: what of them is used."""
    lines = []
    for name in plays(recipe):
        if remark := getattr(plugins.find("instruments", name), "remark", ""):
            lines.append(f"{name}: {remark}")
    return lines


def plays(recipe: Recipe) -> tuple[str, ...]:
    """Return the instruments of the user's that play in a song, each once."""
    return tuple(dict.fromkeys(_playing(recipe)))


def origins(recipe: Recipe) -> tuple[str, ...]:
    """Return the files and folders that these instruments are, by name."""
    return tuple(dict.fromkeys(plugins.find("instruments", name).origin.name for name in plays(recipe)))


def files_of(recipe: Recipe) -> list[dict[str, Any]]:
    """Return instrument, file and SHA-256 of everything of the user's that plays in a song.

    A folder counts with all files that are played from it: the hash is that of their names and hashes.

    Raises
    ------
    PluginError
        If one is not there any more.
    """
    found = []
    for name in plays(recipe):
        kind = plugins.find("instruments", name)
        origin: Path = kind.origin
        found.append({"instrument": name, "file": origin.name, "sha256": _hash(origin)})
    return found


def check_files(listed: Sequence[Mapping[str, Any]], *, where: str) -> None:
    """Refuse a song whose files are missing, or are others by now.

    Raises
    ------
    InputError
        Naming the file.
    """
    for entry in listed:
        name, file, told = (str(entry.get(key)) for key in ("instrument", "file", "sha256"))
        if name not in plugins.names("instruments"):
            raise InputError(
                f"{where} was made with {file} (sha256 {told[:12]}), which is not in your folders; "
                "bring it back; dusktape home says where it goes"
            )
        kind = plugins.find("instruments", name)
        now = _hash(kind.origin) if hasattr(kind, "origin") else "another instrument"
        if now != told:
            raise InputError(
                f"{where} was made with another {file} (sha256 {told[:12]}) than the one that is there now "
                f"({now[:12]}): it would be another track; bring that file back"
            )


def _playing(recipe: Recipe) -> list[str]:
    own = set(names())
    playing = [part for part in recipe.parts.values() if part.on]
    asked = [part.instrument for part in playing]
    asked += [str(part.params[key]) for part in playing for key in ("source", "sound") if key in part.params]
    return [name for name in asked if name in own]


def _hash(origin: Path) -> str:
    try:
        if origin.is_file():
            return _hash_of_file(origin, origin.stat().st_mtime_ns, origin.stat().st_size)
        whole = hashlib.sha256()
        for file in sorted(f for f in origin.iterdir() if f.is_file() and not f.name.startswith(".")):
            facts = file.stat()
            whole.update(f"{file.name}\0{_hash_of_file(file, facts.st_mtime_ns, facts.st_size)}\n".encode())
        return whole.hexdigest()
    except OSError as error:
        raise PluginError(f"{str(origin)!r} cannot be read: {error.strerror}; bring it back") from error


@lru_cache(maxsize=256)
def _hash_of_file(file: Path, changed: int, size: int) -> str:
    told = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            told.update(piece)
    return told.hexdigest()
