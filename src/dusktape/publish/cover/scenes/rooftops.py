"""Up on the roof: a water tank, an antenna, bulbs on a string, the town below."""

from __future__ import annotations

import math

from dusktape.publish.cover.buildings import skyline, water_tank
from dusktape.publish.cover.canvas import Canvas, Dice, Shape
from dusktape.publish.cover.palette import SNOW, mix, scale
from dusktape.publish.cover.sky import drifts, moon, sky, stars
from dusktape.publish.cover.things import bulbs, cat, smooth
from dusktape.publish.cover.weather import fall


def draw(canvas: Canvas) -> None:
    """Paint the scene."""
    dice = canvas.dice("rooftops")
    side = dice.sign()  # where the tank stands; the moon hangs on the other side
    moon_x, moon_y = 500 - side * dice.between(80, 240), dice.between(210, 340)
    sky(canvas, 720, glow_x=moon_x)
    stars(canvas, 560, count=700)
    moon(canvas, moon_x, moon_y, dice.between(58, 104))
    drifts(canvas, 700)
    foggy = canvas.weather == "fog"
    horizon = canvas.palette.horizon
    gap = (moon_x, 130.0)
    skyline(
        canvas,
        "far",
        base=800,
        tall=dice.between(230, 330),
        width=(20, 56),
        depth=0.98,
        window=3.0,
        lit=0.28,
        hollow=gap,
    )
    canvas.haze(480, 820, horizon, 0.6 if foggy else 0.22)
    skyline(
        canvas,
        "middle",
        base=840,
        tall=dice.between(220, 290),
        width=(42, 96),
        depth=0.62,
        window=5.0,
        lit=0.26,
        hollow=gap,
    )
    canvas.haze(560, 850, horizon, 0.5 if foggy else 0.18)
    skyline(
        canvas,
        "near",
        base=900,
        tall=dice.between(190, 250),
        width=(80, 160),
        depth=0.3,
        window=8.6,
        lit=0.22,
        hollow=(moon_x, 170.0),
    )
    canvas.haze(700, 900, horizon, 0.34 if foggy else 0.1)
    _roof(canvas, dice, side)
    fall(canvas)


def _roof(canvas: Canvas, dice: Dice, side: int) -> None:
    palette = canvas.palette
    top = dice.between(806, 830)
    ink = mix(palette.ink, palette.near, 0.25)
    tank_x = 500 + side * dice.between(250, 320)
    tank = Shape()
    water_tank(tank, tank_x, top + 8, dice.between(150, 190))
    canvas.paint(tank, (mix(ink, palette.far, 0.5), ink))
    _planks(canvas, tank_x, top, side)
    _antenna(canvas, dice, 500 + side * dice.between(20, 90), top + 4)
    stairs = 500 - side * dice.between(330, 380)
    _stairs_shed(canvas, stairs, top, side)
    canvas.paint(Shape().box(0, top, 1000, 1000), (mix(ink, palette.near, 0.5), palette.ink))
    edge = mix(palette.far, palette.horizon, 0.35)
    canvas.paint(Shape().box(0, top - 9, 1000, top + 4), (mix(ink, edge, 0.55), ink))
    if canvas.weather == "snow":
        canvas.paint(Shape().box(0, top - 14, 1000, top - 6, radius=4), mix(SNOW, palette.middle, 0.3))
    cat_x = 500 - side * dice.between(20, 70)
    _clutter(canvas, dice, top, cat_x, tank_x)
    pole_x = 500 - side * dice.between(110, 150)
    canvas.paint(Shape().line([(pole_x, top), (pole_x, top - 168)], 4), palette.ink)
    bulbs(canvas, (stairs + side * 80, top - 152), (pole_x, top - 166), 36, 9)
    bulbs(canvas, (pole_x, top - 166), (tank_x - side * 70, top - 150), 52, 15)
    cat(canvas, cat_x, top - 5, dice.between(92, 112), palette.ink, edge, tail=dice.sign())


def _planks(canvas: Canvas, x: float, top: float, side: int) -> None:
    """Light the tank from the town: a pale flank."""
    palette = canvas.palette
    flank = Shape()
    for row in range(3):
        y = top - 118 - row * 44
        flank.box(x - 84, y, x + 84, y + 2)
    canvas.paint(flank, palette.ink, opacity=0.5)
    canvas.glow(x - side * 90, top - 150, 150, palette.horizon, 0.12)


