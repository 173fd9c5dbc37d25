"""A desk by the window, late: a lamp, somebody's keyboard, a cat that watches the town."""

from __future__ import annotations

import math

import numpy as np

from dusktape.publish.cover.buildings import skyline
from dusktape.publish.cover.canvas import Canvas, Dice, Shape
from dusktape.publish.cover.palette import Colour, mix, scale
from dusktape.publish.cover.sky import drifts, moon, sky, stars
from dusktape.publish.cover.things import bulbs, cat, smooth
from dusktape.publish.cover.weather import drops_on_glass, fall

_DESK = 806.0
_SILL = 636.0


def draw(canvas: Canvas) -> None:
    """Paint the scene."""
    dice = canvas.dice("window")
    side = dice.sign()  # where the lamp stands; the cat sits on the other side
    left, right = 500.0 - dice.between(310, 370), 500.0 + dice.between(310, 370)
    top = dice.between(70, 110)
    _view(canvas, dice, side)
    drops_on_glass(canvas, left, top, right, _SILL)
    lamp_x = 500.0 + side * dice.between(290, 330)
    _wall(canvas, dice, (left, top, right, _SILL), lamp_x)
    _frame(canvas, dice, (left, top, right, _SILL))
    _curtains(canvas, dice, left, top, right)
    sill_light = mix(canvas.palette.wall, canvas.palette.lamp, 0.32)
    canvas.paint(
        Shape().box(left - 34, _SILL, right + 34, _SILL + 20), (sill_light, mix(sill_light, canvas.palette.ink, 0.55))
    )
    canvas.paint(Shape().box(left - 26, _SILL + 20, right + 26, _SILL + 32), canvas.palette.ink, opacity=0.55, blur=5)
    rim = mix(canvas.palette.horizon, canvas.palette.moon, 0.3)
    cat_x = 500.0 - side * dice.between(120, 230)
    cat(canvas, cat_x, _SILL + 7, dice.between(150, 178), canvas.palette.ink, rim, tail=dice.sign())
    _plant(canvas, dice, 500.0 + side * dice.between(118, 172))
    _desk(canvas, dice, side, lamp_x)


def _view(canvas: Canvas, dice: Dice, side: int) -> None:
    sky(canvas, 610, glow_x=500 - side * dice.between(0, 220))
    stars(canvas, 480, count=420)
    drifts(canvas, 600)
    x = 500 + side * dice.between(40, 210)
    moon(canvas, x, dice.between(190, 270), dice.between(34, 58))
    skyline(canvas, "far", base=700, tall=dice.between(170, 260), width=(20, 52), depth=0.95, window=3.0, lit=0.3)
    canvas.haze(430, 700, canvas.palette.horizon, 0.55 if canvas.weather == "fog" else 0.2)
    skyline(canvas, "middle", base=720, tall=dice.between(150, 230), width=(38, 92), depth=0.6, window=4.6, lit=0.26)
    canvas.haze(520, 720, canvas.palette.horizon, 0.5 if canvas.weather == "fog" else 0.15)
    skyline(canvas, "near", base=740, tall=dice.between(120, 170), width=(90, 180), depth=0.22, window=9.0, lit=0.22)
    fall(canvas)


