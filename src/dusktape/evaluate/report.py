"""An evaluation as people read it: a table in the terminal, a page with plots."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dusktape.evaluate import pictures
from dusktape.evaluate.limits import Verdict, judge
from dusktape.evaluate.song import people

if TYPE_CHECKING:
    from dusktape.evaluate.subjects import Subject

_STYLE = """
:root{color-scheme:light dark;--ink:#2a2622;--paper:#faf6f0;--soft:#7a7068;--line:#e2d9cd;--good:#3d7a46;--bad:#b0483a}
@media(prefers-color-scheme:dark){
:root{--ink:#e9e2d8;--paper:#1c1a1d;--soft:#9d9389;--line:#37333a;--good:#7fbf87;--bad:#e08a7b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2.5rem 1.25rem 4rem;max-width:62rem;background:var(--paper);color:var(--ink);
font:16px/1.55 ui-sans-serif,system-ui,sans-serif}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem}h2{margin:2.6rem 0 .6rem;font-size:1.25rem}
p.lead{color:var(--soft);margin-top:0}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;padding-right:1rem;background:var(--paper);
position:sticky;left:0}th{font-weight:600;color:var(--soft);white-space:normal;vertical-align:bottom}
.yes{color:var(--good)}.no{color:var(--bad)}svg{max-width:100%;height:auto}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1.5rem}
"""


def number(value: float) -> str:
    """Return a figure with three digits that count; a dash where there is none."""
    if not math.isfinite(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, the first one the head, as aligned text."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def measure_rows(
    summary: Mapping[str, Mapping[str, float]], people: Mapping[str, Mapping[str, Any]]
) -> list[list[str]]:
    """Return head and rows: each measure, ours and people's."""
    rows = [["measure", "mean", "5 %", "median", "95 %", "people", "5 %", "95 %"]]
    for name, found in summary.items():
        theirs = people.get(name, {})
        rows.append(
            [
                name,
                *(number(found[k]) for k in ("mean", "p5", "p50", "p95")),
                *(number(theirs.get(k, math.nan)) for k in ("mean", "p5", "p95")),
            ]
        )
    return rows


def verdict_rows(verdicts: Sequence[Verdict]) -> list[list[str]]:
    """Return head and rows of the table of limits."""
    words = {True: "yes", False: "no", None: "not measured"}
    return [
        ["what must be reached", "bound", "found", "reached"],
        *([v.title, v.bounds or "people's", number(v.value), words[v.reached]] for v in verdicts),
    ]


def page(title: str, lead: str, sections: Sequence[tuple[str, str]]) -> str:
    """Return a page of sections (heading, HTML) that needs nothing from outside."""
    body = "".join(f"<section><h2>{html.escape(head)}</h2>{content}</section>" for head, content in sections)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
        f'<main><h1>{html.escape(title)}</h1><p class="lead">{html.escape(lead)}</p>{body}</main></html>\n'
    )


def html_table(rows: Sequence[Sequence[str]]) -> str:
    """Return rows, the first one the head, as a table; `yes` and `no` are coloured."""
    head = "".join(f"<th>{html.escape(cell)}</th>" for cell in rows[0])
    lines = []
    for row in rows[1:]:
        cells = (
            f'<td class="{cell}">{cell}</td>' if cell in ("yes", "no") else f"<td>{html.escape(cell)}</td>"
            for cell in row
        )
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<div class="wide" tabindex="0"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def line_rows(subjects: Sequence[Subject]) -> list[list[str]]:
    """Return head and rows: what is told of the melodies of each, people last."""
    head = ["melodies", "repeated, bag", "in place", "longest match, rhythm", "intervals", "15 notes, rhythm"]
    head += ["intervals", "apart, melodies", "chords", "bare triads"]
    rows = []
    for subject in subjects:
        figures = subject.found["figures"]
        names = ("repetition.bag", "repetition.positional", *_COPYING, *(f"diversity.{name}" for name in _APART))
        rows.append([subject.name, *(number(figures.get(name, math.nan)) for name in names)])
    if subjects:
        # Of the first one that was looked up: of others, what people reach is not known.
        looked_up = [subject for subject in subjects if "copying" in subject.found]
        figures = (looked_up or subjects)[0].found["figures"]
        theirs = people()
        curve = [theirs["repetition"][k] for k in ("bag", "positional")]
        means = [sum(c) / len(c) for c in curve]
        apart = [theirs["diversity"][k] for k in _APART]
        copied = [figures.get(f"people.{name}", math.nan) for name in _COPYING]
        rows.append(["people", *map(number, [*means, *copied, *apart])])
    return [head, *rows]


