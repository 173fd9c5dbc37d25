"""What a song begins from: a recipe and a seed alone, or something that somebody gave beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from dusktape.compose.material import Writers
from dusktape.compose.rules import RuleChords, RuleDrums, RuleMelody, RuleRhythm
from dusktape.compose.take import Given
from dusktape.core.plugins import find
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed


class Start(Protocol):
    """What a song was made from beside its recipe and seed."""

    def write(self, recipe: Recipe, seed: Seed) -> Score:
        """Return the song on the grid. `seed` is at the composer's place."""
        ...

    @property
    def given(self) -> Given:
        """Notes that stay exactly as they are."""
        ...

    def table(self) -> Mapping[str, Any]:
        """Return all of it as JSON has it, `kind` first: enough to make the song again without the files."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """A recipe and a seed, and nothing else."""

    @property
    def given(self) -> Given:
        """Nothing."""
        return {}

    def write(self, recipe: Recipe, seed: Seed) -> Score:
        """Return what the recipe's composer writes."""
        score: Score = find("composers", recipe.composer)().compose(recipe, seed)
        return score

    def table(self) -> Mapping[str, Any]:
        """Return nothing: recipe and seed say it all."""
        return {}


def writers_of(recipe: Recipe, seed: Seed) -> Writers:
    """Return who writes the parts of a song, one by one; rules, where its composer does not say.

    Parameters
    ----------
    recipe, seed
        As its composer gets them.
    """
    composer = find("composers", recipe.composer)()
    if hasattr(composer, "writers"):
        writers: Writers = composer.writers(recipe, seed)
        return writers
    return Writers(RuleChords(), RuleMelody(), RuleDrums(), RuleRhythm())
