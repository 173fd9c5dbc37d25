"""A street in the wet: lamps in a row, a corner shop that is still open, somebody walking home."""

from __future__ import annotations

from dusktape.publish.cover.buildings import skyline
from dusktape.publish.cover.canvas import Canvas, Dice, Point, Shape
from dusktape.publish.cover.palette import SNOW, Colour, mix, scale
from dusktape.publish.cover.sky import drifts, moon, sky, stars
from dusktape.publish.cover.things import street_lamp, umbrella
from dusktape.publish.cover.weather import fall

_EYE = 640.0


def draw(canvas: Canvas) -> None:
    """Paint the scene."""
    dice = canvas.dice("street")
    side = dice.sign()  # where the shop is
    vanish = 500 - side * dice.between(20, 110)
    sky(canvas, _EYE, glow_x=vanish)
    stars(canvas, 420, count=420)
    moon(canvas, vanish + dice.between(-60, 60), dice.between(140, 240), dice.between(30, 46))
    drifts(canvas, 620)
    skyline(canvas, "end", base=_EYE + 6, tall=dice.between(160, 230), width=(30, 64), depth=0.85, window=3.4, lit=0.3)
    canvas.haze(420, _EYE, canvas.palette.horizon, 0.6 if canvas.weather == "fog" else 0.25)
    for wall in (-1, 1):
        _row(canvas, dice, wall, vanish, shop=wall == side)
    road = Shape().polygon([(vanish, _EYE), (1060, _EYE + 130), (1060, 1000), (-60, 1000), (-60, _EYE + 130)])
    canvas.paint(road, (mix(canvas.palette.far, canvas.palette.near, 0.45), canvas.palette.ink))
    wet = {"rain": 0.66, "snow": 0.3, "fog": 0.46, "clear": 0.34}[canvas.weather]
    canvas.mirror(_EYE, 360, strength=wet, blur=13, ripple=2.4, stretch=1.15, inside=road)
    _pavement(canvas, vanish)
    _lamps(canvas, vanish, side)
    umbrella(canvas, vanish - side * dice.between(30, 80), dice.between(800, 850), dice.between(170, 205))
    _wires(canvas, dice)
    fall(canvas)


def _project(vanish: float, edge: float, near_height: float, t: float) -> Point:
    """Return a place along a wall: `t` is 1 at the sheet's edge and 0 at the vanishing point."""
    return vanish + (edge - vanish) * t, _EYE - near_height * t


def _row(canvas: Canvas, dice: Dice, wall: int, vanish: float, *, shop: bool) -> None:
    """Paint the houses on one side, farthest first."""
    palette = canvas.palette
    edge = 500 + wall * 560.0
    cuts = [0.16, 0.24, 0.35, 0.52, 0.74, 1.05] if dice.chance(0.5) else [0.15, 0.22, 0.32, 0.47, 0.7, 1.05]
    for near, far in zip(cuts[1:], cuts[:-1], strict=True):
        depth = 0.75 - 0.7 * (near + far) / 2.1
        height = dice.between(430, 640)
        tone = mix(palette.layer(max(0.0, depth)), palette.accent, dice.between(0.0, 0.1))
        tone = scale(tone, dice.between(0.9, 1.18))
        corners = [
            _project(vanish, edge, height, far), _project(vanish, edge, height, near),
            _project(vanish, edge, -330, near), _project(vanish, edge, -330, far),
        ]  # fmt: skip
        corners[2], corners[3] = (corners[2][0], _EYE + 130 * near), (corners[3][0], _EYE + 130 * far)
        canvas.paint(Shape().polygon(corners), (scale(tone, 0.8), mix(tone, palette.lamp, 0.1)))
        ledge = Shape().line([corners[0], corners[1]], 5 * near)
        canvas.paint(ledge, SNOW if canvas.weather == "snow" else mix(tone, palette.ink, 0.5), opacity=0.8)
        last = near > 1.0
        _facade(canvas, dice, vanish, edge, height, (far, near), tone, storeys_from=1 if last else 0)
        if last and shop:
            _shop(canvas, dice, vanish, edge, (far, near))
        elif dice.chance(0.45):
            _sign(canvas, dice, _project(vanish, edge, dice.between(70, 170), (near + far) / 2), near, wall)


def _facade(
    canvas: Canvas,
    dice: Dice,
    vanish: float,
    edge: float,
    height: float,
    span: tuple[float, float],
    tone: Colour,
    *,
    storeys_from: int,
) -> None:
    palette = canvas.palette
    far, near = span
    columns = dice.whole(2, 4)
    storeys = int(height / 110)
    lit = dice.between(0.2, 0.5)
    bright, dark, frames = (Shape(), Shape()), Shape(), Shape()
    for storey in range(storeys_from, storeys):
        low, high = 24 + storey * 110.0, 88 + storey * 110.0
        for column in range(columns):
            a = far + (near - far) * (column + 0.26) / columns
            b = far + (near - far) * (column + 0.74) / columns
            corners = [_project(vanish, edge, h, t) for h, t in ((high, a), (high, b), (low, b), (low, a))]
            shape = bright[dice.chance(0.35)] if dice.chance(lit) else dark
            shape.polygon(corners)
            middle = (a + b) / 2
            frames.line([_project(vanish, edge, low, middle), _project(vanish, edge, high, middle)], 2.4 * near)
            frames.line([corners[3], corners[2]], 5.0 * near)
    canvas.paint(dark, mix(tone, palette.ink, 0.45))
    haze = max(0.0, 0.42 - near * 0.6)
    canvas.paint(bright[0], mix(mix(palette.lamp, (255, 244, 220), 0.15), palette.horizon, haze))
    canvas.paint(bright[1], mix(mix(palette.lamp, palette.ink, 0.3), palette.horizon, haze))
    canvas.paint(frames, mix(tone, palette.ink, 0.35), opacity=0.9)


