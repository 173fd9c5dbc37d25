"""OpenEWLD: lead sheets of songs published up to 1930, melody and chord symbols, half of them sevenths and richer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dusktape.data import archive
from dusktape.data.changes import Changes, settled

FILE = Path("openewld") / "openewld.npz"
"""Where the lead sheets lie below the data folder."""

_TICKS = 24
_QUALITIES = {
    "11": "9sus4",
    "5": "maj",
    "augmented-ninth": "aug7",
    "hdim7": "m7b5",
    "maj6": "6",
    "maj69": "69",
    "min6": "m6",
    "min7": "m7",
    "min9": "m9",
    "minmaj7": "mmaj7",
    "minor-11th": "m11",
    "minor-13th": "m13",
}


@dataclass(frozen=True, slots=True)
class LeadSheet:
    """One lead sheet; times in quarter notes from its start.

    Parameters
    ----------
    id
        `openewld/` and its path in the collection.
    tonic, mode
        From the signature; between relative keys the chords decide.
    meter
        (beats, unit): (4, 4), (3, 4), (2, 2) ...
    chords
        (start, length, root, quality).
    melody
        (start, length, MIDI pitch), one at a time.
    """

    id: str
    tonic: int
    mode: str
    meter: tuple[int, int]
    chords: tuple[tuple[float, float, int, str], ...]
    melody: tuple[tuple[float, float, int], ...]

    @property
    def key(self) -> tuple[int, str]:
        """Tonic and mode."""
        return (self.tonic, self.mode)

    def changes(self) -> Changes:
        """Return the chords with every bar stretched to four beats."""
        stretch = 4.0 / (self.meter[0] * 4 / self.meter[1])
        chords = [(start * stretch, length * stretch, root, quality) for start, length, root, quality in self.chords]
        return Changes(self.id, "jazz", self.tonic, self.mode, settled(chords, self.tonic, self.mode), (0,))


def songs(data: Path) -> Iterator[LeadSheet]:
    """Read the lead sheets below `data`, one after the other.

    Raises
    ------
    InputError
        If the file is missing or is not what it should be.
    """
    table, meta, qualities = archive.read(data / FILE, "OpenEWLD", _QUALITIES)
    notes = zip(*(table[k].tolist() for k in ("song", "onset", "dur", "pitch")), strict=True)
    symbols = zip(*(table[f"ch_{k}"].tolist() for k in ("song", "onset", "dur", "root", "qual")), strict=True)
    melodies: list[list[tuple[float, float, int]]] = [[] for _ in meta]
    chords: list[list[tuple[float, float, int, str]]] = [[] for _ in meta]
    for song, onset, length, pitch in notes:
        melodies[song].append((onset / _TICKS, length / _TICKS, pitch))
    for song, onset, length, root, quality in symbols:
        if root >= 0 and qualities[quality] != "none":
            chords[song].append((onset / _TICKS, length / _TICKS, root % 12, qualities[quality]))
    for facts, melody, changes in zip(meta, melodies, chords, strict=True):
        if not facts["ts"] or not changes:
            continue
        tonic, mode = _key(7 * int(facts["fifths"] or 0) % 12, changes)
        yield LeadSheet(
            id=f"openewld/{facts['id']}",
            tonic=tonic,
            mode=mode,
            meter=(int(facts["ts"][0]), int(facts["ts"][1])),
            chords=tuple(changes),
            melody=tuple(sorted(melody)),
        )


def _key(major: int, chords: list[tuple[float, float, int, str]]) -> tuple[int, str]:
    """Choose between a major key and its relative minor: where the song dwells, and above all where it ends."""
    minor = (major + 9) % 12
    dwell = {tonic: sum(length for _, length, root, _ in chords if root == tonic) for tonic in (major, minor)}
    if chords[-1][2] in dwell:
        dwell[chords[-1][2]] += 0.2 * sum(length for _, length, _, _ in chords)
    return (minor, "minor") if dwell[minor] > dwell[major] else (major, "major")
