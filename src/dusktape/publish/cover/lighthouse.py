"""A lighthouse on its rock, its beam going round, the keeper's house beside it."""

from __future__ import annotations

from dusktape.publish.cover.canvas import Canvas, Dice, Shape, Stand
from dusktape.publish.cover.palette import SNOW, mix, scale
from dusktape.publish.cover.things import smooth

_HALF = 33.0
_TAPER = 0.36


def lighthouse(canvas: Canvas, dice: Dice, x: float, line: float, side: int) -> None:
    """Paint the tower at `x` above the water's edge at `line`, its dark flank to the `side`."""
    foot, height = line - 34, dice.between(290, 340)
    _beams(canvas, dice, x, foot - height - 24, side)
    _rock(canvas, x, line)
    _tower(canvas, x, foot, height, side)
    _lantern(canvas, x, foot - height)
    _keeper(canvas, x - side * 92, line - 22)


def _beams(canvas: Canvas, dice: Dice, x: float, y: float, side: int) -> None:
    lamp = canvas.palette.lamp
    for direction, wide in ((-side, 46), (side, 40)):
        end, middle = x + direction * 900, y - dice.between(-18, 30)
        beam = [(x, y - 5), (end, middle - wide * 2.4), (end, middle + wide * 2.4), (x, y + 5)]
        core = [(x, y - 3), (end, middle - wide), (end, middle + wide), (x, y + 3)]
        canvas.shine(Shape().polygon(beam), lamp, 0.17 if canvas.weather == "clear" else 0.24, blur=10)
        canvas.shine(Shape().polygon(core), lamp, 0.12, blur=6)


def _rock(canvas: Canvas, x: float, line: float) -> None:
    palette = canvas.palette
    outline = (
        (-250, -60), (-205, -12), (-150, -2), (-104, 26), (-40, 40),
        (50, 36), (112, 18), (160, -8), (226, -26), (262, -64),
    )  # fmt: skip
    rock = Stand(x, line, 1.0)(*outline)
    canvas.paint(Shape().disc(x, line + 62, 300, 16), palette.ink, opacity=0.4, blur=8)
    stone = mix(palette.ink, palette.near, 0.55)
    canvas.paint(Shape().polygon(smooth(rock, 5)), (mix(stone, palette.far, 0.35), palette.ink))
    if canvas.weather == "snow":
        canvas.paint(Shape().line(smooth(rock[1:-1], 5), 7), SNOW, opacity=0.6)


def _tower(canvas: Canvas, x: float, foot: float, height: float, side: int) -> None:
    palette = canvas.palette
    body = mix(palette.moon, palette.near, 0.48)

    def ring(low: float, high: float, left: float = -1.0) -> Shape:
        near, far = _HALF * (1 - _TAPER * low), _HALF * (1 - _TAPER * high)
        base, top = foot - height * low, foot - height * high
        edge = side if left > -1.0 else 1
        return Shape().polygon(
            [
                (x + edge * left * near, base),
                (x + edge * near, base),
                (x + edge * far, top),
                (x + edge * left * far, top),
            ]
        )

    canvas.paint(ring(-0.02, 1.0), (body, scale(body, 0.62)))
    for band in (0.12, 0.42, 0.72):
        canvas.paint(ring(band, band + 0.15), mix(palette.accent, palette.ink, 0.42))
    canvas.paint(ring(-0.02, 1.0, left=0.2), palette.ink, opacity=0.38)


def _lantern(canvas: Canvas, x: float, top: float) -> None:
    palette = canvas.palette
    canvas.paint(Shape().box(x - 31, top - 6, x + 31, top + 3).box(x - 16, top - 46, x + 16, top - 6), palette.ink)
    canvas.paint(Shape().box(x - 13, top - 42, x + 13, top - 8), mix(palette.lamp, (255, 252, 238), 0.6))
    hood = Shape().polygon([(x - 21, top - 44), (x + 21, top - 44), (x, top - 72)])
    hood.line([(x, top - 70), (x, top - 92)], 2.4).line([(x - 31, top - 21), (x + 31, top - 21)], 1.6)
    for post in range(-30, 31, 10):
        hood.line([(x + post, top - 6), (x + post, top - 21)], 1.4)
    canvas.paint(hood, palette.ink)
    canvas.glow(x, top - 24, 250, palette.lamp, 0.55)
    canvas.glow(x, top - 24, 70, (255, 248, 230), 0.8)


def _keeper(canvas: Canvas, x: float, foot: float) -> None:
    palette = canvas.palette
    canvas.paint(Shape().box(x - 34, foot - 40, x + 34, foot + 8), mix(palette.near, palette.moon, 0.16))
    roof = SNOW if canvas.weather == "snow" else scale(palette.ink, 1.2)
    stand = Stand(x, foot, 1.0)
    canvas.paint(Shape().polygon(stand((-42, 38), (42, 38), (22, 66), (-22, 66))), roof)
    canvas.paint(
        Shape().box(x - 22, foot - 28, x - 8, foot - 10).box(x + 8, foot - 28, x + 22, foot - 10), palette.lamp
    )
    canvas.glow(x, foot - 20, 100, palette.lamp, 0.45)
