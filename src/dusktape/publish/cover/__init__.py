"""Covers: a night scene for every song, drawn in code from its seed."""

from __future__ import annotations

from collections.abc import Callable

from dusktape.core.seed import Seed
from dusktape.publish.cover.canvas import Canvas
from dusktape.publish.cover.finish import bloom, expose, png
from dusktape.publish.cover.palette import choose
from dusktape.publish.cover.scenes import hillside, rooftops, seaside, street, train, window
from dusktape.publish.cover.title import write

WEATHERS = ("clear", "rain", "snow", "fog")
"""What the sky may do; anything else is clear."""

SCENES: dict[str, Callable[[Canvas], None]] = {
    "window": window.draw,
    "rooftops": rooftops.draw,
    "street": street.draw,
    "train": train.draw,
    "hillside": hillside.draw,
    "seaside": seaside.draw,
}
"""Families of pictures. Within one, seed, palette and weather change everything but the idea."""


def draw_cover(seed: Seed, *, title: str, mood: str, weather: str, size: int = 1400, scene: str = "") -> bytes:
    """Return a square PNG, at most about 900 kB, of a night that suits the song.

    Costs about 0.2 s at 1400 pixels. The same arguments give the same bytes on one machine.

    Parameters
    ----------
    seed
        The song's.
    title
        Set small in a corner; letters that the font lacks are left out.
    mood
        One of `core.roles.MOODS`; leans the choice of colours.
    weather
        One of `WEATHERS`.
    size
        Pixels along a side, 64 or more.
    scene
        One of `SCENES`, or nothing to let the seed choose.
    """
    place = seed.at("cover")
    weather = weather if weather in WEATHERS else "clear"
    canvas = Canvas(size, choose(place, mood, weather), weather, place)
    SCENES[scene or place.at("scene").pick(tuple(SCENES))](canvas)
    light = bloom(canvas.image, strength=0.75)
    write(canvas, title)
    expose(canvas.image, light)
    return png(canvas.image, place)
