"""The last train over the viaduct, its windows lit, the town behind and water below."""

from __future__ import annotations

import math

import numpy as np

from dusktape.publish.cover.buildings import skyline
from dusktape.publish.cover.canvas import Canvas, Dice, Shape
from dusktape.publish.cover.palette import SNOW, mix, scale
from dusktape.publish.cover.sky import drifts, moon, sky, stars
from dusktape.publish.cover.things import tree
from dusktape.publish.cover.weather import fall


def draw(canvas: Canvas) -> None:
    """Paint the scene."""
    dice = canvas.dice("train")
    side = dice.sign()
    palette = canvas.palette
    foggy = canvas.weather == "fog"
    water = dice.between(745, 785)
    rail = dice.between(560, 600)
    moon_x = 500 + side * dice.between(60, 270)
    sky(canvas, water - 60, glow_x=moon_x)
    stars(canvas, 520, count=650)
    moon(canvas, moon_x, dice.between(180, 300), dice.between(50, 92))
    drifts(canvas, water - 70)
    skyline(
        canvas,
        "far",
        base=water,
        tall=dice.between(250, 330),
        width=(22, 58),
        depth=0.97,
        window=3.0,
        lit=0.28,
        hollow=(moon_x, 120),
    )
    canvas.haze(430, water, palette.horizon, 0.62 if foggy else 0.24)
    skyline(
        canvas, "middle", base=water, tall=dice.between(180, 230), width=(46, 104), depth=0.58, window=5.2, lit=0.26
    )
    canvas.haze(560, water, palette.horizon, 0.55 if foggy else 0.2)
    skyline(canvas, "bank", base=water, tall=dice.between(70, 100), width=(60, 150), depth=0.28, window=6.4, lit=0.3)
    _viaduct(canvas, dice, rail, water)
    _train(canvas, dice, rail, side)
    _poles(canvas, dice, rail)
    canvas.paint(Shape().box(0, water, 1000, 1000), (mix(palette.far, palette.near, 0.4), palette.ink))
    canvas.mirror(
        water, 1000 - water, strength=0.72 if canvas.weather != "snow" else 0.55, blur=8, ripple=2.0, stretch=0.62
    )
    _ripples(canvas, dice, water)
    _bank(canvas, dice, side)
    fall(canvas)


def _viaduct(canvas: Canvas, dice: Dice, rail: float, water: float) -> None:
    palette = canvas.palette
    stone = mix(palette.near, palette.far, 0.16)
    shape = Shape().box(0, rail, 1000, rail + 34)
    pitch = dice.between(150, 215)
    start = -dice.between(0, pitch)
    shape.box(0, rail + 30, 1000, water + 2)
    x = start
    while x < 1000:
        pier = pitch * 0.17
        left, right = x + pier / 2, x + pitch - pier / 2
        crown = rail + 48
        radius = (right - left) / 2
        shape.disc((left + right) / 2, crown + radius, radius, ink=0)
        shape.box(left, crown + radius, right, water + 4, ink=0)
        x += pitch
    canvas.paint(shape, (stone, mix(stone, palette.ink, 0.4)))
    trim = Shape().box(0, rail - 4, 1000, rail + 3).box(0, rail + 27, 1000, rail + 30)
    snowy = canvas.weather == "snow"
    canvas.paint(trim, SNOW if snowy else mix(stone, palette.horizon, 0.4), opacity=0.7)
    posts = Shape()
    for post in range(0, 1001, 14):
        posts.box(post, rail - 15, post + 1.6, rail)
    canvas.paint(posts.box(0, rail - 16, 1000, rail - 14), palette.ink, opacity=0.85)


