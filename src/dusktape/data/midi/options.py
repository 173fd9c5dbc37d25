"""What is asked of a dataset, and what becomes of each file."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError
from dusktape.data.midi.find import Found
from dusktape.data.midi.normalise import Normalise

UNKNOWN = "unknown"
"""The licence of files that nobody has said anything about."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the songs and splits of a dataset depend on, besides the files.

    Parameters
    ----------
    seed
        Of the split; 0 is the one that the shipped networks were trained with.
    normalise
        What is done to the notes.
    drop_duplicates
        Leave out all but one of files that are alike. If not, they go into the same split.
    licence
        Of every file that `licences` does not name.
    licences
        From a file or a folder, as the manifest names it, to its licence; the longest that fits counts.
    """

    seed: int = 0
    normalise: Normalise = field(default_factory=Normalise)
    drop_duplicates: bool = True
    licence: str = UNKNOWN
    licences: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise InputError(f"a seed is 0 or more, got {self.seed}; 0 is the split of the shipped networks")

    def licence_of(self, file: str) -> str:
        """Return the licence of a file."""
        places = [place for place in self.licences if file == place or file.startswith(place.rstrip("/") + "/")]
        return self.licences[max(places, key=len)] if places else self.licence


@dataclass(slots=True)
class Entry:
    """What is known of one file by now.

    Parameters
    ----------
    found
        The file.
    sha256
        Empty while, or if, it could not be read.
    why, reason
        In a word and in a sentence why it is dropped; empty while it is not.
    facts
        What the analysis measured.
    twin
        Of a duplicate, kept or not, the file that is the fullest of those with the same music.
    split
        Where it landed.
    """

    found: Found
    sha256: str = ""
    why: str = ""
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    twin: str = ""
    split: str = ""

    def drop(self, why: str, reason: str) -> None:
        """Leave the file out."""
        self.why, self.reason = why, reason


def read_licences(path: Path) -> dict[str, str]:
    """Read a CSV of files or folders, as the manifest names them, and their licences.

    Raises
    ------
    InputError
        If it cannot be read, or a line has not two columns.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if row]
    except (OSError, UnicodeError, csv.Error) as error:
        raise InputError(f"{str(path)!r} cannot be read as CSV: {error}") from error
    for number, row in rows:
        if len(row) != 2 or not all(cell.strip() for cell in row):
            raise InputError(f"{str(path)!r}, line {number}: write a file or folder, a comma and its licence")
    return {row[0].strip(): row[1].strip() for _, row in rows if row != ["path", "licence"]}
