"""The listening page of a pack: one HTML file beside the sounds, which asks for nothing from outside."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import groupby
from typing import Any
from urllib.parse import quote

from dusktape.core.seed import Seed
from dusktape.publish.cover.palette import Colour, choose, mix
from dusktape.publish.pack import cover
from dusktape.publish.pack.manifest import Entry
from dusktape.publish.pack.take import LOOPING

_KINDS = {"oneshots": "One-shots", "loops": "Loops", "stabs": "Chord stabs", "textures": "Textures"}
_NAMED = ("style.css", "script.js")
_ENOUGH = 4


def document(facts: Mapping[str, Any], entries: Sequence[Entry], seed: Seed, mood: str, weather: str) -> str:
    """Return the page: cover, facts, and every sound with its wave, to be played by mouse, finger or keyboard.

    Parameters
    ----------
    facts
        The manifest.
    entries
        The sounds, in its order.
    seed, mood, weather
        As for the cover, whose colours the page wears.
    """
    style, script = (files(__package__).joinpath(name).read_text(encoding="utf-8") for name in _NAMED)
    title = html.escape(str(facts["title"]))
    body = _head(facts, entries) + "".join(_kind(kind, list(some)) for kind, some in _by_kind(entries))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>:root{{{_colours(seed, mood, weather)}}}\n{style}</style></head>\n"
        f"<body><main>{body}</main><footer><p>{html.escape(str(facts['statement']))}</p>"
        f"<p>Made by Dusktape {html.escape(str(facts['dusktape']))}, seed {int(facts['seed'])}. "
        'All that was measured: <a href="manifest.json">manifest.json</a>.</p></footer>\n'
        f"<script>{script}</script></body></html>\n"
    )


def _by_kind(entries: Sequence[Entry]) -> Iterable[tuple[str, Iterable[Entry]]]:
    return groupby(entries, key=lambda entry: str(entry.facts["kind"]))


def _head(facts: Mapping[str, Any], entries: Sequence[Entry]) -> str:
    counts = [f"{len(list(some))} {_KINDS[kind].lower()}" for kind, some in _by_kind(entries)]
    first = entries[0].facts
    rate = f"{first['sample_rate'] / 1000:g} kHz"
    tempi = sorted({float(e.facts["bpm"]) for e in entries if e.facts.get("bpm")})
    told = [", ".join(counts), rate]
    told += [f"{tempi[0]:g} to {tempi[-1]:g} bpm" if len(tempi) > 1 else f"{tempi[0]:g} bpm"] if tempi else []
    title = html.escape(str(facts["title"]))
    rounds = any(entry.facts["kind"] in LOOPING for entry in entries)
    return (
        f'<header><img src="{cover.FILE}" alt="Cover of {title}: a night scene" width="1000" height="1000"><div>'
        f'<p class="over">A Dusktape sample pack</p><h1>{title}</h1><p class="lead">{html.escape(" · ".join(told))}</p>'
        f'<p class="lead">Licence: <a href="LICENSE.txt">{html.escape(str(facts["licence"]))}</a></p>'
        '<p class="keys"><kbd>Space</kbd> plays and stops, <kbd>←</kbd> <kbd>→</kbd> <kbd>↑</kbd> <kbd>↓</kbd> move, '
        f"<kbd>Esc</kbd> silences.{' Loops go round.' if rounds else ''}</p></div></header>"
    )


def _kind(kind: str, entries: Sequence[Entry]) -> str:
    folders: dict[str, list[Entry]] = {}
    for entry in entries:
        folders.setdefault(str(entry.facts["file"]).rpartition("/")[0], []).append(entry)
    apart = len(folders) > 1 and len(entries) >= _ENOUGH * len(folders)
    groups = []
    whole = {"": [entry for some in folders.values() for entry in some]}
    for folder, some in (folders if apart else whole).items():
        head = f"<h3>{html.escape(folder.partition('/')[2])}</h3>" if folder else ""
        groups.append(f'{head}<ul class="sounds">{"".join(map(_sound, some))}</ul>')
    return f'<section aria-labelledby="{kind}"><h2 id="{kind}">{_KINDS[kind]}</h2>{"".join(groups)}</section>'


def _sound(entry: Entry) -> str:
    facts = entry.facts
    path, name = quote(str(facts["file"])), html.escape(str(facts["file"]).rpartition("/")[2].rpartition(".")[0])
    loops = facts["kind"] in LOOPING
    told = html.escape(", ".join(_told(facts)))
    return (
        f'<li class="sound"><button type="button" aria-pressed="false" aria-label="Play {name}, {told}">'
        f'{_wave(entry.outline)}<span class="name">{name}</span><span class="told">{told}</span></button>'
        f'<a class="get" href="{path}" download aria-label="Save {name}">'
        '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 2v8M4.5 7 8 10.5 11.5 7M3 13.5h10"/></svg></a>'
        f'<audio preload="none" src="{path}"{" loop" if loops else ""}></audio></li>'
    )


def _told(facts: Mapping[str, Any]) -> list[str]:
    told = [f"{facts['bars']} bars"] if facts.get("bars") else []
    told += [f"{facts['bpm']:g} bpm"] if facts.get("bpm") else []
    told += (
        [re.sub("min$", "m", str(facts["chord"]))]
        if facts.get("chord")
        else [str(facts["key"])]
        if facts.get("key")
        else []
    )
    if facts.get("bars"):
        return told
    return [*told, f"{facts['seconds']:.1f} s" if facts["seconds"] >= 1.0 else f"{1000 * facts['seconds']:.0f} ms"]


def _wave(outline: Sequence[tuple[float, float]]) -> str:
    """Return a drawing of a wave, drawn once and shown twice: as it is, and as far as it has been heard."""
    top = " ".join(f"{x},{20 - max(19 * high, 0.4):.1f}" for x, (high, _) in enumerate(outline))
    bottom = " ".join(f"{x},{20 - min(19 * low, -0.4):.1f}" for x, (_, low) in reversed(list(enumerate(outline))))
    shape = f'<polygon points="{top} {bottom}"/>'
    view = f'viewBox="0 0 {len(outline) - 1} 40" preserveAspectRatio="none" aria-hidden="true"'
    return f'<svg class="wave" {view}>{shape}</svg><svg class="wave heard" {view}>{shape}</svg>'


def _colours(seed: Seed, mood: str, weather: str) -> str:
    """Return the cover's palette as CSS variables: its darkest for paper, its lamp for what plays."""
    palette = choose(cover.place(seed), mood, weather)
    ink = mix(palette.ink, (10, 9, 14), 0.5)
    named: dict[str, Colour] = {
        "paper": ink,
        "card": mix(ink, palette.middle, 0.16),
        "line": mix(ink, palette.middle, 0.45),
        "text": mix(palette.moon, (250, 247, 242), 0.6),
        "soft": mix(palette.moon, (150, 146, 156), 0.72),
        "wave": mix(palette.middle, palette.horizon, 0.45),
        "lamp": palette.lamp,
        "sky": palette.top,
        "glow": mix(palette.top, palette.middle, 0.6),
    }
    return ";".join(f"--{name}:#{r:02x}{g:02x}{b:02x}" for name, (r, g, b) in named.items())
