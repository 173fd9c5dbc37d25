"""The composer that ships: trained networks write chords, melody and drums; rules hold them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from dusktape.compose.arrange import arrange
from dusktape.compose.lines import LineMelody
from dusktape.compose.material import Writers
from dusktape.compose.whole import WholeSong
from dusktape.core.errors import RecipeError
from dusktape.core.plugins import find
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.nn.run import SOUND, Run, no_notes
from dusktape.nn.sampling import Sampling


def runs_of(recipe: Recipe) -> dict[str, Run]:
    """Return role to the finished training that takes it over.

    Raises
    ------
    WeightsError
        If a folder holds no finished training.
    RecipeError
        If what was trained writes something else.
    """
    runs = {}
    for role, folder in recipe.models.items():
        run = Run.called(folder)
        if run.model.role == SOUND:
            raise RecipeError(no_notes(folder, run))
        if run.model.role != role:
            raise RecipeError(
                f"{folder} is a training of {run.model.name!r}, which writes {run.model.role or 'nothing we play'}, "
                f"not {role}; name it as models.{run.model.role or 'ROLE'}"
            )
        runs[role] = run
    if "song" in runs and (both := sorted({"harmony", "melody"} & set(runs))):
        raise RecipeError(f"models.song writes harmony and melody already; leave out models.{both[0]}, or the song")
    return runs


class Networks:
    """Composes with the registered models `harmony`, `melody`, `drums` and `comping`, or with one's own trainings."""

    models = ("harmony", "melody", "drums", "comping")

    def compose(self, recipe: Recipe, seed: Seed) -> Score:
        """Return the song on the grid, before it is performed. One drummer and one pair of hands play all of it."""
        return arrange(recipe, seed, self.writers(recipe, seed))

    def writers(self, recipe: Recipe, seed: Seed) -> Writers:
        """Return who writes what in this song."""
        opened = self._opened(recipe, seed)
        d = recipe.drums
        drums, rhythm = opened["drums"], opened["comping"]
        if hasattr(drums, "for_song"):
            drums = drums.for_song(style=d.style, seed=seed.at("drummer"), density=d.density, rim=d.rim, ride=d.ride)
        if hasattr(rhythm, "for_song"):
            rhythm = rhythm.for_song(seed=seed.at("hands"), early=recipe.comping.early)
        return Writers(_sampled(opened["harmony"], recipe), _sampled(opened["melody"], recipe), drums, rhythm)

    def _opened(self, recipe: Recipe, seed: Seed) -> Mapping[str, Any]:
        runs = runs_of(recipe)
        opened = {}
        if song := runs.pop("song", None):
            opened["harmony"] = opened["melody"] = WholeSong(song.open(), seed.at("song"), recipe.melody.temperature)
        for role in self.models:
            if role not in opened:
                opened[role] = runs[role].open() if role in runs else find("models", role).open()
        return opened


def _sampled(writer: Any, recipe: Recipe) -> Any:
    """Return a writer of melodies or chords that draws as the recipe says, as far as it can."""
    m = recipe.melody
    how = Sampling(m.temperature, m.top_k, m.min_p, m.repetition_penalty, m.rule)
    if isinstance(writer, WholeSong):
        return writer
    if not hasattr(writer, "write_melody") and not hasattr(writer, "write_loop"):
        return LineMelody(writer, how)
    if is_dataclass(writer) and not isinstance(writer, type):
        own = {f.name for f in fields(writer)}
        if "sampling" in own:
            return replace(writer, sampling=how)
        return replace(writer, **{name: getattr(how, name) for name in own & {"top_k", "min_p", "repetition_penalty"}})
    return writer
