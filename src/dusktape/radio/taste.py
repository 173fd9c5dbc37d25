"""What is asked for next: a draw from the recipes, tilted by the dial and by what listeners liked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from dusktape.core.errors import InputError, suggestion
from dusktape.core.score import Key
from dusktape.core.seed import Seed

MOOD = {"dark": -1.0, "wistful": -0.5, "sleepy": -0.1, "dreamy": 0.1, "warm": 0.5, "hopeful": 1.0}
"""Where each mood lies on the dial, from dark to bright."""

SLOW_BPM, FAST_BPM = 62.0, 96.0
"""Tempi at both ends of the dial of energy."""

FITS = 0.55
"""A track so near to the dial, or nearer, is what was asked for."""

_ANOTHER = 0.7
"""How far another mood is at least from one that is named: too far to fit."""

_UNUSUAL = 0.03
"""Chances of a recipe that does not know the mood that is named, beside one that knows no other."""

DIALS = ("mood", "energy", "recipes", "weather")
"""What of a station's settings steers it."""

_NUDGE = 0.45
"""A like multiplies the chances of what it was about by e to this; a dislike divides them."""

_SHORT, _LONG = 1.8, 3.2
_LEAST, _MOST = -1.0, 1.0


@dataclass(frozen=True, slots=True)
class Dial:
    """Where the listeners' dial stands.

    Parameters
    ----------
    mood
        From dark, -1, to bright, 1.
    energy
        From sleepy, -1, to awake, 1.
    named
        The one mood that is wanted, of `MOOD`; empty where anything near to `mood` will do.
    """

    mood: float = 0.0
    energy: float = 0.0
    named: str = ""

    @staticmethod
    def of(settings: Mapping[str, Any]) -> Dial:
        """Return the dial of a station's settings, a mood by name or number; 0 for what is not set, or is neither."""
        mood, energy = settings.get("mood"), _number(settings.get("energy"))
        if isinstance(mood, str) and mood in MOOD:
            return Dial(MOOD[mood], energy, mood)
        return Dial(_number(mood), energy)

    def away(self, mood: str, bpm: float) -> float:
        """Return how far a track is from the dial, 0 to about 2. A dial in the middle asks for nothing."""
        energy = 2.0 * (bpm - SLOW_BPM) / (FAST_BPM - SLOW_BPM) - 1.0
        return math.hypot(self._moods_apart(mood), abs(self.energy) * (energy - self.energy))

    def _moods_apart(self, mood: str) -> float:
        apart = abs(MOOD.get(mood, 0.0) - self.mood)
        if not self.named:
            return abs(self.mood) * apart
        return 0.0 if mood == self.named else max(_ANOTHER, apart)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return 0.0
    return min(_MOST, max(_LEAST, float(value)))


@dataclass(frozen=True, slots=True)
class Taste:
    """What likes and dislikes add up to: by recipe, mood, tempo, mode, keys instrument and kit."""

    scores: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @staticmethod
    def learned(judged: Iterable[tuple[Mapping[str, str], int]]) -> Taste:
        """Return the taste of opinions: `traits` of a track, and the sum of what was thought of it."""
        scores: dict[tuple[str, str], float] = {}
        for traits, value in judged:
            for trait in traits.items():
                scores[trait] = scores.get(trait, 0.0) + max(-3, min(3, value))
        return Taste(scores)

    def weight(self, trait: str, value: str) -> float:
        """Return the factor on the chances of something; 1 where nobody has said anything."""
        score = max(-6.0, min(6.0, self.scores.get((trait, value), 0.0)))
        return math.exp(_NUDGE * score)

    def of(self, trait: str) -> bool:
        """Whether there is an opinion about a trait."""
        return any(name == trait and score for (name, _), score in self.scores.items())


