"""An evaluation as people read it: a table in the terminal, a page with plots."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from dusktape.evaluate import pictures
from dusktape.evaluate.limits import Verdict

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
th:first-child,td:first-child{text-align:left;white-space:normal}th{font-weight:600;color:var(--soft)}
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
    return f'<div class="wide"><table><tr>{head}</tr>{"".join(lines)}</table></div>'


def sections_of(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the page's sections from what `evaluate.judgement.evaluate` found."""
    out = []
    if found["limits"]:
        out.append(("What our composer must reach", html_table(verdict_rows(found["limits"]))))
    if "measures" in found:
        out.append(("Music", html_table(measure_rows(found["measures"], found["people"]["measures"]))))
        songs = found["songs"]
        strips = [
            pictures.spread({"these songs": [s[name] for s in songs if math.isfinite(s[name])]}, title=name)
            for name in found["measures"]
        ]
        out.append(("Every song", f'<div class="plots">{"".join(strips)}</div>'))
    if "repetition" in found:
        curves = {name: (curve["x"], curve["bag"]) for name, curve in found["repetition"].items()}
        text = "<p>Share of the last ten notes that also stand among the ten before them, along the song.</p>"
        out.append(("Repetition", text + pictures.curves(curves, x="notes from the start", y="share")))
    if "copying" in found:
        plots = []
        for mode, curves in found["copying_curves"].items():
            drawn = {name: (curve["length"], curve["share"]) for name, curve in curves.items()}
            plots.append(
                f"<figure>{pictures.curves(drawn, x=f'length in notes, {mode}', y='share in training')}</figure>"
            )
        text = "<p>Share of the sequences of so many notes that stand in the training songs.</p>"
        out.append(("Copying", f'{text}<div class="plots">{"".join(plots)}</div>'))
    if "bits" in found:
        out.append(("Held-out bits a note", html_table(found["bits_rows"])))
    return out
