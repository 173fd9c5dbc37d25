"""The song's name, small and quiet in a corner."""

from __future__ import annotations

import unicodedata
from functools import cache

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from dusktape.publish.cover.canvas import Canvas
from dusktape.publish.cover.palette import mix

_MARGIN = 58.0
_SIZE = 27.0
_SPACING = 0.085
_PLAINER = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "œ": "oe", "’": "'", "–": "-", "…": "..."}
)


def write(canvas: Canvas, title: str) -> None:
    """Set the title at the lower left, letter-spaced, over a breath of shade; smaller where it is long."""
    size = _SIZE
    text = legible(title)
    if not text:
        return
    room = 1000.0 - 2.0 * _MARGIN
    width = _width(text, size * canvas.unit) / canvas.unit
    if width > room:
        size = max(17.0, size * room / width)
    while len(text) > 4 and _width(text, size * canvas.unit) / canvas.unit > room:
        text = text.removesuffix("...")[:-1].rstrip() + "..."
    # The letters stand in a band of the sheet, high enough for what they have above and below and for their shade.
    top = round((1000.0 - _MARGIN - 2.0 * _SIZE) * canvas.unit)
    mask = Image.new("L", (canvas.size, canvas.size - top))
    pen, font = ImageDraw.Draw(mask), _font(size * canvas.unit)
    x, y = _MARGIN * canvas.unit, (1000.0 - _MARGIN) * canvas.unit - top
    for letter in text:
        pen.text((x, y), letter, fill=255, font=font, anchor="ls")
        x += font.getlength(letter) + _SPACING * size * canvas.unit
    shade = mask.filter(ImageFilter.BoxBlur(7 * canvas.unit)).point([min(150, v * 2) for v in range(256)])
    canvas.lay(canvas.palette.ink, shade, 0, top)
    canvas.lay(mix(canvas.palette.moon, (255, 252, 246), 0.5), mask, 0, top)


def legible(text: str) -> str:
    """Return the text without letters that the bundled font would show as empty boxes."""
    plain = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode()).translate(_PLAINER)
    letters = (_nearest(letter) for letter in " ".join(plain.split()))
    return " ".join("".join(letters).split())


def _nearest(letter: str) -> str:
    """Return the letter, or what remains of it without its accent, or nothing."""
    if letter == " " or _has(letter):
        return letter
    bare = unicodedata.normalize("NFKD", letter)[0]
    return bare if bare != letter and _has(bare) else ""


@cache
def _font(pixels: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(pixels)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


def _has(letter: str) -> bool:
    font = _font(24.0)
    return bytes(font.getmask(letter)) not in (b"", bytes(font.getmask("\uffff")))


def _width(text: str, pixels: float) -> float:
    font = _font(pixels)
    return float(sum(font.getlength(letter) + _SPACING * pixels for letter in text))
