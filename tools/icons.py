"""Draw the pages' icons: a cassette in front of a low sun. Writes PNG and ICO files beside the pages."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

FOLDER = Path(__file__).parent.parent / "src" / "dusktape" / "server" / "web" / "icons"
SKY = ((20, 16, 48), (86, 52, 110), (236, 138, 108))
SUN = (255, 205, 138)
SHELL, LABEL, WINDOW, REEL = (37, 26, 48), (246, 226, 198), (30, 20, 38), (243, 178, 106)
_OVERSAMPLING = 4


def _sky(size: int) -> Image.Image:
    rows = Image.new("RGB", (1, 256))
    for y in range(256):
        t = y / 255 * 2
        first, second = SKY[int(min(t, 1.999))], SKY[int(min(t, 1.999)) + 1]
        rows.putpixel(
            (0, y), tuple(round(a + (b - a) * (t % 1 if t < 2 else 1)) for a, b in zip(first, second, strict=True))
        )
    return rows.resize((size, size), Image.Resampling.BICUBIC)


def _sun(image: Image.Image, unit: float) -> None:
    glow = Image.new("RGB", image.size)
    pen = ImageDraw.Draw(glow)
    pen.ellipse([22 * unit, 14 * unit, 78 * unit, 70 * unit], fill=(120, 74, 40))
    glow = glow.filter(ImageFilter.GaussianBlur(9 * unit))
    image.paste(ImageChops.add(image, glow))
    ImageDraw.Draw(image).ellipse([29 * unit, 19 * unit, 71 * unit, 61 * unit], fill=SUN)


def _cassette(image: Image.Image, unit: float) -> None:
    pen = ImageDraw.Draw(image)

    def box(x0: float, y0: float, x1: float, y1: float, radius: float, fill: tuple[int, int, int]) -> None:
        pen.rounded_rectangle([x0 * unit, y0 * unit, x1 * unit, y1 * unit], radius * unit, fill=fill)

    box(18, 44, 82, 86, 6, SHELL)
    box(24, 49, 76, 75, 3.5, LABEL)
    box(24, 49, 76, 54, 2.5, (201, 100, 78))
    box(31, 58, 69, 71, 6.5, WINDOW)
    for x in (38.5, 61.5):
        pen.ellipse([(x - 4.6) * unit, 59.9 * unit, (x + 4.6) * unit, 69.1 * unit], fill=REEL)
        pen.ellipse([(x - 1.8) * unit, 62.7 * unit, (x + 1.8) * unit, 66.3 * unit], fill=WINDOW)
    pen.polygon(
        [(33 * unit, 86 * unit), (37 * unit, 78.5 * unit), (63 * unit, 78.5 * unit), (67 * unit, 86 * unit)],
        fill=(58, 42, 72),
    )


def draw(size: int, *, corner: float, zoom: float) -> Image.Image:
    """Return the icon: `corner` rounds it off, as a share of its side; `zoom` below 1 leaves room for a mask."""
    big = size * _OVERSAMPLING
    image = _sky(big)
    inner = Image.new("RGBA", (big, big))
    picture = image.copy()
    _sun(picture, big / 100)
    _cassette(picture, big / 100)
    inner.paste(picture)
    if zoom < 1:
        side = round(big * zoom)
        at = (big - side) // 2
        image.paste(picture.resize((side, side)), (at, at), _soft(side))
        inner.paste(image)
    if corner:
        mask = Image.new("L", (big, big))
        ImageDraw.Draw(mask).rounded_rectangle([0, 0, big - 1, big - 1], corner * big, fill=255)
        inner.putalpha(mask)
    return inner.resize((size, size), Image.Resampling.LANCZOS)


def _soft(side: int) -> Image.Image:
    mask = Image.new("L", (side, side))
    ImageDraw.Draw(mask).rounded_rectangle([side * 0.08, side * 0.08, side * 0.92, side * 0.92], side * 0.3, fill=255)
    return mask.filter(ImageFilter.GaussianBlur(side * 0.04))


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for size in (192, 512):
        draw(size, corner=0.22, zoom=1.0).save(FOLDER / f"icon-{size}.png", optimize=True)
    draw(512, corner=0.0, zoom=0.82).convert("RGB").save(FOLDER / "icon-mask-512.png", optimize=True)
    draw(64, corner=0.22, zoom=1.0).save(FOLDER / "favicon.ico", sizes=[(16, 16), (32, 32), (48, 48)])


if __name__ == "__main__":
    main()
