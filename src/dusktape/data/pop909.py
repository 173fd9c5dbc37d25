"""POP909 with the corrected chords and keys of POP909-CL: melody, bridge and piano of 745 pop arrangements."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.data import archive

FILE = Path("pop909_cl") / "pop909_cl.npz"
"""Where the notes lie below the data folder."""

TRACKS = ("melody", "bridge", "piano")
"""Names of the tracks, by their number in the file."""

_TICKS = 24
_QUALITIES = {
    "min7": "m7",
    "hdim7": "m7b5",
    "minmaj7": "mmaj7",
    "min9": "m9",
    "maj6": "6",
    "min6": "m6",
    "augmaj7": "aug",
    "5": "maj",
}


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """Notes of one track, by start: beats, MIDI pitches, velocities 1 to 127. Arrays of equal length."""

    start: Floats
    length: Floats
    pitch: np.ndarray[Any, np.dtype[np.int64]]
    velocity: np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """One song, all times in beats from its first bar.

    Parameters
    ----------
    id
        `pop909/001`: the same song has the same id in every form of the data set.
    bpm
        Of the recording it was arranged from.
    meters
        (start, beats, unit): (0.0, 4, 4).
    keys
        (start, tonic, mode).
    chords
        (start, length, root, quality), quality one of `theory.chord.QUALITIES`; unrecognised chords are left out.
    tracks
        Name from `TRACKS` to its notes.
    """

    id: str
    bpm: float
    meters: tuple[tuple[float, int, int], ...]
    keys: tuple[tuple[float, int, str], ...]
    chords: tuple[tuple[float, float, int, str], ...]
    tracks: Mapping[str, Notes]

    @property
    def common_time(self) -> bool:
        """Whether every bar has four quarters."""
        return all(meter[1:] == (4, 4) for meter in self.meters)


def songs(data: Path) -> Iterator[Song]:
    """Read the songs below `data`, one after the other.

    Raises
    ------
    InputError
        If the file is missing or is not what it should be.
    """
    table, meta, qualities = archive.read(data / FILE, "POP909", _QUALITIES)
    order = np.lexsort((table["pitch"], table["onset"], table["song"]))
    notes = {name: table[name][order] for name in ("song", "track", "onset", "dur", "pitch", "vel")}
    first = np.searchsorted(notes["song"], np.arange(len(meta) + 1))
    chord_first = np.searchsorted(table["ch_song"], np.arange(len(meta) + 1))
    for i, facts in enumerate(meta):
        part = {name: array[first[i] : first[i + 1]] for name, array in notes.items()}
        yield Song(
            id=f"pop909/{facts['id']}",
            bpm=float(facts["bpm_audio"]),
            meters=tuple((t / _TICKS, int(n), int(d)) for t, n, d in facts["time_sigs"]),
            keys=tuple((t / _TICKS, _tonic(fifths, mode), _MODES[mode]) for t, fifths, mode in facts["key_sigs"]),
            chords=tuple(_chords(table, slice(chord_first[i], chord_first[i + 1]), qualities)),
            tracks={name: _notes(part, part["track"] == k) for k, name in enumerate(TRACKS)},
        )


_MODES = ("major", "minor")


def _tonic(fifths: int, mode: int) -> int:
    return (7 * fifths + (9 if mode else 0)) % 12


def _notes(part: Mapping[str, Any], which: Any) -> Notes:
    return Notes(
        start=part["onset"][which] / _TICKS,
        length=part["dur"][which] / _TICKS,
        pitch=part["pitch"][which].astype(np.int64),
        velocity=part["vel"][which].astype(np.int64),
    )


def _chords(table: Mapping[str, Any], rows: slice, qualities: list[str]) -> Iterator[tuple[float, float, int, str]]:
    columns = (table[name][rows].tolist() for name in ("ch_onset", "ch_dur", "ch_root", "ch_qual"))
    for onset, length, root, quality in zip(*columns, strict=True):
        if quality >= 0 and root >= 0:
            yield onset / _TICKS, length / _TICKS, int(root) % 12, qualities[quality]
