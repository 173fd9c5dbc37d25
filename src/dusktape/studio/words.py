"""A wish in words: `slow rainy night, felt piano, no drums`, read by a fixed vocabulary and laid over a recipe.

Nothing is guessed or learned: every word and what it does stands in `presets/words.toml`, and what is not there is
passed over and named.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from dusktape.core.errors import RecipeError
from dusktape.studio import presets

FALLBACK = "dusk"
LONGEST_PHRASE = 500
PAGE = "docs/guides/words.md"


@dataclass(frozen=True, slots=True)
class Heard:
    """What a phrase was understood as.

    Parameters
    ----------
    phrase
        As typed, in one line.
    recipe
        Name of the recipe it is based on.
    understood
        What was read and how, in the words of the phrase.
    passed_over
        What means nothing here.
    missing
        What there is no part for.
    notes
        Wishes that gave way to later ones, and words that were read as others.
    settings
        Recipe key to value or choice: what was laid over the recipe.
    loop
        Bars of a loop that was asked for in place of a track; None for a track.
    tempo
        The words that say how fast it is.
    table
        The recipe with all this in it, its choices open.
    """

    phrase: str
    recipe: str
    understood: tuple[str, ...]
    passed_over: tuple[str, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    settings: Mapping[str, Any]
    table: Mapping[str, Any] = field(repr=False)
    loop: int | None = None
    tempo: tuple[str, ...] = ()

    def lines(self) -> tuple[str, ...]:
        """Return what to tell the user: one line, or two."""
        first = f"understood: {', '.join(self.understood)}; from the recipe {self.recipe}"
        rest = [f"passed over: {', '.join(self.passed_over)}"] if self.passed_over else []
        rest += [f"no such part here: {', '.join(self.missing)}"] if self.missing else []
        rest += self.notes
        return (first, "; ".join(rest)) if rest else (first,)

    def facts(self) -> dict[str, Any]:
        """Return the same as plain data."""
        return {
            "phrase": self.phrase,
            "recipe": self.recipe,
            "understood": list(self.understood),
            "passed_over": list(self.passed_over),
            "missing": list(self.missing),
            "notes": list(self.notes),
            "settings": dict(self.settings),
            **({"loop": self.loop} if self.loop else {}),
        }


def hear(text: str) -> Heard | None:
    """Return what a phrase says; None for the name of a recipe or file, or a word that must be meant as one.

    Several words are a phrase. One word is, if the vocabulary has it exactly as it is typed.

    Raises
    ------
    RecipeError
        If nothing in it is understood, it asks for what cannot be, or it is too long.
    InputError
        If it asks for a loop of a number of bars that no loop has.
    """
    told = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if text in presets.recipe_files() or PurePath(text).suffix == ".toml" or not told:
        return None
    if len(told) > LONGEST_PHRASE:
        raise RecipeError(f"the phrase has {len(told)} characters; {LONGEST_PHRASE} are enough, leave some out")
    from dusktape.studio.understanding import understood  # here, for the name of a recipe needs no vocabulary

    return understood(told)
