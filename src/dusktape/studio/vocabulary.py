"""What words mean: `presets/words.toml`, read once, and how a word that is misspelt is found."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dusktape import presets
from dusktape.io import toml

WORDS = presets.DEFAULT.with_name("words.toml")
LONGEST = 5
"""Words in the longest expression."""

_SHORTEST_MENDED = 5
_ENDINGS = ("", "s", "es", "d", "ed", "r", "er", "ing", "ly")


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What some words mean; `presets/words.toml` explains each field.

    What is the user's `own` has no words there; a SoundFont has `sounds`, the names of its presets, and `preset`, the
    one that was named.
    """

    group: str
    name: str
    words: tuple[str, ...]
    set: Mapping[str, Any]
    very: Mapping[str, Any] | None = None
    slightly: Mapping[str, Any] | None = None
    negated: Mapping[str, Any] | None = None
    times: Mapping[str, float] | None = None
    recipe: str = ""
    else_recipe: str = ""
    not_recipe: str = ""
    instruments: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    texture: str = ""
    treatment: str = ""
    device: str = ""
    chain: str = "master.chain"
    against: tuple[str, ...] | None = None
    standing: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    plays: str = ""
    of: str = ""
    own: bool = False
    sounds: tuple[str, ...] = ()
    preset: str = ""

    @property
    def only_refused(self) -> bool:
        """Whether it means something behind `no` alone: `no textures`."""
        does = (self.set, self.very, self.slightly, self.times, self.recipe, self.else_recipe)
        return not any((*does, self.instruments, self.texture, self.treatment, self.device))

    def contradicts(self, other: Entry) -> bool:
        """Return whether both cannot be meant at once, if they set the same key."""
        if self.group != other.group or self.is_part_of(other) or other.is_part_of(self) or self.is_beside(other):
            return False
        if self.against is None and other.against is None:
            return True
        return other.name in (self.against or ()) or self.name in (other.against or ())

    def is_beside(self, other: Entry) -> bool:
        """Return whether both are parts of one thing, as crackle and hiss are of vinyl."""
        return self is not other and bool(self.of) and (self.group, self.of) == (other.group, other.of)

    def is_part_of(self, other: Entry) -> bool:
        """Return whether this is part of what another word means, as crackle is of vinyl."""
        return self.group == other.group and bool(self.of) and self.of == other.name


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All entries and the words of grammar, by their letters alone: `boombap` is `boom bap` and `Boom-Bap`.

    Parameters
    ----------
    groups
        In the order in which they are laid over a recipe.
    entries
        Letters to what they mean.
    grammar
        Kind (`no`, `each`, `off`, `very`, `slightly`, `less`, `too`, `or`, `and`, `only`, `solo`, `when`, `ignored`)
        to letters.
    single
        The letters of every word that stands in any expression.
    said
        Kind to its words as they are written.
    common
        Everyday words, which are never taken for a misspelt one.
    """

    groups: tuple[str, ...]
    entries: Mapping[str, Entry]
    grammar: Mapping[str, frozenset[str]]
    single: frozenset[str]
    said: Mapping[str, tuple[str, ...]]
    common: frozenset[str]

    def all(self) -> tuple[Entry, ...]:
        """Return every entry once, in the order of the file."""
        return tuple(dict.fromkeys(self.entries.values()))

    def entry(self, letters: str) -> Entry | None:
        """Return what an expression means, in the singular or plural."""
        found = self.entries.get(letters)
        return self.entries.get(letters[:-1]) if found is None and letters.endswith("s") else found

    def kinds(self, letters: str) -> frozenset[str]:
        """Return what an expression does in a phrase: `no`, `very`, `or`, `ignored` ...; usually nothing."""
        return frozenset(kind for kind, words in self.grammar.items() if letters in words)

    def spelled(self, letters: str) -> str:
        """Return the word that a misspelt one must be; nothing if none is that near, or it is a word of ours.

        The first letter must be right, and none be missing at the end: `sample` is no `sampler`. Up to four letters
        are taken as they are, and so are everyday words; from five on two neighbours may be swapped, or one letter be
        missing or too many; in eight or more there may be two slips, wrong letters too.
        """
        known = self.single | self.entries.keys()
        if len(letters) < _SHORTEST_MENDED or not letters.isalpha() or {letters, letters.removesuffix("s")} & known:
            return ""
        if self._is_common(letters):
            return ""
        long = len(letters) >= 8
        near = [
            (slips, word)
            for word in known
            if word[:1] == letters[0] and word[:-1] != letters and len(word) >= 4 and abs(len(word) - len(letters)) <= 2
            if (slips := _slips(letters, word, wrong=1.0 if long else 2.0)) <= (2.0 if long else 1.0)
        ]
        return min(near)[1] if near else ""

    def _is_common(self, letters: str) -> bool:
        """Return whether a word is an everyday one, or a form of one: `doing`, `coming`, `stopped`, `later`."""
        stems = {letters.removesuffix(ending) for ending in _ENDINGS}
        stems |= {f"{stem}e" for stem in stems} | {stem[:-1] for stem in stems if stem[-2:-1] == stem[-1:]}
        return bool(stems & self.common)


def letters_of(words: Iterable[str]) -> str:
    """Return the letters and digits of words, in small."""
    return re.sub(r"[^\w&]|_", "", "".join(words).casefold())


def _slips(a: str, b: str, *, wrong: float) -> float:
    """Return the edits between two words; swapped neighbours count half, a wrong letter `wrong`."""
    before: list[float] = []
    row: list[float] = [float(k) for k in range(len(b) + 1)]
    for i, left in enumerate(a, 1):
        before, last, row = row, before, [float(i)]
        for j, right in enumerate(b, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + wrong * (left != right))
            if last and j > 1 and left == b[j - 2] and a[i - 2] == right:
                best = min(best, last[j - 2] + 0.5)
            row.append(best)
    return row[-1]


@cache
def vocabulary() -> Vocabulary:
    """Return what `presets/words.toml` says."""
    table = toml.read(WORDS)
    grammar = table.pop("grammar")
    common = frozenset(table.pop("spelling")["common"].split())
    entries: dict[str, Entry] = {}
    for group, named in table.items():
        for name, fields in named.items():
            entry = _entry(group, name, fields)
            for word in entry.words:
                entries.setdefault(letters_of([word]), entry)
    kinds = {kind: frozenset(letters_of([word]) for word in words) for kind, words in grammar.items()}
    said = {letters_of([one]) for entry in entries.values() for word in entry.words for one in word.split()}
    said |= {letters_of([one]) for words in grammar.values() for word in words for one in word.split()}
    shown = {kind: tuple(words) for kind, words in grammar.items()}
    return Vocabulary(tuple(table), entries, kinds, frozenset(said), shown, common)


def _entry(group: str, name: str, fields: Mapping[str, Any]) -> Entry:
    told = {key: value for key, value in fields.items() if key != "not"}
    for key in ("words", "instruments", "roles", "against", "standing", "around"):
        if key in told:
            told[key] = tuple(told[key])
    return Entry(group, name, **{"set": {}, "negated": fields.get("not"), **told})
