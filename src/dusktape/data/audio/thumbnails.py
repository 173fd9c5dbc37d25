"""Small pictures of single sounds: a waveform over its mel spectrum, as a few bytes inside a page."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from PIL import Image

from dusktape.data.audio.finding import Arrays

_WIDE, _TALL = 96, 34
_RAMP = ((0.0, (26, 22, 28)), (0.35, (92, 52, 74)), (0.7, (208, 120, 64)), (1.0, (250, 226, 170)))
"""Dusk: dark where nothing sounds."""


def thumbnail(arrays: Arrays, name: str) -> str:
    """Return a waveform and a mel spectrum as HTML; empty if nothing was found to draw.

    Parameters
    ----------
    arrays
        Of a `Finding`.
    name
        HTML; read out to those who do not see it.
    """
    if "mel" not in arrays:
        return ""
    return (
        f'<div class="thumb" role="img" aria-label="{name}">{_waveform(arrays["waveform"])}{_mel(arrays["mel"])}</div>'
    )


def _waveform(outline: Any) -> str:
    """An SVG path along the highest samples and back along the lowest."""
    half = _TALL / 2.0
    x = np.linspace(0.0, _WIDE, len(outline)) if len(outline) > 1 else np.array([0.0])
    y = half - outline.astype(float) * (half - 1.0) / 127.0
    y[:, 0] = np.maximum(y[:, 0], y[:, 1] + 0.6)
    there = [f"{a:.1f} {b:.1f}" for a, b in zip(x, y[:, 1], strict=True)]
    back = [f"{a:.1f} {b:.1f}" for a, b in zip(x[::-1], y[::-1, 0], strict=True)]
    path = "M" + "L".join(there + back) + "Z"
    return f'<svg viewBox="0 0 {_WIDE} {_TALL}" preserveAspectRatio="none"><path d="{path}"/></svg>'


def _mel(shades: Any) -> str:
    """A PNG, low bands at the bottom."""
    place = np.linspace(0.0, 1.0, 256)
    ramp = np.stack([np.interp(place, [p for p, _ in _RAMP], [c[k] for _, c in _RAMP]) for k in range(3)], axis=1)
    picture = Image.fromarray(shades[::-1].copy(), mode=None).convert("P")
    picture.putpalette(np.rint(ramp).astype(np.uint8).tobytes())
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    data = base64.b64encode(out.getvalue()).decode()
    return f'<img alt="" src="data:image/png;base64,{data}">'
