"""A folder of songs ready to learn from: what `dusktape data midi` makes and every training reads."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dusktape.core.errors import InputError
from dusktape.core.score import TICKS_PER_BEAT, Chord, Key
from dusktape.nn.line import Line
from dusktape.theory.chord import QUALITIES

FORMAT = 1
"""Version of what lies in the folder. Another one is refused."""

NOTES, MANIFEST = "songs.npz", "manifest.json"

HOW = "make one: dusktape data midi DIR --out lofi.dataset"
"""The way out for those who have none."""

PARTS = ("melody", "chords", "bass", "drums", "other")
"""What a note belongs to, by its number in the file."""

SPLITS = ("train", "valid", "test")

_QUALITIES = tuple(QUALITIES)
_MODES = ("major", "minor")

Array = NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Notes by start: ticks (1/960 beat), MIDI pitches, velocities 1 to 127. int64 arrays of equal length (N,)."""

    start: Array
    length: Array
    pitch: Array
    velocity: Array

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """One song, all times in ticks from a bar line.

    Parameters
    ----------
    name
        Unique in the dataset; the split goes by it.
    split
        One of `SPLITS`.
    bpm, beats_per_bar, key, chords
        As found.
    notes
        All of them, by start.
    part
        (N,) numbers into `PARTS`.
    """

    name: str
    split: str
    bpm: float
    beats_per_bar: int
    key: Key
    chords: tuple[Chord, ...]
    notes: Notes
    part: Array

    def of(self, part: Literal["melody", "chords", "bass", "drums", "other"]) -> Notes:
        """Return the notes of one part."""
        here = self.part == PARTS.index(part)
        n = self.notes
        return Notes(n.start[here], n.length[here], n.pitch[here], n.velocity[here])

    def line(self) -> Line:
        """Return the melody as a line on the grid of sixteenths."""
        n = self.of("melody")
        return Line.of_notes(
            self.name,
            self.key,
            self.chords,
            n.start / TICKS_PER_BEAT,
            n.length / TICKS_PER_BEAT,
            n.pitch,
            n.velocity,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Songs on disk, read as they are asked for.

    Parameters
    ----------
    folder
        Where they lie.
    manifest
        What is known of every file that was looked at, kept or not, and how the dataset was made.
    sha256
        Of the notes: two datasets with the same hash hold the same songs in the same splits.
    """

    folder: Path
    manifest: Mapping[str, Any]
    sha256: str
    _arrays: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self._arrays["bpm"])

    @staticmethod
    def read(folder: Path) -> Dataset:
        """Open a dataset.

        Raises
        ------
        InputError
            If it is none, is damaged, or was made in another format.
        """
        again = "make it again with dusktape data midi"
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            if not isinstance(manifest, dict) or "format" not in manifest:
                raise ValueError("it has no format")
            if manifest["format"] != FORMAT:
                raise InputError(
                    f"{folder} is a dataset of format {manifest['format']!r}, this dusktape reads {FORMAT}; {again}"
                )
            data = (folder / NOTES).read_bytes()
            sha256 = hashlib.sha256(data).hexdigest()
            if sha256 != manifest["sha256"]:
                raise ValueError(f"{NOTES} is not the file that {MANIFEST} describes")
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            _check(arrays)
        except OSError as error:
            if not any((folder / name).exists() for name in (MANIFEST, NOTES)):
                what = f"has neither {MANIFEST} nor {NOTES}" if folder.is_dir() else "is no folder"
                raise InputError(f"{folder} is no dataset: it {what}; {HOW}") from error
            raise InputError(
                f"{folder} is no dataset: {error.filename or NOTES}: {error.strerror or error}; {again}"
            ) from error
        except (
            *(ValueError, KeyError, TypeError, EOFError, RecursionError, MemoryError),
            *(zipfile.BadZipFile, zlib.error, NotImplementedError, IndexError),
        ) as error:
            raise InputError(f"{folder} is no dataset: {error}; {again}") from error
        return Dataset(folder, manifest, sha256, arrays)

    def songs(self, split: str | None = None) -> Iterator[Song]:
        """Yield the songs of one split, or all, in the order of their names."""
        a = self._arrays
        for i, name in enumerate(a["name"].tolist()):
            if split is None or SPLITS[a["split"][i]] == split:
                yield self._song(i, name)

    def lines(self, split: str | None = None, at_least: int = 16) -> list[Line]:
        """Return the melodies that have so many notes or more, of songs in four quarters."""
        songs = (song for song in self.songs(split) if song.beats_per_bar == 4)
        return [line for line in (song.line() for song in songs) if len(line) >= at_least]

    def _song(self, i: int, name: str) -> Song:
        a = self._arrays
        notes = slice(int(a["first_note"][i]), int(a["first_note"][i + 1]))
        chords = slice(int(a["first_chord"][i]), int(a["first_chord"][i + 1]))
        columns = (a[f"chord_{c}"][chords].tolist() for c in ("start", "length", "root", "quality"))
        return Song(
            name=name,
            split=SPLITS[a["split"][i]],
            bpm=float(a["bpm"][i]),
            beats_per_bar=int(a["beats_per_bar"][i]),
            key=Key(int(a["tonic"][i]), _MODES[a["mode"][i]]),
            chords=tuple(Chord(s, n, r, _QUALITIES[q]) for s, n, r, q in zip(*columns, strict=True)),
            notes=Notes(*(a[c][notes].astype(np.int64) for c in ("start", "length", "pitch", "velocity"))),
            part=a["part"][notes],
        )


_PER_SONG = {"split": np.uint8, "bpm": np.float64, "beats_per_bar": np.uint8, "tonic": np.uint8, "mode": np.uint8}
_PER_NOTE = {"start": np.int32, "length": np.int32, "pitch": np.uint8, "velocity": np.uint8, "part": np.uint8}
_PER_CHORD = {
    "chord_start": np.int32,
    "chord_length": np.int32,
    "chord_root": np.uint8,
    "chord_quality": np.uint8,
}
_BELOW = {"split": len(SPLITS), "mode": 2, "tonic": 12, "pitch": 128, "part": len(PARTS)} | {
    "chord_root": 12,
    "chord_quality": len(_QUALITIES),
}


def write(folder: Path, songs: Iterable[Song], manifest: Mapping[str, Any]) -> None:
    """Write songs and manifest into a folder that is there. The same songs make the same bytes.

    Songs are taken one after the other and not kept; `files` of the manifest is written a line each.
    """
    rows = sorted((_columns(song) for song in songs), key=lambda row: row["name"])

    def every(name: str, kind: Any) -> Array:
        return np.concatenate([np.zeros(0, kind), *(row[name] for row in rows)])

    arrays = {
        "name": np.array([row["name"] for row in rows], dtype=np.str_),
        **{name: np.array([row[name] for row in rows], kind) for name, kind in _PER_SONG.items()},
        "first_note": np.cumsum([0, *(len(row["start"]) for row in rows)]).astype(np.int64),
        "first_chord": np.cumsum([0, *(len(row["chord_start"]) for row in rows)]).astype(np.int64),
        **{name: every(name, kind) for name, kind in {**_PER_NOTE, **_PER_CHORD}.items()},
    }
    np.savez_compressed(folder / NOTES, **arrays)  # type: ignore[arg-type]
    sha256 = hashlib.sha256((folder / NOTES).read_bytes()).hexdigest()
    (folder / MANIFEST).write_text(_text({"format": FORMAT, "sha256": sha256, **manifest}), encoding="utf-8")


def _columns(song: Song) -> dict[str, Any]:
    """Return what is stored of a song, as small as it will be stored."""
    numbers = {
        "split": SPLITS.index(song.split),
        "bpm": song.bpm,
        "beats_per_bar": song.beats_per_bar,
        "tonic": song.key.tonic,
        "mode": _MODES.index(song.key.mode),
    }
    chords = {
        "chord_start": [c.start for c in song.chords],
        "chord_length": [c.length for c in song.chords],
        "chord_root": [c.root for c in song.chords],
        "chord_quality": [_QUALITIES.index(c.quality) for c in song.chords],
    }
    n = song.notes
    notes = {"start": n.start, "length": n.length, "pitch": n.pitch, "velocity": n.velocity, "part": song.part}
    return {
        "name": song.name,
        **numbers,
        **{name: column.astype(_PER_NOTE[name]) for name, column in notes.items()},
        **{name: np.array(column, _PER_CHORD[name]) for name, column in chords.items()},
    }


def _text(manifest: Mapping[str, Any]) -> str:
    """Return the manifest as JSON; of `files`, a line each, so that one can be looked up."""
    files = [json.dumps(file, ensure_ascii=False) for file in manifest.get("files", [])]
    head = {name: value for name, value in manifest.items() if name != "files"}
    text = json.dumps(head, indent=1, ensure_ascii=False)
    if files:
        text = text.removesuffix("\n}") + ',\n "files": [\n  ' + ",\n  ".join(files) + "\n ]\n}"
    return text + "\n"


def _check(arrays: Mapping[str, Array]) -> None:
    """Raise ValueError unless the arrays are what `write` writes."""
    songs = len(arrays["name"])
    sizes = {
        **dict.fromkeys(_PER_SONG, songs),
        **dict.fromkeys(("first_note", "first_chord"), songs + 1),
        **dict.fromkeys(_PER_NOTE, int(arrays["first_note"][-1])),
        **dict.fromkeys(_PER_CHORD, int(arrays["first_chord"][-1])),
    }
    for name, size in sizes.items():
        if name not in arrays or arrays[name].shape != (size,):
            raise ValueError(f"{NOTES} has no {name} for {size:,} entries")
    for name in ("first_note", "first_chord"):
        if arrays[name][0] != 0 or (np.diff(arrays[name]) < 0).any():
            raise ValueError(f"{NOTES} has a {name} that falls")
    for name, limit in _BELOW.items():
        if len(arrays[name]) and arrays[name].max() >= limit:
            raise ValueError(f"{NOTES} has a {name} of {arrays[name].max()}, where {limit - 1} is the highest")
