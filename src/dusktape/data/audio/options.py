"""What is asked of a dataset of sounds, and what becomes of each file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dusktape.core.errors import InputError, suggestion
from dusktape.data.audio.cut import CUTS
from dusktape.data.audio.judge import FLAGS
from dusktape.data.audio.labels import FROM
from dusktape.data.find import Found
from dusktape.data.licences import UNKNOWN, licence_of

RATES = (4_000, 192_000)
SECONDS = (0.05, 120.0)
COUNTS = (1, 64)

_USUAL_S = {"oneshots": 2.0, "fixed": 4.0}


@dataclass(frozen=True, slots=True)
class Options:
    """What the clips and splits of a dataset depend on, besides the files.

    Parameters
    ----------
    sample_rate, channels
        Of the clips.
    cut
        One of `CUTS`; empty to go by the files: mostly short ones are one-shots, others are cut into fixed lengths.
    seconds
        Length of `fixed` clips, by default 4, and of the longest one-shot, by default 2.
    count
        Beats or bars in a clip.
    normalise
        Bring clips to one level and take DC away.
    label_from
        Where labels come from, one of `labels.FROM`.
    drop
        Flags, of `judge.FLAGS`: files that have one are left out, not just marked.
    drop_duplicates
        Leave out all but one of files with the same samples. If not, they go into the same split.
    seed
        Of the split.
    licence
        Of every file that `licences` does not name.
    licences
        From a file or a folder, as the manifest names it, to its licence; the longest that fits counts.

    Raises
    ------
    InputError
        If a value cannot be.
    """

    sample_rate: int
    channels: int = 1
    cut: str = ""
    seconds: float | None = None
    count: int = 1
    normalise: bool = True
    label_from: str = "name"
    drop: tuple[str, ...] = ()
    drop_duplicates: bool = True
    seed: int = 0
    licence: str = UNKNOWN
    licences: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not RATES[0] <= self.sample_rate <= RATES[1]:
            raise InputError(
                f"a rate is {RATES[0]:,} to {RATES[1]:,}, got {self.sample_rate:,}; usual is 44100 or 48000"
            )
        if self.channels not in (1, 2):
            raise InputError(f"clips have 1 or 2 channels, got {self.channels}")
        if self.cut and self.cut not in CUTS:
            raise InputError(f"there is no cut {self.cut!r}{suggestion(self.cut, CUTS)}")
        if self.seconds is not None and not SECONDS[0] <= self.seconds <= SECONDS[1]:
            raise InputError(f"clips last {SECONDS[0]:g} to {SECONDS[1]:g} seconds, got {self.seconds:g}")
        if not COUNTS[0] <= self.count <= COUNTS[1]:
            raise InputError(f"a clip has {COUNTS[0]} to {COUNTS[1]} beats or bars, got {self.count}")
        if self.label_from not in FROM:
            raise InputError(f"labels come from {', '.join(FROM)}, not from {self.label_from!r}")
        for flag in self.drop:
            if flag not in FLAGS:
                raise InputError(f"nothing is dropped for {flag!r}{suggestion(flag, FLAGS)}")
        if self.seed < 0:
            raise InputError(f"a seed is 0 or more, got {self.seed}")

    def seconds_of(self, cut: str) -> float:
        """Return the length of clips, or of the longest one-shot."""
        return _USUAL_S.get(cut, 0.0) if self.seconds is None else self.seconds

    def licence_of(self, file: str) -> str:
        """Return the licence of a file."""
        return licence_of(file, self.licences, self.licence)

    def told(self) -> dict[str, Any]:
        """Return what a manifest says of the options."""
        return {
            "cut": self.cut,
            "seconds": self.seconds,
            "count": self.count,
            "normalise": self.normalise,
            "label_from": self.label_from,
            "drop": sorted(self.drop),
            "drop_duplicates": self.drop_duplicates,
            "seed": self.seed,
        }


@dataclass(slots=True)
class Entry:
    """What is known of one file by now.

    Parameters
    ----------
    found
        The file.
    sha256
        Empty while, or if, it could not be read.
    label
        What it is.
    why, reason
        In a word and in a sentence why it is dropped; empty while it is not.
    facts
        What was measured.
    flags
        What is odd about it: flag to a sentence.
    changes
        What was done to it, in sentences.
    twin
        Of a copy, kept or not, the file that it is a copy of.
    split
        Where it landed.
    clips
        What was cut from it: `name`, `frames`, `sha256`, `start_s`, `bpm`.
    left_out
        Why clips of it are no good, to how many.
    """

    found: Found
    sha256: str = ""
    label: str = ""
    why: str = ""
    reason: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)
    twin: str = ""
    split: str = ""
    clips: list[dict[str, Any]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def drop(self, why: str, reason: str) -> None:
        """Leave the file out."""
        self.why, self.reason = why, reason