def _shop(canvas: Canvas, dice: Dice, vanish: float, edge: float, span: tuple[float, float]) -> None:
    palette = canvas.palette
    far, near = span
    a, b = far + 0.03, near - 0.02

    def at(t: float, height: float) -> Point:
        return _project(vanish, edge, height, t)

    warm = mix(palette.lamp, (255, 246, 222), 0.35)
    canvas.paint(Shape().polygon([at(a, 62), at(b, 62), at(b, -86), at(a, -86)]), (warm, palette.lamp))
    goods, bars = Shape(), Shape()
    for shelf in range(3):
        h = 18 - shelf * 34
        goods.polygon([at(a, h), at(b, h), at(b, h - 4), at(a, h - 4)])
        for item in range(14):
            t = a + (b - a) * (item + dice.between(0.2, 0.6)) / 14
            goods.polygon([at(t, h + dice.between(8, 22)), at(t + 0.012, h + 15), at(t + 0.012, h), at(t, h)])
    for bar in range(4):
        t = a + (b - a) * bar / 3
        bars.line([at(t, 62), at(t, -90)], 6 * t)
    canvas.paint(goods, mix(palette.lamp, palette.ink, 0.55), opacity=0.55)
    canvas.paint(bars, mix(palette.near, palette.ink, 0.5))
    canvas.paint(
        Shape().polygon([at(a, -86), at(b, -86), at(b, -126), at(a, -126)]), mix(palette.near, palette.ink, 0.4)
    )
    stripes = 9
    for stripe in range(stripes):
        t0, t1 = a + (b - a) * stripe / stripes, a + (b - a) * (stripe + 1) / stripes
        tone = mix(palette.accent, palette.ink, 0.2) if stripe % 2 else mix(palette.moon, palette.lamp, 0.3)
        out = (vanish - edge) * 0.05
        low0, low1 = at(t0, 52), at(t1, 52)
        quad = [at(t0, 96), at(t1, 96), (low1[0] + out * t1, low1[1] + 6), (low0[0] + out * t0, low0[1] + 6)]
        canvas.paint(Shape().polygon(quad), (scale(tone, 0.62), scale(tone, 0.86)))
    middle = at((a + b) / 2, -10)
    canvas.glow(*middle, 360, palette.lamp, 0.34)
    canvas.glow(middle[0] + (vanish - edge) * 0.1, middle[1] + 150, 330, palette.lamp, 0.3, flat=0.3)


def _sign(canvas: Canvas, dice: Dice, at: Point, size: float, wall: int) -> None:
    palette = canvas.palette
    tone = palette.accent if dice.chance(0.6) else palette.lamp
    width, height = 26 * size + 5, dice.between(60, 110) * size + 8
    x, y = at[0] - wall * (14 * size + width), at[1]
    canvas.paint(Shape().box(x, y - height, x + width, y, radius=3 * size), scale(tone, 0.35))
    letters = Shape()
    for mark in range(4):
        top = y - height + height * (mark + 0.2) / 4
        letters.box(x + width * 0.25, top, x + width * 0.75, top + height * 0.13, radius=2 * size)
    canvas.paint(letters, mix(tone, (255, 255, 255), 0.35))
    canvas.glow(x + width / 2, y - height / 2, 120 * size + 20, tone, 0.5)


def _pavement(canvas: Canvas, vanish: float) -> None:
    palette = canvas.palette
    stone = mix(palette.near, palette.far, 0.35)
    for wall in (-1, 1):
        edge, kerb = 500 + wall * 560.0, 500 + wall * 330.0
        side = [(vanish, _EYE), (edge, _EYE + 130), (edge, 1000), (kerb, 1000)]
        canvas.paint(Shape().polygon(side), stone, opacity=0.22)
        line = Shape().polygon([(vanish, _EYE + 2), (kerb, 1000), (kerb + wall * 14, 1000)])
        canvas.paint(line, mix(stone, palette.horizon, 0.5), opacity=0.5)
    dashes = Shape()
    for dash in range(6):
        t0, t1 = 0.12 * 1.5**dash, 0.12 * 1.5**dash * 1.2
        y0, y1 = _EYE + 360 * t0, _EYE + 360 * t1
        x0, x1 = vanish + (500 - vanish) * t0, vanish + (500 - vanish) * t1
        dashes.polygon([(x0 - 5 * t0, y0), (x0 + 5 * t0, y0), (x1 + 5 * t1, y1), (x1 - 5 * t1, y1)])
    canvas.paint(dashes, mix(palette.moon, palette.far, 0.4), opacity=0.4)


def _lamps(canvas: Canvas, vanish: float, side: int) -> None:
    for t in (0.13, 0.2, 0.31, 0.5, 0.84):
        for wall in (-1, 1):
            if t > 0.6 and wall == side:
                continue
            x = vanish + (500 + wall * 395 - vanish) * t
            street_lamp(canvas, x, _EYE + 215 * t, 560 * t + 14, reach=-wall, strength=0.5 + 0.45 * t)


def _wires(canvas: Canvas, dice: Dice) -> None:
    wires = Shape()
    for _ in range(dice.whole(2, 4)):
        y0, y1, sag = dice.between(40, 260), dice.between(40, 260), dice.between(30, 70)
        wires.line(
            [(x, y0 + (y1 - y0) * x / 1000 + sag * 4 * (x / 1000) * (1 - x / 1000)) for x in range(0, 1001, 40)], 1.5
        )
    canvas.paint(wires, canvas.palette.ink, opacity=0.8)
