"""What is asked of a pack."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from dusktape.compose.loop import Loop
from dusktape.core.errors import InputError, suggestion
from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.io import atomic
from dusktape.publish.drawing import Drawing
from dusktape.publish.pack.take import KINDS

FORMATS = ("wav", "flac")
RATES = (16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000)
MOST = 512


@dataclass(frozen=True, slots=True)
class Order:
    """A pack to make.

    Parameters
    ----------
    source
        A run, a model, a recipe, a wish in words or a folder of finished tracks, as the user names it.
    out
        Folder of the pack; its name is the pack's title.
    seed
        Where all draws come from.
    kinds
        Some of `take.KINDS`; empty for all that the source can make.
    labels
        One-shots or loops of these alone, as in `kick` or `keys`; empty for all that there are.
    count
        How many sounds of each kind.
    bpm, key
        Of loops, stabs and the songs they are from; None leaves them to the recipe and the seed.
    bars
        Of each loop.
    rate
        In Hz; 0 for the source's own.
    format, bits
        One of `FORMATS`; 16 or 24.
    licence
        SPDX; empty for the freest that the source allows.
    data
        The dataset that a run learned from, to compare with.
    drawing
        How a model draws.
    zipped
        Write a ZIP archive beside the folder, too.
    force
        Replace files that are there.

    Raises
    ------
    InputError
        If something is out of range or unknown.
    """

    source: str
    out: Path
    seed: Seed
    kinds: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    count: int = 16
    bpm: float | None = None
    key: str | None = None
    bars: int = 4
    rate: int = 0
    format: str = "wav"
    bits: int = 24
    licence: str = ""
    data: Path | None = None
    drawing: Drawing = field(default_factory=Drawing)
    zipped: bool = False
    force: bool = False

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                told = suggestion(kind, (*KINDS, "all"))
                also = "" if told.endswith("?") else "; drums and parts are labels, as in --kind oneshots --label kick"
                raise InputError(f"there is no kind {kind!r}{told}{also}")
        if not 1 <= self.count <= MOST:
            raise InputError(
                f"a pack has 1 to {MOST} sounds of each kind, got {self.count}; choose --count in that range"
            )
        if self.bpm is not None and not (math.isfinite(self.bpm) and 40.0 <= self.bpm <= 160.0):
            raise InputError(f"a tempo is 40 to 160 bpm, got {self.bpm:g}; choose --bpm in that range")
        if self.key is not None:
            Key.parse(self.key)
        Loop(self.bars)  # refuses odd numbers and long ones
        if self.rate and self.rate not in RATES:
            raise InputError(
                f"--rate is one of {', '.join(map(str, RATES))}, got {self.rate}; 44100 and 48000 are usual"
            )
        if self.format not in FORMATS:
            raise InputError(f"a pack is of wav or flac files, not of {self.format!r}; choose one of these")
        if self.bits not in (16, 24):
            raise InputError(f"--bits is 16 or 24, got {self.bits}; choose one of these")
        if any(ord(letter) < 32 for letter in str(self.out)) or not self.title.strip():
            raise InputError(
                f"--out {str(self.out)!r} gives the pack no name; name a folder, as in 'Dusty Kicks Vol 1'"
            )

    @property
    def title(self) -> str:
        """The pack's name."""
        return self.out.resolve().name

    @property
    def archive(self) -> Path:
        """Where the ZIP goes."""
        return self.out.with_name(f"{self.title}.zip")

    def check(self) -> None:
        """Refuse, before any work, a place where the pack cannot go.

        Raises
        ------
        OutputError
            Naming the path.
        """
        atomic.check_folder_writable(self.out, force=self.force)
        if self.zipped:
            atomic.check_writable(self.archive, force=self.force)
