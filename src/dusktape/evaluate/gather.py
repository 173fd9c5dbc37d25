"""Songs to judge, from MIDI files, folders of tracks, or fresh from our composer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from dusktape.core.errors import InputError
from dusktape.core.score import TICKS_PER_BEAT, Note, Score
from dusktape.core.seed import Seed
from dusktape.data.dataset import Dataset, Song
from dusktape.data.midi.find import SUFFIXES
from dusktape.io.midi import from_midi
from dusktape.nn.line import Line
from dusktape.studio.presets import working_recipes
from dusktape.studio.production import compose
from dusktape.studio.wish import Wish


def midi_files(paths: Sequence[Path]) -> tuple[list[Path], dict[str, str]]:
    """Return the MIDI files that the paths are or hold, sorted within each folder, and which paths are none, with why.

    Raises
    ------
    InputError
        If there is none.
    """
    found: list[Path] = []
    none: dict[str, str] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            found += inside
            if not inside:
                none[str(path)] = "there is no MIDI file in it"
        elif path.suffix.lower() in SUFFIXES:
            found.append(path)
        else:
            none[str(path)] = "it is no MIDI file and no folder"
    if not found:
        told = "; ".join(f"{path}: {reason}" for path, reason in none.items())
        raise InputError(f"{told}; give MIDI files ({', '.join(SUFFIXES)}), or folders that hold some, as bundles do")
    return found, none


def read(path: Path) -> Score:
    """Return a MIDI file as a song with a lead and chords: as its texts say, or as the analysis finds them.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    score = from_midi(path)
    if not (score.chords and "lead" in score.parts):
        score = analysed(path)
    if score.beats_per_bar != 4:
        many = "" if score.beats_per_bar == 1 else "s"
        raise InputError(f"{path}: it has {score.beats_per_bar} beat{many} in a bar; only songs of four are measured")
    return score


def analysed(path: Path) -> Score:
    """Return a MIDI file that says nothing of chords and melody as the analysis finds them, nothing normalised.

    Raises
    ------
    InputError
        If nobody could learn from it, with the reason.
    PluginError
        If symusic is missing.
    """
    from dusktape.data.midi.analysis import Dropped, Normalise, analyse
    from dusktape.data.midi.read import FileError, read

    data = path.read_bytes()
    try:
        raw = read(data, path=str(path), name=path.stem, sha256=hashlib.sha256(data).hexdigest())
    except FileError as error:
        raise InputError(f"{path}: {error}; leave it out") from error
    found = analyse(raw, normalise=Normalise(tempo=False, grid=False, velocity=False))
    if isinstance(found, Dropped):
        raise InputError(f"{path}: {found.reason}; leave it out")
    return of_song(found.song)


def of_song(song: Song) -> Score:
    """Return a dataset's song as a score: its melody is the lead."""
    parts: dict[str, tuple[Note, ...]] = {}
    for ours, theirs in (("lead", "melody"), ("keys", "chords"), ("bass", "bass"), ("drums", "drums")):
        n = song.of(theirs)  # type: ignore[arg-type]
        columns = (array.tolist() for array in (n.start, n.length, n.pitch, n.velocity))
        if len(n):
            parts[ours] = tuple(Note(*row) for row in zip(*columns, strict=True))
    return Score(song.bpm, song.key, chords=song.chords, parts=parts, beats_per_bar=song.beats_per_bar)


def of_dataset(dataset: Dataset, split: str) -> list[Score]:
    """Return the songs of one split that are in four quarters and have a melody of 16 notes or more."""
    songs = (s for s in dataset.songs(split) if s.beats_per_bar == 4)
    return [of_song(s) for s in songs if len(s.of("melody")) >= 16]


def fresh(
    count: int, seed: int, recipes: Sequence[str] = (), composers: Sequence[str] = ()
) -> Iterator[tuple[str, Score]]:
    """Yield name and score of new songs: all recipes in turn, seeds one after the other.

    Parameters
    ----------
    count, seed
        How many; of the first.
    recipes
        Names; all there are if empty.
    composers
        Who composes in place of the recipe's own: as `Wish.composers`.
    """
    names = tuple(recipes) or tuple(sorted(working_recipes()))
    for k in range(count):
        address = Seed(seed + k)
        recipe = names[k % len(names)]
        yield f"{recipe}-{address.value}", compose(Wish(recipe, composers=composers).resolve(address), address)


def line(name: str, score: Score) -> Line:
    """Return a song's lead on the grid of sixteenths."""
    notes = score.parts.get("lead", ())
    start, length, pitch, velocity = (
        [getattr(n, field) for n in notes] for field in ("start", "length", "pitch", "velocity")
    )
    return Line.of_notes(
        name,
        score.key,
        score.chords,
        np.array(start, np.float64) / TICKS_PER_BEAT,
        np.array(length, np.float64) / TICKS_PER_BEAT,
        np.array(pitch, np.int64),
        np.array(velocity, np.int64),
    )