def traits(recipe: str, mood: str, bpm: float, key: str, provenance: Mapping[str, Any]) -> dict[str, str]:
    """Return what a like of a track is about."""
    found = {"recipe": recipe, "mood": mood, "tempo": pace(bpm), "mode": key.rpartition(" ")[2]}
    parts = _table(_table(provenance.get("recipe")).get("parts"))
    keys, drums = _table(parts.get("keys")), _table(parts.get("drums"))
    if isinstance(keys.get("instrument"), str):
        found["keys"] = keys["instrument"]
    if drums.get("on", True) and isinstance(kit := _table(drums.get("params")).get("character"), str):
        found["kit"] = kit
    return found


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def pace(bpm: float) -> str:
    """Return `slow`, `walking` or `brisk`."""
    return "slow" if bpm < 72.0 else "walking" if bpm < 84.0 else "brisk"


def draw(
    seed: Seed, settings: Mapping[str, Any], taste: Taste, *, but: str = "", minutes: tuple[float, float] | None = None
) -> dict[str, Any]:
    """Return the spec of a track: what a job of the kind `track` asks for.

    Choices that a recipe leaves open stay the recipe's own unless the dial or an opinion tilts them.

    Parameters
    ----------
    seed
        Of this draw.
    settings
        The station's.
    taste
        Of its listeners.
    but
        A recipe that is not drawn, because it came just before.
    minutes
        Between which lengths; None takes those of a track.
    """
    dial = Dial.of(settings)
    name = _recipe(seed.at("recipe"), settings, taste, dial, but)
    table = recipe_table(name)
    shortest, longest = minutes or (_SHORT, _LONG)
    spec: dict[str, Any] = {
        "recipe": name,
        "seed": int(seed.at("song").between(0, 1_000_000)),
        "minutes": round(seed.at("minutes").between(shortest, longest), 2),
    }
    if dial.named:
        spec["mood"] = dial.named
    elif dial.mood or taste.of("mood"):
        moods, weights = options(table.get("mood"))
        tilt = [
            weight * taste.weight("mood", mood) * _near(MOOD.get(mood, 0.0), dial.mood)
            for mood, weight in zip(moods, weights, strict=True)
        ]
        spec["mood"] = seed.at("mood").pick(moods, tilt)
    if dial.energy or taste.of("tempo"):
        spec["bpm"] = _tempo(seed.at("tempo"), table, taste, dial.energy)
    if dial.mood or taste.of("mode"):
        spec["key"] = _key(seed.at("key"), table, taste, dial.mood)
    if chosen := _dressed(seed.at("dress"), table, settings, taste, dial):
        spec["settings"] = chosen
    return spec


def _recipe(seed: Seed, settings: Mapping[str, Any], taste: Taste, dial: Dial, but: str) -> str:
    known = recipe_names()
    wanted = settings.get("recipes")
    allowed = [name for name in known if isinstance(wanted, list) and name in wanted] or list(known)
    some = [name for name in allowed if name != but] or allowed
    weights = []
    for name in some:
        mood, energy = _character(name)
        suits = _UNUSUAL + _share(name, dial.named) if dial.named else _near(mood, dial.mood)
        weights.append(taste.weight("recipe", name) * suits * _near(energy, dial.energy))
    return seed.pick(some, weights)


def _near(place: float, dial: float) -> float:
    """Return the factor that a dial puts on something that lies at a place: 1 for a dial in the middle."""
    return math.exp(-2.5 * abs(dial) * (place - dial) ** 2)


def _tempo(seed: Seed, table: Mapping[str, Any], taste: Taste, energy: float) -> float:
    low, high = _range(_table(table.get("tempo")).get("bpm"), (SLOW_BPM, FAST_BPM))
    aim = SLOW_BPM + (FAST_BPM - SLOW_BPM) * (0.5 + 0.5 * energy)
    low, high = (low + abs(energy) * (min(max(aim, low), high) - low) / 2.0, high)
    high = high + abs(energy) * (min(max(aim, low), high) - high) / 2.0
    tempi = [low + (high - low) * (k + 0.5) / 9.0 for k in range(9)]
    weights = [
        taste.weight("tempo", pace(bpm)) * (_near(2.0 * (bpm - SLOW_BPM) / (FAST_BPM - SLOW_BPM) - 1.0, energy) + 1e-6)
        for bpm in tempi
    ]
    return round(seed.pick(tempi, weights) + seed.at("within").between(-0.5, 0.5) * (high - low) / 9.0, 2)


