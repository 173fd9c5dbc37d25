"""A name for a song that has none, from its seed, mood and weather."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Protocol

from dusktape.core.errors import InputError
from dusktape.core.recipe import Recipe
from dusktape.core.seed import Seed

_THINGS = {
    "clear": (
        *("Rooftops", "Lamplight", "Train Windows", "Balconies", "Paper Moons", "Neon", "Crosswalks", "Window Seats"),
        *("Swallows", "Dust Motes", "Washing Lines", "Tall Grass", "Starlight", "Fire Escapes", "Bicycles"),
    ),
    "rain": (
        *("Umbrellas", "Wet Asphalt", "Gutters", "Raincoats", "Bus Stops", "Puddles", "Awnings", "Night Buses"),
        *("Tin Roofs", "Windscreens", "Wet Leaves", "Drainpipes", "Thunderheads", "Rubber Boots", "Raindrops"),
    ),
    "snow": (
        *("Fresh Snow", "Footprints", "Radiators", "Mittens", "Quiet Streets", "Woodsmoke", "Frost", "Tea Kettles"),
        *("Icicles", "Wool Socks", "Bare Branches", "Snow Ploughs", "Pine Trees", "Cold Hands", "Candlelight"),
    ),
    "fog": (
        *("Harbours", "Lighthouses", "Grey Mornings", "Ferries", "Headlights", "Low Tides", "Overpasses"),
        *("Signal Lamps", "Foghorns", "Empty Piers", "Marshland", "Breath", "Old Bridges", "Seagulls", "Mist"),
    ),
}
"""Weather to things of it: several of each, or what cannot be counted, so that every touch reads well."""

_ANYWHERE = (
    "Stairwells",
    "Corner Shops",
    "Spare Keys",
    "Postcards",
    "Old Photographs",
    "Blue Hours",
    "Side Streets",
    "Kitchen Lights",
)
"""Things of any weather, for songs whose own title is taken."""

_TOUCHES = {
    "wistful": (
        *("Letters to {}", "{} We Left", "{}, Again", "The Other {}", "{} in Sepia", "{} I Remember"),
        *("Leaving {}", "{} Without You", "Last Year's {}", "{}, Years Later", "What {} Knew"),
    ),
    "warm": (
        *("{} and Tea", "Home by {}", "{}, Stay a While", "Sunday {}", "{} on Low", "Honey and {}"),
        *("{} for Two", "Our {}", "{} by the Stove", "{} After Supper", "Amber {}"),
    ),
    "dreamy": (
        *("{} Half Asleep", "{} Underwater", "Drifting {}", "{} on the Ceiling", "Soft {}", "{} in Slow Motion"),
        *("Weightless {}", "{} Behind Glass", "Dreaming of {}", "{} Out of Focus", "Silver {}"),
    ),
    "dark": (
        *("{} After Midnight", "No More {}", "{} Under Static", "{}, 4 a.m.", "Black {}", "{} in the Basement"),
        *("Nobody's {}", "{}, Lights Out", "Beneath {}", "{} and Shadows", "Hollow {}"),
    ),
    "hopeful": (
        *("{} at First Light", "Almost {}", "{} Tomorrow", "Up by {}", "New {}", "{} and Open Doors"),
        *("Towards {}", "{} in Bloom", "Good Morning, {}", "Beyond {}", "{} on the Way Up"),
    ),
    "sleepy": (
        *("Lullaby for {}", "Slow {}", "{} in Bed", "{}, Eyes Closed", "{}, Lights Off", "Goodnight, {}"),
        *("Hushed {}", "{} Under Blankets", "Yawning {}", "{} Before Dawn", "Pillows and {}"),
    ),
}


def title_for(seed: Seed, *, mood: str, weather: str) -> str:
    """Return a title. The same seed, mood and weather always give the same one."""
    here = seed.at("title")
    thing = here.at("thing").pick(_THINGS[weather])
    return here.at("touch").pick(_TOUCHES[mood]).format(thing)


def check_title(title: str) -> None:
    """Refuse a title that holds line ends or other things that no player shows.

    Raises
    ------
    InputError
        With the title.
    """
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in title):
        raise InputError(f"the title {title!r} holds characters that cannot be shown; leave them out")


class Song(Protocol):
    """A song that has a title."""

    @property
    def title(self) -> str:
        """As it stands."""
        ...

    @property
    def recipe(self) -> Recipe:
        """Every choice closed."""
        ...

    @property
    def seed(self) -> Seed:
        """The song's own."""
        ...


def told_apart(songs: Sequence[Song]) -> list[str]:
    """Return the songs' titles, no two of them equal.

    The first song of a title keeps it; each later one takes the next title of its own seed that no other has. The same
    songs in the same order always get the same titles.
    """
    taken = {song.title for song in songs}
    seen: set[str] = set()
    told = []
    for song in songs:
        title = song.title
        if title in seen:
            title = next(one for one in _others(song) if one not in taken)
            taken.add(title)
        seen.add(title)
        told.append(title)
    return told


def _others(song: Song) -> Iterator[str]:
    """Yield titles that a song may have in place of its own: those of its mood and weather, then numbered ones."""
    here = song.seed.at("title", "others")
    things = (*_THINGS[song.recipe.weather], *_ANYWHERE)
    pairs = [(thing, touch) for thing in things for touch in _TOUCHES[song.recipe.mood]]
    pairs.sort(key=lambda pair: here.at(*pair).key)
    yield from (touch.format(thing) for thing, touch in pairs)
    yield from (f"{song.title}, Part {k}" for k in count(2))
