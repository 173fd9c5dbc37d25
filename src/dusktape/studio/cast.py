"""Who composes: a registered composer, and trainings of one's own in place of its networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dusktape.compose.networks import runs_of
from dusktape.core.errors import RecipeError, suggestion
from dusktape.core.plugins import find, names
from dusktape.core.recipe import Recipe
from dusktape.nn.run import SOUND, Run, no_notes, ships


def cast(composers: Sequence[str]) -> dict[str, Any]:
    """Return what a recipe says of these: `composer` and `models`, each only if it is asked for.

    Parameters
    ----------
    composers
        Names of registered composers, one at most; folders of finished trainings, and names of models whose weights
        ship, one a role.

    Raises
    ------
    RecipeError
        If a word is neither, or two of them want the same place.
    WeightsError
        If a folder holds no finished training.
    """
    told: dict[str, Any] = {}
    models: dict[str, str] = {}
    for word in composers:
        if word in names("composers"):
            if told.get("composer", word) != word:
                raise RecipeError(f"there can be one composer, not {told['composer']!r} and {word!r}; leave one out")
            told["composer"] = word
            continue
        role = _role(word)
        if models.get(role, word) != word:
            raise RecipeError(f"{models[role]} and {word} both write {role}; leave one out")
        models[role] = word
    return {**told, **({"models": models} if models else {})}


def _role(word: str) -> str:
    if not Path(word).is_dir() and not ships(word):
        if word in names("models"):
            how = f"dusktape train {word} --data ... --out {word}-run"
            raise RecipeError(f"{word!r} is a model: train it ({how}) and give the folder, as in --composer {word}-run")
        raise RecipeError(
            f"there is no composer and no folder {word!r}{suggestion(word, names('composers'))}; "
            "give a name, or the folder of a finished training"
        )
    run = Run.called(word)
    if run.model.role == SOUND:
        raise RecipeError(no_notes(word, run))
    if not run.model.role:
        raise RecipeError(
            f"{word} is a training of {run.model.name!r}, which writes nothing that we play; give another"
        )
    return run.model.role


def check_cast(recipe: Recipe) -> None:
    """Refuse, before anything is composed, trainings that are not there or have nothing to do.

    Raises
    ------
    RecipeError, WeightsError
        Naming the training.
    """
    if recipe.models and not getattr(find("composers", recipe.composer), "models", ()):
        folder = next(iter(recipe.models.values()))
        raise RecipeError(
            f"composer {recipe.composer!r} takes no trainings; leave {folder} out, or say --composer networks"
        )
    runs_of(recipe)
