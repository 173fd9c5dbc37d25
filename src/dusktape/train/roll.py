"""A piano roll as a picture."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from dusktape.core.score import PITCH_NAMES, TICKS_PER_BEAT, Score

WIDTH, ROW, LEFT, TOP, BOTTOM = 1200, 8, 44, 26, 24
PAPER, INK, BEAT, BAR, BLACK_KEY = "#fbf7f0", "#3b3340", "#ece4d8", "#d6cabb", "#f3ede3"
COLOURS = {"lead": "#b5523b", "keys": "#4f7a8c", "bass": "#6d5b8f", "drums": "#7a7046"}


def draw(score: Score, title: str) -> bytes:
    """Return a PNG: time from left to right, pitch from low to high, velocity as the strength of the colour."""
    notes = [(part, n) for part, some in score.parts.items() for n in some]
    low = min((n.pitch for _, n in notes), default=60) - 2
    high = max((n.pitch for _, n in notes), default=72) + 2
    beats = -(-score.length // TICKS_PER_BEAT) or 4
    bottom = TOP + (high - low + 1) * ROW
    image = Image.new("RGB", (WIDTH, bottom + BOTTOM), PAPER)
    pen = ImageDraw.Draw(image)

    def x(ticks: float) -> float:
        return LEFT + (WIDTH - LEFT - 8) * ticks / (beats * TICKS_PER_BEAT)

    for pitch in range(low, high + 1):
        y = TOP + (high - pitch) * ROW
        if pitch % 12 in (1, 3, 6, 8, 10):
            pen.rectangle((LEFT, y, WIDTH - 8, y + ROW - 1), fill=BLACK_KEY)
        if pitch % 12 == 0:
            pen.text((6, y - 3), f"{PITCH_NAMES[0]}{pitch // 12 - 1}", fill=INK)
    for beat in range(beats + 1):
        bar = beat % score.beats_per_bar == 0
        pen.line((x(beat * TICKS_PER_BEAT), TOP, x(beat * TICKS_PER_BEAT), bottom), fill=BAR if bar else BEAT)
        if bar and beat < beats:
            pen.text((x(beat * TICKS_PER_BEAT) + 2, bottom + 5), str(beat // score.beats_per_bar + 1), fill=INK)
    for part, n in notes:
        y = TOP + (high - n.pitch) * ROW
        box = (x(n.start), y, max(x(n.start + n.length) - 1.0, x(n.start) + 1.0), y + ROW - 1)
        pen.rectangle(box, fill=_shade(COLOURS.get(part, INK), n.velocity))
        pen.rectangle((box[0], y, box[0] + 1, y + ROW - 1), fill=INK)  # where it is struck
    pen.text((LEFT, 7), title, fill=INK)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _shade(colour: str, velocity: int) -> tuple[int, int, int]:
    strength = 0.35 + 0.65 * velocity / 127.0
    full, paper = (tuple(int(c[k : k + 2], 16) for k in (1, 3, 5)) for c in (colour, PAPER))
    red, green, blue = (round(p + (f - p) * strength) for f, p in zip(full, paper, strict=True))
    return red, green, blue
