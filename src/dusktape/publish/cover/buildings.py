"""Rows of houses against the sky, and the people in them who are still awake."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import ImageDraw

from dusktape.publish.cover.canvas import Canvas, Dice, Shape
from dusktape.publish.cover.palette import SNOW, Colour, mix, scale


@dataclass(frozen=True, slots=True)
class Building:
    """One house of a row: its left and right edge and its roof."""

    left: float
    right: float
    top: float


def skyline(
    canvas: Canvas,
    place: str,
    *,
    base: float,
    tall: float,
    width: tuple[float, float],
    depth: float,
    lit: float = 0.2,
    window: float = 6.0,
    hollow: tuple[float, float] | None = None,
) -> list[Building]:
    """Paint a row of buildings and return them.

    Parameters
    ----------
    canvas
        Where to.
    place
        A name for the row: its seed.
    base
        Where they stand.
    tall
        Height of the tallest.
    width
        Narrowest and widest.
    depth
        0 is close by, 1 melts into the horizon.
    lit
        Share of windows with light.
    window
        Width of a window; 0 leaves the row without.
    hollow
        Middle and half-width of a gap where houses are low, to keep a moon or a street free.
    """
    dice = canvas.dice("skyline", place)
    row: list[Building] = []
    x = dice.between(-60.0, 0.0)
    swell, phase = dice.between(0.004, 0.009), dice.between(0.0, 6.28)
    while x < 1010.0:
        right = x + dice.between(*width)
        middle = (x + right) / 2.0
        height = tall * (0.38 + 0.3 * dice.between(0.0, 1.0) + 0.32 * _wave(middle * swell + phase))
        if dice.chance(0.16):
            height = min(tall * 1.12, height * 1.35)
        if hollow and abs(middle - hollow[0]) < hollow[1]:
            height *= 0.45
        row.append(Building(x, right, base - height))
        x = right + (dice.between(2.0, 14.0) if dice.chance(0.3) else 0.0)
    _walls(canvas, dice, row, base, depth)
    if window:
        _windows(canvas, dice, row, base, depth, lit, window)
    return row


def _walls(canvas: Canvas, dice: Dice, row: list[Building], base: float, depth: float) -> None:
    colour = canvas.palette.layer(depth)
    foot = mix(colour, canvas.palette.horizon, 0.10 + 0.18 * depth + (0.2 if canvas.weather == "fog" else 0.0))
    front, side, snow = Shape(), Shape(), Shape()
    for house in row:
        span = house.right - house.left
        front.box(house.left, house.top, house.right, base)
        if dice.chance(0.5):
            shaded = house.left + span * dice.between(0.55, 0.8)
            side.box(shaded, house.top, house.right, base)
        snow.box(house.left, house.top - 1.2, house.right, house.top + 1.6)
        _roof(front, dice, house, span)
    canvas.paint(front, (colour, foot))
    canvas.paint(side, (scale(colour, 0.82), foot), opacity=0.75)
    if canvas.weather == "snow":
        canvas.paint(snow, mix(colour, SNOW, 0.62), opacity=0.85)


def _roof(shape: Shape, dice: Dice, house: Building, span: float) -> None:
    top, middle = house.top, (house.left + house.right) / 2.0
    kind = dice.between(0.0, 1.0)
    if kind < 0.22:
        shape.box(house.left + span * 0.18, top - span * 0.16, house.right - span * 0.25, top + 1)
    elif kind < 0.36:
        shape.box(house.left + span * 0.3, top - span * 0.3, house.right - span * 0.3, top + 1)
        shape.line([(middle, top - span * 0.3), (middle, top - span * 0.85)], max(0.9, span * 0.02))
    elif kind < 0.48:
        shape.polygon([(house.left, top + 1), (middle, top - span * 0.3), (house.right, top + 1)])
    elif kind < 0.6:
        water_tank(shape, house.left + span * dice.between(0.3, 0.7), top + 1, span * 0.3)
    elif kind < 0.75:
        mast = house.left + span * dice.between(0.2, 0.8)
        shape.line([(mast, top + 1), (mast, top - span * dice.between(0.25, 0.6))], max(0.8, span * 0.018))


def water_tank(shape: Shape, x: float, foot: float, width: float) -> None:
    """Add a water tank on legs, as they stand on old roofs."""
    half, leg, body = width / 2.0, width * 0.55, width * 0.95
    for at in (-0.8, -0.27, 0.27, 0.8):
        shape.line([(x + at * half, foot), (x + at * half * 0.92, foot - leg)], max(0.8, width * 0.05))
    shape.line([(x - half * 0.8, foot), (x + half * 0.8, foot - leg)], max(0.6, width * 0.03))
    shape.line([(x + half * 0.8, foot), (x - half * 0.8, foot - leg)], max(0.6, width * 0.03))
    shape.box(x - half, foot - leg - body, x + half, foot - leg)
    shape.polygon(
        [
            (x - half * 1.1, foot - leg - body),
            (x, foot - leg - body - width * 0.42),
            (x + half * 1.1, foot - leg - body),
        ]
    )


def _windows(
    canvas: Canvas, dice: Dice, row: list[Building], base: float, depth: float, lit: float, window: float
) -> None:
    pen, unit, palette = ImageDraw.Draw(canvas.image), canvas.unit, canvas.palette
    behind = mix(palette.horizon, palette.far, 0.4)
    dim = 0.75 * depth * (1.4 if canvas.weather == "fog" else 1.0)
    lamps = [mix(palette.lamp, behind, dim), mix(scale(palette.lamp, 0.72), behind, dim)]
    lamps += [mix(mix(palette.lamp, (255, 246, 226), 0.55), behind, dim), mix(palette.accent, behind, dim + 0.15)]
    dark = mix(palette.layer(depth), palette.ink, 0.22)
    for house in row:
        across = max(1, int((house.right - house.left - window) / (window * dice.between(1.75, 2.3))))
        pitch = (house.right - house.left) / across
        tall = window * dice.between(1.1, 1.7)
        storey = tall * dice.between(1.6, 2.1)
        down = max(0, int((base - house.top - storey * 0.6) / storey))
        awake = lit * dice.between(0.3, 1.8)
        draws = dice.rng.random((down, across, 2))
        stairs = dice.whole(0, across - 1) if across > 2 and dice.chance(0.2) else -1
        for floor in range(down):
            y = house.top + storey * (floor + 0.55)
            for column in range(across):
                chance, tone = draws[floor, column]
                on = chance < (0.75 if column == stairs else awake)
                if not on and (chance < 0.6 or window < 7):
                    continue
                x = house.left + pitch * (column + 0.5) - window / 2.0
                colour: Colour = lamps[(0, 0, 0, 1, 1, 1, 2, 2, 3)[int(tone * 9)]] if on else dark
                corner = (round(x * unit), round(y * unit))
                size = (max(1, round(window * unit) - 1), max(1, round(tall * unit) - 1))
                pen.rectangle((corner, (corner[0] + size[0], corner[1] + size[1])), fill=colour)
                if window >= 11:
                    _panes(pen, corner, size, scale(colour, 0.6) if on else dark)


def _panes(pen: ImageDraw.ImageDraw, corner: tuple[int, int], size: tuple[int, int], colour: Colour) -> None:
    middle, cross = corner[0] + size[0] // 2, corner[1] + size[1] // 2
    pen.line((middle, corner[1], middle, corner[1] + size[1]), fill=colour)
    pen.line((corner[0], cross, corner[0] + size[0], cross), fill=colour)


def _wave(phase: float) -> float:
    """Return a slow swell in [0, 1], without the exact period of a sine."""
    turn = phase % 6.283185307
    slow = 1.0 - abs(turn / 3.1415926535 - 1.0)
    return slow * slow * (3.0 - 2.0 * slow)