def _key(seed: Seed, table: Mapping[str, Any], taste: Taste, mood: float) -> str:
    keys, weights = options(table.get("key"))
    tilt = []
    for key, weight in zip(keys, weights, strict=True):
        mode = Key.parse(key).mode
        tilt.append(weight * taste.weight("mode", mode) * _near(0.7 if mode == "major" else -0.7, mood))
    return seed.pick(keys, tilt)


def _dressed(seed: Seed, table: Mapping[str, Any], settings: Mapping[str, Any], taste: Taste, dial: Dial) -> list[str]:
    """Return settings over the recipe: the weather, how full it is, instrument and kit where somebody cares."""
    told = []
    if (weather := settings.get("weather")) in ("clear", "rain", "snow", "fog"):
        told.append(f"weather={weather}")
        told += ["rain.on=true"] if weather == "rain" else []
    if abs(dial.energy) > 0.2:
        full = 0.5 + 0.35 * dial.energy + seed.at("full").between(-0.12, 0.12)
        told.append(f"form.fullness={min(0.95, max(0.05, full)):.2f}")
    parts = _table(table.get("parts"))
    keys, drums = _table(parts.get("keys")), _table(parts.get("drums"))
    for trait, choice, path in (
        ("keys", keys.get("instrument"), "keys.instrument"),
        ("kit", _table(drums.get("params")).get("character"), "drums.character"),
    ):
        names, weights = options(choice)
        if len(names) > 1 and any(taste.weight(trait, name) != 1.0 for name in names):
            tilt = [w * taste.weight(trait, n) for n, w in zip(names, weights, strict=True)]
            told.append(f"{path}={seed.at(trait).pick(names, tilt)}")
    return told


def options(choice: Any) -> tuple[list[str], list[float]]:
    """Return the names that a recipe's choice is between, and their weights."""
    if isinstance(choice, str):
        return [choice], [1.0]
    table: Mapping[str, Any] = _table(choice)
    offered: Any = table.get("any_of") or ()
    some = [one for one in offered if isinstance(one, str)]
    weights = table.get("weights")
    if not isinstance(weights, Sequence) or len(weights) != len(some):
        return some, [1.0] * len(some)
    return some, [float(w) for w in weights]


def _range(choice: Any, otherwise: tuple[float, float]) -> tuple[float, float]:
    if isinstance(choice, (int, float)):
        return float(choice), float(choice)
    told: Any = _table(choice).get("between")
    return (float(told[0]), float(told[1])) if isinstance(told, Sequence) and len(told) == 2 else otherwise


def _character(name: str) -> tuple[float, float]:
    """Return where a recipe lies on both dials on the whole."""
    table = recipe_table(name)
    moods, weights = options(table.get("mood"))
    mood = sum(MOOD.get(m, 0.0) * w for m, w in zip(moods, weights, strict=True)) / (sum(weights) or 1.0)
    low, high = _range(_table(table.get("tempo")).get("bpm"), (SLOW_BPM, FAST_BPM))
    return mood, 2.0 * ((low + high) / 2.0 - SLOW_BPM) / (FAST_BPM - SLOW_BPM) - 1.0


def _share(name: str, mood: str) -> float:
    """Return how often a recipe is of a mood, 0 to 1."""
    moods, weights = options(recipe_table(name).get("mood"))
    return sum(w for m, w in zip(moods, weights, strict=True) if m == mood) / (sum(weights) or 1.0)


@lru_cache(maxsize=1)
def recipe_names() -> tuple[str, ...]:
    """Return the recipes that there are and that can be made into music."""
    from dusktape.studio.presets import working_recipes  # here, since a station whose reserve is full needs none

    return tuple(sorted(working_recipes()))


def check_recipes(names: Iterable[str]) -> None:
    """Refuse recipes that do not exist.

    Raises
    ------
    InputError
        Naming the first, and one that is like it.
    """
    from dusktape.studio.presets import recipe_files

    known = recipe_files()
    for name in names:
        if name not in known:
            raise InputError(f"there is no recipe {name!r}{suggestion(name, known)}")


@lru_cache(maxsize=256)
def recipe_table(name: str) -> Mapping[str, Any]:
    """Return a recipe, its choices open."""
    from dusktape.studio.presets import load

    return load(name)
