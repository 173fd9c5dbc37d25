from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from dusktape.core.seed import Seed
from dusktape.publish.cover.canvas import Canvas, Shape, spread
from dusktape.publish.cover.palette import PALETTES, Colour

SHEET, LAMP, INK = (60, 100, 140), (255, 192, 112), (12, 9, 24)
FULL = 1.3  # what `canvas` calls a light of strength 1


def canvas(size: int, colour: Colour = SHEET) -> Canvas:
    blank = Canvas(size, PALETTES[0], "clear", Seed(1))
    blank.image = Image.new("RGB", (size, size), colour)
    return blank


def samples(sheet: Canvas) -> NDArray[np.float64]:
    return np.asarray(sheet.image, float)


def screened(below: NDArray[np.float64], light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The definition: what is left of the dark is what both leave of it."""
    return 255.0 - (255.0 - below) * (255.0 - light) / 255.0


def blended(mask: Image.Image, colour: Colour) -> NDArray[np.float64]:
    share = np.asarray(mask, float)[:, :, None] / 255.0
    return np.asarray(SHEET) * (1.0 - share) + np.asarray(colour) * share


@pytest.mark.parametrize("colour", [LAMP, (118, 236, 212), (255, 255, 255), (40, 0, 0)])
def test_a_light_is_screened_on(colour: Colour) -> None:
    sheet = canvas(100)
    sheet.shine(Shape().box(0, 0, 1000, 1000), colour, 0.5)
    expected = screened(np.asarray(SHEET, float), np.asarray(colour) * 0.5 * FULL)
    assert np.abs(samples(sheet)[50, 50] - expected).max() <= 1.0


@pytest.mark.parametrize(("radius", "flat"), [(30.0, 1.0), (450.0, 1.0), (620.0, 0.55)])
def test_a_light_small_or_wide_fades_as_it_should(radius: float, flat: float) -> None:
    size, strength = 800, 0.4
    sheet = canvas(size)
    sheet.glow(500.0, 500.0, radius, LAMP, strength, flat=flat)
    place = (np.arange(size) + 0.5) / size * 1000.0 - 500.0
    away = np.hypot(place[None, :], place[:, None] / flat) / radius
    light = np.clip(1.0 - away, 0.0, 1.0) ** 2 * (0.25 + 0.75 / (1.0 + 18.0 * away**2))
    expected = screened(np.asarray(SHEET, float), light[:, :, None] * np.asarray(LAMP) * strength * FULL)
    # The middle of a small light is steep: half a pixel there is much.
    error = np.abs(samples(sheet) - expected)
    assert error[away > 0.1].max() < (9.0 if radius < 100 else 3.0)
    assert error.mean() < 0.6


def test_a_light_leaves_alone_what_it_does_not_reach() -> None:
    sheet = canvas(400)
    sheet.glow(500.0, 500.0, 200.0, LAMP, 0.3)
    changed = np.argwhere((samples(sheet) != SHEET).any(axis=2))
    assert len(changed) > 0
    assert np.abs(changed - 200).max() <= 80


@pytest.mark.parametrize("blur", [3.0, 5.0, 9.0, 14.0, 30.0])
def test_a_soft_edge_is_as_soft_as_one_drawn_at_every_pixel(blur: float) -> None:
    size = 700
    shape = Shape().polygon([(203, 220), (790, 331), (640, 777)]).box(100, 100, 300, 307)
    sheet = canvas(size)
    sheet.paint(shape, INK, blur=blur)
    mask = shape.mask(0, 0, size, size, size / 1000.0).filter(ImageFilter.GaussianBlur(blur * size / 1000.0))
    error = np.abs(samples(sheet) - blended(mask, INK))
    assert error.max() < 8.0  # of 116 between the two colours
    assert error.mean() < 0.5


def test_a_bent_stroke_has_no_gap_and_round_joints() -> None:
    corner = (500.0, 300.0)
    mask = np.asarray(Shape().line([(200, 600), corner, (800, 600)], 80).mask(0, 0, 500, 500, 0.5))
    down, right = np.mgrid[0:500, 0:500] + 0.5
    away = np.hypot(right - 250.0, down - 150.0)
    assert mask[away < 17.0].min() == 255
    assert mask[(down < 150.0) & (np.abs(right - 250.0) < 5.0) & (away > 21.0)].max() == 0  # as from a mitre


def test_a_sheet_of_rows_has_the_tones_asked_for() -> None:
    rows = np.array([[0.0, 10.4, 255.0], [99.6, 3.0, 7.0]])
    assert np.asarray(spread(rows, 3)).tolist() == [[[0, 10, 255]] * 3, [[100, 3, 7]] * 3]
    assert np.asarray(spread(rows[:, 0], 2)).tolist() == [[0, 0], [100, 100]]


def test_haze_thickens_downwards_and_starts_where_it_is_told() -> None:
    sheet = canvas(200)
    sheet.haze(300.0, 700.0, (255, 255, 255), 0.5)
    red = samples(sheet)[:, :, 0]
    assert (red[:60] == SHEET[0]).all()
    assert (np.diff(red[:, 7]) >= 0).all()
    assert np.abs(red[141:] - (SHEET[0] + 255) / 2).max() <= 1.0


def test_a_picture_of_half_the_size_fills_a_box_and_nothing_else() -> None:
    sheet, half = canvas(200), Image.fromarray(np.repeat(np.arange(100, dtype=np.uint8)[:, None, None], 3, axis=2))
    sheet.picture(half.resize((100, 100), Image.Resampling.NEAREST), 250.0, 500.0, 750.0, 1000.0)
    seen = samples(sheet)
    assert np.abs(seen[100:, 50:150, 0] - np.arange(100, 200)[:, None] / 2.0).max() <= 0.5
    seen[100:, 50:150] = SHEET
    assert (seen == SHEET).all()
    sheet.picture(half, 600.0, 100.0, 600.0, 300.0)  # no wider than nothing: nothing to fill
