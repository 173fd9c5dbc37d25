"""How a song came to be: what it began from, and what was done again since. Enough to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from dusktape.compose.again import Again, again
from dusktape.compose.between import Like
from dusktape.compose.byhand import ByHand, by_hand
from dusktape.compose.loop import Loop
from dusktape.compose.onward import Onward
from dusktape.compose.perform import perform
from dusktape.compose.starts import Plain, Start
from dusktape.compose.take import ROLES, Branch, Take, as_written
from dusktape.compose.under import Under
from dusktape.core.errors import InputError
from dusktape.core.level import Level, level_of
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed


@dataclass(frozen=True, slots=True)
class Control:
    """What made a song beside its recipe and its seed.

    Parameters
    ----------
    start
        What it began from.
    edits
        What was done again, or by hand, in order.
    levels
        Part to what is done to it in the mix, once everything else is said. Changes no note.
    """

    start: Start = field(default_factory=Plain)
    edits: tuple[Again | ByHand, ...] = ()
    levels: Mapping[str, Level] = field(default_factory=dict)

    def __post_init__(self) -> None:
        changed = {part: level for part, level in sorted(self.levels.items()) if level != Level()}
        object.__setattr__(self, "levels", changed)

    def __bool__(self) -> bool:
        return bool(self.composes or self.levels)

    @property
    def composes(self) -> bool:
        """Whether the notes are other ones than recipe and seed alone would give."""
        return bool(self.edits or self.start.table())

    @property
    def marks(self) -> tuple[str, ...]:
        """What was done since the song began, in short, for the names of files."""
        return (*(edit.mark for edit in self.edits), *(("mix",) if self.levels else ()))

    def and_then(self, edit: Again | ByHand) -> Control:
        """Return what this is after one more edit; two in a row by hand are one."""
        last = self.edits[-1] if self.edits else None
        if isinstance(edit, ByHand) and isinstance(last, ByHand):
            return replace(self, edits=(*self.edits[:-1], ByHand({**last.parts, **edit.parts})))
        return replace(self, edits=(*self.edits, edit))

    def take(self, recipe: Recipe, seed: Seed) -> Take:
        """Return the song as it is written and played: from its beginning, through everything that was done to it.

        Raises
        ------
        InputError
            If bars are to be done again that the song does not have, or notes were given that cannot be in it.
        """
        branch = Branch(seed.value)
        written = self.start.write(recipe, branch.at("compose"))
        played = perform(written, recipe, branch.at("perform"))
        take = Take(written, as_written(written, played, self.start.given), branch)
        for edit in self.edits:
            take = by_hand(take, recipe, edit) if isinstance(edit, ByHand) else again(take, recipe, edit, self.start)
        return take

    def table(self) -> dict[str, Any]:
        """Return all of it as JSON has it; empty if there is nothing."""
        table: dict[str, Any] = {}
        if start := self.start.table():
            table["start"] = dict(start)
        if self.edits:
            table["again"] = [edit.table() for edit in self.edits]
        if self.levels:
            table["levels"] = {part: level.table() for part, level in self.levels.items()}
        return table

    @staticmethod
    def of(table: Any) -> Control:
        """Read what `table` returned.

        Raises
        ------
        InputError
            If it is something else.
        """
        try:
            start = _start(table["start"]) if "start" in table else Plain()
            levels = {str(part): level_of(told) for part, told in table.get("levels", {}).items()}
            return Control(start, tuple(_edit(e) for e in table.get("again", ())), levels)
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
            raise InputError(f"its control cannot be read: {error!r}") from error


def _start(table: Mapping[str, Any]) -> Start:
    match table["kind"]:
        case "under":
            return Under(_score(table["score"], sung=True))
        case "onward":
            return Onward(_score(table["score"], sung=False))
        case "like":
            z = tuple(float(x) for x in table.get("z", ()))
            a, b = (_score(table[name], sung=False) for name in ("a", "b"))
            return Like(a, b, float(table["mix"]), z)
        case "loop":
            return Loop(_whole(table["bars"]))
    raise ValueError(f"kind is {table['kind']!r}")


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is no whole number")
    return value


def _score(text: str, *, sung: bool) -> Score:
    score = Score.from_json(text)
    for notes in score.parts.values():
        if not all(n.start >= 0 and n.length > 0 and 0 <= n.pitch < 128 and 0 < n.velocity < 128 for n in notes):
            raise ValueError("a note of its score is none")
    if sung and not score.parts.get("lead"):
        raise ValueError("its score has no melody")
    return score


def _edit(table: Mapping[str, Any]) -> Again | ByHand:
    if "notes" in table:
        return ByHand.of(table)
    what, bars, seed = table["what"], table["bars"], table["seed"]
    whole = [seed, *(bars or ())]
    if not what or set(what) - set(ROLES) or not all(isinstance(n, int) and n >= 0 for n in whole):
        raise ValueError(f"{dict(table)!r}")
    if bars is not None and len(bars) != 2:
        raise ValueError(f"bars are {bars!r}")
    return Again(tuple(what), seed, (bars[0], bars[1]) if bars else None)
