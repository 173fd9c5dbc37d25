"""The composer that ships: trained networks write chords, melody and drums; rules hold them together."""

from __future__ import annotations

from dusktape.compose.arrange import arrange
from dusktape.compose.material import Writers
from dusktape.core.plugins import find
from dusktape.core.recipe import Recipe
from dusktape.core.score import Score
from dusktape.core.seed import Seed


class Networks:
    """Composes with the registered models `harmony`, `melody`, `drums` and `comping`."""

    models = ("harmony", "melody", "drums", "comping")

    def compose(self, recipe: Recipe, seed: Seed) -> Score:
        """Return the song on the grid, before it is performed. One drummer and one pair of hands play all of it."""
        chords, melody, drums, rhythm = (find("models", name).open() for name in self.models)
        d = recipe.drums
        drums = drums.for_song(style=d.style, seed=seed.at("drummer"), density=d.density, rim=d.rim, ride=d.ride)
        rhythm = rhythm.for_song(seed=seed.at("hands"), early=recipe.comping.early)
        return arrange(recipe, seed, Writers(chords, melody, drums, rhythm))