def _wall(canvas: Canvas, dice: Dice, pane: tuple[float, float, float, float], lamp_x: float) -> None:
    palette = canvas.palette
    room = Canvas(-(-canvas.size // 2), palette, canvas.weather, canvas.seed)  # dim and smooth: half as large will do
    room.paint(Shape().box(0, 0, 1000, 1000), (scale(palette.wall, 0.55), scale(palette.wall, 0.85)))
    room.glow(lamp_x, 610, 780, palette.lamp, 0.4)
    room.glow(lamp_x, 640, 400, palette.lamp, 0.3)
    left, top, right, bottom = pane  # where wall and view meet, the frame will hang
    for side in ((0, 0, 1000, top), (0, top, left, bottom), (right, top, 1000, bottom), (0, bottom, 1000, 1000)):
        canvas.picture(room.image, *side)
    for edge in ((0.0, pane[0] - 20), (pane[2] + 20, 1000.0)):
        if edge[1] - edge[0] > 90:
            _pictures(canvas, dice, edge, lamp_x)


def _pictures(canvas: Canvas, dice: Dice, edge: tuple[float, float], lamp_x: float) -> None:
    palette = canvas.palette
    middle = (edge[0] + edge[1]) / 2.0
    y = dice.between(180, 230)
    for _ in range(dice.whole(2, 3)):
        width, height = dice.between(44, 66), dice.between(52, 84)
        x = middle + dice.between(-18, 18)
        lit = 0.34 - min(0.22, abs(x - lamp_x) / 2500.0)
        paper = mix(palette.wall, palette.lamp, lit)
        canvas.paint(
            Shape().box(x - width / 2 + 3, y + 4, x + width / 2 + 3, y + height + 4), palette.ink, opacity=0.5, blur=4
        )
        canvas.paint(Shape().box(x - width / 2, y, x + width / 2, y + height), paper)
        inner = (x - width / 2 + 5, y + 5, x + width / 2 - 5, y + height - dice.between(5, 14))
        canvas.paint(
            Shape().box(*inner), (mix(palette.middle, palette.wall, 0.4), mix(palette.horizon, palette.wall, 0.35))
        )
        hill = [
            (inner[0], inner[3]),
            (inner[0], inner[3] - 12),
            (x - 4, inner[3] - dice.between(18, 30)),
            (inner[2], inner[3] - 9),
            (inner[2], inner[3]),
        ]
        canvas.paint(Shape().polygon(hill), mix(palette.far, palette.wall, 0.5))
        y += height + dice.between(22, 44)


def _frame(canvas: Canvas, dice: Dice, pane: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = pane
    palette = canvas.palette
    wood, light = mix(palette.ink, palette.wall, 0.7), mix(palette.wall, palette.lamp, 0.3)
    bars = Shape()
    columns = dice.whole(2, 3)
    for column in range(1, columns):
        x = left + (right - left) * column / columns
        bars.box(x - 6, top, x + 6, bottom)
    transom = top + (bottom - top) * dice.between(0.27, 0.36)
    bars.box(left, transom - 5, right, transom + 5)
    outer = Shape().box(left - 17, top - 17, right + 17, bottom + 4).box(left, top, right, bottom, ink=0)
    canvas.paint(outer, (scale(wood, 1.25), wood))
    canvas.paint(bars, wood)
    edge = Shape().box(left - 17, top - 17, right + 17, top - 14).box(left, transom + 4, right, transom + 6)
    canvas.paint(edge, light, opacity=0.35)


def _curtains(canvas: Canvas, dice: Dice, left: float, top: float, right: float) -> None:
    palette = canvas.palette
    cloth = mix(palette.wall, palette.accent, dice.between(0.12, 0.24))
    rod = top - 40
    for side, edge in ((-1, left), (1, right)):
        reach = dice.between(62, 96)
        inner, outer = edge - side * reach, edge + side * 46.0
        tie = 590.0
        drop = smooth(
            [(inner, rod), (inner + side * 8, top + 180), (edge - side * 6, tie), (edge - side * 26, 748)], 10
        )
        canvas.paint(Shape().polygon([(outer, rod), *drop, (outer + side * 14, 748)]), (scale(cloth, 0.75), cloth))
        for fold in range(5):
            share = (fold + 0.6) / 5.0
            line = [(outer + (x - outer) * share, y) for x, y in drop]
            dark = fold % 2 == 0
            canvas.paint(
                Shape().line(line, 7), scale(cloth, 0.55) if dark else mix(cloth, palette.lamp, 0.25),
                opacity=0.5 if dark else 0.4, blur=3.5,
            )  # fmt: skip
        canvas.paint(
            Shape().box(edge - side * 14, tie - 5, outer + side * 6, tie + 5, radius=4), mix(cloth, palette.lamp, 0.35)
        )
    canvas.paint(Shape().box(left - 72, rod - 5, right + 72, rod + 3, radius=4), mix(palette.ink, palette.lamp, 0.2))
    if dice.chance(0.6):
        bulbs(canvas, (left - 4, top + 3), (500, top + 2), 30, 9)
        bulbs(canvas, (500, top + 2), (right + 4, top + 3), 30, 9)


def _plant(canvas: Canvas, dice: Dice, x: float) -> None:
    palette = canvas.palette
    pot = mix(palette.accent, palette.ink, 0.55)
    leaf = mix(palette.ink, (54, 92, 74), 0.55)
    foot = _SILL + 8
    for _ in range(dice.whole(9, 13)):
        angle, long = dice.between(-1.15, 1.15), dice.between(46, 96)
        tip = (x + long * math.sin(angle), foot - 48 - long * math.cos(angle) * 0.95)
        bow = (x + long * 0.45 * math.sin(angle) * 0.7, foot - 48 - long * 0.62 * math.cos(angle))
        width = dice.between(6, 10)
        blade = smooth([(x, foot - 44), (bow[0] - width, bow[1]), tip, (bow[0] + width, bow[1])], closed=True)
        canvas.paint(Shape().polygon(blade), mix(leaf, palette.lamp, dice.between(0.0, 0.16)))
    canvas.paint(
        Shape().polygon([(x - 30, foot - 50), (x + 30, foot - 50), (x + 22, foot), (x - 22, foot)]),
        (mix(pot, palette.lamp, 0.2), scale(pot, 0.7)),
    )
    canvas.paint(Shape().box(x - 33, foot - 56, x + 33, foot - 46, radius=2), mix(pot, palette.lamp, 0.12))


def _desk(canvas: Canvas, dice: Dice, side: int, lamp_x: float) -> None:
    palette = canvas.palette
    wood = mix(palette.ink, palette.lamp, 0.2)
    canvas.paint(Shape().box(0, _DESK - 22, 1000, _DESK + 6), palette.ink, opacity=0.4, blur=8)
    canvas.paint(Shape().box(0, _DESK, 1000, 1000), (wood, scale(palette.ink, 0.9)))
    for row in range(4):
        y = _DESK + 14 + row * row * 9 + dice.between(0, 5)
        canvas.paint(Shape().box(0, y, 1000, y + 1.6), palette.ink, opacity=0.35)
    canvas.glow(lamp_x, _DESK + 22, 400, palette.lamp, 0.5, flat=0.2)
    canvas.paint(Shape().box(0, _DESK, 1000, _DESK + 2.5), mix(wood, palette.lamp, 0.45), opacity=0.8)
    _books(canvas, dice, lamp_x - side * dice.between(140, 165))
    _keyboard(canvas, dice, 500.0 - side * dice.between(60, 100))
    _mug(canvas, dice, 500.0 - side * dice.between(330, 370))
    _lamp(canvas, lamp_x)


def _lamp(canvas: Canvas, x: float) -> None:
    palette = canvas.palette
    foot = _DESK + 20
    metal = mix(palette.ink, palette.lamp, 0.16)
    canvas.paint(Shape().disc(x, foot + 3, 54, 10), palette.ink, opacity=0.6, blur=4)
    canvas.paint(Shape().disc(x, foot, 46, 9), (mix(metal, palette.lamp, 0.3), metal))
    canvas.paint(Shape().box(x - 4, foot - 196, x + 4, foot), metal)
    shade_top, shade_foot = foot - 260, foot - 168
    cloth = mix(palette.lamp, (255, 240, 214), 0.25)
    shade = Shape().polygon([(x - 40, shade_top), (x + 40, shade_top), (x + 78, shade_foot), (x - 78, shade_foot)])
    pool = Shape().polygon([(x - 70, shade_foot), (x + 70, shade_foot), (x + 190, foot + 30), (x - 190, foot + 30)])
    canvas.shine(pool, palette.lamp, 0.2, blur=26)
    up = Shape().polygon(
        [(x - 38, shade_top), (x + 38, shade_top), (x + 120, shade_top - 190), (x - 120, shade_top - 190)]
    )
    canvas.shine(up, palette.lamp, 0.14, blur=34)
    canvas.paint(shade, (mix(cloth, palette.accent, 0.22), mix(cloth, (255, 250, 236), 0.45)))
    canvas.paint(
        Shape().box(x - 78, shade_foot - 5, x + 78, shade_foot, radius=2), mix(cloth, palette.ink, 0.2), opacity=0.5
    )
    canvas.glow(x, shade_foot - 30, 330, palette.lamp, 0.2)


def _books(canvas: Canvas, dice: Dice, x: float) -> None:
    palette = canvas.palette
    y = _DESK + 16.0
    canvas.paint(Shape().disc(x, y + 2, 100, 8), palette.ink, opacity=0.6, blur=4)
    tones: tuple[Colour, ...] = (
        palette.accent,
        palette.horizon,
        palette.middle,
        (176, 156, 122),
        palette.far,
        (92, 120, 112),
    )
    for _ in range(dice.whole(3, 5)):
        thick, half, shift = dice.between(17, 29), dice.between(68, 90), dice.between(-10, 10)
        tone = mix(mix(tones[dice.whole(0, 5)], palette.ink, 0.42), palette.lamp, 0.1)
        box = (x + shift - half, y - thick, x + shift + half, y)
        canvas.paint(Shape().box(*box, radius=3), (mix(tone, palette.lamp, 0.28), scale(tone, 0.72)))
        for edge in (0.14, 0.82):
            at = box[0] + (box[2] - box[0]) * edge
            canvas.paint(Shape().box(at, box[1] + 2, at + 4, box[3] - 2), mix(tone, palette.lamp, 0.5), opacity=0.7)
        canvas.paint(
            Shape().box(box[0] + 40, y - thick * 0.6, box[2] - 52, y - thick * 0.42),
            mix(tone, palette.moon, 0.5),
            opacity=0.5,
        )
        y -= thick


def _keyboard(canvas: Canvas, dice: Dice, x: float) -> None:
    palette = canvas.palette
    half, top, foot = 205.0, _DESK + 12.0, _DESK + 92.0
    body = mix(palette.ink, palette.wall, 0.55)
    canvas.paint(Shape().box(x - half - 12, foot - 6, x + half + 12, foot + 12), palette.ink, opacity=0.65, blur=7)
    case = [(x - half + 12, top), (x + half - 12, top), (x + half + 8, foot), (x - half - 8, foot)]
    canvas.paint(Shape().polygon(case), (mix(body, palette.lamp, 0.2), body))
    keys_top, keys_foot = top + 34, foot - 8
    ivory = mix(mix(palette.moon, palette.lamp, 0.4), palette.ink, 0.28)

    def at(share: float, y: float) -> tuple[float, float]:
        reach = half - 4 + 14 * (y - top) / (foot - top)
        return x + (2 * share - 1) * reach * 0.96, y

    whites = 21
    canvas.paint(
        Shape().polygon([at(0, keys_top), at(1, keys_top), at(1, keys_foot), at(0, keys_foot)]),
        (scale(ivory, 0.7), ivory),
    )
    lines, blacks = Shape(), Shape()
    for key in range(1, whites):
        lines.line([at(key / whites, keys_top), at(key / whites, keys_foot)], 1.1)
        if key % 7 not in (0, 3):
            a, b, cut = (key - 0.27) / whites, (key + 0.27) / whites, keys_top + (keys_foot - keys_top) * 0.6
            blacks.polygon([at(a, keys_top), at(b, keys_top), at(b, cut), at(a, cut)])
    canvas.paint(lines, palette.ink, opacity=0.6)
    canvas.paint(blacks, palette.ink)
    knobs = Shape()
    for knob in range(7):
        knobs.disc(x - half * 0.8 + knob * 26, top + 17, 6.5, 5.5)
    canvas.paint(knobs, mix(palette.ink, palette.lamp, 0.34))
    for spot in range(4):
        glow_x = x + half * 0.42 + spot * 22
        tone = palette.accent if spot == dice.whole(0, 3) else palette.lamp
        canvas.paint(Shape().box(glow_x, top + 13, glow_x + 12, top + 20, radius=1), mix(tone, palette.ink, 0.25))
        canvas.glow(glow_x + 6, top + 16, 20, tone, 0.35)


def _mug(canvas: Canvas, dice: Dice, x: float) -> None:
    palette = canvas.palette
    foot, height, half = _DESK + 36.0, 66.0, 29.0
    clay = mix(mix(palette.accent, palette.moon, 0.3), palette.ink, 0.45)
    canvas.paint(Shape().disc(x, foot + 1, 42, 8), palette.ink, opacity=0.6, blur=4)
    grip = (
        Shape().disc(x + half + 7, foot - height * 0.5, 17, 20).disc(x + half + 7, foot - height * 0.5, 9.5, 12, ink=0)
    )
    canvas.paint(grip, scale(clay, 0.8))
    canvas.paint(
        Shape().box(x - half, foot - height, x + half, foot, radius=8),
        (mix(clay, palette.lamp, 0.2), scale(clay, 0.62)),
    )
    canvas.paint(Shape().disc(x, foot - height + 2, half, 7), scale(clay, 0.5))
    for wisp in range(2):
        rise = np.linspace(0.0, 1.0, 9)
        sway = dice.between(0, 6.28)
        path = [(x - 8 + wisp * 15 + 13 * math.sin(sway + 4.6 * t) * t, foot - height - 4 - 120 * t) for t in rise]
        canvas.shine(Shape().line(smooth(path), 8), mix(palette.moon, palette.lamp, 0.3), 0.14, blur=6)
