"""What is written down of every file that was looked at, kept or not.

    {"format": 1, "sha256": ..., "dusktape": "0.1.0", "symusic": "0.6.0", "read": "1", "analysis": "1",
     "folders": ["midi"],
     "options": {"seed": 0, "normalise": {"tempo": true, ...}, "drop_duplicates": true},
     "counts": {"files": 745, "kept": 720, "dropped": {"duplicate": 12, "broken": 13},
                "songs": {"train": 580, "valid": 70, "test": 70},
                "notes": {"melody": 250000, "chords": ..., "bass": ..., "drums": ..., "other": ...}},
     "files": [
      {"file": "pop909/001.mid", "name": "pop909/001", "sha256": ..., "licence": "unknown", "kept": true,
       "split": "train", "found": {facts of the analysis}},
      {"file": "bad.mid", "name": "bad", "sha256": ..., "licence": "unknown", "kept": false, "why": "broken",
       "reason": "it is cut short: a track of 19 bytes lacks 6", "found": {}}]}

A duplicate, kept or dropped (`"why": "duplicate"`), has also `"twin"`: the fullest of the files with the same music.

Folders go by their own names: the same files make the same bytes wherever they lie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.data.dataset import PARTS, SPLITS, Song
from dusktape.data.midi.options import Entry, Options

_NAMED = 3


def manifest(
    folders: Sequence[Path],
    entries: Sequence[Entry],
    songs: Sequence[Song],
    options: Options,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """Return what the module's docstring shows, less format and hash.

    Parameters
    ----------
    folders
        As given.
    entries
        Every file.
    songs
        Those that are kept.
    options, versions
        How the dataset is made.
    """
    notes = np.zeros(len(PARTS), np.int64)
    for song in songs:
        notes += np.bincount(song.part, minlength=len(PARTS))
    splits = Counter(entry.split for entry in entries if not entry.why)
    dropped = Counter(entry.why for entry in entries if entry.why)
    return {
        **versions,
        "folders": sorted(folder.resolve().name for folder in folders),
        "options": {
            "seed": options.seed,
            "normalise": asdict(options.normalise),
            "drop_duplicates": options.drop_duplicates,
        },
        "counts": {
            "files": len(entries),
            "kept": len(songs),
            "dropped": dict(sorted(dropped.items())),
            "songs": {split: splits[split] for split in SPLITS},
            "notes": dict(zip(PARTS, notes.tolist(), strict=True)),
        },
        "files": [_file(entry, options) for entry in entries],
    }


def _file(entry: Entry, options: Options) -> dict[str, Any]:
    outcome = {"why": entry.why, "reason": entry.reason} if entry.why else {"split": entry.split}
    if entry.twin:
        outcome["twin"] = entry.twin
    return {
        "file": entry.found.file,
        "name": entry.found.name,
        "sha256": entry.sha256,
        "licence": options.licence_of(entry.found.file),
        "kept": not entry.why,
        **outcome,
        "found": dict(entry.facts),
    }


def nothing(folders: Sequence[Path], entries: Sequence[Entry]) -> str:
    """Return a line that says why there is nothing to learn from."""
    places = ", ".join(repr(str(folder)) for folder in folders)
    named = "; ".join(f"{entry.found.file}: {entry.reason}" for entry in entries[:_NAMED])
    more = f"; and {len(entries) - _NAMED:,} more" if len(entries) > _NAMED else ""
    count = "the only MIDI file" if len(entries) == 1 else f"none of {len(entries):,} MIDI files"
    verb = "cannot" if len(entries) == 1 else "can"
    return f"{count} below {places} {verb} be learned from ({named}{more}); name a folder with songs"
