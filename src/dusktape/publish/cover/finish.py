"""The last touches: bloom, vignette, grain, a palette of 256 colours, the PNG."""

from __future__ import annotations

import io
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageFilter

from dusktape.core.seed import Seed

_FINEST_GRAIN, _COARSEST_GRAIN = 3.0, 11.0
_COLOURS = 255

Floats32: TypeAlias = NDArray[np.float32]


def bloom(image: Image.Image, *, strength: float) -> Image.Image:
    """Return the picture with its lights spilling over, as through an old lens."""
    small = image.reduce(8)
    bright = small.point([max(0, round((v - 130) * 1.9)) for v in range(256)] * 3)
    unit = small.width / 175
    wide = bright.filter(ImageFilter.GaussianBlur(9 * unit))
    close = bright.filter(ImageFilter.GaussianBlur(2.2 * unit))
    light = Image.blend(wide, close, 0.4).point([min(255, round(v * strength)) for v in range(256)] * 3)
    return ImageChops.screen(image, light.resize(image.size, Image.Resampling.BILINEAR))


def vignette(image: Image.Image) -> Floats32:
    """Return the picture's samples (height, width, 3), 0 to 255, darker towards the corners."""
    size = image.width
    place = np.linspace(-1.0, 1.0, size, dtype=np.float32)
    corner = place[:, None] ** 2 + place[None, :] ** 2
    shade = 1.0 - 0.16 * np.clip(corner - 0.35, 0.0, None)
    samples = np.asarray(image).astype(np.float32)
    samples *= shade[:, :, None]
    return samples


def grain(seed: Seed, size: int) -> Floats32:
    """Return noise, triangular in [-1, 1], shape (height, width, 1): one for all channels, as silver is."""
    coins = np.frombuffer(seed.at("grain").rng().bytes(2 * size * size), np.uint8).reshape(2, size, size, 1)
    noise: Floats32 = (coins[0].astype(np.float32) + coins[1] - 255.0) / np.float32(255.0)
    return noise


def png(samples: Floats32, seed: Seed) -> bytes:
    """Return a PNG of at most 256 colours: those that the picture needs, found on its own thumbnail.

    The grain does two things at once. It is the film's, and it hides the steps between the colours: where they lie
    far apart it is coarser.
    """
    noise = grain(seed, samples.shape[0])
    colours = _few_colours(samples)
    first = _nearest(np.clip(samples, 0, 255).astype(np.uint8), colours)
    gaps = np.sqrt(((colours[:, None] - colours[None, :]) ** 2).sum(axis=2))
    step = np.sort(gaps, axis=1)[:, 1:4].mean(axis=1) / np.sqrt(3.0)
    coarse = np.clip(step, _FINEST_GRAIN, _COARSEST_GRAIN).astype(np.float32)[first]
    grainy = np.clip(samples + noise * coarse[:, :, None], 0, 255).astype(np.uint8)
    indexed = Image.fromarray(_nearest(grainy, colours))
    indexed.putpalette(colours.astype(np.uint8).ravel().tolist())
    file = io.BytesIO()
    indexed.save(file, "PNG", compress_level=4)
    return file.getvalue()


def _few_colours(samples: Floats32) -> Floats32:
    """Return the picture's palette, dark to light, shape (colours, 3).

    A lamp is small and the sky is large, yet the eye goes to the lamp: colours count by the root of their area.
    """
    step = max(1, samples.shape[0] // 350)
    few = np.clip(samples[::step, ::step], 0, 255).astype(np.uint8).reshape(-1, 3)
    cells = (few >> 2).astype(np.uint32) @ np.array([1 << 12, 1 << 6, 1], np.uint32)
    used, counts = np.unique(cells, return_counts=True)
    colours = np.stack([used >> 12, used >> 6 & 63, used & 63], axis=1).astype(np.uint8) * 4 + 2
    weighted = np.repeat(colours, np.ceil(np.sqrt(counts)).astype(int), axis=0)
    raw = Image.fromarray(weighted[None]).quantize(_COLOURS, Image.Quantize.MEDIANCUT).getpalette()
    assert raw is not None
    palette = np.array(raw, np.float32).reshape(-1, 3)[:_COLOURS]
    light = palette @ np.array([0.299, 0.587, 0.114], np.float32)
    return np.ascontiguousarray(palette[np.argsort(light, kind="stable")])


def _nearest(samples: NDArray[np.uint8], colours: Floats32) -> NDArray[np.uint8]:
    """Return the index of the nearest colour for each pixel, by a table of 64 steps a channel."""
    cells = (samples[:, :, 0] >> 2).astype(np.uint32) << 12
    cells |= (samples[:, :, 1] >> 2).astype(np.uint32) << 6
    cells |= samples[:, :, 2] >> 2
    used = np.flatnonzero(np.bincount(cells.ravel(), minlength=1 << 18))
    places = np.stack([used >> 12, used >> 6 & 63, used & 63], axis=1).astype(np.float32) * 4.0 + 2.0
    # |a - b|^2 without the part that is the same for every b.
    distance = (colours**2).sum(axis=1) - 2.0 * places @ colours.T
    table = np.zeros(1 << 18, np.uint8)
    table[used] = distance.argmin(axis=1)
    indexed: NDArray[np.uint8] = table[cells]
    return indexed
