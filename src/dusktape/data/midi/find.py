"""Which MIDI files lie below some folders, and what each is called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dusktape.data import find as files
from dusktape.data.find import Found, Kind

__all__ = ["SUFFIXES", "Found", "find"]

SUFFIXES = (".mid", ".midi", ".kar")
"""In any case."""

_MIDI = Kind("MIDI file", SUFFIXES)


def find(folders: Sequence[Path], *, without: Sequence[Path] = ()) -> list[Found]:
    """Return the MIDI files below the folders: see `data.find.find`."""
    return files.find(folders, _MIDI, without=without)
