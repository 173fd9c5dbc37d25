"""Pictures of a finished track: `python tools/pictures.py BUNDLE OUT.png`.

BUNDLE is what `dusktape make --bundle BUNDLE` wrote. The sheet shows waveform and sections, a spectrogram over a
logarithmic frequency axis and the piano roll, above one another on one time axis. With --readme it shows only the
spectrogram, the cover beside it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

sys.path.insert(0, str(Path(__file__).parent))

from colours import BACKGROUND, DIM, GRID, PANEL, TEXT, Colour, Floats, night_map, part_colours

from dusktape.core.score import Note, Score
from dusktape.io.audiofile import read
from dusktape.io.midi import from_midi

LOW_HZ, HIGH_HZ = 30.0, 18_000.0
RANGE_DB = 72.0
LEFT, RIGHT, GAP = 92, 84, 22
_ORDER = ("pad", "keys", "bass", "lead")
"""Who is painted first: the lead lies on top."""

_DRUMS = (
    ("kick", (35, 36)),
    ("snare", (37, 38, 39, 40)),
    ("hats", (42, 44, 46)),
    ("toms", (41, 43, 45, 47, 48, 50)),
    ("other", ()),
)


@dataclass(frozen=True)
class Bundle:
    """What a bundle holds, read once."""

    samples: NDArray[np.float32]
    rate: int
    facts: dict[str, Any]
    score: Score
    cover: Image.Image

    @property
    def seconds(self) -> float:
        """Length of the sound."""
        return float(self.samples.shape[1] / self.rate)

    @staticmethod
    def load(folder: Path) -> Bundle:
        """Read master.flac, track.json, score.mid and cover.png."""
        audio = read(folder / "master.flac")
        return Bundle(
            audio.samples,
            audio.sample_rate,
            json.loads((folder / "track.json").read_text(encoding="utf-8")),
            from_midi(folder / "score.mid"),
            Image.open(folder / "cover.png").convert("RGB"),
        )


class Sheet:
    """A dark page with panels that share a time axis.

    Parameters
    ----------
    size
        Pixels, (width, height).
    width
        Of the panels.
    seconds
        What the panels' width stands for.
    """

    def __init__(self, size: tuple[int, int], width: int, seconds: float) -> None:
        self.image = Image.new("RGB", size, BACKGROUND)
        self.draw = ImageDraw.Draw(self.image)
        self.width, self.seconds = width, seconds

    def x(self, second: float) -> int:
        """Return the column of a moment."""
        return LEFT + round(second / self.seconds * self.width)

    def text(self, at: tuple[float, float], text: str, size: int, colour: Colour = TEXT, anchor: str = "la") -> None:
        """Write a line; `anchor` as in Pillow."""
        self.draw.text(at, text, fill=colour, font=ImageFont.load_default(size), anchor=anchor)

    def label(self, y: float, text: str) -> None:
        """Write a value beside the left edge of a panel."""
        self.text((LEFT - 10, y), text, 17, DIM, "rm")

    def time_axis(self, top: int) -> None:
        """Write seconds below the panels."""
        step = next(s for s in (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600) if self.seconds / s <= 14)
        for second in range(0, int(self.seconds) + 1, step):
            x = self.x(second)
            self.draw.line((x, top, x, top + 6), fill=DIM)
            self.text((x, top + 10), f"{second}", 17, DIM, "ma")
        self.text((LEFT + self.width + 14, top + 10), "s", 17, DIM, "la")


def spectrogram(samples: NDArray[np.float32], rate: int, width: int, height: int) -> Floats:
    """Return power per octave in dB, shape (height, width), the lowest frequency in the last row.

    Three window lengths, each where its resolution suits the ear: long below 250 Hz, short above 2 kHz, faded into each
    other over an octave. Power is averaged over both channels.
    """
    edges_hz = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (np.arange(height + 1) / height)
    centres = np.sqrt(edges_hz[1:] * edges_hz[:-1])
    log_hz = np.log2(centres)
    low = np.clip(np.log2(355.0) - log_hz, 0.0, 1.0)
    high = np.clip(log_hz - np.log2(1400.0), 0.0, 1.0)
    levels = np.zeros((width, height))
    for size, frames, share in ((16_384, 1, low), (4_096, 2, 1.0 - low - high), (2_048, 4, high)):
        levels += share * _levels(samples, rate, width, size, frames, edges_hz)
    return np.asarray((levels + 10.0 * np.log10(centres)).T[::-1])


def _levels(
    samples: NDArray[np.float32], rate: int, width: int, size: int, per_column: int, edges_hz: Floats
) -> Floats:
    window = np.hanning(size)
    bins_hz = np.arange(2 * size + 1) * rate / (4 * size)
    scale = 2.0 / (rate * np.sum(window**2))
    padded = np.pad(samples, ((0, 0), (size // 2, size)))
    places = (np.arange(width * per_column) + 0.5) * samples.shape[1] / (width * per_column)
    out = np.zeros((width, len(edges_hz) - 1))
    for column in range(width):
        density = np.zeros(len(bins_hz))
        for place in places[column * per_column : (column + 1) * per_column].astype(int):
            grain = padded[:, place : place + size] * window
            density += np.mean(np.abs(np.fft.rfft(grain, 4 * size)) ** 2, axis=0) * scale / per_column
        summed = np.concatenate([[0.0], np.cumsum(density)])
        at = np.interp(edges_hz, np.append(bins_hz - bins_hz[1] / 2, bins_hz[-1]), summed)
        out[column] = 10.0 * np.log10(np.maximum(np.diff(at) / np.diff(edges_hz) * bins_hz[1], 1e-20))
    return out


def draw_spectrogram(sheet: Sheet, bundle: Bundle, top: int, height: int) -> None:
    """Paint the spectrogram with its axis and the bar that explains its colours."""
    levels = spectrogram(bundle.samples, bundle.rate, sheet.width, height)
    loud = float(np.percentile(levels, 99.7))
    share = np.clip((levels - loud + RANGE_DB) / RANGE_DB, 0.0, 1.0)
    table = night_map()
    sheet.image.paste(Image.fromarray(table[np.rint(share * 255.0).astype(int)]), (LEFT, top))
    for hz in (50, 100, 200, 500, 1000, 2000, 5000, 10_000):
        y = top + height - round(height * np.log(hz / LOW_HZ) / np.log(HIGH_HZ / LOW_HZ))
        sheet.draw.line((LEFT - 6, y, LEFT - 1, y), fill=DIM)
        sheet.label(y, f"{hz // 1000} kHz" if hz >= 1000 else f"{hz} Hz")
    bar = Image.fromarray(table[::-1][:, None, :]).resize((14, height))
    x = LEFT + sheet.width + 16
    sheet.image.paste(bar, (x, top))
    for db in range(0, int(RANGE_DB) + 1, 12):
        y = top + round(db / RANGE_DB * (height - 1))
        sheet.text((x + 20, y), f"{-db}", 15, DIM, "lm" if 0 < db < RANGE_DB else "la" if db == 0 else "lb")


def draw_waveform(sheet: Sheet, bundle: Bundle, top: int, height: int) -> None:
    """Paint the sections as a ribbon and the waveform below: peaks dark, RMS bright."""
    ribbon = 30
    sections = bundle.facts["report"]["sections"]
    lamp = night_map(9)
    for k, section in enumerate(sections):
        left, right = sheet.x(section["start_s"]), sheet.x(min(section["end_s"], bundle.seconds))
        shade = {"intro": 2, "A": 4, "B": 6, "A'": 4, "break": 3, "B'": 6, "outro": 2}.get(section["name"], 3)
        sheet.draw.rectangle((left, top, right - 2, top + ribbon - 6), fill=tuple(int(c * 0.75) for c in lamp[shade]))
        sheet.text(((left + right) / 2, top + ribbon / 2 - 3), section["name"], 18, (255, 250, 240), "mm")
        if k:
            sheet.draw.line((left, top + ribbon, left, top + height), fill=GRID)
    top, height = top + ribbon, height - ribbon
    middle = top + height // 2
    places = np.linspace(0, bundle.samples.shape[1], sheet.width + 1).astype(int)[:-1]
    mono = np.abs(bundle.samples).max(axis=0)
    peaks = np.maximum.reduceat(mono, places)
    power = np.add.reduceat(np.mean(bundle.samples.astype(np.float64) ** 2, axis=0), places)
    rms = np.sqrt(power / np.diff(np.append(places, bundle.samples.shape[1])))
    for values, colour in ((peaks, tuple(int(c) for c in lamp[3])), (rms, tuple(int(c) for c in lamp[6]))):
        for column, value in enumerate(values):
            reach = min(1.0, float(value)) * (height / 2 - 2)
            sheet.draw.line((LEFT + column, middle - reach, LEFT + column, middle + reach), fill=colour)
    for db in (0, -12):
        sheet.label(middle - 10 ** (db / 20) * (height / 2 - 2), f"{db} dB")


def draw_roll(sheet: Sheet, bundle: Bundle, top: int, height: int) -> None:
    """Paint the notes of all parts, velocity as brightness, and the drums in lanes below."""
    parts = [p for p in bundle.score.parts if p != "drums"]
    colours = part_colours([*parts, "drums"])
    drums = bundle.score.parts.get("drums", ())
    lanes = [lane for lane in _lanes(drums) if lane[1]]
    lane_height = 24
    roll = height - lane_height * len(lanes) - (14 if lanes else 0)
    pitches = [n.pitch for p in parts for n in bundle.score.parts[p]] or [60]
    low, high = min(pitches) - 2, max(pitches) + 5
    row = roll / (high - low)
    sheet.draw.rectangle((LEFT, top, LEFT + sheet.width, top + roll), fill=PANEL)
    for pitch in range(low, high):
        if pitch % 12 == 0:
            y = top + roll - (pitch - low) * row
            sheet.draw.line((LEFT, y, LEFT + sheet.width, y), fill=GRID)
            sheet.label(y - row / 2, f"C{pitch // 12 - 1}")
    for part in sorted(parts, key=lambda p: _ORDER.index(p) if p in _ORDER else len(_ORDER)):
        for note in bundle.score.parts[part]:
            y = top + roll - (note.pitch - low + 1) * row
            _note(sheet, bundle.score, note, y, row - 1, colours[part])
    x = LEFT + 8
    for part in [*parts, *(["drums"] if drums else [])]:
        sheet.draw.rectangle((x, top + 11, x + 11, top + 22), fill=colours[part])
        sheet.text((x + 18, top + 17), part, 17, TEXT, "lm")
        x += 40 + round(ImageFont.load_default(17).getlength(part))
    for k, (name, notes) in enumerate(lanes):
        y = top + roll + 14 + k * lane_height
        sheet.draw.rectangle((LEFT, y, LEFT + sheet.width, y + lane_height - 4), fill=PANEL)
        sheet.label(y + lane_height / 2 - 2, name)
        for note in notes:
            x = sheet.x(bundle.score.seconds(note.start))
            reach = (lane_height - 6) * note.velocity / 127
            sheet.draw.line((x, y + lane_height - 5, x, y + lane_height - 5 - reach), fill=colours["drums"], width=2)


def _note(sheet: Sheet, score: Score, note: Note, y: float, height: float, colour: Colour) -> None:
    share = 0.4 + 0.6 * note.velocity / 127
    fill = tuple(round(share * c + (1.0 - share) * b) for c, b in zip(colour, PANEL, strict=True))
    left = sheet.x(score.seconds(note.start))
    right = max(left + 1, sheet.x(score.seconds(note.start + note.length)) - 1)
    sheet.draw.rectangle((left, y, right, y + max(1.0, height)), fill=fill)


def _lanes(drums: tuple[Note, ...]) -> Iterator[tuple[str, list[Note]]]:
    named = {p for _, pitches in _DRUMS for p in pitches}
    for name, pitches in _DRUMS:
        yield name, [n for n in drums if (n.pitch in pitches if pitches else n.pitch not in named)]


def _facts(bundle: Bundle) -> str:
    report = bundle.facts["report"]
    return (
        f"recipe {bundle.facts['recipe']['name']}, seed {bundle.facts['seed']}   {report['bpm']:.1f} bpm   "
        f"{report['key']}   {report['lufs']:.1f} LUFS   LRA {report['lra']:.1f} LU   "
        f"{report['true_peak_dbtp']:.1f} dBTP   {bundle.seconds:.0f} s"
    )


def track_sheet(bundle: Bundle) -> Image.Image:
    """Return everything about a track on one page."""
    width = 1600
    sheet = Sheet((LEFT + width + RIGHT, 1420), width, bundle.seconds)
    sheet.image.paste(bundle.cover.resize((92, 92), Image.Resampling.LANCZOS), (LEFT, 20))
    sheet.text((LEFT + 112, 28), bundle.facts["title"], 38)
    sheet.text((LEFT + 112, 80), _facts(bundle), 21, DIM)
    draw_waveform(sheet, bundle, 132, 180)
    draw_spectrogram(sheet, bundle, 132 + 180 + GAP, 540)
    sheet.text((LEFT + 12, 132 + 180 + GAP + 10), "power per octave, dB", 16, (235, 230, 240))
    draw_roll(sheet, bundle, 132 + 180 + 540 + 2 * GAP, 490)
    sheet.time_axis(132 + 180 + 540 + 490 + 2 * GAP + 4)
    return sheet.image


def readme_picture(bundle: Bundle) -> Image.Image:
    """Return the spectrogram with the cover beside it."""
    width, height = 920, 480
    sheet = Sheet((LEFT + width + RIGHT + height + 36, height + 132), width, bundle.seconds)
    sheet.text((LEFT, 22), bundle.facts["title"], 30)
    sheet.text((LEFT + width, 38), _facts(bundle), 17, DIM, "rm")
    draw_spectrogram(sheet, bundle, 72, height)
    sheet.time_axis(72 + height + 4)
    cover = bundle.cover.resize((height, height), Image.Resampling.LANCZOS)
    sheet.image.paste(cover, (LEFT + width + RIGHT + 8, 72))
    return sheet.image


def main() -> None:
    """Read the command line, draw, print the path."""
    parser = argparse.ArgumentParser(description="Draw a finished track.")
    parser.add_argument("bundle", type=Path, help="folder that dusktape make --bundle wrote")
    parser.add_argument("out", type=Path, help="PNG to write")
    parser.add_argument("--readme", action="store_true", help="spectrogram and cover only")
    options = parser.parse_args()
    bundle = Bundle.load(options.bundle)
    picture = readme_picture(bundle) if options.readme else track_sheet(bundle)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    picture.save(options.out, optimize=True)
    print(options.out)


if __name__ == "__main__":
    main()
