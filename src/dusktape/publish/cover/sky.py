"""What is above: the last light, stars, a moon, clouds."""

from __future__ import annotations

import numpy as np
from PIL import Image

from dusktape.publish.cover.canvas import Canvas, Shape, spread
from dusktape.publish.cover.palette import mix, scale


def sky(canvas: Canvas, horizon: float, *, glow_x: float | None = None) -> None:
    """Paint the whole sheet as sky, lightest at `horizon`, with the town's or the sun's last light at `glow_x`."""
    palette = canvas.palette
    # Nothing in it has an edge: every second pixel says it all.
    half = Canvas(-(-canvas.size // 2), palette, canvas.weather, canvas.seed)
    y = np.linspace(0.0, 1000.0, half.size) / horizon
    rows = np.empty((half.size, 3))
    for channel in range(3):
        stops = (palette.top[channel], palette.middle[channel], palette.horizon[channel], palette.horizon[channel])
        rows[:, channel] = np.interp(y, (0.0, 0.58, 1.0, 2.0), stops)
    half.image = spread(rows, half.size)
    if glow_x is not None:
        half.glow(glow_x, horizon, 620, palette.horizon, 0.34, flat=0.55)
    canvas.image = half.image.resize(canvas.image.size, Image.Resampling.NEAREST)


def stars(canvas: Canvas, bottom: float, *, count: int, band: bool = False) -> None:
    """Scatter stars above `bottom`, fewer towards it; `band` gathers some along a milky way. Weather hides them."""
    share = {"clear": 1.0, "snow": 0.2, "rain": 0.0, "fog": 0.12}[canvas.weather]
    rng = canvas.seed.at("stars").rng()
    count = round(count * share)
    if not count:
        return
    x, y = rng.uniform(0, 1000, count), bottom * rng.power(1.0, count) ** 1.3
    if band:
        slope, middle = rng.uniform(-0.7, 0.7), rng.uniform(300, 700)
        along = rng.random(count) < 0.55
        y = np.where(along, bottom * 0.42 + slope * (x - middle) * 0.6 + rng.normal(0, 48, count), y)
        for step in range(5):
            place = step * 250.0
            canvas.glow(
                place, bottom * 0.42 + slope * (place - middle) * 0.6, 230, canvas.palette.middle, 0.30, flat=0.6
            )
    light = rng.exponential(0.36, count)
    lights = np.array(canvas.image.crop((0, 0, canvas.size, min(canvas.size, int(bottom * canvas.unit) + 2))))
    rows, columns = (y * canvas.unit).astype(int), (x * canvas.unit).astype(int)
    inside = (rows >= 0) & (rows < min(canvas.size - 1, bottom * canvas.unit)) & (columns < canvas.size - 1)
    tint = np.stack([rng.uniform(0.85, 1.0, count), np.full(count, 0.95), rng.uniform(0.85, 1.0, count)], axis=1)
    fade = np.clip(1.15 - y / bottom, 0.0, 1.0)
    colour = np.clip(light * fade, 0, 1)[:, None] * tint * 255.0
    for down, right, share_of in ((0, 0, 1.0), (0, 1, 0.5), (1, 0, 0.5), (1, 1, 0.25)):
        at = (rows[inside] + down, columns[inside] + right)
        lights[at] = np.minimum(255, lights[at] + colour[inside] * share_of).astype(np.uint8)
    canvas.image.paste(Image.fromarray(lights))
    for index in np.argsort(light)[-max(2, count // 60) :]:
        if fade[index] > 0.2:
            canvas.glow(float(x[index]), float(y[index]), 9, canvas.palette.moon, 0.9)


def moon(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """Hang a moon, full or a crescent, in its own light. Rain hides it, fog leaves a pale disc."""
    if canvas.weather == "rain":
        canvas.glow(x, y, radius * 5, canvas.palette.horizon, 0.18)
        return
    dice, palette = canvas.dice("moon"), canvas.palette
    veiled = canvas.weather in ("fog", "snow")
    canvas.glow(x, y, radius * 6.5, mix(palette.horizon, palette.moon, 0.4), 0.26 if veiled else 0.34)
    disc = Shape().disc(x, y, radius)
    crescent = dice.chance(0.35)
    if not crescent:
        canvas.glow(x, y, radius * 2.6, palette.moon, 0.42)
    else:
        disc.disc(x + dice.sign() * radius * 0.62, y - radius * 0.22, radius * 0.94, ink=0)
    canvas.paint(disc, scale(palette.moon, 0.92), opacity=0.62 if veiled else 1.0, blur=1.6 if veiled else 0.5)
    if crescent or veiled:
        return
    for _ in range(7):
        angle, away = dice.between(0, 2 * np.pi), radius * dice.between(0.1, 0.68)
        spot = Shape().disc(
            x + away * np.cos(angle),
            y + away * np.sin(angle),
            radius * dice.between(0.1, 0.26),
            radius * dice.between(0.08, 0.2),
        )
        canvas.paint(spot, scale(palette.moon, 0.7), opacity=0.55, blur=radius * 0.07)


def drifts(canvas: Canvas, horizon: float) -> None:
    """Let clouds drift over the sky: a few in clear weather, a lid of them in rain."""
    palette = canvas.palette
    dice = canvas.dice("drifts")
    light = mix(palette.middle, palette.horizon, 0.65)
    thick = {"clear": 0.34, "snow": 0.5, "rain": 0.75, "fog": 0.4}[canvas.weather]
    cells = (dice.whole(2, 4), dice.whole(7, 11))
    canvas.clouds(horizon * 0.3, horizon * 1.02, light, thick * 0.8, cells=cells, place="light")
    canvas.clouds(horizon * 0.0, horizon * 0.8, scale(palette.top, 0.8), thick, cells=(3, 6), place="dark")
