"""The colours of the pictures: a perceptual map from night to lamplight, and one hue per part."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Colour = tuple[int, int, int]

BACKGROUND: Colour = (13, 13, 20)
PANEL: Colour = (20, 20, 30)
GRID: Colour = (48, 48, 64)
DIM: Colour = (142, 140, 160)
TEXT: Colour = (228, 224, 232)

_FROM_OKLAB = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.2914855480],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


def oklch(lightness: Floats, chroma: Floats, hue_degrees: Floats) -> Floats:
    """Return linear RGB, which may lie outside [0, 1]. Source: B. Ottosson, "A perceptual color space", 2020."""
    hue = np.deg2rad(hue_degrees)
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], axis=-1)
    return np.asarray((lab @ _FROM_OKLAB.T) ** 3 @ _TO_RGB.T)


def in_gamut(lightness: Floats, chroma: Floats, hue_degrees: Floats) -> NDArray[np.uint8]:
    """Return sRGB bytes; chroma gives way, a little at a time, where the screen has no such colour."""
    chroma = chroma.copy()
    for _ in range(60):
        rgb = oklch(lightness, chroma, hue_degrees)
        outside = ((rgb < -1e-4) | (rgb > 1.0 + 1e-4)).any(axis=-1)
        if not outside.any():
            break
        chroma[outside] *= 0.96
    rgb = np.clip(rgb, 0.0, 1.0)
    srgb = np.where(rgb <= 0.0031308, 12.92 * rgb, 1.055 * rgb ** (1.0 / 2.4) - 0.055)
    return np.asarray(np.rint(255.0 * srgb), np.uint8)


def night_map(steps: int = 256) -> NDArray[np.uint8]:
    """Return (steps, 3) bytes: even steps of lightness from the night sky over violet and ember to lamplight."""
    t = np.linspace(0.0, 1.0, steps)
    return in_gamut(0.14 + 0.83 * t, 0.02 + 0.16 * np.sin(np.pi * t**0.85) ** 0.9, 272.0 + 183.0 * t)


def part_colours(parts: list[str]) -> dict[str, Colour]:
    """Return a hue for every part, all of one lightness, so that none shouts."""
    known = {"keys": 60.0, "lead": 150.0, "pad": 300.0, "bass": 255.0, "drums": 20.0}
    hues = np.array([known.get(p, 47.0 * k % 360.0) for k, p in enumerate(parts)])
    rgb = in_gamut(np.full(len(parts), 0.78), np.full(len(parts), 0.13), hues) if parts else np.zeros((0, 3), np.uint8)
    return {p: (int(c[0]), int(c[1]), int(c[2])) for p, c in zip(parts, rgb, strict=True)}
