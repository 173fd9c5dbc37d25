"""The page of a dataset: one HTML file, pictures inside; it asks for nothing from outside and runs no script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from dusktape.core.score import PITCH_NAMES
from dusktape.data.dataset import PARTS, SPLITS, Dataset
from dusktape.data.midi.pictures import pictures
from dusktape.data.midi.survey import Survey, survey
from dusktape.data.page import document, figures, section, table, text

FILE = "index.html"


def write_page(folder: Path) -> Path:
    """Write `index.html` into a dataset's folder and return its path.

    Raises
    ------
    InputError
        If there is no dataset in the folder.
    PluginError
        If matplotlib is missing.
    """
    path = folder / FILE
    path.write_text(page(survey(Dataset.read(folder))), encoding="utf-8", newline="\n")
    return path


def page(found: Survey) -> str:
    """Return the whole page."""
    drawn, title = pictures(found), _title(found)
    body = "".join(
        (
            _head(found, title),
            section("What it sounds like", _cards(drawn, _what(found))),
            section("How it is played", _cards(drawn, _how(found))),
            section("Outliers", _outliers(found)),
            section("The same music twice", _duplicates(found)),
            section("Left out", _dropped(found)),
            section("All songs", _songs(found)),
        )
    )
    made = f"Made by Dusktape {text(found.manifest.get('dusktape', ''))}".rstrip()
    end = (
        f"{made}. Every file, its hash and all that was measured: manifest.json. What the data are, and what they are "
        "not for: DATASET.md."
    )
    return document(title, body, end)


def _title(found: Survey) -> str:
    """After the folders that the files lay in: the dataset's own folder may still have another name."""
    return ", ".join(found.manifest.get("folders", ())) or "Songs"


def _head(found: Survey, title: str) -> str:
    notes = int(found.pitch.sum())
    looked = len(found.files)
    lead = f"{found.songs:,} songs out of {looked:,} files." if looked else f"{found.songs:,} songs."
    splits = ", ".join(f"{found.splits.get(split, 0):,} {split}" for split in SPLITS)
    numbers = (
        (f"{found.songs:,}", "songs"),
        (f"{notes:,}", "notes"),
        (f"{found.seconds / 3600:.1f}", "hours"),
        (f"{found.bars:,}", "bars"),
        (f"{int(found.pitch[PARTS.index('melody')].sum()):,}", "notes of melody"),
    )
    licences = ", ".join(f"{text(name)} ({count:,})" for name, count in found.licences.most_common(8))
    said = f" Licences: {licences}." if licences else ""
    return (
        f'<header><h1>{text(title)}</h1><p class="lead">{lead} Split by song: {splits}.{said}</p></header>'
        + figures(numbers)
    )


def _what(found: Survey) -> list[tuple[str, str, str]]:
    major, minor = (int(row.sum()) for row in found.keys)
    most = max(range(12), key=lambda k: int(found.keys[:, k].sum()))
    rich = sum(beats for (_, quality), beats in found.chords.items() if quality not in _PLAIN)
    total = sum(found.chords.values()) or 1.0
    pairs = len([1 for beats in found.chords.values() if beats / total >= 0.001])
    return [
        ("keys", "Keys", f"{major:,} songs in major, {minor:,} in minor; the commonest tonic is {PITCH_NAMES[most]}."),
        ("chords", "Chord vocabulary", f"Relative to the key, areas are shares of the time. {pairs} chords hold for "
         f"a thousandth of it or more; {rich / total:.0%} is sevenths and richer."),
        ("pitches", "Pitches", "By part, without drums."),
        ("roles", "Parts found", "Share of the songs in which the part plays."),
    ]  # fmt: skip


_PLAIN = ("maj", "min", "dim", "aug", "sus2", "sus4")


