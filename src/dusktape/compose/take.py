"""A song as written and as played, and which player drew from which seed: what can be kept, and done again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dusktape.core.roles import PARTS
from dusktape.core.score import Note, Score
from dusktape.core.seed import Seed

HARMONY = "harmony"

HANDS = ("keys", "pad", "bass")
"""Parts that follow from the chords."""

SUNG = ("lead", "guest")
"""Parts that are the melody: the guest answers what the lead sings."""

GIVEN = "start"
"""Name of a section that somebody gave."""

ROLES = (HARMONY, *PARTS)
"""What can be kept or done again."""

_ADDRESSES = {
    "form": "form",
    "dress": "form",
    "loop": HARMONY,
    "colour": HARMONY,
    "song": HARMONY,
    "melody": "lead",
    "drummer": "drums",
    "hands": "keys",
    **{part: part for part in PARTS},
}
"""Step of a seed's path to the role that draws below it. What stands under none of them belongs to the form."""

Given = Mapping[str, Sequence[Note]]
"""Part name to notes that are played exactly as they are written, because somebody gave them."""


@dataclass(frozen=True, slots=True)
class Branch(Seed):
    """A song's seed in which some roles draw from seeds of their own: the address decides.

    Parameters
    ----------
    value, path
        As for every seed; the form and whoever is not named below draw from `value`.
    roles
        Role to its seed's value.
    """

    roles: tuple[tuple[str, int], ...] = ()

    def at(self, *keys: str | int) -> Seed:
        """Return the seed at a place below this one: a plain one as soon as it is clear who draws there."""
        path = self.path + keys
        role = next((_ADDRESSES[k] for k in path if isinstance(k, str) and k in _ADDRESSES), None)
        if role is None:
            return Branch(self.value, path, self.roles)
        return Seed(dict(self.roles).get(role, self.value), path)


@dataclass(frozen=True, slots=True)
class Take:
    """One way the song has been.

    Parameters
    ----------
    written
        On the grid.
    played
        The same notes, as they are performed.
    seed
        Who drew from what.
    """

    written: Score
    played: Score
    seed: Branch


def paired(written: Sequence[Note], played: Sequence[Note]) -> Iterator[tuple[Note, Note]]:
    """Yield (written, played) for each note of a part, by written start.

    Performing moves notes and leaves their pitch alone: the n-th of a pitch as written is its n-th as played.
    """
    rows: dict[int, list[Note]] = defaultdict(list)
    for note in sorted(played, reverse=True):
        rows[note.pitch].append(note)
    for note in sorted(written):
        yield note, rows[note.pitch].pop()


def as_written(written: Score, played: Score, given: Given) -> Score:
    """Return the performance with the notes that somebody gave as they gave them."""
    parts = {}
    for part, notes in played.parts.items():
        theirs = Counter(given.get(part, ()))
        out = []
        for note, performed in paired(written.parts[part], notes):
            out.append(note if theirs[note] else performed)
            theirs[note] -= theirs[note] > 0
        parts[part] = tuple(out)
    return replace(played, parts=parts)
