from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dusktape.core.seed import Seed
from dusktape.publish.cover.finish import bloom, expose, grain, png

PLACE = Seed(5)


def dusk(size: int) -> Image.Image:
    """A picture of many colours without an edge."""
    down, right = np.mgrid[0:size, 0:size] / (size - 1.0)
    planes = [20 + 90 * down, 15 + 60 * right * down, 60 + 70 * (1.0 - down)]
    return Image.fromarray(np.rint(np.stack(planes, axis=2)).astype(np.uint8))


def developed(image: Image.Image) -> NDArray[np.float64]:
    return np.asarray(Image.open(io.BytesIO(png(image, PLACE))).convert("RGB"), float)


@pytest.mark.parametrize("size", [64, 99, 100, 250, 700])
def test_the_light_that_spills_over_and_the_dark_of_the_corners_have_no_seams(size: int) -> None:
    image, light = dusk(size), Image.new("RGB", (-(-size // 8), -(-size // 8)), (40, 30, 0))
    below = np.asarray(image, float)
    expose(image, light)
    place = np.linspace(-1.0, 1.0, size)
    corner = place[:, None] ** 2 + place[None, :] ** 2
    shade = 1.0 - 0.16 * np.clip(corner - 0.35, 0.0, None)
    lit = 255.0 - (255.0 - below) * (255.0 - np.asarray((40, 30, 0))) / 255.0
    assert np.abs(np.asarray(image, float) - lit * shade[:, :, None]).max() < (2.0 if size == 700 else 8.0)


def test_only_what_is_bright_spills_over() -> None:
    image = Image.new("RGB", (160, 160), (120, 120, 120))
    assert bloom(image, strength=0.75).getextrema() == ((0, 0),) * 3
    image.paste((255, 200, 100), (64, 64, 96, 96))
    light = np.asarray(bloom(image, strength=0.75))
    assert light.shape == (20, 20, 3)
    red, green, blue = light[10, 10]
    assert red > green > blue == 0
    assert light[0, 0].max() < red / 4


@pytest.mark.parametrize("size", [100, 350, 430])
def test_a_picture_keeps_its_tones_in_few_colours(size: int) -> None:
    image = dusk(size)
    seen, meant = developed(image), np.asarray(image, float)
    # The nearest colours, neither always the darker nor always the lighter ones.
    assert np.abs((seen - meant).mean(axis=(0, 1))).max() < 1.2
    side = size // 10 * 10
    fields = (seen - meant)[:side, :side].reshape(10, side // 10, 10, side // 10, 3).mean(axis=(1, 3))
    assert np.abs(fields).max() < 4.0
    assert np.abs(seen - meant).mean() < 6.0


def test_grain_is_even_and_differs_from_band_to_band() -> None:
    rng = PLACE.rng()
    first, second = (grain(rng, 100, 300).astype(float) for _ in range(2))
    assert abs(first.mean()) < 3.0
    assert first.std() == pytest.approx(255.0 / np.sqrt(6.0), rel=0.03)  # of a triangle from -255 to 255
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.03


def test_the_same_picture_and_seed_give_the_same_bytes() -> None:
    assert png(dusk(128), PLACE) == png(dusk(128), PLACE) != png(dusk(128), Seed(6))
