"""What somebody asks for beside a recipe: read, and refused where it contradicts itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError
from dusktape.publish.provenance import Origin


@dataclass(frozen=True, slots=True)
class Asked:
    """What to make a track of, beside recipe and seed; None for what is not asked.

    Parameters
    ----------
    origin
        A `track.json`, or what it says.
    keep, again
        Parts of it to keep, or to do again: some of `take.ROLES`, or `melody` and `chords`.
    bars
        First and last, counted from 1; where to do so.
    onward, under
        A MIDI file to go on from; one to play under.
    like, mix
        Two `track.json`, and how near to the second.
    loop
        Bars of a loop, in place of a track.
    """

    origin: Path | Origin | None = None
    keep: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    bars: tuple[int, int] | None = None
    onward: Path | None = None
    under: Path | None = None
    like: tuple[Path | Origin, Path | Origin] | None = None
    mix: float | None = None
    loop: int | None = None

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises
        ------
        InputError
            Naming two options that do not go together, or one that is missing.
        """
        given: dict[str, object] = {"--from": self.origin, "--continue": self.onward, "--under": self.under}
        given |= {"--like": self.like, "--loop": self.loop}
        several = [name for name, value in given.items() if value is not None]
        if len(several) > 1:
            raise InputError(f"a track begins from one thing, not from {' and '.join(several)}; leave one out")
        if self.keep and self.again:
            raise InputError("--keep says what stays, --again what is done again; give one of them")
        if self.bars is not None and not (self.keep or self.again):
            raise InputError("--bars says where; say what with it: --again melody, or --keep drums")
        for name, value in (("--keep", self.keep), ("--again", self.again)):
            if value and self.origin is None:
                raise InputError(f"{name} is about a track there is; name its track.json with --from")
        if self.mix is not None and self.like is None:
            raise InputError("--mix lies between two songs; name them: --like A.json B.json")
        if self.mix is not None and not 0.0 <= self.mix <= 1.0:
            raise InputError(f"--mix goes from 0, the first song, to 1, the second, got {self.mix:g}; choose between")


def parse_parts(text: str | Sequence[str] | None, option: str) -> tuple[str, ...]:
    """Read `drums,harmony`, or a list of such words.

    Raises
    ------
    InputError
        If it names nothing.
    """
    if text is None:
        return ()
    words = text.split(",") if isinstance(text, str) else list(text) if isinstance(text, Sequence) else []
    if not words or not all(isinstance(w, str) and w.strip() for w in words):
        raise InputError(f"{option} wants parts, got {text!r}; name some, as in drums,harmony")
    return tuple(dict.fromkeys(w.strip().lower() for w in words))


def parse_bars(value: Any) -> tuple[int, int] | None:
    """Read `9-12`, `9`, 9 or (9, 12): bars as they are heard, counted from 1.

    Raises
    ------
    InputError
        If it is something else.
    """
    if value is None:
        return None
    try:
        pair = value.split("-") if isinstance(value, str) else [value] if isinstance(value, int) else list(value)
        first, last = int(pair[0]), int(pair[-1])
        if len(pair) > 2 or not 1 <= first <= last:
            raise ValueError
    except (TypeError, ValueError, IndexError):
        raise InputError(f"{value!r} are no bars; write first and last, counted from 1, as in 9-12") from None
    return first, last
