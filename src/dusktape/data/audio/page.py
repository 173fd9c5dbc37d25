"""The page of a dataset of sounds: what was kept, marked and left out, and why, with pictures of the sounds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dusktape.data.audio.finding import Arrays
from dusktape.data.audio.pictures import pictures
from dusktape.data.audio.thumbnails import thumbnail
from dusktape.data.dataset import SPLITS
from dusktape.data.page import document, figures, section, table, text
from dusktape.data.sounds import CLIPS, Clip, SoundDataset

FILE = "index.html"

Row = Mapping[str, Any]
Found = Mapping[str, Arrays]

_MOST_CARDS = 60
_FEWEST_OF_A_LABEL, _MOST_OF_A_LABEL = 5, 10
_MOST_ODD = 120
_CUTS = {
    "oneshots": "one-shots, from attack to silence",
    "beats": "clips on its beats",
    "bars": "clips on its bars",
    "fixed": "clips of equal length",
}
_STYLE = """
.sounds{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:.9rem;margin-top:1rem}
.sound{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.7rem .8rem;font-size:.86rem;
overflow-wrap:anywhere}
.sound b{font-weight:600}.sound p{margin:.35rem 0 0;color:var(--soft);line-height:1.35}
.sound audio{width:100%;height:28px;margin-top:.4rem}
.thumb{margin-top:.45rem;border-radius:5px;overflow:hidden;background:#1a161c}
.thumb svg{display:block;width:100%;height:34px;background:var(--paper)}.thumb path{fill:var(--c1)}
.thumb img{display:block;width:100%;height:56px;image-rendering:auto}
h3.group{margin:1.6rem 0 0}
"""
_MARKED = {
    "clipping": "Flat tops: the recording was too loud. A model learns the distortion, too.",
    "band-limited": "The spectrum ends like cut with a knife: a low rate or a lossy copy. A model learns a lid.",
    "loudness": "Far softer or louder than music is. Brought to the level of the others unless you kept levels.",
    "dc": "Moved to lie around zero unless you kept it.",
    "mono": "Nothing is lost with one channel; in stereo it teaches that both sides are the same.",
    "opposed": "Both sides cancel each other when they are added.",
    "bits": "Coarse: the noise of its steps is heard in quiet places.",
    "near-duplicate": "The same sound in another file. Copies share a split: nothing is judged on what it learned.",
    "outlier": "Far from the rest in brightness, noise, dynamics or rhythm. One style learns better than several.",
    "vocals": "A plain estimate, often wrong. Voices made the first fine-tuning we know of fail.",
}


def write_page(folder: Path, found: Found) -> Path:
    """Write `index.html` into a dataset's folder and return its path.

    Parameters
    ----------
    folder
        Of a dataset.
    found
        What there is to draw of each file, by its SHA-256.

    Raises
    ------
    InputError
        If there is no dataset in the folder.
    PluginError
        If matplotlib is missing.
    """
    path = folder / FILE
    path.write_text(page(SoundDataset.read(folder), found), encoding="utf-8", newline="\n")
    return path


def page(data: SoundDataset, found: Found) -> str:
    """Return the whole page."""
    files: Sequence[Row] = data.manifest.get("files", ())
    title = ", ".join(data.manifest.get("folders", ())) or "Sounds"
    body = "".join(
        (
            _head(data, files, title),
            section("What became of the files", _cards(pictures(data, files), _said(data, files))),
            section("What it sounds like", _gallery(data, files, found)),
            section("Marked", _marked(files, found)),
            section("Left out", _dropped(files, found)),
            section("All files", _all(files)),
        )
    )
    made = f"Made by Dusktape {text(data.manifest.get('dusktape', ''))}".rstrip()
    end = f"{made}. Every file, its hash, its licence and all that was measured: manifest.json."
    return document(title, body, end, style=_STYLE)


def _head(data: SoundDataset, files: Sequence[Row], title: str) -> str:
    kept = sum(bool(file["kept"]) for file in files)
    minutes = sum(clip.frames for clip in data.clips) / data.sample_rate / 60.0
    splits = ", ".join(f"{len(data.of(split)):,} {split}" for split in SPLITS)
    licences = Counter(str(file["licence"]) for file in files if file["kept"]).most_common(8)
    said = ", ".join(f"{text(name)} ({count:,})" for name, count in licences)
    sides = "one channel" if data.channels == 1 else "stereo"
    cut = _CUTS.get(data.manifest.get("cut", ""), "clips")
    lead = (
        f"{kept:,} of {len(files):,} files, cut into {cut}: {data.sample_rate:,} Hz, {sides}. "
        f"Clips: {splits}; clips of one file and of its copies share a split. Licences: {said}."
    )
    numbers = (
        (f"{kept:,}", "files kept"),
        (f"{len(files) - kept:,}", "left out"),
        (f"{sum(bool(f['flags']) for f in files if f['kept']):,}", "kept but marked"),
        (f"{len(data.clips):,}", "clips"),
        (f"{minutes:.1f}", "minutes"),
    )
    return f'<header><h1>{text(title)}</h1><p class="lead">{lead}</p></header>{figures(numbers)}'


def _said(data: SoundDataset, files: Sequence[Row]) -> list[tuple[str, str, str]]:
    left_out = data.manifest.get("counts", {}).get("clips_left_out", {})
    lost = "; ".join(f"{count:,} clips were {why}" for why, count in left_out.items())
    lids = sum("band-limited" in file["flags"] for file in files)
    rows = [
        (
            "fates",
            "Kept, marked, left out",
            "Green: nothing odd; orange: marked; violet: left out. A file can have several marks."
            f"{f' Besides, {lost}.' if lost else ''}",
        ),
        ("labels", "Labels", "Of the clips, by the names of files and folders."),
        ("lengths", "Lengths", "Silence before and after a sound does not count."),
        ("loudness", "Loudness", "As the files had it; a single channel counts as heard from both sides."),
        ("brightness", "Brightness", "Low is dull, high is sharp."),
        (
            "bands",
            "Bandwidth",
            "Orange: the spectrum ends as if cut with a knife; blue: it reaches as far as the file's rate. Dots below "
            f"the line end before the clips do; {lids:,} files are marked for it.",
        ),
    ]
    return [row for row in rows if row[0] != "labels" or any(clip.label for clip in data.clips)]


def _cards(drawn: Mapping[str, str], rows: Iterable[tuple[str, str, str]]) -> str:
    cards = (
        f'<figure class="card"><h3>{head}</h3><p>{text(said)}</p>{drawn[name]}</figure>'
        for name, head, said in rows
        if name in drawn
    )
    return f'<div class="cards">{"".join(cards)}</div>'


def _gallery(data: SoundDataset, files: Sequence[Row], found: Found) -> str:
    """A few files of each label, with a player for the first clip."""
    first: dict[str, Clip] = {}
    for clip in data.clips:
        first.setdefault(clip.file, clip)
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for file in files:
        if file["kept"] and file["file"] in first:
            groups[file["label"]].append(file)
    each = (
        max(_FEWEST_OF_A_LABEL, min(_MOST_OF_A_LABEL, _MOST_CARDS // max(1, len(groups))))
        if len(groups) > 1
        else _MOST_CARDS
    )
    parts = []
    for name, rows in sorted(groups.items(), key=lambda group: (not group[0], group[0])):
        more = f" · {each} of {len(rows):,}" if len(rows) > each else ""
        head = (
            f'<h3 class="group">{text(name or "no label")}<span class="quiet">{more}</span></h3>'
            if len(groups) > 1
            else ""
        )
        cards = "".join(_sound(row, found, clip=first[row["file"]]) for row in rows[:each])
        parts.append(f'{head}<div class="sounds">{cards}</div>')
    lead = "<p>Waveform, and below it the spectrum from 40 Hz to 12 kHz; players play the first clip.</p>"
    return lead + "".join(parts)


def _sound(file: Row, found: Found, *, clip: Clip | None = None, said: str = "") -> str:
    f = file["found"]
    told = said or ", ".join(
        f"{f[key]:{form}} {unit}" for key, form, unit in (("seconds", ".2f", "s"), ("lufs", ".0f", "LUFS")) if key in f
    )
    player = (
        f'<audio controls preload="none" src="{CLIPS}/{quote(clip.name)}.flac"></audio>' if clip is not None else ""
    )
    picture = thumbnail(found.get(file["sha256"], {}), text(file["file"]))
    name = (
        text(file["file"]).replace("/", "/<wbr>").replace("_", "_<wbr>").replace("-", "-<wbr>").replace(".", "<wbr>.")
    )
    return f'<div class="sound"><b>{name}</b>{picture}{player}<p>{text(told)}</p></div>'


def _marked(files: Sequence[Row], found: Found) -> str:
    """Every mark with the files that have it."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for file in files:
        for flag in file["flags"] if file["kept"] else ():
            groups[flag].append(file)
    if not groups:
        return "<p>Nothing odd was found.</p>"
    parts = ["<p>These files are in the dataset. <code>--drop</code> with the names of marks leaves them out.</p>"]
    left = _MOST_ODD
    for flag, meaning in _MARKED.items():
        if rows := groups.get(flag):
            shown = rows[: max(0, left)]
            left -= len(shown)
            more = f" And {len(rows) - len(shown):,} more, in manifest.json." if len(rows) > len(shown) else ""
            cards = "".join(_sound(row, found, said=row["flags"][flag]) for row in shown)
            head = f'<h3 class="group">{flag} <span class="quiet">{len(rows):,}</span></h3>'
            parts.append(f'{head}<p class="quiet">{meaning}{more}</p><div class="sounds">{cards}</div>')
    return "".join(parts)


def _dropped(files: Sequence[Row], found: Found) -> str:
    rows = [file for file in files if not file["kept"]]
    if not rows:
        return "<p>Every file is in the dataset.</p>"
    reasons = Counter(str(file["why"]) for file in rows)
    counts = ", ".join(f"{count:,} {text(why)}" for why, count in reasons.most_common())
    seen = [file for file in rows if "mel" in found.get(file["sha256"], {})]
    cards = "".join(_sound(row, found, said=str(row["reason"])) for row in seen[:_MOST_ODD])
    shown = f'<div class="sounds">{cards}</div>' if cards else ""
    rest = [(str(f["file"]), str(f["why"]), str(f["reason"])) for f in rows if f not in seen[:_MOST_ODD]]
    listed = table(("file", "", "why"), rest) if rest else ""
    return f"<p>{len(rows):,} files are not in the dataset: {counts}.</p>{shown}{listed}"


def _all(files: Sequence[Row]) -> str:
    rows = []
    for file in files:
        f = file["found"]
        rows.append(
            (
                str(file["file"]),
                str(file.get("split") or file.get("why", "")),
                str(file["label"]),
                f"{f['seconds']:.2f}" if "seconds" in f else "",
                f"{f['rate']:,}" if "rate" in f else "",
                f"{f['lufs']:.1f}" if "lufs" in f else "",
                f"{f['brightness_hz']:,.0f}" if "brightness_hz" in f else "",
                f"{file['clips']:,}",
                "; ".join([*file["changes"], *file["flags"].values()]),
            )
        )
    head = ("file", "split", "label", "s", "Hz", "LUFS", "bright, Hz", "clips", "what was changed or noticed")
    listed = table(head, rows, numbers=(3, 4, 5, 6, 7))
    return f"<details><summary>{len(rows):,} files, with what was found in each</summary>{listed}</details>"
