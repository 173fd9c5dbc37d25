"""Rain, snow and fog between the painter and the scene."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from dusktape.publish.cover.canvas import Canvas
from dusktape.publish.cover.palette import mix


def fall(canvas: Canvas) -> None:
    """Let it rain or snow over the whole sheet, far and near; in fog, let a last veil drift through."""
    if canvas.weather == "rain":
        _rain(canvas)
    elif canvas.weather == "snow":
        _snow(canvas)
    elif canvas.weather == "fog":
        pale = mix(canvas.palette.horizon, (170, 176, 190), 0.25)
        canvas.clouds(330, 990, pale, 0.34, cells=(2, 5), place="veil")


def _rain(canvas: Canvas) -> None:
    rng = canvas.seed.at("rain").rng()
    lean = rng.uniform(-0.16, 0.16)
    sheet = Image.new("L", (canvas.size, canvas.size))
    pen = ImageDraw.Draw(sheet)
    unit = canvas.unit
    for count, length, ink, width in ((520, 26, 34, 1), (190, 52, 52, 1), (46, 95, 62, 2)):
        x, y = rng.uniform(-60, 1060, count) * unit, rng.uniform(-90, 1000, count) * unit
        long = length * rng.uniform(0.6, 1.3, count) * unit
        for x0, y0, drop in zip(x.tolist(), y.tolist(), long.tolist(), strict=True):
            pen.line((x0, y0, x0 + lean * drop, y0 + drop), fill=ink, width=width)
    sheet = sheet.filter(ImageFilter.BoxBlur(0.7))
    pale = mix(canvas.palette.horizon, (206, 216, 236), 0.6)
    canvas.lay(pale, sheet)


def _snow(canvas: Canvas) -> None:
    rng = canvas.seed.at("snow").rng()
    white = mix((236, 240, 252), canvas.palette.moon, 0.3)
    half = canvas.size // 2
    flakes = Image.new("L", (half, half))
    for count, least, ink, blur in ((650, 0.5, 150, 0.0), (190, 1.2, 170, 0.5), (34, 4.0, 84, 2.6)):
        sheet = Image.new("L", (half, half))
        pen = ImageDraw.Draw(sheet)
        x, y = rng.uniform(0, half, count), rng.uniform(0, half, count)
        size = rng.uniform(least, 2.0 * least, count) * half / 700
        for x0, y0, r in zip(x.tolist(), y.tolist(), size.tolist(), strict=True):
            pen.ellipse((x0 - r, y0 - r, x0 + r, y0 + r), fill=ink)
        if blur:
            sheet = sheet.filter(ImageFilter.GaussianBlur(blur * half / 700))
        flakes = ImageChops.screen(flakes, sheet)
    canvas.lay(white, flakes.resize((canvas.size, canvas.size), Image.Resampling.BICUBIC))


def drops_on_glass(canvas: Canvas, left: float, top: float, right: float, bottom: float) -> None:
    """Let drops stand and run on a window pane: each holds a small bright picture of what is behind, upside down."""
    if canvas.weather != "rain":
        return
    rng = canvas.seed.at("drops").rng()
    pen, unit = ImageDraw.Draw(canvas.image, "RGBA"), canvas.unit
    count = 260
    x, y = rng.uniform(left, right, count), rng.uniform(top, bottom, count)
    size = rng.gamma(2.0, 0.9, count) + 0.8
    shade, shine = canvas.palette.ink, mix(canvas.palette.moon, canvas.palette.lamp, 0.35)
    for x0, y0, r in zip((x * unit).tolist(), (y * unit).tolist(), (size * unit).tolist(), strict=True):
        pen.ellipse((x0 - r, y0 - r * 1.15, x0 + r, y0 + r * 1.15), fill=(*shade, 70))
        pen.ellipse((x0 - r * 0.55, y0, x0 + r * 0.6, y0 + r * 0.85), fill=(*shine, 120))
    for index in range(9):
        x0, y0 = x[index] * unit, y[index] * unit
        run = np.cumsum(rng.normal(0, 1.1 * unit, 14))
        bottom_edge = bottom * unit
        path = [(x0 + dx, min(bottom_edge, y0 - (13 - n) * 9 * unit)) for n, dx in enumerate(run)]
        pen.line([p for p in path if p[1] > top * unit], fill=(*shine, 38), width=max(1, round(2.0 * unit)))
