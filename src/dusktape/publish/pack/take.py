"""A sound on its way into a pack, with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dusktape.core.audio import Block
from dusktape.core.score import Key

KINDS = ("oneshots", "loops", "stabs", "textures")
"""What a pack can hold, in the order of its folders."""

LOOPING = ("loops", "textures")
"""Kinds that go round without a seam; the others begin and end in silence."""


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One sound as it was rendered or drawn, before it is trimmed, matched in level and named.

    Parameters
    ----------
    kind
        One of `KINDS`.
    group
        What it is among its kind: a drum (`closed hat`), a part (`keys`), an instrument (`felt_piano`).
    sound
        Shape (channels, frames).
    sample_rate
        In Hz.
    address
        Where its draws come from: enough to make it again.
    bpm, bars, beats
        Tempo and length of a loop; 0 for what keeps no time.
    key
        Of the music it is from; None where pitch means nothing.
    chord, root
        A stab's chord (`Am9`) and the MIDI pitch of its root.
    rests
        Whether the part hardly plays there; its sound is empty then, and it stays out of the pack.
    """

    kind: str
    group: str
    sound: Block = field(repr=False)
    sample_rate: int
    address: Mapping[str, Any]
    bpm: float = 0.0
    bars: int = 0
    key: Key | None = None
    chord: str = ""
    root: int | None = None
    rests: bool = False

    @property
    def beats(self) -> int:
        """How many it lasts; 0 if it keeps no time."""
        return 4 * self.bars

    @property
    def loops(self) -> bool:
        """Whether it goes round."""
        return self.kind in LOOPING


@dataclass(slots=True)
class Missing:
    """How many sounds of a series the pack lacks. It sinks while the pack fills; nobody draws more at once.

    Parameters
    ----------
    count
        So many.
    """

    count: int


@dataclass(frozen=True, slots=True)
class Series:
    """Candidates of one sort, endless or not, of which a pack takes the first that are fit for it.

    Parameters
    ----------
    kind, what
        One of `KINDS`, and what a user knows these as: `kick`.
    takes
        In the order of their addresses.
    wanted
        How many of them the pack shall hold.
    missing
        Told whoever draws several at once; None where each is made by itself.
    """

    kind: str
    what: str
    takes: Iterator[Take]
    wanted: int
    missing: Missing | None = None
