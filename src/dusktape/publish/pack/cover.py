"""A pack's cover: a night of its own, drawn from its seed, with its name in the corner."""

from __future__ import annotations

from dusktape.core.seed import Seed
from dusktape.publish.cover import draw_cover

FILE = "cover.png"
_SIZE = 1000


def place(seed: Seed) -> Seed:
    """Return the seed at which a pack's cover chooses its colours."""
    return seed.at("pack", "cover", "cover")


def draw(seed: Seed, title: str, mood: str, weather: str) -> bytes:
    """Return the cover, a PNG of 1000 x 1000.

    Parameters
    ----------
    seed, title
        Of the pack.
    mood, weather
        Of its first song, or what the seed makes of a pack without songs.
    """
    return draw_cover(seed.at("pack", "cover"), title=title, mood=mood, weather=weather, size=_SIZE)
