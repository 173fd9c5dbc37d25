"""A sheet to paint on: shapes with smooth edges, lights that add up, haze, reflections.

All places are in thousandths of the sheet's side, x to the right and y down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from dusktape.core.seed import Seed
from dusktape.publish.cover.palette import Colour, Palette

Point: TypeAlias = tuple[float, float]
Paint: TypeAlias = Colour | tuple[Colour, Colour]
"""One colour, or two: at the top and at the bottom of the shape."""

_OVERSAMPLING = 2
_LIGHT = 1.3  # how strong a light of strength 1 is: light is screened on, never clipped


@dataclass(slots=True)
class Shape:
    """An outline under construction: pieces that are filled, or with `ink` 0 cut out, in the order they were added."""

    _pieces: list[tuple[str, list[Point], float, int]] = field(default_factory=list)

    def polygon(self, points: Sequence[Point], ink: int = 255) -> Shape:
        """Add a filled polygon."""
        self._pieces.append(("polygon", list(points), 0.0, ink))
        return self

    def box(self, x0: float, y0: float, x1: float, y1: float, ink: int = 255, *, radius: float = 0.0) -> Shape:
        """Add a box, its corners rounded by `radius`."""
        self._pieces.append(("box", [(min(x0, x1), min(y0, y1)), (max(x0, x1), max(y0, y1))], radius, ink))
        return self

    def disc(self, x: float, y: float, rx: float, ry: float | None = None, ink: int = 255) -> Shape:
        """Add a disc, or an ellipse."""
        ry = rx if ry is None else ry
        self._pieces.append(("disc", [(x - rx, y - ry), (x + rx, y + ry)], 0.0, ink))
        return self

    def line(self, points: Sequence[Point], width: float, ink: int = 255) -> Shape:
        """Add a stroke through the points, its joints round."""
        self._pieces.append(("line", list(points), width, ink))
        return self

    def bounds(self) -> tuple[float, float, float, float]:
        """Return the box that holds every piece."""
        grown = [(x, y, width if kind == "line" else 0.0) for kind, pts, width, _ in self._pieces for x, y in pts]
        return (
            min(x - w for x, _, w in grown),
            min(y - w for _, y, w in grown),
            max(x + w for x, _, w in grown),
            max(y + w for _, y, w in grown),
        )

    def mask(self, left: int, top: int, width: int, height: int, unit: float) -> Image.Image:
        """Return the shape's cover of each pixel of a window of the sheet, 0 to 255."""
        big = Image.new("L", (width * _OVERSAMPLING, height * _OVERSAMPLING))
        pen, zoom = ImageDraw.Draw(big), unit * _OVERSAMPLING
        for kind, points, size, ink in self._pieces:
            at = [((x * zoom) - left * _OVERSAMPLING, (y * zoom) - top * _OVERSAMPLING) for x, y in points]
            if kind == "polygon":
                pen.polygon(at, fill=ink)
            elif kind == "disc":
                pen.ellipse((*at[0], *at[1]), fill=ink)
            elif kind == "line":
                pen.line(at, fill=ink, width=max(1, round(size * zoom)), joint="curve")
            elif size:
                pen.rounded_rectangle((*at[0], *at[1]), radius=size * zoom, fill=ink)
            else:
                (x0, y0), (x1, y1) = at
                pen.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), fill=ink)
        return big.reduce(_OVERSAMPLING)

    def __bool__(self) -> bool:
        return bool(self._pieces)


