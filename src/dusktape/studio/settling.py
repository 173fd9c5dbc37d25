"""Two wishes that set the same thing: whether both can be had, whether they agree, and which gives way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dusktape.studio.phrase import Wanted


def shared(one: Any, other: Any) -> Any:
    """Return the values that two values or choices have in common, as a value or choice; None if there are none."""
    if _is_range(one) and _is_range(other):
        low = max(one["between"][0], other["between"][0])
        high = min(one["between"][1], other["between"][1])
        return {"between": [low, high]} if low < high else None
    if _is_range(one):
        one, other = other, one
    members = _members(one)
    if any(isinstance(member, Mapping) for member in (*members, *(() if _is_range(other) else _members(other)))):
        return None
    if _is_range(other):
        low, high = other["between"]
        kept = [m for m in members if not isinstance(m, (str, bool)) and low <= m <= high]
    else:
        kept = [m for m in members if m in _members(other)]
    return kept[0] if len(kept) == 1 else {"any_of": kept} if kept else None


def between(one: Any, other: Any) -> Any:
    """Return what lies between two ranges, for `not too slow, not too fast`; None if they are none."""
    if not (_is_range(one) and _is_range(other)):
        return None
    edges = sorted((min(one["between"][1], other["between"][1]), max(one["between"][0], other["between"][0])))
    return {"between": edges}


def bounds(one: Wanted) -> bool:
    """Return whether a wish only keeps away from something: `not too fast`, `not slow`."""
    return one.negated or (one.degree == "slightly" and " too " in f" {one.text.lower()} ")


def agree(one: Wanted, other: Wanted, *, by_name: bool = False) -> bool:
    """Return whether one refuses the opposite of what the other wants: `dry, no reverb`, `not slow, very fast`.

    Parameters
    ----------
    one, other
        Of one phrase.
    by_name
        Whether only those are opposites that the vocabulary calls so, not all words of a group.
    """
    ours, theirs = one.term.entry, other.term.entry
    if ours is None or theirs is None or ours is theirs or one.negated is other.negated:
        return False
    if by_name and ours.against is None and theirs.against is None:
        return False
    return ours.contradicts(theirs)


def opposed(one: Wanted, other: Wanted) -> bool:
    """Return whether two wishes for different values of one key contradict each other.

    Two words of a group do unless the vocabulary says otherwise; words of two groups do, but for scenes, which all else
    is laid over, and those that contradict nothing.
    """
    ours, theirs = one.term.entry, other.term.entry
    if ours is None or theirs is None:
        return bool(one.term.figure or other.term.figure)
    if ours.group != theirs.group:
        return not (lenient(one) or lenient(other) or "scene" in (ours.group, theirs.group))
    return ours is theirs or ours.contradicts(theirs)


def is_part(one: Wanted, other: Wanted) -> bool:
    """Return whether a wish is about part of what another is about, and so has the last word on it."""
    ours, theirs = one.term.entry, other.term.entry
    return ours is not None and theirs is not None and ours.is_part_of(theirs)


def leaves(refusal: Wanted, other: Wanted) -> bool:
    """Return whether a refusal takes only a part away, and leaves what another wish wants: `vinyl, no crackle`."""
    ours, theirs = refusal.term.entry, other.term.entry
    if ours is None or theirs is None or ours is theirs or not refusal.negated or other.negated:
        return False
    return ours.is_part_of(theirs) or ours.is_beside(theirs)


def lenient(one: Wanted) -> bool:
    """Return whether a word contradicts nothing."""
    return one.term.entry is not None and one.term.entry.against == ()


def _is_range(value: Any) -> bool:
    return isinstance(value, Mapping) and "between" in value


def _members(value: Any) -> list[Any]:
    return list(value["any_of"]) if isinstance(value, Mapping) else [value]


def without(value: Any, refused: frozenset[str]) -> Any:
    """Return a choice without some of its members; None if none is left."""
    kept = [member for member in _members(value) if member not in refused]
    return kept[0] if len(kept) == 1 else {"any_of": kept} if kept else None