def _antenna(canvas: Canvas, dice: Dice, x: float, foot: float) -> None:
    mast = dice.between(150, 215)
    rods = Shape().line([(x, foot), (x, foot - mast)], 3.4)
    for row in range(dice.whole(4, 6)):
        y = foot - mast + 8 + row * 15
        half = 44 - row * 4.5
        rods.line([(x - half, y + 6), (x + half, y - 6)], 2.0)
    rods.line([(x, foot - mast * 0.35), (x - 40, foot)], 1.2).line([(x, foot - mast * 0.35), (x + 40, foot)], 1.2)
    canvas.paint(rods, canvas.palette.ink)
    if dice.chance(0.6):
        canvas.glow(x, foot - mast, 26, (255, 70, 60), 0.9)


def _stairs_shed(canvas: Canvas, x: float, top: float, side: int) -> None:
    palette = canvas.palette
    wall = mix(palette.near, palette.ink, 0.35)
    canvas.paint(Shape().box(x - 92, top - 168, x + 92, top + 6), (wall, scale(wall, 0.8)))
    canvas.paint(Shape().box(x - 104, top - 180, x + 104, top - 166), palette.ink)
    if canvas.weather == "snow":
        canvas.paint(Shape().box(x - 104, top - 187, x + 104, top - 178, radius=4), mix(SNOW, palette.middle, 0.3))
    door = x + side * 14
    canvas.paint(Shape().box(door - 30, top - 112, door + 30, top), (palette.lamp, scale(palette.lamp, 0.86)))
    canvas.paint(
        Shape().box(door - 2, top - 112, door + 2, top).box(door - 30, top - 62, door + 30, top - 58), wall, opacity=0.7
    )
    canvas.glow(door, top - 60, 210, palette.lamp, 0.34)
    canvas.glow(door, top + 14, 180, palette.lamp, 0.4, flat=0.2)


def _clutter(canvas: Canvas, dice: Dice, top: float, cat_x: float, tank_x: float) -> None:
    """Lay the parapet's bricks, and put on it what roofs collect: pots with plants, a chimney with smoke."""
    palette = canvas.palette
    brick, mortar = mix(palette.near, palette.far, 0.25), Shape()
    for row in range(9):
        y = top + 6 + row * 21
        for column in range(-1, 17):
            x = column * 64 + (row % 2) * 32
            if dice.chance(0.5):
                tone = mix(palette.near, mix(brick, palette.horizon, 0.25), dice.between(0.0, 0.7))
                opacity = dice.between(0.25, 0.6) * (1.0 - row / 11.0)
                canvas.paint(Shape().box(x + 1.5, y + 1.5, x + 62, y + 19.5, radius=2), tone, opacity=opacity)
            mortar.box(x, y, x + 1.2, y + 21)
        mortar.box(0, y, 1000, y + 1.2)
    canvas.paint(mortar, palette.ink, opacity=0.6)
    # Between the cat and the tank there is room; beside the door there is none.
    low, high = sorted((cat_x + (tank_x - cat_x) * 0.36, tank_x))
    pipe = low if cat_x < tank_x else high
    shaft = Shape().box(pipe - 13, top - 62, pipe + 13, top).box(pipe - 18, top - 69, pipe + 18, top - 57, radius=2)
    canvas.paint(shaft, mix(palette.ink, palette.near, 0.3))
    rise = [(pipe + 16 * t * dice.between(-1.0, 2.2), top - 70 - 34 * t) for t in range(7)]
    smoke = mix(palette.middle, palette.horizon, 0.4)
    canvas.paint(Shape().line(smooth(rise), 22), smoke, opacity=0.3, blur=14)
    for _ in range(dice.whole(2, 4)):
        _pot(canvas, dice, dice.between(low, high), top - 6)


def _pot(canvas: Canvas, dice: Dice, x: float, foot: float) -> None:
    palette = canvas.palette
    leaves = Shape()
    for _ in range(11):
        angle, long = dice.between(-1.1, 1.1), dice.between(16, 38)
        tip = (x + long * math.sin(angle), foot - 20 - long * math.cos(angle))
        leaves.polygon([(x - 3, foot - 18), (tip[0] - 4, (tip[1] + foot - 20) / 2), tip, (x + 3, foot - 18)])
    canvas.paint(leaves, mix(palette.ink, palette.near, 0.4))
    pot = Shape().polygon([(x - 13, foot - 22), (x + 13, foot - 22), (x + 9, foot), (x - 9, foot)])
    canvas.paint(pot, mix(palette.ink, palette.accent, 0.22))