_APART = ("melody", "chords", "plain_chords")
_COPYING = (
    "copying.rhythm.longest_p95",
    "copying.intervals.longest_p95",
    "copying.rhythm.share_15",
    "copying.intervals.share_15",
)
_COLUMNS = {
    "all": "all",
    "new": "new",
    "repeated": "repeated",
    "all_velocity": "all, velocity",
    "new_velocity": "new, velocity",
    "all_chords": "all, chords",
    "all_velocity_chords": "velocity, chords",
}


def bits_rows(bits: Mapping[str, Any]) -> list[list[str]]:
    """Return head and rows: held-out bits a note of every model, with half the width of their intervals."""
    head = [f"bits a note, {bits['songs']} song{'s' if bits['songs'] > 1 else ''}", *_COLUMNS.values()]
    rows = []
    for name, row in bits["table"].items():
        cells = [row[column] for column in _COLUMNS]
        rows.append([name, *map(_cell, cells)])
    return [head, *rows]


def _cell(figure: Mapping[str, float]) -> str:
    half = (figure["high"] - figure["low"]) / 2  # of one song there is no interval
    return f"{figure['value']:.2f} ±{half:.2f}" if half > 0.0 else f"{figure['value']:.2f}"


def document(subjects: Sequence[Subject], bits: Mapping[str, Any] | None) -> str:
    """Return the whole report as a page.

    Raises
    ------
    PluginError
        If matplotlib is missing.
    """
    names = ", ".join(s.name for s in subjects) or "held-out songs"
    sections: list[tuple[str, str]] = []
    for subject in subjects:
        sections += _songs(subject)
    if subjects:
        sections.append(("Melodies", html_table(line_rows(subjects))))
        sections.append(("Repetition along the song", _repetition(subjects)))
        sections.append(("Copying against length", _copying(subjects)))
    if bits is not None:
        sections.append(("Held-out bits a note", _BITS + html_table(bits_rows(bits))))
    return page("Evaluation", f"{names}, beside songs by people that no network learned from", sections)


def _songs(subject: Subject) -> list[tuple[str, str]]:
    found = subject.found
    out = []
    if subject.kind == "composer":
        out.append(("What our composer must reach", html_table(verdict_rows(judge(found["figures"])))))
    if "measures" in found:
        out.append((f"Music: {subject.name}", html_table(measure_rows(found["measures"], people()["measures"]))))
        strips = []
        for name in found["measures"]:
            theirs = people()["measures"].get(name)
            bounds = [theirs["p5"], theirs["p95"]] if theirs else []
            values = [row[name] for row in found["songs"] if math.isfinite(row[name])]
            strips.append(pictures.spread({subject.name: values}, title=name, bounds=bounds))
        text = "<p>A dot is a song; dotted lines hold nine tenths of people's.</p>"
        out.append((f"Every song: {subject.name}", f'{text}<div class="plots">{"".join(strips)}</div>'))
    return out


_BITS = (
    "<p>What a held-out note costs. New notes repeat nothing that the song played before. Where chords are counted "
    "beside, every row pays for them, whether it listened to them or not. The velocities of dusktape are foreseen by a "
    "network that its songs are not played with.</p>"
)


def _repetition(subjects: Sequence[Subject]) -> str:
    text = "<p>Share of the last ten notes that also stand among the ten before them.</p>"
    curves = {s.name: s.found["repetition"] for s in subjects} | {"people": people()["repetition"]}
    drawn = {name: _cut(c["place"], c["bag"], c["songs"]) for name, c in curves.items()}
    return text + pictures.curves(drawn, x="notes played", y="share repeated")


def _cut(
    place: Sequence[float], share: Sequence[float], songs: Sequence[int]
) -> tuple[Sequence[float], Sequence[float]]:
    """Return a curve as far as five songs reach, or all of them where they are fewer."""
    end = sum(count >= min(5, max(songs, default=0)) for count in songs)
    return place[:end], share[:end]


def _copying(subjects: Sequence[Subject]) -> str:
    text = "<p>Share of the sequences of so many notes that stand in the training songs.</p>"
    plots = []
    for mode, told in (("rhythm", "intervals and rhythm"), ("intervals", "intervals alone")):
        drawn = {}
        for subject in subjects:
            if "copying" in subject.found:
                ours, theirs = subject.found["copying"][mode], subject.found["people"]["copying"][mode]
                drawn[subject.name] = (ours["length"], ours["share"])
                drawn["people"] = (theirs["length"], theirs["share"])
        if drawn:
            plots.append(pictures.curves(drawn, x=f"length in notes, {told}", y="share in training", log=True))
    return f'{text}<div class="plots">{"".join(plots)}</div>'
