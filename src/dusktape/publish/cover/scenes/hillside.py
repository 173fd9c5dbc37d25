"""Houses on a hillside under many stars, a path of lamps, smoke from a chimney."""

from __future__ import annotations

import math
from collections.abc import Callable

from dusktape.publish.cover.canvas import Canvas, Dice, Shape
from dusktape.publish.cover.house import house
from dusktape.publish.cover.palette import mix, scale
from dusktape.publish.cover.sky import drifts, moon, sky, stars
from dusktape.publish.cover.things import pine, smooth, street_lamp, tree
from dusktape.publish.cover.weather import fall


def draw(canvas: Canvas) -> None:
    """Paint the scene."""
    dice = canvas.dice("hillside")
    palette = canvas.palette
    side = dice.sign()
    foggy = canvas.weather == "fog"
    moon_x = 500 - side * dice.between(150, 320)
    sky(canvas, 660, glow_x=moon_x)
    stars(canvas, 620, count=1500, band=True)
    if dice.chance(0.65):
        moon(canvas, moon_x, dice.between(150, 250), dice.between(34, 62))
    drifts(canvas, 640)
    _mountains(canvas, dice)
    canvas.haze(500, 700, palette.horizon, 0.6 if foggy else 0.3)
    back = _hill(canvas, dice, 640, 46, 0.62)
    _wood(canvas, dice, back, 60, (18, 46), 0.55)
    canvas.haze(600, 780, palette.horizon, 0.5 if foggy else 0.2)
    middle = _hill(canvas, dice, 715, 60, 0.36)
    _wood(canvas, dice, middle, 26, (46, 92), 0.3)
    _houses(canvas, dice, middle, 5, (44, 64), 0.4)
    canvas.haze(700, 860, palette.horizon, 0.4 if foggy else 0.1)
    front = _hill(canvas, dice, 800, 52, 0.12)
    _path(canvas, front, side)
    _houses(canvas, dice, front, 3, (92, 128), 0.12)
    for x in (357 + dice.between(-18, 18), 643 + dice.between(-18, 18)):
        street_lamp(canvas, x, front(x) + dice.between(26, 60), dice.between(140, 165), reach=side, strength=0.85)
    _frame(canvas, dice, side)
    fall(canvas)


def _mountains(canvas: Canvas, dice: Dice) -> None:
    palette = canvas.palette
    for depth, height, base in ((1.0, dice.between(150, 230), 640), (0.85, dice.between(90, 150), 650)):
        points, x = [(-20.0, 720.0)], -20.0
        while x < 1040:
            points.append((x, base - height * dice.between(0.25, 1.0)))
            x += dice.between(60, 130)
        ridge = Shape().polygon([*points, (1040, 720)])
        tone = palette.layer(depth)
        canvas.paint(ridge, (scale(tone, 0.86), mix(tone, palette.horizon, 0.5)))
        if canvas.weather == "snow" or depth == 1.0:
            caps = Shape()
            for (x0, y0), (x1, y1), (x2, y2) in zip(points[1:-2], points[2:-1], points[3:], strict=True):
                if y1 < y0 and y1 < y2:
                    a, b = 0.3, 0.28
                    caps.polygon(
                        [
                            (x1, y1),
                            (x1 + (x0 - x1) * a, y1 + (y0 - y1) * a),
                            (x1 + (x2 - x1) * 0.1, y1 + (y2 - y1) * 0.22),
                            (x1 + (x2 - x1) * b, y1 + (y2 - y1) * b),
                        ]
                    )
            canvas.paint(caps, mix(palette.moon, tone, 0.45), opacity=0.6)


def _hill(canvas: Canvas, dice: Dice, y: float, swing: float, depth: float) -> Callable[[float], float]:
    palette = canvas.palette
    waves = [
        (swing, dice.between(0.0035, 0.006), dice.between(0, 6.28)),
        (swing * 0.35, dice.between(0.011, 0.017), dice.between(0, 6.28)),
    ]

    def height(x: float) -> float:
        return y + sum(size * math.sin(x * pace + phase) for size, pace, phase in waves)

    tone = palette.layer(depth)
    if canvas.weather == "snow":
        tone = mix(tone, (206, 214, 238), 0.34 if depth > 0.3 else 0.26)
    edge = [(float(x), height(x)) for x in range(-10, 1021, 10)]
    canvas.paint(
        Shape().polygon([(-10, 1000), *edge, (1020, 1000)]),
        (mix(tone, palette.horizon, 0.06 + 0.1 * depth), scale(tone, 0.72)),
    )
    canvas.paint(Shape().line(edge, 2.0), mix(tone, palette.horizon, 0.5), opacity=0.5)
    return height


def _wood(
    canvas: Canvas, dice: Dice, ground: Callable[[float], float], count: int, tall: tuple[float, float], depth: float
) -> None:
    shape = Shape()
    broad = dice.chance(0.35)
    x = dice.between(0, 900)
    for _ in range(count):
        x = dice.between(0, 1000) if dice.chance(0.3) else x + dice.between(-46, 46)
        grow = pine if not broad or dice.chance(0.5) else tree
        grow(shape, dice, x, ground(x) + 7, dice.between(*tall))
    tone = scale(canvas.palette.layer(depth), 0.72)
    canvas.paint(shape, mix(tone, (210, 218, 240), 0.14) if canvas.weather == "snow" else tone)


def _houses(
    canvas: Canvas, dice: Dice, ground: Callable[[float], float], count: int, width: tuple[float, float], depth: float
) -> None:
    slots = 860.0 / count
    for number in range(count):
        x = 70 + slots * (number + 0.5) + dice.between(-0.22, 0.22) * slots
        house(canvas, dice, x, ground(x) + 10, dice.between(*width), depth)


def _path(canvas: Canvas, ground: Callable[[float], float], side: int) -> None:
    palette = canvas.palette
    top_x = 500 + side * 90.0
    top = ground(top_x) + 6
    left = smooth(
        [(top_x - 5, top), (500 + side * 10, top + 60), (500 - side * 110 - 30, 930), (500 - side * 30 - 90, 1000)]
    )
    right = smooth(
        [(top_x + 5, top), (500 + side * 10 + 26, top + 60), (500 - side * 110 + 44, 930), (500 - side * 30 + 90, 1000)]
    )
    canvas.paint(Shape().polygon([*left, *reversed(right)]), mix(palette.layer(0.3), palette.lamp, 0.16), opacity=0.6)


def _frame(canvas: Canvas, dice: Dice, side: int) -> None:
    """Stand dark firs in front, to look past."""
    palette = canvas.palette
    for x, tall in ((500 + side * 455, 560), (500 + side * 370, 400), (500 - side * 470, 430), (500 - side * 395, 270)):
        shape = pine(Shape(), dice, x + dice.between(-20, 20), 1000 + tall * 0.12, tall * dice.between(0.95, 1.15))
        tone = mix(palette.ink, palette.near, 0.2)
        canvas.paint(shape, mix(tone, (206, 214, 238), 0.12) if canvas.weather == "snow" else tone)
    grass = Shape()
    for _ in range(110):
        blade, long = dice.between(0, 1000), dice.between(8, 34)
        grass.polygon([(blade - 2, 1000), (blade + dice.between(-10, 10), 996 - long), (blade + 2, 1000)])
    canvas.paint(grass, palette.ink)
