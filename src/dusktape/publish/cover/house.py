"""One small house with somebody at home."""

from __future__ import annotations

from dusktape.publish.cover.canvas import Canvas, Dice, Point, Shape, Stand
from dusktape.publish.cover.palette import SNOW, Colour, mix, scale
from dusktape.publish.cover.things import smooth

_EAVES = 0.06


def house(canvas: Canvas, dice: Dice, x: float, foot: float, width: float, depth: float) -> None:
    """Paint a gabled house, lit, at a depth between 0 (close by) and 1; perhaps with smoke over its chimney."""
    palette = canvas.palette
    stand = Stand(x, foot, width, dice.sign())
    tall = dice.between(0.52, 0.7)
    wall = mix(palette.layer(depth), palette.accent, 0.12)
    _body(canvas, stand, tall, wall, depth)
    _panes(canvas, dice, stand, tall, wall)
    canvas.glow(x, foot + width * 0.05, width * 0.9, palette.lamp, 0.16, flat=0.25)
    shrubs = Shape()
    for _ in range(9):
        (at,) = stand((dice.between(-0.6, 0.6), -0.03))
        shrubs.disc(*at, width * dice.between(0.07, 0.14), width * dice.between(0.03, 0.06))
    canvas.paint(shrubs, mix(scale(palette.layer(depth), 0.84), SNOW, 0.3 if canvas.weather == "snow" else 0.0))
    if dice.chance(0.55):
        rise = stand(*((0.3 + 0.12 * t * dice.between(0.2, 1.3), tall + 0.44 + 0.17 * t) for t in range(7)))
        smoke = mix(palette.middle, palette.moon, 0.3)
        canvas.paint(Shape().line(smooth(rise), width * 0.09), smoke, opacity=0.26, blur=width * 0.07)


def _body(canvas: Canvas, stand: Stand, tall: float, wall: Colour, depth: float) -> None:
    roof = scale(canvas.palette.layer(depth), 0.5)
    if canvas.weather == "snow":
        roof = mix(roof, SNOW, 0.6)
    peak, ridge = (-0.19, tall + 0.36 + _EAVES / 2), (0.38, tall + 0.36 + _EAVES / 2)
    low, corner = (-0.5 - _EAVES, tall - _EAVES), (0.12 + _EAVES, tall - _EAVES)
    chimney = stand((0.28, tall + 0.42), (0.36, tall))
    canvas.paint(Shape().box(*chimney[0], *chimney[1]), roof)
    canvas.paint(Shape().polygon(stand((0.12, 0), (0.12, tall), (0.5, tall), (0.5, 0))), scale(wall, 0.78))
    gable = stand((-0.5, 0), (-0.5, tall), (-0.19, tall + 0.36), (0.12, tall), (0.12, 0))
    canvas.paint(Shape().polygon(gable), wall)
    slope = stand(peak, ridge, (0.5 + _EAVES, tall - _EAVES), corner)
    canvas.paint(Shape().polygon(slope), (scale(roof, 1.12), roof))
    canvas.paint(Shape().line(stand(low, peak, corner), stand.size * 0.055), roof)


def _panes(canvas: Canvas, dice: Dice, stand: Stand, tall: float, wall: Colour) -> None:
    palette, w = canvas.palette, stand.size
    places = stand((-0.34, tall * 0.62), (-0.06, tall * 0.62), (0.3, tall * 0.6))
    lit: list[Point] = [place for place in places if dice.chance(0.75)] or places[:1]
    half = w * 0.062
    panes, bars = Shape(), Shape()
    for x, y in lit:
        panes.box(x - half, y - half * 1.25, x + half, y + half * 1.25)
        bars.line([(x, y - half * 1.25), (x, y + half * 1.25)], w * 0.012)
        bars.line([(x - half, y), (x + half, y)], w * 0.012)
    if dice.chance(0.5):
        panes.disc(*stand((-0.19, tall + 0.1))[0], half * 0.8)
    canvas.paint(panes, mix(palette.lamp, (255, 248, 226), 0.3))
    canvas.paint(bars, scale(wall, 0.6))
    for x, y in lit:
        canvas.glow(x, y, w * 0.8, palette.lamp, 0.26)
