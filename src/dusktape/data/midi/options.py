"""What is asked of a dataset, and what becomes of each file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dusktape.core.errors import InputError
from dusktape.data.licences import UNKNOWN, licence_of
from dusktape.data.midi.find import Found
from dusktape.data.midi.normalise import Normalise


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
        return licence_of(file, self.licences, self.licence)


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
