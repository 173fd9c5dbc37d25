"""Many tracks at once, spread over what the recipes can do, in an order in which neighbours differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dusktape.core.recipe import Recipe
from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.core.stratum import Stratum
from dusktape.studio import presets
from dusktape.studio.wish import Wish

ALL = "all"

_SAME_RECIPE = 100
_NEAR_TEMPO = 1.05
_MOST_SWAPPED = 200
"""Longer batches are left in the order in which the recipes come round."""


def recipe_names(asked: Sequence[str]) -> tuple[str, ...]:
    """Return the recipes that words name: `all` is every one that can be made into music, in order.

    Raises
    ------
    RecipeError
        If there is no such recipe.
    """
    known = tuple(sorted(presets.working_recipes()))
    found: list[str] = []
    for name in asked:
        found += known if name == ALL else [name]
        presets.load(found[-1])
    return tuple(dict.fromkeys(found))


def spread(wish: Wish, recipes: Sequence[str], count: int, seed: Seed) -> list[tuple[Recipe, Seed]]:
    """Return `count` closed recipes with their seeds, in the order to be heard.

    Parameters
    ----------
    wish
        What to change in all of them.
    recipes
        Names; they take turns.
    count
        How many tracks.
    seed
        The first track's; the others have the numbers that follow.

    Raises
    ------
    RecipeError
        If a recipe cannot be made into music.
    """
    turns = -(-count // len(recipes))
    drawn = []
    for k in range(count):
        turn, group = divmod(k, len(recipes))
        stratum = Stratum(
            seed.value + k, (), batch=seed.value, group=group, groups=len(recipes), turn=turn, turns=turns
        )
        drawn.append((replace(wish, recipe=recipes[group]).resolve(stratum), Seed(seed.value + k)))
    return [drawn[k] for k in _order([recipe for recipe, _ in drawn])]


def alike(a: Recipe, b: Recipe) -> int:
    """Return how many things two songs have in common of those that strike the ear: 0 nothing."""
    shared = _SAME_RECIPE * (a.name == b.name)
    shared += Key.parse(a.key) == Key.parse(b.key)
    shared += max(a.tempo.bpm, b.tempo.bpm) < _NEAR_TEMPO * min(a.tempo.bpm, b.tempo.bpm)
    for part in ("keys", "lead", "bass"):
        shared += _plays(a, part) == _plays(b, part)
    return shared + (_kit(a) == _kit(b))


def _plays(recipe: Recipe, part: str) -> str | None:
    there = recipe.parts.get(part)
    return there.instrument if there is not None and there.on else None


def _kit(recipe: Recipe) -> object:
    there = recipe.parts.get("drums")
    return there.params.get("character") if there is not None and there.on else None


def _order(songs: Sequence[Recipe]) -> list[int]:
    """Return an order in which neighbours have little in common: the best next one each time, then swaps that help."""
    if not 2 < len(songs) <= _MOST_SWAPPED:
        return list(range(len(songs)))
    cost = [[alike(a, b) for b in songs] for a in songs]
    order, left = [0], list(range(1, len(songs)))
    while left:
        best = min(left, key=lambda k: (cost[order[-1]][k], k))
        order.append(best)
        left.remove(best)

    def around(i: int) -> int:
        return sum(cost[order[j]][order[j + 1]] for j in (i - 1, i) if 0 <= j < len(order) - 1)

    better = True
    while better:
        better = False
        for i in range(len(order)):
            for j in range(i + 1, len(order)):
                before = around(i) + around(j)
                order[i], order[j] = order[j], order[i]
                if around(i) + around(j) < before:
                    better = True
                else:
                    order[i], order[j] = order[j], order[i]
    return order
