"""What is written down of every file that was looked at, kept or not: see `data.sounds.manifest_text`.

Each of `files` has `file`, `name`, `sha256`, `licence`, `kept`, `label`, `split` or `why` and `reason`, `flags` (flag
to a sentence), `changes` (sentences), `clips` (how many), `left_out` (why clips of it were no good, to how many),
`twin` of a copy, and `found`: what `Levels.facts` and `Heard.facts` return.

Folders go by their own names: the same files make the same bytes wherever they lie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dusktape.data.audio.options import Entry, Options
from dusktape.data.dataset import SPLITS
from dusktape.data.find import gathered
from dusktape.data.sounds import Clip

_NAMED = 3


def clips(entries: Sequence[Entry], options: Options) -> list[Clip]:
    """Return all clips of the files that are kept."""
    return [
        Clip(
            name=clip["name"],
            file=entry.found.file,
            split=entry.split,
            frames=clip["frames"],
            sha256=clip["sha256"],
            start_s=clip["start_s"],
            label=entry.label,
            bpm=clip["bpm"],
            licence=options.licence_of(entry.found.file),
        )
        for entry in entries
        if not entry.why
        for clip in entry.clips
    ]


def counts(entries: Sequence[Entry], made: Sequence[Clip], rate: int) -> dict[str, Any]:
    """Return how many files were looked at, kept, dropped and marked, and what came of them."""
    kept = [entry for entry in entries if not entry.why]
    splits = Counter(clip.split for clip in made)
    flags = Counter(flag for entry in kept for flag in entry.flags)
    left_out: Counter[str] = Counter()
    for entry in kept:
        left_out.update(entry.left_out)
    return {
        "files": len(entries),
        "kept": len(kept),
        "dropped": dict(sorted(Counter(entry.why for entry in entries if entry.why).items())),
        "flags": dict(sorted(flags.items())),
        "clips": {split: splits[split] for split in SPLITS},
        "clips_left_out": dict(sorted(left_out.items())),
        "labels": dict(sorted(Counter(clip.label for clip in made if clip.label).items())),
        "seconds": round(sum(clip.frames for clip in made) / rate, 1),
    }


def files(entries: Sequence[Entry], options: Options) -> list[dict[str, Any]]:
    """Return what the module's docstring shows of each file."""
    return [_file(entry, options) for entry in entries]


def _file(entry: Entry, options: Options) -> dict[str, Any]:
    row: dict[str, Any] = {
        "file": entry.found.file,
        "name": entry.found.name,
        "sha256": entry.sha256,
        "licence": options.licence_of(entry.found.file),
        "kept": not entry.why,
        "label": entry.label,
    }
    row |= {"why": entry.why, "reason": entry.reason} if entry.why else {"split": entry.split}
    row |= {"flags": entry.flags, "changes": entry.changes, "clips": len(entry.clips), "left_out": entry.left_out}
    if entry.twin:
        row["twin"] = entry.twin
    return row | {"found": dict(entry.facts)}


def nothing(folders: Sequence[Path], entries: Sequence[Entry]) -> str:
    """Return a line that says why there is nothing to learn from."""
    places = ", ".join(repr(str(folder)) for folder in folders)
    reasons = gathered((entry.found.file, entry.reason) for entry in entries)
    named = "; ".join(f"{told}: {reason}" for told, reason in reasons[:_NAMED])
    more = f"; and {len(reasons) - _NAMED:,} reasons more" if len(reasons) > _NAMED else ""
    count = "the only sound file" if len(entries) == 1 else f"none of {len(entries):,} sound files"
    verb = "cannot" if len(entries) == 1 else "can"
    return f"{count} below {places} {verb} be learned from ({named}{more}); name a folder with other sounds"
