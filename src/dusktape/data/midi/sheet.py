"""The data sheet of a dataset, `DATASET.md`: what the manifest knows, and a line to fill in where only people know.

Source
------
The questions are those of Gebru et al., Datasheets for Datasets, Communications of the ACM 64 (2021), as far as a
folder of MIDI files can answer them.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from dusktape.data.dataset import PARTS, SPLITS, Dataset
from dusktape.data.midi.survey import Survey, survey

FILE = "DATASET.md"

_MOST_LISTED = 40
_STEPS = {
    "tempo": "tempo: songs are read in half or double time where that brings them to 60 to 95 beats a minute",
    "grid": "grid: swing is undone, onsets and ends lie on sixteenths; files that keep to no beat are dropped",
    "velocity": "velocity: all velocities of a song are moved by the same amount, to a median of 70",
}
_NOT_KNOWN = "Not known to the program: fill this in before you pass the dataset on."


def write_sheet(folder: Path) -> Path:
    """Write `DATASET.md` into a dataset's folder and return its path.

    Raises
    ------
    InputError
        If there is no dataset in the folder.
    """
    path = folder / FILE
    path.write_text(sheet(survey(Dataset.read(folder))), encoding="utf-8", newline="\n")
    return path


def sheet(found: Survey) -> str:
    """Return the data sheet as Markdown."""
    sections = (
        ("Why it was made", _motivation()),
        ("What it holds", _composition(found)),
        ("Where it comes from", _collection(found)),
        ("What was done to it", _cleaning(found)),
        ("Licences", _licences(found)),
        ("Splits", _splits(found)),
        ("Limits", _limits(found)),
        ("What it must not be used for", _uses(found)),
        ("Upkeep", _upkeep(found)),
    )
    text = "".join(f"\n## {head}\n\n{body}\n" for head, body in sections)
    return f"# Data sheet\n\nWritten by Dusktape from `manifest.json`. What it cannot know is marked.\n{text}"


def _motivation() -> str:
    return (
        "To train small networks that write melodies and chords, and to measure them on songs they have not seen.\n\n"
        f"Who collected the files, and for whom: {_NOT_KNOWN}"
    )


def _composition(found: Survey) -> str:
    rows = [
        ("songs", f"{found.songs:,}"),
        ("hours, at the tempo of the dataset", f"{found.seconds / 3600:.1f}"),
        ("bars", f"{found.bars:,}"),
        *((f"notes: {part}", f"{int(found.pitch[k].sum()):,}") for k, part in enumerate(PARTS)),
        ("in major, in minor", " and ".join(f"{int(row.sum()):,}" for row in found.keys)),
        ("beats a minute, 5 % to 95 %", _range(found.bpm)),
        ("notes per beat, 5 % to 95 %", _range(found.density)),
    ]
    return (
        "Each song is a list of notes (start, length, pitch, velocity, part), its tempo, metre and key, and chords.\n"
        "Key, chords, bars and parts were found by program, not by people. No sound, no lyrics, no names of persons\n"
        "except those that file names may carry.\n\n" + _rows(("", ""), rows)
    )


def _range(values: Any) -> str:
    if not len(values):
        return "-"
    ordered = sorted(float(v) for v in values)
    low, high = ordered[int(0.05 * (len(ordered) - 1))], ordered[round(0.95 * (len(ordered) - 1))]
    return f"{low:.3g} to {high:.3g}"


def _collection(found: Survey) -> str:
    folders = ", ".join(f"`{name}`" for name in found.manifest.get("folders", ())) or "not recorded"
    return (
        f"From {len(found.files):,} MIDI files in these folders: {folders}. Every file is named in `manifest.json`\n"
        "with its SHA-256.\n\n"
        f"Who made the files, when, from what, and whether they agreed to this use: {_NOT_KNOWN}"
    )


def _cleaning(found: Survey) -> str:
    options = found.manifest.get("options", {})
    steps = options.get("normalise", {})
    done = [f"- {text}" for name, text in _STEPS.items() if steps.get(name)]
    left = [f"- left out: {text}" for name, text in _STEPS.items() if steps and not steps.get(name)]
    lines = done + left or ["- not recorded"]
    dropped = Counter(str(file.get("why", "")) for file in found.files if not file.get("kept"))
    table = _rows(("left out because", "files"), [(why, f"{count:,}") for why, count in dropped.most_common()])
    named = [f"- `{f['file']}`: {f.get('reason', '')}" for f in found.files if not f.get("kept")]
    rest = [f"- and {len(named) - _MOST_LISTED:,} more, in `manifest.json`"] if len(named) > _MOST_LISTED else []
    copies = sum(bool(file.get("twin")) for file in found.files)
    same = (
        "Files that hold the same music (also in another key or tempo) were looked for before the split; copies that "
        "were found and "
        + ("left out" if options.get("drop_duplicates", True) else "kept, each in the split of its twin")
        + f": {copies:,}."
    )
    changes = Counter(_kind(c) for file in found.kept for c in file.get("found", {}).get("changes", ()))
    changed = _rows(("changed", "songs"), [(what, f"{count:,}") for what, count in changes.most_common()])
    parts = ["\n".join(lines), same]
    parts += [changed] if changes else []
    parts += [table, "\n".join(named[:_MOST_LISTED] + rest)] if named else ["No file was left out."]
    return "\n\n".join(parts)


_KINDS = (
    ("half time", "read in half time"),
    ("quarter time", "read in quarter time"),
    ("double time", "read in double time"),
    ("fourfold time", "read in fourfold time"),
    ("tempo from", "played at the edge of the range of tempi"),
    ("sixteenths", "some onsets put on sixteenths"),
    ("swing", "swing undone"),
    ("velocities", "velocities moved"),
    ("longest stretch", "cut to the longest stretch in one metre"),
    ("bar lines", "bar lines moved to where the music leans"),
    ("written in", "read in another metre than written"),
)


def _kind(change: str) -> str:
    """What kind of change a sentence tells of."""
    if change.startswith("swing"):
        return "swing undone"
    return next((kind for mark, kind in _KINDS if mark in change), change)


def _licences(found: Survey) -> str:
    rows = [(name, f"{count:,}") for name, count in found.licences.most_common()]
    unknown = found.licences.get("unknown", 0)
    warning = (
        f"\n\nOf {unknown:,} files nobody has said under which licence they are. That a file can be "
        "downloaded\ndoes not make it free: find out before you share the dataset, or what was trained on it."
        if unknown
        else ""
    )
    return (
        _rows(("licence, as stated by whoever made the dataset", "songs"), rows) if rows else "Not recorded."
    ) + warning


def _splits(found: Survey) -> str:
    seed = found.manifest.get("options", {}).get("seed")
    how = f" with seed {seed}" if seed is not None else ""
    rows = [(split, f"{found.splits.get(split, 0):,}") for split in SPLITS]
    return (
        f"By song, from a hash of its name{how}: the same name lands in the same split in every dataset. All copies\n"
        "of a song are on one side.\n\n" + _rows(("split", "songs"), rows)
    )


def _limits(found: Survey) -> str:
    facts = [file.get("found", {}) for file in found.kept]
    counted = (
        ("songs that hardly keep to a beat", sum(f.get("grid_strength", 1.0) < 0.6 for f in facts)),
        ("songs in which every note is equally loud", sum(f.get("velocity_spread", 9.0) < 1.5 for f in facts)),
        ("songs whose key is nearly a tie with another", sum(f.get("key_lead", 1.0) < 0.05 for f in facts)),
        ("songs without a melody", found.songs - found.with_part.get("melody", 0)),
        ("songs not in four quarters (the melody models pass over them)", _not_in_four(found)),
        ("songs far from the rest (named in `index.html`)", len(found.outliers)),
    )
    rows = [(what, f"{count:,}") for what, count in counted]
    return (
        "Key, chords, bar lines and parts are estimates and sometimes wrong. One key and one metre hold for a whole\n"
        "song: keys that change are not followed. How the files were chosen is not known here, so nothing can be said\n"
        "about which music or whose music is missing.\n\n" + _rows(("", ""), rows)
    )


def _not_in_four(found: Survey) -> int:
    return sum(count for (_, beats), count in found.metres.items() if beats != 4)


def _uses(found: Survey) -> str:
    return (
        "- Not to pass songs off as new: networks trained on few songs repeat them. Measure copying with\n"
        "  `dusktape evaluate` before you publish what they write.\n"
        "- Not to be shared, nor what was trained on it, beyond what the licences above allow.\n"
        "- Not as a true reference for keys, chords or bars: they were not checked by people.\n"
        "- Not to say anything about the people who wrote or played the files."
    )


def _upkeep(found: Survey) -> str:
    version = found.manifest.get("dusktape")
    made = f"Made by Dusktape {version}. " if version else ""
    return (
        f"{made}The same files and options make the same dataset again; its hash stands in `manifest.json`.\n\n"
        f"Who keeps it, and whom to write to: {_NOT_KNOWN}"
    )


def _rows(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    """Return a Markdown table of two columns."""
    lines = [f"| {head[0]} | {head[1]} |", "|---|---:|", *(f"| {a} | {b} |" for a, b in rows)]
    return "\n".join(lines)
