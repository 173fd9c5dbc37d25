from __future__ import annotations

import io
from functools import cache
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dusktape.core.roles import MOODS
from dusktape.core.seed import Seed
from dusktape.publish.cover import SCENES, WEATHERS, draw_cover
from dusktape.publish.cover.palette import PALETTES, choose
from dusktape.publish.cover.title import legible

SMALL = 350


@cache
def cover(seed: int, scene: str = "", weather: str = "clear", mood: str = "wistful", title: str = "") -> Image.Image:
    data = draw_cover(Seed(seed), title=title, mood=mood, weather=weather, size=SMALL, scene=scene)
    return Image.open(io.BytesIO(data)).convert("RGB")


def light(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(image.convert("L"), float)


def fingerprint(image: Image.Image) -> NDArray[np.bool_]:
    """256 bits of where the picture gets lighter, rightwards and downwards."""
    grey = np.asarray(image.convert("L").resize((17, 17), Image.Resampling.LANCZOS), float)
    return np.concatenate([(np.diff(grey, axis=1)[:16] > 0).ravel(), (np.diff(grey, axis=0)[:, :16] > 0).ravel()])


def test_a_cover_is_a_square_png_that_fits_into_a_tag() -> None:
    data = draw_cover(Seed(7), title="Window light", mood="warm", weather="rain")
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size) == ("PNG", (1400, 1400))
    assert 200_000 < len(data) < 1_000_000


def test_the_same_arguments_give_the_same_bytes() -> None:
    first, second = (
        draw_cover(Seed(3), title="Again", mood="dark", weather="snow", size=SMALL, scene="rooftops") for _ in range(2)
    )
    assert first == second


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_is_a_night_with_lights(scene: str) -> None:
    for weather in WEATHERS:
        grey = light(cover(2, scene, weather))
        assert 10 < grey.mean() < 95
        assert (grey > 170).mean() > 0.0004  # somebody is awake
        assert (grey < 40).mean() > 0.04


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_is_drawn_and_no_gradient(scene: str) -> None:
    grey = light(cover(2, scene))
    edges = np.maximum(np.abs(np.diff(grey, axis=1))[:-1], np.abs(np.diff(grey, axis=0))[:, :-1]) > 24
    assert edges.mean() > 0.012
    # Edges lie all over the picture: of 49 fields, most hold some.
    fields = edges[:343, :343].reshape(7, 49, 7, 49).mean(axis=(1, 3))
    assert (fields > 0.001).sum() > 20


@pytest.mark.parametrize("scene", SCENES)
def test_seeds_differ_within_a_scene(scene: str) -> None:
    pictures = [np.asarray(cover(seed, scene), float) for seed in (2, 3, 4)]
    assert min(np.abs(a - b).mean() for a, b in combinations(pictures, 2)) > 5


def test_seeds_choose_different_pictures() -> None:
    prints = [fingerprint(cover(seed)) for seed in range(12)]
    distances = [float((a != b).mean()) for a, b in combinations(prints, 2)]
    assert np.median(distances) > 0.25
    assert min(distances) > 0.02


@pytest.mark.parametrize("scene", SCENES)
def test_weather_changes_the_picture(scene: str) -> None:
    pictures = [np.asarray(cover(2, scene, weather), float) for weather in WEATHERS]
    assert min(np.abs(a - b).mean() for a, b in combinations(pictures, 2)) > 1.5


def test_an_unknown_weather_is_clear() -> None:
    clear = draw_cover(Seed(1), title="", mood="warm", weather="clear", size=64)
    assert draw_cover(Seed(1), title="", mood="warm", weather="hail of frogs", size=64) == clear


def test_every_mood_can_have_every_palette_but_leans() -> None:
    for mood in MOODS:
        drawn = [choose(Seed(seed), mood, "clear").name for seed in range(400)]
        shares = sorted(drawn.count(palette.name) for palette in PALETTES)
        assert shares[0] > 0 and shares[-1] > 2 * shares[0]


def test_the_title_stands_at_the_lower_left_and_nowhere_else() -> None:
    plain, titled = light(cover(4, "seaside")), light(cover(4, "seaside", title="Half asleep on the 47"))
    change = np.abs(titled - plain) > 60
    rows, columns = np.nonzero(change)
    assert len(rows) > 40
    assert rows.min() > 0.85 * SMALL and columns.min() > 0.04 * SMALL and columns.max() < 0.6 * SMALL


@pytest.mark.parametrize("title", ["n" * 300, "夜の雨", "", "\ud800\0\n", "Ünïcode – “quotes”", "🌙 moon"])
def test_any_title_can_be_set(title: str) -> None:
    image = cover(1, "train", title=title)
    change = np.abs(light(image) - light(cover(1, "train"))) > 60
    assert change.any() == bool(legible(title))
    assert not change[:, -10:].any()


def test_letters_that_the_font_lacks_lose_their_accents_or_stay_out() -> None:
    assert legible("Café  Straße") == "Cafe Strasse"
    assert legible("夜") == ""
    assert legible("🌙 moon") == "moon"
    assert legible("«20° ± 1» ‘so") == "«20° ± 1» ‘so"  # what the font has is kept


def test_covers_come_in_other_sizes() -> None:
    image = Image.open(io.BytesIO(draw_cover(Seed(0), title="x", mood="warm", weather="clear", size=96)))
    assert image.size == (96, 96)
