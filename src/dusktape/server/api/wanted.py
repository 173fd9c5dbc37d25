"""What may be asked for over the network: everything that has a name, and nothing that has a path."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dusktape.core.errors import InputError, RecipeError, suggestion

if TYPE_CHECKING:
    from dusktape.server.api.schema import TrackSpec

_PATH_LIKE = re.compile(r"[/\\~]|^\s*[\"']?\.|\.(toml|json|mid|midi|wav|flac|sf2|sf3)\b", re.IGNORECASE)


def checked(spec: TrackSpec) -> None:
    """Refuse a track that cannot be made, before it waits in a queue.

    The command line lets recipes, kits and trainings be paths; here they are names that are looked up.

    Raises
    ------
    DusktapeError
        Saying what is wrong, as `dusktape make` would.
    """
    from dusktape.core.plugins import names
    from dusktape.nn.run import ships
    from dusktape.studio.wish import DEFAULT_RECIPE, Wish, checked_seed

    if spec.recipe is not None:
        _check_recipe(spec.recipe)
    for composer in spec.composer:
        if composer not in names("composers") and not ships(composer):
            raise RecipeError(f"there is no composer {composer!r}{suggestion(composer, names('composers'))}")
    for setting in spec.settings:
        _check_setting(setting)
    if spec.asked is not None and spec.asked.onward and spec.asked.under:
        raise InputError("a track begins from one thing; leave onward or under out")
    if spec.asked is not None and spec.asked.loop and spec.minutes is not None:
        raise InputError("a loop is as long as its bars; leave out minutes")
    wish = Wish(
        spec.recipe or DEFAULT_RECIPE,
        spec.minutes,
        spec.bpm,
        spec.key,
        spec.mood,
        spec.loudness,
        spec.settings,
        spec.composer,
    )
    wish.resolve(checked_seed(spec.seed or 0))


def _check_recipe(recipe: str) -> None:
    from dusktape.studio.presets import recipe_files
    from dusktape.studio.words import hear

    if not recipe.strip():
        raise InputError("the recipe's name is empty; leave it out for any")
    if recipe in recipe_files():
        return
    if _PATH_LIKE.search(recipe.split()[0]) or recipe.strip().endswith(".toml"):
        raise RecipeError(f"recipes are names or words here, not files: {recipe[:80]!r}")
    if hear(recipe) is None:
        raise RecipeError(f"there is no recipe {recipe[:80]!r}{suggestion(recipe, recipe_files())}")


def _check_setting(setting: str) -> None:
    from dusktape.studio.kits import characters, own_kits

    key, _, value = setting.partition("=")
    key, value = key.strip(), value.strip().strip("\"'")
    if key.partition(".")[0] in ("models", "name", "description"):
        raise RecipeError(f"{key[:40]!r} is not set here; name composers in their own list")
    if _PATH_LIKE.search(value):
        raise RecipeError(f"{setting[:80]!r}: a setting takes names and numbers here, no paths")
    if key.rpartition(".")[2] == "kit" and value not in (*characters(), *own_kits()):
        raise RecipeError(f"there is no kit {value[:40]!r}{suggestion(value, (*characters(), *own_kits()))}")
