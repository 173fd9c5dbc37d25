"""A sheet to paint on: shapes with smooth edges, lights that add up, haze, reflections.

All places are in thousandths of the sheet's side, x to the right and y down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from dusktape.core.seed import Seed
from dusktape.publish.cover.palette import Colour, Palette

Point: TypeAlias = tuple[float, float]
Paint: TypeAlias = Colour | tuple[Colour, Colour]
"""One colour, or two: at the top and at the bottom of the shape."""
Box: TypeAlias = tuple[float, float, float, float]

_OVERSAMPLING = 2
_LIGHT = 1.3  # how strong a light of strength 1 is: light is screened on, never clipped
_WIDE = 400  # pixels: a light this wide is drawn at every second one


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
                _stroke(pen, at, max(1, round(size * zoom)), ink)
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
        mask = self._mask(shape, window, blur)
        if opacity < 1.0:
            mask = mask.point(_ramp(opacity))
        self.lay(paint, mask, window[0], window[1])

    def lay(self, paint: Paint, mask: Image.Image, left: int = 0, top: int = 0) -> None:
        """Fill what a mask (mode L) covers, its upper left corner at a pixel of the sheet."""
        self.image.paste(_sheet(paint, mask.width, mask.height), (left, top), mask)

    def picture(self, picture: Image.Image, x0: float, y0: float, x1: float, y1: float) -> None:
        """Fill a box from a picture of the whole sheet, which may be smaller than the sheet."""
        left, top, right, bottom = (min(self.size, max(0, round(v * self.unit))) for v in (x0, y0, x1, y1))
        if left < right and top < bottom:
            zoom = picture.width / self.size
            part = (left * zoom, top * zoom, right * zoom, bottom * zoom)
            filled = picture.resize((right - left, bottom - top), Image.Resampling.NEAREST, box=part)
            self.image.paste(filled, (left, top))

    def glow(self, x: float, y: float, radius: float, colour: Colour, strength: float, *, flat: float = 1.0) -> None:
        """Add a soft light that fades to nothing at `radius`. `flat` below 1 presses it into an ellipse."""
        reach = _reach(strength * _LIGHT * max(colour))
        wide, tall = radius * reach, radius * reach * flat
        sprite = _falloff()
        rim = sprite.width * (1.0 - reach) / 2.0
        lit = (rim, rim, sprite.width - rim, sprite.height - rim)
        self._add(sprite, lit, (x - wide, y - tall, x + wide, y + tall), colour, strength)

    def shine(self, shape: Shape, colour: Colour, strength: float, *, blur: float = 0.0) -> None:
        """Add light in a shape, its edge softened by `blur`."""
        window = self._window(*shape.bounds(), margin=2.5 * blur)
        if window is None:
            return
        self._add_mask(self._mask(shape, window, blur), window, colour, strength)

    def haze(self, top: float, bottom: float, colour: Colour, opacity: float) -> None:
        """Lay a veil that thickens from nothing at `top` to `opacity` at `bottom`, and stays below."""
        first = max(0, round(top * self.unit))
        rows = np.arange(first, self.size) / self.unit
        veil = np.clip((rows - top) / max(1.0, bottom - top), 0.0, 1.0)
        veil = veil * veil * (3.0 - 2.0 * veil) * opacity * 255.0
        self.lay(colour, spread(veil, self.size), 0, first)

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
        height = box[3] - box[1]
        # Clouds are long: across, every second pixel says enough.
        mask = tile.resize((self.size // 2, height), Image.Resampling.BICUBIC)
        self.lay(colour, mask.resize((self.size, height), Image.Resampling.NEAREST), 0, box[1])

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
        # So soft a picture is told by every fourth pixel; the waves in it by every second one.
        flipped = flipped.resize((-(-half // 2), -(-height // 4)), Image.Resampling.BILINEAR, reducing_gap=1.0)
        flipped = flipped.filter(ImageFilter.GaussianBlur((blur * self.unit * 0.15, blur * self.unit * 0.5)))
        flipped = flipped.resize((half, height // 2), Image.Resampling.BILINEAR)
        near = np.linspace(0.0, 1.0, height // 2)
        rng = self.seed.at("ripple").rng()
        # Waves are as long as they look: short rows far away, long ones at our feet.
        phase = 20.0 * np.log1p(9.0 * near)
        wave = np.interp(phase, np.arange(64), rng.standard_normal(64))
        shift = np.round(wave * ripple * self.unit * (0.2 + near)).astype(int)
        columns = np.clip(np.arange(half)[None, :] + shift[:, None], 0, half - 1)
        columns += half * np.arange(height // 2)[:, None]
        pixels = np.asarray(flipped).reshape(-1, 3).take(columns, axis=0)
        water = Image.fromarray(pixels).resize((self.size, height), Image.Resampling.BILINEAR)
        mask = spread(np.linspace(1.0, 0.55, height) * strength * 255.0, self.size)
        if inside is not None:
            mask = ImageChops.multiply(mask, inside.mask(0, top, self.size, height, self.unit))
        self.image.paste(water, (0, top), mask)

    def _add(self, sprite: Image.Image, lit: Box, place: Box, colour: Colour, strength: float) -> None:
        """Add the lit part of a sprite at a place on the sheet."""
        box = [round(v * self.unit) for v in place]
        width, height = max(1, box[2] - box[0]), max(1, box[3] - box[1])
        window = (max(0, box[0]), max(0, box[1]), min(self.size, box[2]), min(self.size, box[3]))
        if window[0] >= window[2] or window[1] >= window[3]:
            return
        zoom_x, zoom_y = (lit[2] - lit[0]) / width, (lit[3] - lit[1]) / height
        part = (
            lit[0] + (window[0] - box[0]) * zoom_x,
            lit[1] + (window[1] - box[1]) * zoom_y,
            lit[0] + (window[2] - box[0]) * zoom_x,
            lit[1] + (window[3] - box[1]) * zoom_y,
        )
        size = (window[2] - window[0], window[3] - window[1])
        coarse = min(width, height) > _WIDE
        drawn = sprite.resize(
            (-(-size[0] // 2), -(-size[1] // 2)) if coarse else size, Image.Resampling.BILINEAR, box=part
        )
        self._add_mask(drawn.resize(size, Image.Resampling.NEAREST) if coarse else drawn, window, colour, strength)

    def _add_mask(self, mask: Image.Image, window: tuple[int, int, int, int], colour: Colour, strength: float) -> None:
        # To screen a light of one colour on is to blend, by as much as there is of it, towards the sheet as it would
        # look under all of it.
        peak = max(1, *colour)
        ramp = np.arange(256) / 255.0
        lit = [np.rint(255.0 * (ramp + (1.0 - ramp) * channel / peak)).astype(int) for channel in colour]
        under = self.image.crop(window).point(np.concatenate(lit).tolist())
        self.image.paste(under, window[:2], mask.point(_ramp(strength * _LIGHT * peak / 255.0)))

    def _mask(self, shape: Shape, window: tuple[int, int, int, int], blur: float) -> Image.Image:
        """Return a shape's mask in a window of the sheet, the blurred drawn only as fine as it can show."""
        left, top, right, bottom = window
        if not blur:
            return shape.mask(left, top, right - left, bottom - top, self.unit)
        deviation = blur * self.unit
        step = next((step for step in (8, 4, 2) if deviation >= 2.25 * step), 1)
        x, y = left // step, top // step
        mask = shape.mask(x, y, -(-right // step) - x, -(-bottom // step) - y, self.unit / step)
        mask = mask.filter(ImageFilter.GaussianBlur(deviation / step))
        if step == 1:
            return mask
        part = (left / step - x, top / step - y, right / step - x, bottom / step - y)
        return mask.resize((right - left, bottom - top), Image.Resampling.BILINEAR, box=part)

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


def _sheet(paint: Paint, width: int, height: int) -> Image.Image:
    """Return a sheet of one colour, or of two and what lies between them."""
    above, below = paint[0], paint[1]
    if not isinstance(above, tuple) or not isinstance(below, tuple):
        return Image.new("RGB", (width, height), paint)  # type: ignore[arg-type]
    ramp = np.linspace(0.0, 1.0, height)[:, None]
    return spread(np.asarray(above) * (1.0 - ramp) + np.asarray(below) * ramp, width)


def spread(rows: NDArray[np.floating[Any]], width: int) -> Image.Image:
    """Return a picture of which every row is of one tone: shape (height,) or (height, 3), 0 to 255."""
    column = Image.fromarray(np.rint(rows).astype(np.uint8)[:, None])
    return column.resize((width, len(rows)), Image.Resampling.NEAREST)


def _ramp(gain: float) -> list[int]:
    """Return what becomes of the tones 0 to 255."""
    tones: list[int] = np.minimum(255.0, np.rint(np.arange(256) * gain)).astype(int).tolist()
    return tones


def _stroke(pen: ImageDraw.ImageDraw, points: list[Point], width: int, ink: int) -> None:
    """Draw a line, its joints round."""
    pen.line(points, fill=ink, width=width)
    half = width / 2.0 - 1.0
    if half > 1.0:
        for x, y in points[1:-1]:
            pen.ellipse((x - half, y - half, x + half, y + half), fill=ink)


def _reach(peak: float) -> float:
    """Return how far out, of its radius, a light is seen whose middle is so bright, 0 to 255."""
    out = np.linspace(0.0, 1.0, 101)
    seen = np.flatnonzero(_light_at(out) * peak >= 0.5)
    return float(out[min(100, seen[-1] + 1)]) if len(seen) else 0.01


def _light_at(radius: NDArray[np.float64]) -> NDArray[np.float64]:
    light: NDArray[np.float64] = np.clip(1.0 - radius, 0.0, 1.0) ** 2 * (0.25 + 0.75 / (1.0 + 18.0 * radius**2))
    return light


@cache
def _falloff() -> Image.Image:
    """Return a round light: bright in the middle, like a lamp in moist air, nothing at the rim."""
    grid = np.linspace(-1.0, 1.0, 128)
    return Image.fromarray(np.rint(255.0 * _light_at(np.hypot(grid[:, None], grid[None, :]))).astype(np.uint8))
