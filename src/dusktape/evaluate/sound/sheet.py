"""Everything about one track as people look at it: pictures, a page, figures."""

from __future__ import annotations

import base64
import html
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dusktape.core.errors import InputError
from dusktape.evaluate import report
from dusktape.evaluate.sound import extra, panels, source
from dusktape.evaluate.sound.bands import Band, bands, outside, share_in_band
from dusktape.evaluate.sound.canvas import clock
from dusktape.evaluate.sound.measure import measure_stretch
from dusktape.evaluate.sound.source import LONGEST_S, Stretch
from dusktape.evaluate.sound.subject import Subject

PAGE, FIGURES = "index.html", "measures.json"

_TITLES = {
    "waveform": "Waveform and sections",
    "spectrogram": "Spectrogram",
    "loudness": "Loudness over time",
    "stereo": "Stereo",
    "notes": "Notes",
}
_ALT = {
    "waveform": "Peaks and RMS over time",
    "spectrogram": "Power per octave over time, on a logarithmic axis of frequency",
    "loudness": "Momentary and short-term loudness over time",
    "stereo": "Correlation of left and right over time, and side over mid by band",
    "notes": "Piano roll: the notes of every part over time",
}
_WIDE_S = 20.0
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What was found out about a track.

    Parameters
    ----------
    subject
        The track.
    pictures
        Name to PNG.
    facts
        Loudness, range and true peak by the standard's own filters; length.
    measures
        Those of the table of bands; none where the sound is too short or silent.
    notes
        What is missing, in words.
    """

    subject: Subject
    pictures: Mapping[str, bytes]
    facts: Mapping[str, float]
    measures: Mapping[str, float]
    notes: tuple[str, ...] = field(default=())

    @property
    def lead(self) -> str:
        """What the track is, in one line."""
        told = [clock(self.facts["duration_s"]), *([self.subject.about] if self.subject.about else [])]
        for name, unit in (("lufs", "LUFS"), ("lra", "LU range"), ("true_peak_dbtp", "dBTP")):
            told += [f"{self.facts[name]:.1f} {unit}"] if math.isfinite(self.facts[name]) else []
        return ", ".join(told)

    @property
    def verdict(self) -> str:
        """How much of it lies where people's tracks do, in one line."""
        if not self.measures:
            return "no measures"
        table, strays = bands(), outside(self.measures)
        named = ", ".join(
            f"{n} {panels.number(self.measures[n])} {table[n].unit}".rstrip() for n in strays[:_MOST_NAMED]
        )
        named += f" and {len(strays) - _MOST_NAMED} more" if len(strays) > _MOST_NAMED else ""
        held = f"{len(table) - len(strays)} of {len(table)} measures lie where nine tenths of people's tracks do"
        return f"{held}; outside: {named}" if strays else held

    def table(self) -> dict[str, Any]:
        """Return all figures, ready for JSON: None where there is nothing to measure."""
        rows = {}
        for name, value in self.measures.items():
            row: dict[str, Any] = {"value": _finite(value)}
            if name in bands():
                band = bands()[name]
                row |= {"unit": band.unit, "people": list(band.percentiles)}
                row |= {"percentile": _finite(band.percentile(value)), "in_band": band.holds(value)}
            rows[name] = row
        share = share_in_band(self.measures) if self.measures else None
        facts = {name: _finite(value) for name, value in self.facts.items()}
        return {"title": self.subject.title, **facts, "share_in_band": share, "measures": rows, "notes": self.notes}

    def files(self) -> dict[str, bytes]:
        """Return name to content of all that is written: the page, its pictures, the figures."""
        text = json.dumps(self.table(), indent=1, ensure_ascii=False) + "\n"
        pictures = {f"{name}.png": data for name, data in self.pictures.items()}
        return {PAGE: _page(self).encode(), FIGURES: text.encode(), **pictures}