class Canvas:
    """The sheet, with the palette, weather and seed that every scene needs."""

    def __init__(self, size: int, palette: Palette, weather: str, seed: Seed) -> None:
        self.size, self.unit = size, size / 1000.0
        self.palette, self.weather, self.seed = palette, weather, seed
        self.image = Image.new("RGB", (size, size), palette.top)

    def dice(self, *place: str | int) -> Dice:
        """Return the dice of one thing in the picture."""
        return Dice(self.seed.at(*place).rng())

    def paint(self, shape: Shape, paint: Paint, *, opacity: float = 1.0, blur: float = 0.0) -> None:
        """Fill a shape. `blur` softens its edge."""
        if not shape:
            return
        window = self._window(*shape.bounds(), margin=2.5 * blur)
        if window is None:
            return
        left, top, right, bottom = window
        mask = shape.mask(left, top, right - left, bottom - top, self.unit)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * self.unit))
        if opacity < 1.0:
            mask = mask.point(lambda value: value * opacity)
        first = paint[0]
        if isinstance(first, tuple):
            self.image.paste(_gradient(paint, right - left, bottom - top), (left, top), mask)  # type: ignore[arg-type]
        else:
            self.image.paste(paint, (left, top, right, bottom), mask)  # type: ignore[arg-type]

    def picture(self, picture: Image.Image, shape: Shape) -> None:
        """Fill a shape from a picture of the whole sheet."""
        window = self._window(*shape.bounds(), margin=0.0)
        if window is None:
            return
        left, top, right, bottom = window
        mask = shape.mask(left, top, right - left, bottom - top, self.unit)
        self.image.paste(picture.crop(window), (left, top), mask)

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float, *, flat: float = 1.0) -> None:
        """Add a soft light that fades to nothing at `radius`. `flat` below 1 presses it into an ellipse."""
        self._add(_falloff(), x - radius, y - radius * flat, x + radius, y + radius * flat, colour, strength)

    def shine(self, shape: Shape, colour: Colour, strength: float, *, blur: float = 0.0) -> None:
        """Add light in a shape, its edge softened by `blur`."""
        window = self._window(*shape.bounds(), margin=2.5 * blur)
        if window is None:
            return
        left, top, right, bottom = window
        mask = shape.mask(left, top, right - left, bottom - top, self.unit)
        if blur:
            mask = mask.filter(ImageFilter.GaussianBlur(blur * self.unit))
        self._add_mask(mask, window, colour, strength)

    def haze(self, top: float, bottom: float, colour: Colour, opacity: float) -> None:
        """Lay a veil that thickens from nothing at `top` to `opacity` at `bottom`, and stays below."""
        rows = np.arange(self.size) / self.unit
        veil = np.clip((rows - top) / max(1.0, bottom - top), 0.0, 1.0)
        veil = veil * veil * (3.0 - 2.0 * veil) * opacity * 255.0
        mask = Image.fromarray(veil.astype(np.uint8)[:, None]).resize((self.size, self.size))
        self.image.paste(colour, (0, 0, self.size, self.size), mask)

    def clouds(
        self, top: float, bottom: float, colour: Colour, opacity: float, *, cells: tuple[int, int], place: str
    ) -> None:
        """Lay drifting soft patches between two heights. `cells` is how many there are across and down."""
        rng = self.seed.at("clouds", place).rng()
        noise = np.zeros((64, 64))
        for octave, weight in ((1, 1.0), (2, 0.5), (4, 0.25)):
            grid = rng.random((cells[1] * octave + 1, cells[0] * octave + 1), dtype=np.float32)
            noise += weight * np.asarray(Image.fromarray(grid).resize((64, 64), Image.Resampling.BICUBIC))
        noise = np.clip((noise / 1.75 - 0.45) * 3.2, 0.0, 1.0)
        edge = np.sin(np.linspace(0.0, np.pi, 64))[:, None] ** 0.7
        tile = Image.fromarray((noise * edge * 255.0 * opacity).astype(np.uint8))
        box = (0, round(top * self.unit), self.size, round(bottom * self.unit))
        mask = tile.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BICUBIC)
        self.image.paste(colour, box, mask)

    def mirror(
        self, line: float, depth: float, *, strength: float, blur: float, ripple: float, stretch: float = 1.0,
        inside: Shape | None = None,
    ) -> None:  # fmt: skip
        """Let what stands above `line` show upside down in the wet or water below it, down to `line + depth`.

        `ripple` is how far a row may wander, more so nearer to us; `inside` is where the reflection can be seen.
        """
        top, half = round(line * self.unit), self.size // 2
        height = min(round(depth * self.unit), self.size - top)
        source_height = min(top, round(height / stretch))
        flipped = self.image.crop((0, top - source_height, self.size, top)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        flipped = flipped.resize((half, height // 2), Image.Resampling.BILINEAR)
        flipped = flipped.filter(ImageFilter.GaussianBlur((blur * self.unit * 0.3, blur * self.unit)))
        near = np.linspace(0.0, 1.0, height // 2)
        rng = self.seed.at("ripple").rng()
        # Waves are as long as they look: short rows far away, long ones at our feet.
        phase = 20.0 * np.log1p(9.0 * near)
        wave = np.interp(phase, np.arange(64), rng.standard_normal(64))
        shift = np.round(wave * ripple * self.unit * (0.2 + near)).astype(int)
        columns = np.clip(np.arange(half)[None, :] + shift[:, None], 0, half - 1)
        pixels = np.take_along_axis(np.asarray(flipped), columns[:, :, None], axis=1)
        water = Image.fromarray(pixels).resize((self.size, height), Image.Resampling.BILINEAR)
        fade = np.linspace(1.0, 0.55, height) * strength * 255.0
        mask = Image.fromarray(fade.astype(np.uint8)[:, None]).resize((self.size, height))
        if inside is not None:
            mask = ImageChops.multiply(mask, inside.mask(0, top, self.size, height, self.unit))
        self.image.paste(water, (0, top), mask)

    def _add(
        self, sprite: Image.Image, x0: float, y0: float, x1: float, y1: float, colour: Colour, strength: float
    ) -> None:
        box = [round(v * self.unit) for v in (x0, y0, x1, y1)]
        width, height = max(1, box[2] - box[0]), max(1, box[3] - box[1])
        window = (max(0, box[0]), max(0, box[1]), min(self.size, box[2]), min(self.size, box[3]))
        if window[0] >= window[2] or window[1] >= window[3]:
            return
        zoom_x, zoom_y = sprite.width / width, sprite.height / height
        part = (
            (window[0] - box[0]) * zoom_x,
            (window[1] - box[1]) * zoom_y,
            (window[2] - box[0]) * zoom_x,
            (window[3] - box[1]) * zoom_y,
        )
        size = (window[2] - window[0], window[3] - window[1])
        self._add_mask(sprite.resize(size, Image.Resampling.BILINEAR, box=part), window, colour, strength)

    def _add_mask(self, mask: Image.Image, window: tuple[int, int, int, int], colour: Colour, strength: float) -> None:
        tables = [[min(255, round(value * strength * _LIGHT * c / 255.0)) for value in range(256)] for c in colour]
        light = Image.merge("RGB", [mask.point(table) for table in tables])
        under = self.image.crop(window)
        self.image.paste(ImageChops.screen(under, light), window[:2])

    def _window(self, x0: float, y0: float, x1: float, y1: float, *, margin: float) -> tuple[int, int, int, int] | None:
        left = max(0, int(np.floor((x0 - margin) * self.unit)))
        top = max(0, int(np.floor((y0 - margin) * self.unit)))
        right = min(self.size, int(np.ceil((x1 + margin) * self.unit)) + 1)
        bottom = min(self.size, int(np.ceil((y1 + margin) * self.unit)) + 1)
        return (left, top, right, bottom) if left < right and top < bottom else None


@dataclass(frozen=True, slots=True)
class Dice:
    """Draws, in the words of somebody who paints."""

    rng: np.random.Generator

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return float(self.rng.uniform(low, high))

    def whole(self, low: int, high: int) -> int:
        """Return a whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def chance(self, probability: float) -> bool:
        """Return True so often."""
        return float(self.rng.random()) < probability

    def sign(self) -> int:
        """Return -1 or 1."""
        return 1 if self.chance(0.5) else -1


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a thing stands: its foot, its size and which way it looks. Turns its own measures, y up, into places."""

    x: float
    y: float
    size: float
    flip: int = 1

    def __call__(self, *points: Point) -> list[Point]:
        """Return places on the sheet."""
        return [(self.x + self.flip * px * self.size, self.y - py * self.size) for px, py in points]


def _gradient(paint: tuple[Colour, Colour], width: int, height: int) -> Image.Image:
    ramp = np.linspace(0.0, 1.0, height)[:, None]
    rows = np.asarray(paint[0]) * (1.0 - ramp) + np.asarray(paint[1]) * ramp
    return Image.fromarray(np.rint(rows).astype(np.uint8)[:, None, :]).resize((width, height))


@cache
def _falloff() -> Image.Image:
    """Return a round light: bright in the middle, like a lamp in moist air, nothing at the rim."""
    grid = np.linspace(-1.0, 1.0, 128)
    radius = np.hypot(grid[:, None], grid[None, :])
    light = np.clip(1.0 - radius, 0.0, 1.0) ** 2 * (0.25 + 0.75 / (1.0 + 18.0 * radius**2))
    return Image.fromarray(np.rint(255.0 * light).astype(np.uint8))
