"""Single things that scenes share: a cat, lamps, trees, people, boats."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dusktape.publish.cover.canvas import Canvas, Dice, Point, Shape, Stand
from dusktape.publish.cover.palette import Colour, mix, scale


def smooth(points: Sequence[Point], steps: int = 8, *, closed: bool = False) -> list[Point]:
    """Return a curve through the points (Catmull-Rom)."""
    p = np.asarray(points, float)
    ends = (p[-1:], p[:2]) if closed else (p[:1], p[-1:])
    p = np.concatenate([ends[0], p, ends[1]])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    curve = []
    for a, b, c, d in zip(p[:-3], p[1:-2], p[2:-1], p[3:], strict=True):
        curve.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    if not closed:
        curve.append(p[-2:-1])
    return [(float(x), float(y)) for x, y in np.concatenate(curve)]


def cat(canvas: Canvas, x: float, foot: float, height: float, colour: Colour, rim: Colour, *, tail: int = 1) -> None:
    """Seat a cat, seen from behind, its tail to the right (`tail` 1) or left (-1), a rim of light along its back."""
    half_body = [(0.24, 0.0), (0.31, 0.13), (0.27, 0.32), (0.18, 0.52), (0.13, 0.66)]
    half_head = [(0.15, 0.67), (0.185, 0.78), (0.12, 0.9)]
    tip = [(0.2, 0.03), (0.38, 0.025), (0.5, 0.085), (0.55, 0.215), (0.5, 0.325)]
    stand = Stand(x, foot, height, tail)
    for grow, tone, opacity, thick in ((1.05, rim, 0.5, 0.085), (1.0, colour, 1.0, 0.07)):
        shape = Shape()
        for half, ends in ((half_body, [(0.0, 0.0)]), (half_head, [(0.0, 0.625), (0.0, 0.92)])):
            right = [(px * grow, py) for px, py in half]
            left = [(-px, py) for px, py in reversed(right)]
            shape.polygon(smooth(stand(ends[0], *right, *ends[1:], *left), closed=True))
        for ear in (-grow, grow):
            shape.polygon(stand((ear * 0.182, 0.79), (ear * 0.165, 1.0), (ear * 0.035, 0.9)))
        shape.line(smooth(stand(*tip)), height * thick)
        canvas.paint(shape, tone, opacity=opacity)


def street_lamp(canvas: Canvas, x: float, foot: float, height: float, *, reach: int = 1, strength: float = 1.0) -> None:
    """Stand a lamp by the road: pole, arm to one side, its light and the cone under it."""
    palette = canvas.palette
    arm = height * 0.17 * reach
    head_x, head_y = x + arm, foot - height * 0.96
    bend = smooth(
        [
            (x, foot - height * 0.82),
            (x + arm * 0.12, foot - height * 0.95),
            (x + arm * 0.5, foot - height),
            (head_x, head_y - height * 0.02),
        ]
    )
    pole = (
        Shape()
        .line([(x, foot), (x, foot - height * 0.82)], max(1.6, height * 0.017))
        .line(bend, max(1.3, height * 0.013))
    )
    pole.box(x - height * 0.017, foot - height * 0.08, x + height * 0.017, foot)
    cone = Shape().polygon(
        [
            (head_x - height * 0.03, head_y),
            (head_x + height * 0.03, head_y),
            (head_x + height * 0.3, foot),
            (head_x - height * 0.3, foot),
        ]
    )
    canvas.shine(cone, palette.lamp, 0.10 * strength, blur=height * 0.035)
    canvas.paint(pole, palette.ink)
    half = height * 0.034
    canvas.paint(
        Shape().polygon(
            [
                (head_x - half, head_y),
                (head_x + half, head_y),
                (head_x + half * 0.5, head_y - half),
                (head_x - half * 0.5, head_y - half),
            ]
        ),
        palette.ink,
    )
    canvas.paint(
        Shape().disc(head_x, head_y + half * 0.2, half * 0.8, half * 0.5), mix(palette.lamp, (255, 255, 245), 0.6)
    )
    misty = 1.35 if canvas.weather in ("fog", "rain") else 1.0
    canvas.glow(head_x, head_y, height * 0.7 * misty, palette.lamp, 0.24 * strength)
    canvas.glow(head_x, head_y, height * 0.22 * misty, palette.lamp, 0.5 * strength)
    canvas.glow(head_x, foot, height * 0.42, palette.lamp, 0.3 * strength, flat=0.2)


def pine(shape: Shape, dice: Dice, x: float, foot: float, height: float) -> Shape:
    """Add a fir to a shape."""
    half = height * dice.between(0.19, 0.26)
    shape.box(x - height * 0.02, foot - height * 0.12, x + height * 0.02, foot)
    tiers = dice.whole(5, 7)
    left, right = [], []
    for tier in range(tiers):
        low, high = tier / tiers, (tier + 0.62) / tiers
        wide = half * (1.0 - low) * dice.between(0.88, 1.1)
        narrow = half * (1.0 - high) * 0.62
        base = foot - height * (0.09 + 0.91 * low)
        droop = height * 0.012
        left += [(x - wide, base + droop), (x - narrow, foot - height * (0.09 + 0.91 * high))]
        right += [(x + wide * dice.between(0.9, 1.1), base + droop), (x + narrow, foot - height * (0.09 + 0.91 * high))]
    return shape.polygon([*left, (x, foot - height), *reversed(right)])


def tree(shape: Shape, dice: Dice, x: float, foot: float, height: float) -> Shape:
    """Add a broad tree to a shape: a trunk and a crown of many round clumps."""
    trunk = height * 0.03
    crown = foot - height * 0.64
    shape.polygon([(x - trunk, foot), (x + trunk, foot), (x + trunk * 0.5, crown), (x - trunk * 0.5, crown)])
    for _ in range(24 if height < 150 else 210):
        angle, away = dice.between(0, 2 * math.pi), height * 0.28 * math.sqrt(dice.between(0.0, 1.0))
        size = height * (dice.between(0.05, 0.1) if height < 150 else dice.between(0.016, 0.048))
        shape.disc(x + away * math.cos(angle) * 1.1, crown + away * math.sin(angle) * 0.95, size)
    return shape


def umbrella(canvas: Canvas, x: float, foot: float, height: float, *, colour: Colour | None = None) -> None:
    """Let somebody walk away from us, under an umbrella if it is wet."""
    palette = canvas.palette
    h, stand = height, Stand(x, foot, height)
    back = [(0.085, 0.26), (0.09, 0.5), (0.07, 0.64), (0.0, 0.68)]
    coat = Shape().polygon(smooth(stand(*((-px, py) for px, py in back), *reversed(back[:3])), closed=True))
    coat.polygon(stand((-0.055, 0.3), (-0.005, 0.3), (-0.02, 0.0), (-0.06, 0.0)))
    coat.polygon(stand((0.005, 0.3), (0.055, 0.3), (0.05, 0.03), (0.015, 0.02)))
    coat.disc(x, foot - 0.735 * h, 0.05 * h, 0.06 * h)
    canvas.paint(Shape().disc(x, foot, 0.2 * h, 0.02 * h), palette.ink, opacity=0.5, blur=h * 0.02)
    canvas.paint(coat, scale(palette.ink, 0.9))
    if canvas.weather not in ("rain", "snow"):
        return
    dome = [(x + 0.3 * h * math.cos(a), foot - 0.74 * h - 0.2 * h * math.sin(a)) for a in np.linspace(0, math.pi, 25)]
    rim = []
    for part in range(4):
        left = x - 0.3 * h + part * 0.15 * h
        rim += [(left, foot - 0.74 * h), (left + 0.075 * h, foot - 0.765 * h)]
    shade = colour or mix(palette.accent, palette.ink, 0.45)
    canvas.paint(Shape().line([(x, foot - 0.94 * h), (x, foot - 0.98 * h)], 0.012 * h), palette.ink)
    canvas.paint(Shape().polygon([*dome, *rim]), (mix(shade, palette.lamp, 0.3), scale(shade, 0.6)))


def bulbs(canvas: Canvas, start: Point, end: Point, sag: float, count: int, *, radius: float = 3.2) -> None:
    """Hang a string of small warm bulbs between two points."""
    places = [
        (start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t + sag * 4.0 * t * (1.0 - t))
        for t in np.linspace(0.0, 1.0, count)
    ]
    canvas.paint(Shape().line(smooth(places, 3), 1.0), canvas.palette.ink)
    colours = (canvas.palette.lamp, mix(canvas.palette.lamp, canvas.palette.accent, 0.4))
    lights = Shape()
    for number, (x, y) in enumerate(places[1:-1]):
        canvas.glow(x, y + radius, radius * 7.0, colours[number % 2], 0.55)
        lights.disc(x, y + radius, radius * 0.75, radius)
    canvas.paint(lights, mix(canvas.palette.lamp, (255, 250, 235), 0.6))
