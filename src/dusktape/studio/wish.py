"""What somebody asks for: a recipe's name and the few things they want otherwise."""

from __future__ import annotations

import operator
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real

from dusktape.core.draws import merge
from dusktape.core.errors import InputError, RecipeError
from dusktape.core.recipe import Recipe
from dusktape.core.score import Key
from dusktape.core.seed import Seed
from dusktape.studio import presets, words
from dusktape.studio.cast import cast, check_cast

DEFAULT_RECIPE = words.FALLBACK


@dataclass(frozen=True, slots=True)
class Wish:
    """A recipe and what to change in it. None leaves a thing to the recipe and the seed.

    Parameters
    ----------
    recipe
        A registered name, the path of a TOML file, or a phrase that `studio.words` reads.
    minutes
        Length, 0.5 to 60.
    bpm, key, mood, loudness_lufs
        Tempo; `F# minor`; one of `core.roles.MOODS`; of the finished track.
    settings
        `part.param=value`, as for `--set`; they have the last word.
    composers
        Who composes: the name of a registered composer, folders of finished trainings, or both.
    """

    recipe: str = DEFAULT_RECIPE
    minutes: float | None = None
    bpm: float | None = None
    key: str | None = None
    mood: str | None = None
    loudness_lufs: float | None = None
    settings: Sequence[str] = field(default=())
    composers: Sequence[str] = field(default=())

    def resolve(self, seed: Seed) -> Recipe:
        """Return the recipe with every choice closed by the seed.

        Raises
        ------
        RecipeError
            If something in it is unknown or impossible.
        """
        self._check_kinds()
        options = {}
        heard = words.hear(self.recipe)
        table = presets.load(self.recipe) if heard is None else dict(heard.table)
        if self.minutes is not None:
            if not 0.5 <= self.minutes <= 60.0:
                raise RecipeError(
                    f"a track is 0.5 to 60 minutes long, got {self.minutes:g}; choose --minutes in that range"
                )
            table = merge(table, {"form": {"length_s": 60.0 * self.minutes}})
        if self.bpm is not None:
            table = merge(table, {"tempo": {"bpm": self.bpm}})
            options["tempo.bpm"] = "--bpm"
        if self.key is not None:
            table["key"] = Key.parse(self.key).name
        if self.mood is not None:
            table["mood"] = self.mood
        if self.loudness_lufs is not None:
            table = merge(table, {"master": {"loudness_lufs": self.loudness_lufs}})
            options["master.loudness_lufs"] = "--loudness"
        table = merge(table, cast(self.composers))
        table = presets.override(table, self.settings)
        options |= presets.places(table, self.settings)
        where = self.recipe if heard is None else heard.recipe
        recipe = presets.resolve(table, seed, where=where, options=options)
        check_cast(recipe)
        return recipe

    def _check_kinds(self) -> None:
        for name, example in {"recipe": "'rainy'", "key": "'F# minor'", "mood": "'dark'"}.items():
            value = getattr(self, name)
            if not isinstance(value, str) and (value is not None or name == "recipe"):
                raise InputError(f"{name} is text, got {value!r}; write it as in {example}")
        for name, example in {"minutes": "3", "bpm": "76", "loudness_lufs": "-14"}.items():
            value = getattr(self, name)
            if value is not None and (not isinstance(value, Real) or isinstance(value, bool)):
                raise InputError(f"{name} is a number, got {value!r}; give one, as in {example}")
        for name, values, example in (
            ("settings", self.settings, "['keys.pan=0.2']"),
            ("composer", self.composers, "['melody-run']"),
        ):
            listed = isinstance(values, Sequence) and not isinstance(values, str)
            if not listed or not all(isinstance(value, str) for value in values):
                raise InputError(f"{name} is a list of text, got {values!r}; write {example}")


def checked_seed(seed: int | None) -> Seed:
    """Return the seed asked for, or a new one below a million: short enough to say aloud.

    Raises
    ------
    InputError
        If it is negative, or no whole number.
    """
    if seed is None:
        return Seed(secrets.randbelow(1_000_000))
    try:
        if isinstance(seed, bool):
            raise TypeError
        value = operator.index(seed)
    except TypeError:
        raise InputError(f"a seed is a whole number, got {seed!r}; give one, as in 7") from None
    if value < 0:
        raise InputError(f"a seed is 0 or more, got {value}; drop the minus sign")
    return Seed(value)
