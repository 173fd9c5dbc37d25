"""By the sea: a lighthouse on its rock, a pier, the moon's path over the water."""

from __future__ import annotations

from dusktape.publish.cover.canvas import Canvas, Dice, Shape
from dusktape.publish.cover.lighthouse import lighthouse
from dusktape.publish.cover.palette import mix, scale
from dusktape.publish.cover.sky import drifts, moon, sky, stars
from dusktape.publish.cover.things import smooth
from dusktape.publish.cover.weather import fall


def draw(canvas: Canvas) -> None:
    """Paint the scene."""
    dice = canvas.dice("seaside")
    palette = canvas.palette
    side = dice.sign()  # where the lighthouse stands
    line = dice.between(560, 610)
    moon_x = 500 - side * dice.between(120, 260)
    sky(canvas, line, glow_x=moon_x)
    stars(canvas, line - 60, count=900)
    moon(canvas, moon_x, dice.between(190, 330), dice.between(52, 88))
    drifts(canvas, line - 10)
    _coast(canvas, dice, line, side)
    canvas.haze(line - 130, line, palette.horizon, 0.5 if canvas.weather == "fog" else 0.12)
    canvas.paint(Shape().box(0, line, 1000, 1000), (mix(palette.far, palette.horizon, 0.3), scale(palette.near, 0.8)))
    canvas.mirror(line, 430, strength=0.5, blur=9, ripple=3.5, stretch=0.95)
    _glitter(canvas, dice, line, moon_x)
    _boat(canvas, dice, moon_x + side * dice.between(60, 150), line + dice.between(16, 60))
    lighthouse(canvas, dice, 500 + side * dice.between(215, 275), line, side)
    _pier(canvas, dice, line, side)
    fall(canvas)


def _coast(canvas: Canvas, dice: Dice, line: float, side: int) -> None:
    palette = canvas.palette
    for depth, tall, reach in ((0.92, 62, 0.75), (0.7, 40, 0.5)):
        points = [(500 - side * 520.0, line + 2)]
        steps = 16
        for step in range(steps + 1):
            t = step / steps
            x = 500 - side * (520 - 1000 * reach * t)
            points.append((x, line - tall * (1 - t) ** 0.7 * dice.between(0.6, 1.0)))
        points.append((500 - side * (520 - 1000 * reach), line + 2))
        canvas.paint(Shape().polygon(smooth(points, 4)), palette.layer(depth))
        lights = Shape()
        for _ in range(26):
            t = dice.between(0.02, 0.9) ** 1.3
            x = 500 - side * (520 - 1000 * reach * t)
            y = line - 3 - tall * (1 - t) * dice.between(0.0, 0.45)
            lights.box(x, y, x + 2.4, y + 2.4)
            if dice.chance(0.35):
                canvas.glow(x, y, 15, palette.lamp, 0.5)
        canvas.paint(lights, mix(palette.lamp, palette.horizon, 0.15))


def _glitter(canvas: Canvas, dice: Dice, line: float, moon_x: float) -> None:
    palette = canvas.palette
    veiled = {"clear": 1.0, "snow": 0.6, "fog": 0.4, "rain": 0.25}[canvas.weather]
    bright, faint, dark = Shape(), Shape(), Shape()
    for _ in range(420):
        t = dice.between(0.0, 1.0) ** 1.5
        y = line + 2 + t * (985 - line)
        spread = 16 + 120 * t
        x = moon_x + spread * (dice.between(-1, 1) + dice.between(-1, 1)) * 0.62
        half = (3 + 32 * t) * dice.between(0.25, 1.0)
        near = abs(x - moon_x) < spread * 0.4
        (bright if near else faint).disc(x, y, half, 0.8 + 2.2 * t)
    for _ in range(210):
        t = dice.between(0.0, 1.0) ** 1.4
        y = line + 3 + t * (1000 - line)
        x, half = dice.between(-20, 1020), (8 + 90 * t) * dice.between(0.3, 1.0)
        (dark if dice.chance(0.55) else faint).disc(x, y, half, 0.7 + 2.0 * t)
    canvas.paint(dark, scale(palette.near, 0.6), opacity=0.4)
    canvas.paint(faint, palette.horizon, opacity=0.3)
    canvas.paint(bright, palette.moon, opacity=0.72 * veiled)
    canvas.glow(moon_x, line + 40, 330, palette.moon, 0.2 * veiled, flat=0.4)


