"""The page of a dataset: one HTML file, pictures inside; it asks for nothing from outside and runs no script."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from typing import Any

_MOST_ROWS = 500

_STYLE = """
:root{color-scheme:light dark;--ink:#2b2622;--paper:#faf6ef;--card:#fffdf9;--soft:#7b6f66;--line:#e6dccf;
--c1:#c8763a;--c2:#4d6a8f;--c3:#8a5a83;--c4:#5c8a5a;--c5:#b59a45}
@media(prefers-color-scheme:dark){:root{--ink:#ece4d9;--paper:#19171b;--card:#221f25;--soft:#a2968b;--line:#38333c;
--c1:#e0935a;--c2:#86a5cc;--c3:#c08fb8;--c4:#8fbf8c;--c5:#d3ba68}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 ui-sans-serif,system-ui,"Segoe UI",sans-serif}
main{max-width:74rem;margin:0 auto;padding:3.5rem 1.5rem 5rem}
h1,h2,h3,.figure b{font-family:"Iowan Old Style","Palatino Linotype",Palatino,Georgia,serif;font-weight:600}
h1{font-size:2.6rem;line-height:1.15;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1.55rem;margin:3.6rem 0 .2rem}h3{font-size:1.1rem;margin:0 0 .1rem}
p{max-width:44rem;margin:.4rem 0}p.lead{font-size:1.1rem;color:var(--soft)}
.figures{display:flex;flex-wrap:wrap;gap:.6rem 2.8rem;margin:2.2rem 0 0}
.figure b{display:block;font-size:2rem;line-height:1.2}.figure span{color:var(--soft);font-size:.9rem}
.cards{columns:2 26rem;column-gap:1.2rem;margin-top:1.2rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.2rem 1.3rem .9rem;
margin:0 0 1.2rem;break-inside:avoid}
.card p,td.why,summary,.quiet{color:var(--soft);font-size:.92rem}.card svg{width:100%;height:auto;margin-top:.5rem}
.wide{overflow-x:auto;margin-top:.8rem}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;
font-size:.92rem}th,td{padding:.4rem 1.4rem .4rem 0;border-bottom:1px solid var(--line);text-align:left;
vertical-align:top}th{font-weight:600;color:var(--soft)}td.n,th.n{text-align:right}td:first-child{overflow-wrap:anywhere}
details{margin-top:1rem}summary{cursor:pointer}footer{margin-top:4rem;color:var(--soft);font-size:.9rem}
"""


def document(title: str, body: str, end: str, *, style: str = "") -> str:
    """Return a whole page.

    Parameters
    ----------
    title
        Plain text.
    body, end
        HTML: what it shows, and a last line.
    style
        More CSS.
    """
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{text(title)}</title><style>{_STYLE}{style}</style></head>\n<body><main>{body}"
        f"<footer>{end}</footer></main></body></html>\n"
    )


def figures(numbers: Iterable[tuple[str, str]]) -> str:
    """Return numbers in large type, each with what it counts."""
    each = "".join(f'<div class="figure"><b>{text(n)}</b><span>{text(what)}</span></div>' for n, what in numbers)
    return f'<div class="figures">{each}</div>'


def section(head: str, content: str) -> str:
    """Return a part of the page with a headline."""
    return f"<section><h2>{head}</h2>{content}</section>"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Return a table of text; the last column is set quietly, long tables are cut with a word.

    Parameters
    ----------
    head
        Of each column.
    rows
        Plain text.
    numbers
        Columns that are set to the right.
    """
    kind = ["n" if i in numbers else "why" if i == len(head) - 1 else "" for i in range(len(head))]
    top = "".join(f'<th class="{k if k == "n" else ""}">{text(cell)}</th>' for k, cell in zip(kind, head, strict=True))
    lines = (
        "<tr>" + "".join(f'<td class="{k}">{text(c)}</td>' for k, c in zip(kind, row, strict=True)) + "</tr>"
        for row in rows[:_MOST_ROWS]
    )
    more = len(rows) - _MOST_ROWS
    rest = f'<p class="quiet">And {more:,} more, in manifest.json.</p>' if more > 0 else ""
    return f'<div class="wide"><table><tr>{top}</tr>{"".join(lines)}</table></div>{rest}'.replace(' class=""', "")


def text(value: Any) -> str:
    """Return anything as text that HTML does not take for its own."""
    return html.escape(str(value))