def _train(canvas: Canvas, dice: Dice, rail: float, side: int) -> None:
    palette = canvas.palette
    cars = dice.whole(3, 5)
    length, tall = dice.between(196, 226), 78.0
    foot = rail - 6
    head = 500 + side * (dice.between(0.30, 0.40) * 1000)
    body = mix(palette.near, palette.accent, 0.24)
    for car in range(cars):
        front = head - side * car * (length + 8)
        left, right = min(front, front - side * length), max(front, front - side * length)
        canvas.paint(
            Shape().box(left, foot - tall, right, foot, radius=9), (mix(body, palette.horizon, 0.3), scale(body, 0.66))
        )
        canvas.paint(Shape().box(left + 4, foot - tall - 5, right - 4, foot - tall + 3, radius=3), scale(body, 0.55))
        canvas.paint(
            Shape().box(left, foot - 26, right, foot - 20), mix(palette.accent, palette.ink, 0.15), opacity=0.8
        )
        panes, people = Shape(), Shape()
        count = 7
        pitch = (right - left - 16) / count
        for pane in range(count):
            x = left + 8 + pane * pitch
            door = pane in (1, 5)
            panes.box(x + 4, foot - tall + 14, x + pitch - 4, foot - (10 if door else 34), radius=3)
            if not door and dice.chance(0.3):
                middle = x + pitch * dice.between(0.35, 0.65)
                people.disc(middle, foot - 48, 5.4).box(middle - 8, foot - 43, middle + 8, foot - 34, radius=5)
        canvas.glow((left + right) / 2, foot - tall * 0.5, length * 0.78, palette.lamp, 0.26, flat=0.5)
        canvas.paint(panes, (mix(palette.lamp, (255, 250, 230), 0.5), palette.lamp))
        canvas.paint(people, mix(body, palette.ink, 0.5), opacity=0.85)
        under = Shape().box(left + 12, foot, right - 12, foot + 5)
        for wheel in (0.14, 0.24, 0.76, 0.86):
            under.disc(left + (right - left) * wheel, foot + 3, 7)
        canvas.paint(under, palette.ink)
    beam = Shape().polygon(
        [(head, foot - 26), (head + side * 260, foot - 60), (head + side * 260, foot + 6), (head, foot - 18)]
    )
    canvas.shine(beam, palette.lamp, 0.2, blur=10)
    canvas.glow(head, foot - 22, 70, (255, 246, 226), 0.9)


def _poles(canvas: Canvas, dice: Dice, rail: float) -> None:
    lines = Shape()
    pitch, x = dice.between(210, 260), dice.between(20, 120)
    places = []
    while x < 1040:
        lines.line([(x, rail), (x, rail - 150)], 3.4).line([(x - 26, rail - 138), (x + 26, rail - 138)], 2.4)
        lines.line([(x + 22, rail - 138), (x, rail - 112)], 1.6)
        places.append(x)
        x += pitch
    for drop in (-138, -120):
        wire = []
        for at in np.arange(-40.0, 1041.0, 20.0):
            phase = ((at - places[0]) / pitch) % 1.0
            wire.append((float(at), rail + drop + 22 * 4 * phase * (1 - phase) * (0.6 if drop == -120 else 1.0)))
        lines.line(wire, 1.2)
    canvas.paint(lines, canvas.palette.ink)


def _ripples(canvas: Canvas, dice: Dice, water: float) -> None:
    light, dark = Shape(), Shape()
    for _ in range(120):
        t = dice.between(0.0, 1.0) ** 1.6
        y = water + 4 + t * (1000 - water)
        half = 8 + 60 * t * dice.between(0.3, 1.0)
        x = dice.between(0, 1000)
        (light if dice.chance(0.5) else dark).box(x - half, y, x + half, y + 0.8 + 1.8 * t)
    canvas.paint(dark, canvas.palette.ink, opacity=0.3)
    canvas.paint(light, canvas.palette.horizon, opacity=0.16)
    canvas.paint(Shape().box(0, water - 1, 1000, water + 2), canvas.palette.ink, opacity=0.6)


def _bank(canvas: Canvas, dice: Dice, side: int) -> None:
    """Frame the picture with reeds and a tree on our side of the water."""
    palette = canvas.palette
    ground = Shape().polygon(
        [(0, 1000)]
        + [
            (x, 978 - 26 * math.sin(x / 190 + side) - 46 * abs((x - 500 + side * 300) / 900))
            for x in range(0, 1001, 25)
        ]
        + [(1000, 1000)]
    )
    reeds = Shape()
    for _ in range(70):
        x = dice.between(0, 1000)
        lean, tall = dice.between(-14, 14), dice.between(16, 62)
        reeds.polygon([(x - 1.6, 985), (x + lean, 972 - tall), (x + 1.6, 985)])
    trunk = 500 - side * dice.between(410, 455)
    leaves = tree(Shape(), dice, trunk, 990, dice.between(400, 500))
    canvas.paint(leaves, mix(palette.ink, palette.near, 0.3))
    canvas.paint(ground, palette.ink)
    canvas.paint(reeds, palette.ink)
