"""A phrase cut into expressions: those of the vocabulary, figures, names of recipes, and what is nothing known."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dusktape.core.letters import latin
from dusktape.studio.figures import MARK, Figure, figures
from dusktape.studio.vocabulary import LONGEST, Entry, Vocabulary, letters_of

_TOKEN = re.compile(r"[\ue000-\uf8ff]|[^\W_]+(?:[&'’][^\W_]+)*|&|[^\w\s'’\ue000-\uf8ff-]+")


@dataclass(frozen=True, slots=True)
class Term:
    """One expression: its words as typed, and what it is: an entry, a figure, a word of grammar, or nothing known."""

    text: str
    entry: Entry | None = None
    figure: Figure | None = None
    kinds: frozenset[str] = frozenset()
    scene: str = ""

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.entry or self.figure or self.kinds or self.scene)


def terms(
    text: str, words: Vocabulary, scenes: Iterable[str] = (), own: Mapping[str, Entry] | None = None
) -> tuple[list[Term], dict[str, str]]:
    """Return the terms of a phrase, the longest known expression first, and its misspelt words with what they are.

    Parameters
    ----------
    text
        As typed.
    words
        What is known.
    scenes
        Names of recipes, which are known too.
    own
        Letters to what the user's own sounds mean. Nothing else has these letters.
    """
    own = own or {}
    plain = re.sub(r"\s[-–—]+\s", ", ", unicodedata.normalize("NFC", text).replace("w/o", "without"))
    marked, found = figures(plain)
    tokens = _TOKEN.findall(marked)
    recipes = {letters_of([name]): name for name in scenes}
    right = {*recipes, *own, *(letters_of([t]) for entry in own.values() for t in _TOKEN.findall(entry.name))}
    strange = [t for t in tokens if letters_of([latin(t)]) not in right]
    spelled = {t: near for t in strange if (near := words.spelled(letters_of([t])))}
    tokens = [spelled.get(token, token) for token in tokens]
    cut: list[Term] = []
    longest = max([LONGEST, *(len(_TOKEN.findall(entry.name)) for entry in own.values())])
    while tokens:
        for count in range(min(longest, len(tokens)), 0, -1):
            if term := _term(tokens[:count], words, found, recipes, own):
                cut.append(term)
                del tokens[:count]
                break
    return cut, spelled


def _term(
    tokens: list[str], words: Vocabulary, found: list[Figure], recipes: dict[str, str], own: Mapping[str, Entry]
) -> Term | None:
    text = " ".join(tokens)
    if len(tokens) == 1 and 0 <= ord(text[0]) - ord(MARK) < len(found):
        figure = found[ord(text[0]) - ord(MARK)]
        return Term(figure.text, figure=figure)
    letters = letters_of(tokens)
    alone = len(tokens) == 1
    if not letters or not all(letters_of([token]) for token in tokens):
        return Term(text, kinds=frozenset(["stop"])) if alone else None
    kinds, entry = words.kinds(letters), words.entry(letters) or own.get(letters_of([latin(text)]))
    if entry or kinds or letters in recipes:
        return Term(text, entry, kinds=kinds, scene="" if entry else recipes.get(letters, ""))
    if not alone:
        return None
    return Term(text)
