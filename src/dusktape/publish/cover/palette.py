"""Colours of a night, from the sky down to the ink of the foreground."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from dusktape.core.seed import Seed

Colour: TypeAlias = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


SNOW: Colour = (218, 225, 244)
"""Snow by night."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Ten colours that belong together.

    Parameters
    ----------
    top, middle, horizon
        The sky, downwards.
    far, near, ink
        Silhouettes: a distant row of houses, one close by, the foreground.
    lamp, accent, moon
        Lights: lit rooms, signs, the moon.
    wall
        A dark room's wall, seen by lamplight.
    """

    name: str
    top: Colour
    middle: Colour
    horizon: Colour
    far: Colour
    near: Colour
    ink: Colour
    lamp: Colour
    accent: Colour
    moon: Colour
    wall: Colour

    def layer(self, depth: float) -> Colour:
        """Return the colour of a silhouette: 0 is close by, 1 melts into the horizon."""
        if depth < 0.5:
            return mix(self.near, self.far, depth * 2.0)
        return mix(self.far, self.horizon, (depth - 0.5) * 1.3)


PALETTES = (
    Palette(
        "dusk purple",
        (22, 16, 50), (70, 44, 104), (206, 112, 130), (80, 54, 106), (27, 19, 48), (12, 9, 24),
        (255, 192, 112), (255, 118, 148), (255, 228, 204), (52, 36, 62),
    ),
    Palette(
        "teal night",
        (5, 19, 36), (13, 56, 76), (98, 154, 146), (30, 78, 90), (9, 31, 44), (4, 13, 21),
        (255, 198, 116), (118, 236, 212), (238, 246, 224), (22, 44, 52),
    ),
    Palette(
        "amber lamp",
        (18, 12, 30), (78, 40, 50), (228, 138, 76), (92, 52, 54), (33, 19, 28), (14, 8, 14),
        (255, 182, 88), (255, 220, 150), (255, 224, 172), (60, 38, 36),
    ),
    Palette(
        "rose",
        (32, 20, 60), (112, 58, 112), (226, 134, 140), (106, 62, 110), (42, 25, 58), (18, 10, 29),
        (255, 206, 150), (255, 148, 192), (255, 238, 228), (62, 38, 62),
    ),
    Palette(
        "ink blue",
        (4, 8, 27), (17, 34, 84), (88, 116, 172), (28, 46, 92), (10, 17, 42), (5, 7, 19),
        (255, 202, 122), (128, 182, 255), (234, 240, 255), (26, 32, 58),
    ),
    Palette(
        "harbour",
        (7, 13, 40), (36, 48, 96), (232, 138, 96), (62, 58, 92), (20, 22, 46), (9, 10, 24),
        (255, 196, 116), (255, 146, 104), (255, 234, 208), (38, 36, 56),
    ),
    Palette(
        "moss",
        (7, 17, 20), (26, 54, 50), (158, 164, 112), (44, 74, 62), (14, 30, 29), (6, 14, 15),
        (255, 206, 124), (226, 178, 92), (246, 244, 212), (32, 46, 40),
    ),
)  # fmt: skip

_MOODS = {
    "wistful": (3, 2, 1, 2, 3, 2, 1.5),
    "warm": (2, 0.5, 4, 2, 0.5, 3, 1.5),
    "dreamy": (3, 1, 0.5, 4, 1, 2, 1),
    "dark": (1, 3, 1, 0.3, 4, 1, 2),
    "hopeful": (2, 1.5, 2, 4, 0.5, 4, 1.5),
    "sleepy": (2, 2, 2, 1, 3, 1, 3),
}


def choose(seed: Seed, mood: str, weather: str) -> Palette:
    """Return the palette of a cover: a mood leans towards some, the weather tints whichever it is."""
    return under(weather, seed.at("palette").pick(PALETTES, _MOODS.get(mood)))


def under(weather: str, palette: Palette) -> Palette:
    """Return the palette as it looks in a weather: rain dims, snow and fog pale the distance."""
    if weather == "rain":
        slate = mix(palette.middle, (70, 84, 104), 0.5)
        return replace(palette, horizon=mix(palette.horizon, slate, 0.45), middle=scale(palette.middle, 0.86))
    if weather == "snow":
        pale = scale(mix(palette.horizon, (158, 170, 204), 0.45), 0.82)
        return replace(palette, horizon=pale, middle=mix(palette.middle, pale, 0.08))
    if weather == "fog":
        grey = mix(palette.horizon, (134, 142, 156), 0.45)
        milk = scale(grey, 0.8)
        return replace(palette, horizon=milk, middle=mix(palette.middle, milk, 0.4), far=mix(palette.far, milk, 0.35))
    return palette


def mix(a: Colour, b: Colour, amount: float) -> Colour:
    """Return the colour between two: `a` at 0, `b` at 1."""
    amount = min(1.0, max(0.0, amount))
    red, green, blue = (round(x + (y - x) * amount) for x, y in zip(a, b, strict=True))
    return red, green, blue


def scale(colour: Colour, amount: float) -> Colour:
    """Return a colour lighter (above 1) or darker."""
    red, green, blue = (min(255, round(x * amount)) for x in colour)
    return red, green, blue
