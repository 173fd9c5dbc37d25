"""What a dataset holds, counted: what its page and its data sheet tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dusktape.core.audio import Floats
from dusktape.core.score import PITCH_NAMES, SIXTEENTH, TICKS_PER_BEAT
from dusktape.data.dataset import PARTS, Array, Dataset, Song
from dusktape.theory.scale import SCALES

LONGEST = 32
"""Durations of more sixteenths are counted as this."""

FAR = 5.0
"""Spreads away from the middle at which a song is an outlier."""

_FEWEST_SONGS = 12
_SPREAD = 1.4826  # from the median distance to a standard deviation, where values are normal


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """Counts over all songs that are kept, and what the manifest says of all files.

    Parameters
    ----------
    manifest
        As `manifest.manifest` wrote it; what is missing there is counted as nothing.
    songs, seconds, bars
        How many; how long at their tempo.
    splits
        Songs in each split.
    keys
        (2, 12) songs by mode and tonic.
    bpm, file_bpm
        Of each song; what the files said, where they did.
    metres
        (written, beats in a bar as read) to songs.
    pitch
        (parts, 128) notes.
    duration
        (parts, `LONGEST`) notes of 1, 2, ... sixteenths.
    velocity
        (parts, 128) notes.
    density
        (songs,) notes per beat, drums left out.
    chords
        (degree above the tonic, quality) to beats.
    with_part
        Songs in which each of `data.dataset.PARTS` plays.
    outliers
        Song to its reasons, the farthest first.
    """

    manifest: Mapping[str, Any]
    songs: int
    seconds: float
    bars: int
    splits: Mapping[str, int]
    keys: Array
    bpm: Floats
    file_bpm: Floats
    metres: Mapping[tuple[str, int], int]
    pitch: Array
    duration: Array
    velocity: Array
    density: Floats
    chords: Mapping[tuple[int, str], float]
    with_part: Mapping[str, int]
    outliers: Mapping[str, tuple[str, ...]]

    @property
    def files(self) -> Sequence[Mapping[str, Any]]:
        """Every file that was looked at."""
        files: Sequence[Mapping[str, Any]] = self.manifest.get("files", ())
        return files

    @property
    def kept(self) -> list[Mapping[str, Any]]:
        """The files that became songs."""
        return [file for file in self.files if file.get("kept")]

    def dropped(self, *, duplicates: bool) -> list[Mapping[str, Any]]:
        """The files that did not: the duplicates, or all others."""
        left = (file for file in self.files if not file.get("kept"))
        return [file for file in left if (file.get("why") == "duplicate") is duplicates]

    def groups(self) -> dict[str, list[Mapping[str, Any]]]:
        """Kept files to the files that hold the same music."""
        out: dict[str, list[Mapping[str, Any]]] = {}
        for file in self.files:
            if file.get("twin"):
                out.setdefault(file["twin"], []).append(file)
        return out

    @property
    def licences(self) -> Counter[str]:
        """Licences of the files that are kept."""
        return Counter(str(file.get("licence", "unknown")) for file in self.kept)


def survey(data: Dataset) -> Survey:
    """Read all songs of a dataset once and count."""
    keys = np.zeros((2, 12), np.int64)
    pitch, duration, velocity = (np.zeros((len(PARTS), n), np.int64) for n in (128, LONGEST, 128))
    splits: Counter[str] = Counter()
    metres: Counter[tuple[str, int]] = Counter()
    chords: defaultdict[tuple[int, str], float] = defaultdict(float)
    parts: Counter[str] = Counter()
    found = {file["name"]: file.get("found", {}) for file in data.manifest.get("files", ()) if file.get("kept")}
    names: list[str] = []
    rows: list[list[float]] = []
    bpm: list[float] = []
    bars, seconds = 0, 0.0
    for song in data.songs():
        notes, part = song.notes, song.part.astype(np.int64)
        keys[int(song.key.mode == "minor"), song.key.tonic] += 1
        np.add.at(pitch, (part, notes.pitch), 1)
        steps = np.clip(np.rint(notes.length / SIXTEENTH).astype(np.int64), 1, LONGEST)
        np.add.at(duration, (part, steps - 1), 1)
        np.add.at(velocity, (part, np.clip(notes.velocity, 0, 127)), 1)
        splits[song.split] += 1
        metres[str(found.get(song.name, {}).get("written_metre", "")), song.beats_per_bar] += 1
        for chord in song.chords:
            chords[(chord.root - song.key.tonic) % 12, chord.quality] += chord.length / TICKS_PER_BEAT
        parts.update(PARTS[k] for k in np.unique(part).tolist())
        beats = _beats(song)
        bars += -(-int(beats) // song.beats_per_bar)
        seconds += beats * 60.0 / song.bpm
        bpm.append(song.bpm)
        names.append(song.name)
        rows.append([measure(song) for _, measure, _, _ in MEASURES])
    table = np.array(rows, float).reshape(len(rows), len(MEASURES))
    file_bpm = [facts["file_bpm"] for facts in found.values() if facts.get("file_bpm")]
    return Survey(
        manifest=data.manifest,
        songs=len(names),
        seconds=seconds,
        bars=bars,
        splits=splits,
        keys=keys,
        bpm=np.array(bpm),
        file_bpm=np.array(file_bpm, float),
        metres=metres,
        pitch=pitch,
        duration=duration,
        velocity=velocity,
        density=table[:, 0],
        chords=chords,
        with_part=parts,
        outliers=dict(_outliers(names, table)),
    )


def _beats(song: Song) -> float:
    ends = song.notes.start + song.notes.length
    return float(ends.max()) / TICKS_PER_BEAT if len(ends) else 0.0


def _pitched(song: Song) -> Array:
    return np.asarray(song.part != PARTS.index("drums"))


def _density(song: Song) -> float:
    return float(_pitched(song).sum()) / max(_beats(song), 1.0)


def _melody_pitch(song: Song) -> float:
    pitch = song.of("melody").pitch
    return float(np.median(pitch)) if len(pitch) else np.nan


def _in_scale(song: Song) -> float:
    steps = (song.notes.pitch[_pitched(song)] - song.key.tonic) % 12
    scale = {*SCALES[song.key.mode], 11} if song.key.mode == "minor" else set(SCALES["major"])
    return float(np.isin(steps, list(scale)).mean()) if len(steps) else np.nan


def _chords_per_bar(song: Song) -> float:
    return len(song.chords) * song.beats_per_bar / max(_beats(song), 1.0)


def _velocity_spread(song: Song) -> float:
    return float(song.notes.velocity.std()) if len(song.notes) else 0.0


def _figure(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _percent(value: float) -> str:
    return f"{value:.0%}"


def pitch_name(value: float) -> str:
    """Return a MIDI pitch as people write it: `C4` is 60."""
    return f"{PITCH_NAMES[round(value) % 12]}{round(value) // 12 - 1}"


MEASURES = (
    ("notes per beat", _density, _figure, 0.3),
    ("melody's middle pitch", _melody_pitch, pitch_name, 1.0),
    ("of its notes in scale", _in_scale, _percent, 0.04),
    ("beats long", _beats, _figure, 16.0),
    ("chords per bar", _chords_per_bar, _figure, 0.1),
    ("spread of velocity", _velocity_spread, _figure, 1.0),
)
"""What songs are compared by: its name, the measure, how it is written, the least spread that counts."""


def _outliers(names: Sequence[str], table: Floats) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield songs far from the rest in some measure, by median and median distance, farthest first."""
    if len(names) < _FEWEST_SONGS:
        return
    middle = np.nanmedian(table, axis=0)
    low, high = np.nanpercentile(table, [25, 75], axis=0)
    spread = _SPREAD * np.nanmedian(np.abs(table - middle), axis=0)
    away = np.nan_to_num((table - middle) / np.maximum(spread, [least for *_, least in MEASURES]))
    farthest = np.abs(away).max(axis=1)
    for i in np.argsort(-farthest, kind="stable").tolist():
        if farthest[i] < FAR:
            return
        reasons = [
            f"{write(table[i, k])} {what}; half of the songs have {write(low[k])} to {write(high[k])}"
            for k, (what, _, write, _) in enumerate(MEASURES)
            if abs(away[i, k]) >= FAR
        ]
        yield names[i], tuple(reasons)