def draw(subject: Subject, told: Callable[[str, float], None] = lambda *_: None) -> Sheet:
    """Listen to a track and draw all that can be drawn of it.

    Parameters
    ----------
    subject
        The track.
    told
        Called with a stage and how much of it is done, 0 to 1.

    Raises
    ------
    InputError
        If its sound cannot be read.
    PluginError
        If the extra is missing.
    """
    extra.check()
    told("drawing", 0.0)
    sound = source.read(subject.audio, rate=None)
    notes = [*subject.notes, *_said_of(sound)]
    pictures = {"waveform": panels.waveform(sound, subject.sections), "spectrogram": panels.spectrogram(sound)}
    told("drawing", 0.6)
    pictures["loudness"], facts = panels.loudness(sound)
    pictures["stereo"] = panels.stereo(sound)
    if not subject.sections:
        notes.append("Nothing says where its sections lie.")
    if subject.score is not None:
        length_s = subject.score.seconds(subject.score.length)
        if abs(length_s - sound.file_s) > max(_WIDE_S, 0.2 * sound.file_s):
            notes.append(f"The notes beside it last {clock(length_s)}, another track's length: there is no piano roll.")
        else:
            pictures["notes"] = panels.roll(subject.score, sound)
    told("drawing", 1.0)
    facts = {"duration_s": sound.file_s, **facts}
    del sound
    told("measuring", 0.0)
    found: dict[str, float] = {}
    try:
        found = measure_stretch(source.read(subject.audio))
        pictures["measures"] = panels.measures(found)
    except InputError as error:
        notes.append(f"Not measured: {error}.")
    told("measuring", 1.0)
    return Sheet(subject, pictures, facts, found, tuple(notes))


def _said_of(sound: Stretch) -> list[str]:
    if sound.is_whole:
        return []
    middle = f"{LONGEST_S / 60:g} minutes"
    return [f"It lasts {clock(sound.file_s)}: what is shown and measured are the middle {middle}."]


def _page(sheet: Sheet) -> str:
    sections = []
    if sheet.notes:
        sections.append(("Left out", "".join(f"<p>{html.escape(note)}</p>" for note in sheet.notes)))
    titles = _TITLES if sheet.subject.sections else _TITLES | {"waveform": "Waveform"}
    sections += [(title, _image(sheet, name)) for name, title in titles.items() if name in sheet.pictures]
    if sheet.measures:
        text = (
            f"<p>{html.escape(sheet.verdict)}.</p><p>The line is what nine tenths of 72 finished tracks by people "
            "reach, the bar the middle half, the dot this track. They are facts about music, not a score.</p>"
        )
        sections.append(("Measures beside people's", text + _table(sheet.measures)))
    return report.page(sheet.subject.title, sheet.lead, sections)


def _image(sheet: Sheet, name: str) -> str:
    data = base64.b64encode(sheet.pictures[name]).decode()
    style = "display:block;width:100%;min-width:44rem;border-radius:8px"
    return (
        f'<div class="wide" tabindex="0"><img style="{style}" alt="{html.escape(_ALT[name])}" '
        f'src="data:image/png;base64,{data}"></div>'
    )


def _table(found: Mapping[str, float]) -> str:
    rows = []
    for name, band in bands().items():
        value = found[name]
        held = "yes" if band.holds(value) else "no"
        share = band.percentile(value)
        told = "-" if math.isnan(share) else "below 5 %" if value < band.low else "above 95 %"
        told = f"{share:.0f} %" if band.low <= value <= band.high else told
        low, high = (panels.number(v) for v in (band.low, band.high))
        rows.append(
            f'<tr><td>{html.escape(name)}<br><small style="color:var(--soft)">{html.escape(band.what)}</small></td>'
            f"<td>{panels.number(value)} {html.escape(band.unit)}</td>"
            f'<td class="{held}">{"in" if held == "yes" else "out"}</td><td>{_strip(band, value)}</td>'
            f"<td>{low} to {high}</td><td>{told}</td></tr>"
        )
    head = "".join(f"<th>{cell}</th>" for cell in ("measure", "value", "band", "", "people", "lies at"))
    return f'<div class="wide" tabindex="0"><table><tr>{head}</tr>{"".join(rows)}</table></div>'


def _strip(band: Band, value: float) -> str:
    """Return a small drawing of a band, 180 wide, the value as a dot."""
    first, middle, third, at = (
        180.0 * (panels.place(band, v) + 0.3) / 1.6 for v in (*band.percentiles[1:4], value if value == value else 0.0)
    )
    low, high = 180.0 * 0.3 / 1.6, 180.0 * 1.3 / 1.6
    colour = "var(--good)" if band.holds(value) else "var(--bad)"
    dot = f'<circle cx="{at:.1f}" cy="9" r="5" style="fill:{colour}"/>' if math.isfinite(value) else ""
    return (
        '<svg width="180" height="18" aria-hidden="true" style="max-width:none">'
        f'<path d="M{low:.1f} 9H{high:.1f}" style="stroke:var(--soft)"/>'
        f'<path d="M{first:.1f} 9H{third:.1f}" style="stroke:var(--line);stroke-width:9"/>'
        f'<path d="M{middle:.1f} 4v10" style="stroke:var(--soft);stroke-width:2"/>{dot}</svg>'
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