def _boat(canvas: Canvas, dice: Dice, x: float, y: float) -> None:
    palette = canvas.palette
    s = dice.between(0.7, 1.1)
    hull = Shape().polygon(
        [(x - 40 * s, y - 8 * s), (x + 44 * s, y - 8 * s), (x + 28 * s, y + 6 * s), (x - 30 * s, y + 6 * s)]
    )
    hull.line([(x, y - 8 * s), (x, y - 92 * s)], 2.4 * s)
    curve = smooth([(x + 3 * s, y - 90 * s), (x + 34 * s, y - 50 * s), (x + 44 * s, y - 15 * s)])
    sail = Shape().polygon([(x + 3 * s, y - 15 * s), *curve])
    sail.polygon([(x - 3 * s, y - 80 * s), (x - 3 * s, y - 15 * s), (x - 30 * s, y - 15 * s)])
    canvas.paint(sail, mix(palette.near, palette.horizon, 0.25))
    canvas.paint(hull, palette.ink)
    canvas.glow(x - 8 * s, y - 14 * s, 46 * s, palette.lamp, 0.8)
    canvas.paint(Shape().disc(x - 8 * s, y - 14 * s, 2.6 * s), mix(palette.lamp, (255, 255, 240), 0.6))
    canvas.glow(x - 8 * s, y + 26 * s, 60 * s, palette.lamp, 0.4, flat=0.5)


def _pier(canvas: Canvas, dice: Dice, line: float, side: int) -> None:
    """Run a wooden pier in from our side, with lamps, towards the open water."""
    palette = canvas.palette
    wood = mix(palette.ink, palette.near, 0.25)
    end_x, end_y = 500 - side * dice.between(40, 110), line + 190.0
    near_x, near_y = 500 - side * 520.0, 1010.0 - dice.between(60, 90)
    half_end, half_near = 16.0, 120.0

    def at(t: float, across: float) -> tuple[float, float]:
        return near_x + (end_x - near_x) * t, near_y + (end_y - near_y) * t + across * (
            half_near + (half_end - half_near) * t
        )

    piles = Shape()
    for step in range(9):
        t = 1 - (1 - step / 8) ** 1.3
        x, y = at(t, 1.0)
        piles.line([(x, y), (x, y + 70 * (1 - t) + 22)], 9 * (1 - t) + 3)
    canvas.paint(piles, palette.ink)
    canvas.paint(Shape().polygon([at(0, -1), at(1, -1), at(1, 1), at(0, 1)]), (mix(wood, palette.horizon, 0.16), wood))
    planks = Shape()
    for plank in range(46):
        t = 1 - (1 - plank / 46) ** 1.5
        planks.line([at(t, -1), at(t, 1)], 2.2 * (1 - t) + 0.7)
    canvas.paint(planks, palette.ink, opacity=0.5)
    canvas.paint(Shape().line([at(0, 1), at(1, 1)], 4), palette.ink)
    for t in (0.97, 0.72, 0.42):
        x, y = at(t, -1)
        tall = 58 + 150 * (1 - t)
        canvas.paint(Shape().line([(x, y + 4), (x, y - tall)], 2.4 + 3.6 * (1 - t)), palette.ink)
        canvas.paint(Shape().disc(x, y - tall, 5 + 7 * (1 - t)), mix(palette.lamp, (255, 250, 232), 0.6))
        canvas.glow(x, y - tall, 80 + 190 * (1 - t), palette.lamp, 0.62)
        canvas.glow(x, y + 4, 60 + 170 * (1 - t), palette.lamp, 0.42, flat=0.22)
    if dice.chance(0.8):
        _sitter(canvas, *at(0.93, 0.0))


def _sitter(canvas: Canvas, x: float, y: float) -> None:
    """Let somebody sit at the end of the pier and look out."""
    ink = scale(canvas.palette.ink, 0.8)
    back = [(x - 11, y + 2), (x - 12, y - 16), (x - 6, y - 29), (x + 6, y - 29), (x + 12, y - 16), (x + 11, y + 2)]
    canvas.paint(Shape().polygon(smooth(back, closed=True)).disc(x, y - 37, 8.4, 9.4), ink)