def _how(found: Survey) -> list[tuple[str, str, str]]:
    facts = [file.get("found", {}) for file in found.kept]
    halved = sum(f.get("time_factor", 1.0) < 1.0 for f in facts)
    doubled = sum(f.get("time_factor", 1.0) > 1.0 for f in facts)
    swung = sum(f.get("swing", 0.5) > 0.5 for f in facts)
    free = sum(f.get("grid_strength", 1.0) < 0.6 for f in facts)
    flat = sum(f.get("velocity_spread", 9.0) < 1.5 for f in facts)
    moved = sum(bool(f.get("bar_shift_beats", 0)) for f in facts)
    return [
        ("tempi", "Tempi", f"{halved:,} songs are read in half time, {doubled:,} in double time."),
        ("metres", "Metres", f"In {moved:,} songs the bar lines were moved to where the music leans."),
        ("durations", "Durations", f"{swung:,} songs swung and were put straight; {free:,} hardly keep to a beat."),
        ("velocities", "Velocities", f"In {flat:,} songs every note is equally loud."),
        ("density", "Density", "Notes per beat; the last bar holds all beyond."),
    ]


def _cards(drawn: Mapping[str, str], rows: Iterable[tuple[str, str, str]]) -> str:
    cards = (
        f'<figure class="card"><h3>{head}</h3><p>{text(said)}</p>{drawn[name]}</figure>' for name, head, said in rows
    )
    return f'<div class="cards">{"".join(cards)}</div>'


def _outliers(found: Survey) -> str:
    if not found.outliers:
        return "<p>No song is far from the rest.</p>"
    rows = [(name, "; ".join(reasons)) for name, reasons in found.outliers.items()]
    lead = (
        f"<p>{len(rows):,} songs lie far from the rest. They are kept; listen before you trust them. The farthest come "
        "first.</p>"
    )
    return lead + table(("song", "why"), rows)


def _duplicates(found: Survey) -> str:
    groups = found.groups()
    if not groups:
        return "<p>No two files hold the same music.</p>"
    left = sum(map(len, groups.values()))
    tied = sum(bool(file.get("kept")) for files in groups.values() for file in files)
    rest = ", kept in the same split" if tied else ", left out"
    songs = "1 song is" if len(groups) == 1 else f"{len(groups):,} songs are"
    further = "1 further file" if left == 1 else f"{left:,} further files"
    rows = [(kept, ", ".join(str(f["file"]) for f in files)) for kept, files in sorted(groups.items())]
    lead = f"<p>{songs} there more than once: {further}{rest}. The same music is looked for in all keys and tempi.</p>"
    return lead + table(("the fullest" if tied else "kept", "the same music"), rows)


def _dropped(found: Survey) -> str:
    files = found.dropped(duplicates=False)
    if not files:
        return "<p>Every file could be used.</p>"
    reasons = Counter(str(file.get("why", "")) for file in files)
    counts = ", ".join(f"{count:,} {text(why)}" for why, count in reasons.most_common())
    rows = [(str(file["file"]), str(file.get("reason", ""))) for file in files]
    return f"<p>{len(files):,} files could not be used: {counts}.</p>" + table(("file", "why"), rows)


def _songs(found: Survey) -> str:
    rows = []
    for file in found.kept:
        f = file.get("found", {})
        rows.append(
            (
                str(file["name"]),
                str(file.get("split", "")),
                str(f.get("key", "")),
                f"{f.get('bpm', 0):.0f}",
                f"{f.get('bars', 0):,}",
                f"{f.get('kept_notes', f.get('notes', 0)):,}",
                "; ".join([*map(str, f.get("changes", ())), *map(str, f.get("odd", ()))]),
            )
        )
    if not rows:
        return "<p>The manifest names no files.</p>"
    listed = table(
        ("song", "split", "key", "bpm", "bars", "notes", "what was changed or noticed"), rows, numbers=(3, 4, 5)
    )
    return f"<details><summary>{len(rows):,} songs, with what was found in each</summary>{listed}</details>"
