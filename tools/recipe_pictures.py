"""A picture of one track of every recipe: `python tools/recipe_pictures.py [RECIPE ...]`.

Waveform with its sections, below it power per octave on a logarithmic frequency axis, in small multiples on one scale.
Each track is made here, with the same seed, and lasts about 75 seconds. The pages go to docs/pictures/recipes_1.png and
the numbers that follow, nine recipes on each, and docs/guides/recipes.md shows them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).parent))

from colours import BACKGROUND, DIM, GRID, TEXT, Colour, Floats, night_map
from pictures import HIGH_HZ, LOW_HZ, RANGE_DB, spectrogram

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.seed import Seed
from dusktape.studio.presets import recipe_files
from dusktape.studio.production import Production
from dusktape.studio.wish import Wish

DOCS = Path(__file__).parents[1] / "docs"
OUT, GUIDE = DOCS / "pictures", DOCS / "guides" / "recipes.md"
BEGIN, END = "<!-- pictures -->\n", "<!-- /pictures -->\n"
SEED, MINUTES = 1, 1.25
COLUMNS, ROWS = 3, 3
WIDTH, WAVE, BANDS, RIBBON, HEAD = 384, 64, 150, 17, 44
LEFT, GAP, FOOT = 58, 18, 26
SHADES = 72
"""Colours that a page has: few enough for a small file, more than the eye tells apart."""

_TICKS = (100, 1000, 10_000)
_SHADE = {"intro": 2, "A": 4, "B": 6, "A'": 4, "break": 3, "B'": 6, "outro": 2}


@dataclass(frozen=True)
class Song:
    """A finished track and what is said of it.

    Parameters
    ----------
    samples
        Shape (2, frames).
    sections
        (name, first second), in order.
    """

    recipe: str
    samples: NDArray[np.float32]
    sections: Sequence[tuple[str, float]]
    said: str

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return self.samples.shape[1] / SAMPLE_RATE


def song(recipe: str, seed: int, minutes: float) -> Song:
    """Make a track of a recipe."""
    wish, here = Wish(recipe, minutes=minutes), Seed(seed)
    made = Production(wish.resolve(here), here, outboard=(os.cpu_count() or 1) > 1)
    samples = np.concatenate(list(made.master()), axis=1)
    score = made.score
    sections = [(s.name, score.seconds(s.start)) for s in score.sections]
    who = [made.instruments[p].replace("_", " ") for p in ("keys", "lead") if score.parts.get(p)]
    who += [str(made.recipe.parts["drums"].params.get("character", ""))] if score.parts.get("drums") else ["no drums"]
    said = f"{score.bpm:.0f} bpm, {score.key.name}, {', '.join(dict.fromkeys(w for w in who if w))}"
    return Song(recipe, samples, sections, said)


class Page:
    """A dark page of panels.

    Parameters
    ----------
    rows
        Of panels.
    seconds
        What the width of every panel stands for.
    """

    def __init__(self, rows: int, seconds: float) -> None:
        self.seconds = seconds
        self._step = (WIDTH + GAP, HEAD + RIBBON + WAVE + BANDS + GAP)
        size = LEFT + COLUMNS * self._step[0], rows * self._step[1] + FOOT
        self.image = Image.new("RGB", size, BACKGROUND)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, at: tuple[float, float], text: str, size: int, colour: Colour = TEXT, anchor: str = "la") -> None:
        """Write a line; `anchor` as in Pillow."""
        self.draw.text(at, text, fill=colour, font=ImageFont.load_default(size), anchor=anchor)

    def panel(self, place: int, one: Song) -> None:
        """Draw a song: its name, sections, waveform and spectrogram."""
        row, column = divmod(place, COLUMNS)
        left, top = LEFT + column * self._step[0], row * self._step[1]
        self.text((left, top + 9), one.recipe, 17)
        self.text((left, top + 29), one.said, 12, DIM)
        width = round(one.seconds / self.seconds * WIDTH)
        self._wave(one, left, top + HEAD, width)
        self._bands(one, left, top + HEAD + RIBBON + WAVE, width, labelled=column == 0)

    def _wave(self, one: Song, left: int, top: int, width: int) -> None:
        lamp = night_map(9)
        ends = [*(start for _, start in one.sections[1:]), one.seconds]
        for (name, start), end in zip(one.sections, ends, strict=True):
            first, last = (left + round(min(s, one.seconds) / one.seconds * width) for s in (start, end))
            shade = tuple(int(c * 0.75) for c in lamp[_SHADE.get(name, 3)])
            self.draw.rectangle((first, top, max(first, last - 2), top + RIBBON - 4), fill=shade)
            if last - first > 10 + 7 * len(name):
                self.text(((first + last) / 2, top + 6), name, 11, TEXT, "mm")
            self.draw.line((first, top + RIBBON, first, top + RIBBON + WAVE - 4), fill=GRID)
        middle, reach = top + RIBBON + WAVE // 2 - 2, WAVE / 2 - 3
        places = np.linspace(0, one.samples.shape[1], width + 1).astype(int)[:-1]
        peaks = np.maximum.reduceat(np.abs(one.samples).max(axis=0), places)
        power = np.add.reduceat(np.mean(one.samples.astype(np.float64) ** 2, axis=0), places)
        rms = np.sqrt(power / np.diff(np.append(places, one.samples.shape[1])))
        for values, colour in ((peaks, lamp[3]), (rms, lamp[6])):
            for k, value in enumerate(values):
                high = min(1.0, float(value)) * reach
                self.draw.line((left + k, middle - high, left + k, middle + high), fill=tuple(int(c) for c in colour))

    def _bands(self, one: Song, left: int, top: int, width: int, *, labelled: bool) -> None:
        levels = spectrogram(one.samples, SAMPLE_RATE, width, BANDS)
        share = _share(levels)
        self.image.paste(Image.fromarray(night_map()[np.rint(share * 255.0).astype(int)]), (left, top))
        for hz in _TICKS:
            y = top + BANDS - round(BANDS * np.log(hz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ))
            self.draw.line((left - 5, y, left - 2, y), fill=DIM)
            if labelled:
                self.text((left - 8, y), f"{hz // 1000} kHz" if hz >= 1000 else f"{hz} Hz", 11, DIM, "rm")

    def legend(self, seed: int) -> None:
        """Say below the panels what the scales are."""
        told = f"seed {seed}; each panel is {self.seconds:.0f} s wide; power per octave over {RANGE_DB:.0f} dB"
        self.text((LEFT, self.image.height - FOOT + 4), told, 12, DIM)


def _share(levels: Floats) -> Floats:
    """Return levels as 0 to 1: the loudest of a song, and `RANGE_DB` below it."""
    loud = float(np.percentile(levels, 99.7))
    return np.asarray(np.clip((levels - loud + RANGE_DB) / RANGE_DB, 0.0, 1.0))


def pages(songs: Sequence[Song], seed: int) -> list[Image.Image]:
    """Return the songs on pages, all on one time scale."""
    seconds = max(one.seconds for one in songs)
    out = []
    for first in range(0, len(songs), COLUMNS * ROWS):
        some = songs[first : first + COLUMNS * ROWS]
        page = Page(-(-len(some) // COLUMNS), seconds)
        for place, one in enumerate(some):
            page.panel(place, one)
        page.legend(seed)
        out.append(page.image.quantize(SHADES, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE))
    return out


def written(guide: str, shown: Sequence[Sequence[str]], seed: int) -> str:
    """Return the guide with a picture for each page, whose recipes are named."""
    head, _, rest = guide.partition(BEGIN)
    lines = [
        f"![Waveforms with sections and spectrograms of {', '.join(names)}](../pictures/recipes_{number}.png)\n"
        for number, names in enumerate(shown, start=1)
    ]
    told = f"One track of each, with seed {seed}, as `python tools/recipe_pictures.py` makes and draws them:\n"
    return "\n".join([f"{head}{BEGIN}", told, *lines, f"{END}{rest.partition(END)[2]}"])


def main() -> None:
    """Read the command line, make the tracks, draw, print the paths."""
    parser = argparse.ArgumentParser(description="Draw one track of every recipe.")
    parser.add_argument("recipes", nargs="*", help="default: all")
    parser.add_argument("--seed", type=int, default=SEED, help=f"default {SEED}")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"of each track; default {MINUTES:g}")
    parser.add_argument("--out", type=Path, default=OUT, help="folder; default docs/pictures")
    options = parser.parse_args()
    songs = []
    for name in options.recipes or sorted(recipe_files()):
        songs.append(song(name, options.seed, options.minutes))
        print(f"{name}: {songs[-1].said}, {songs[-1].seconds:.0f} s", file=sys.stderr)
    options.out.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages(songs, options.seed), start=1):
        path = options.out / f"recipes_{number}.png"
        page.save(path, optimize=True)
        print(f"{path}  {path.stat().st_size // 1000} kB")
    if options.out == OUT and not options.recipes:
        names = [one.recipe for one in songs]
        shown = [names[k : k + COLUMNS * ROWS] for k in range(0, len(names), COLUMNS * ROWS)]
        guide = written(GUIDE.read_text(encoding="utf-8"), shown, options.seed)
        GUIDE.write_text(guide, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
