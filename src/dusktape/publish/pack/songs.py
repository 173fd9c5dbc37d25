"""The songs that a pack is taken from: their recipes closed, one after the other, in whole beats a minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count
from typing import Any

from dusktape.core.recipe import Recipe
from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.studio.batch import recipe_names
from dusktape.studio.wish import Wish


@dataclass(frozen=True, slots=True)
class Song:
    """A recipe with every choice closed, and its seed."""

    recipe: Recipe
    seed: Seed

    @property
    def key(self) -> Key:
        """Its key."""
        return Key.parse(self.recipe.key)

    @property
    def address(self) -> dict[str, Any]:
        """What makes it again: recipe, seed, tempo and key."""
        recipe = self.recipe
        return {"recipe": recipe.name, "seed": self.seed.value, "bpm": recipe.tempo.bpm, "key": recipe.key}


@dataclass(frozen=True)
class Songs:
    """Songs by number, endless or not.

    Parameters
    ----------
    number
        Returns song k, or None behind the last.
    """

    number: Callable[[int], Song | None] = field(repr=False)

    def __iter__(self) -> Iterator[Song]:
        for k in count():
            song = self.number(k)
            if song is None:
                return
            yield song


def wished(wish: Wish, first: Seed) -> Songs:
    """Return endlessly many songs of a wish, with the seeds that follow; of `all` recipes, each in its turn.

    Tempi are whole, since that is what file names and samplers can say, unless the wish itself has another.

    Raises
    ------
    RecipeError
        If there is no such recipe.
    """
    names: Sequence[str] = (wish.recipe,)
    if wish.recipe == "all":
        names = sorted(recipe_names(("all",)), key=lambda name: first.at("pack", "order", name).unit())

    @lru_cache(maxsize=32)
    def number(k: int) -> Song:
        seed = Seed(first.value + k)
        recipe = replace(wish, recipe=names[k % len(names)]).resolve(seed)
        if wish.bpm is None:
            tempo = recipe.tempo.model_copy(update={"bpm": float(round(recipe.tempo.bpm))})
            recipe = recipe.model_copy(update={"tempo": tempo})
        return Song(recipe, seed)

    number(0)  # refuses a wish that cannot be, before anything is made
    return Songs(number)


def only(recipe: Recipe, parts: Mapping[str, Any]) -> Recipe:
    """Return the recipe with these parts alone, switched on."""
    told = {name: part.model_copy(update={"on": True}) for name, part in parts.items()}
    return recipe.model_copy(update={"parts": told})
