"""The last touches: bloom, vignette, grain, a palette of 256 colours, the PNG.

What is done to each pixel is done in whole numbers, a plane for each channel, a band of rows at a time: that stays in
the processor's cache.
"""

from __future__ import annotations

import io
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from dusktape.core.seed import Seed

_FINEST_GRAIN, _COARSEST_GRAIN = 3.0, 11.0
_EIGHTHS = 8  # what the grain's size is counted in
_COLOURS = 255
_BAND = 100  # rows

Bytes: TypeAlias = NDArray[np.uint8]
Floats32: TypeAlias = NDArray[np.float32]


def bloom(image: Image.Image, *, strength: float) -> Image.Image:
    """Return the light that spills over from the picture's lights, as through an old lens, at an eighth of its size."""
    small = image.reduce(8)
    bright = small.point([max(0, round((v - 130) * 1.9)) for v in range(256)] * 3)
    unit = small.width / 175
    wide = bright.filter(ImageFilter.GaussianBlur(9 * unit))
    close = bright.filter(ImageFilter.GaussianBlur(2.2 * unit))
    return Image.blend(wide, close, 0.4).point([min(255, round(v * strength)) for v in range(256)] * 3)


def expose(image: Image.Image, light: Image.Image) -> None:
    """Lay the spilt light over the picture and darken its corners, in place."""
    size = image.width
    light = light.resize((light.width * 4, light.height * 4), Image.Resampling.BILINEAR)
    place = np.linspace(-1.0, 1.0, -(-size // 4))
    corner = place[:, None] ** 2 + place[None, :] ** 2
    shade = Image.fromarray(np.rint(255.0 - 0.16 * 255.0 * np.clip(corner - 0.35, 0.0, None)).astype(np.uint8))
    for top, bottom in _bands(size):
        window = (0, top, size, bottom)
        dimmed = np.asarray(_part(shade, window, size))
        planes = zip(image.crop(window).split(), _part(light, window, size).split(), strict=True)
        done = [_by_255(~_by_255(~np.asarray(plane), ~np.asarray(spilt)), dimmed) for plane, spilt in planes]
        image.paste(_merged(done), (0, top))


def png(image: Image.Image, seed: Seed) -> bytes:
    """Return a PNG of at most 256 colours: those that the picture needs, found on its own thumbnail.

    The grain does two things at once. It is the film's, and it hides the steps between the colours: where they lie
    far apart it is coarser.
    """
    colours = _few_colours(image)
    gaps = np.sqrt(((colours[:, None] - colours[None, :]) ** 2).sum(axis=2))
    step = np.sort(gaps, axis=1)[:, 1:4].mean(axis=1) / np.sqrt(3.0)
    coarse = np.zeros(256, int)
    coarse[: len(step)] = np.rint(_EIGHTHS * np.clip(step, _FINEST_GRAIN, _COARSEST_GRAIN))
    table, rng = _table(colours), seed.at("grain").rng()
    indexed = Image.new("P", image.size)
    for top, bottom in _bands(image.width):
        band = image.crop((0, top, image.width, bottom))
        first = Image.fromarray(np.asarray(_nearest(band, table)))  # the indices as tones
        noise = grain(rng, bottom - top, image.width)
        noise *= np.asarray(first.point(coarse.tolist()))
        noise >>= 11  # by 255 and by eight
        grainy = [np.clip(np.asarray(plane) + noise, 0, 255).astype(np.uint8) for plane in band.split()]
        indexed.paste(_nearest(_merged(grainy), table), (0, top))
    indexed.putpalette(colours.astype(np.uint8).ravel().tolist())
    file = io.BytesIO()
    file.name = "cover.png"  # told by its ending, Pillow loads no other formats
    # Grain leaves little to find: a deeper search costs half as much time again, for a file 5 % smaller.
    indexed.save(file, compress_level=2)
    return file.getvalue()


def grain(rng: np.random.Generator, height: int, width: int) -> NDArray[np.int16]:
    """Return noise, triangular in [-255, 255], shape (height, width): one for all channels, as silver is."""
    coins = np.frombuffer(rng.bytes(2 * height * width), np.uint8).reshape(2, height, width)
    noise: NDArray[np.int16] = coins[0].astype(np.int16)
    noise += coins[1]
    noise -= 255
    return noise


def _bands(size: int) -> list[tuple[int, int]]:
    return [(top, min(size, top + _BAND)) for top in range(0, size, _BAND)]


def _part(small: Image.Image, window: tuple[int, int, int, int], size: int) -> Image.Image:
    """Return a window of a picture that is drawn smaller than the sheet, as large as on the sheet."""
    left, top, right, bottom = window
    x, y = small.width / size, small.height / size
    box = (left * x, top * y, right * x, bottom * y)
    return small.resize((right - left, bottom - top), Image.Resampling.NEAREST, box=box)


def _by_255(a: Bytes, b: Bytes) -> Bytes:
    """Return the rounded product of two planes, 255 of each being all of it."""
    product = np.multiply(a, b, dtype=np.uint16)
    product += np.uint16(128)
    product += product >> 8
    return (product >> 8).astype(np.uint8)


def _merged(planes: list[Bytes]) -> Image.Image:
    return Image.merge("RGB", [Image.fromarray(plane) for plane in planes])


def _few_colours(image: Image.Image) -> Floats32:
    """Return the picture's palette, dark to light, shape (colours, 3).

    A lamp is small and the sky is large, yet the eye goes to the lamp: colours count by the root of their area.
    """
    side = min(350, image.width)
    few = image.resize((side, side), Image.Resampling.NEAREST)
    red, green, blue = (np.asarray(plane).ravel().astype(np.intp) >> 2 for plane in few.split())
    counts = np.bincount(red << 12 | green << 6 | blue)
    used = np.flatnonzero(counts)
    colours = np.stack([used >> 12, used >> 6 & 63, used & 63], axis=1).astype(np.uint8) * 4 + 2
    weighted = np.repeat(colours, np.ceil(np.sqrt(counts[used])).astype(int), axis=0)
    raw = Image.fromarray(weighted[None]).quantize(_COLOURS, Image.Quantize.MEDIANCUT).getpalette()
    assert raw is not None
    palette = np.array(raw, np.float32).reshape(-1, 3)[:_COLOURS]
    light = palette @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.ascontiguousarray(palette[np.argsort(light, kind="stable")])


def _table(colours: Floats32) -> Image.Image:
    """Return a picture with a palette in which Pillow finds the nearest of the colours."""
    # Pillow's table has 64 steps a channel and asks for the darkest corner of each, not for its middle.
    darker = np.maximum(colours - 2.0, 0.0)
    darker = np.concatenate([darker, np.repeat(darker[-1:], 256 - len(darker), axis=0)])
    table = Image.new("P", (1, 1))
    table.putpalette(darker.astype(np.uint8).ravel().tolist())
    return table


def _nearest(picture: Image.Image, table: Image.Image) -> Image.Image:
    """Return the index of the nearest colour for each pixel."""
    return picture.quantize(palette=table, dither=Image.Dither.NONE)
