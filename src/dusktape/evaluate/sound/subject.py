"""What is to be inspected, and what lies beside it: provenance and notes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dusktape.core.errors import InputError
from dusktape.core.score import Score
from dusktape.evaluate.sound.source import SUFFIXES
from dusktape.io.midi import from_midi
from dusktape.io.midi_size import refuse_large

MASTER, PROVENANCE, NOTES = "master.flac", "track.json", "score.mid"
"""What a bundle calls them."""

_MOST_BYTES = 8_000_000


@dataclass(frozen=True, slots=True)
class Section:
    """A named stretch of a track, in seconds."""

    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """One track.

    Parameters
    ----------
    audio
        Its sound file.
    title
        As it calls itself, or its file's name.
    about
        Recipe, seed, tempo, key: what is known of it, in words.
    sections
        In order; none if nobody says.
    score
        Its notes, if they are known.
    notes
        What is missing or was passed over, in words.
    """

    audio: Path
    title: str
    about: str = ""
    sections: tuple[Section, ...] = ()
    score: Score | None = None
    notes: tuple[str, ...] = ()


def find(path: Path) -> Subject:
    """Return the track that a path names: a sound file, a bundle, or the `track.json` of one.

    Raises
    ------
    InputError
        If there is no such track.
    """
    if path.is_dir():
        return _bundle(path)
    if path.suffix.lower() == ".json":
        if not path.is_file():
            raise InputError(f"{str(path)!r}: there is no such file; check the name")
        return _known(_sound_in(path.parent), _provenance(path))
    beside = path.parent / PROVENANCE
    if path.name == MASTER and beside.is_file():
        return _known(path, _provenance(beside))
    return _known(path, {})


def tracks(paths: list[Path]) -> list[Path]:
    """Return all sound files that paths name, folders searched, sorted; stems are left out.

    Raises
    ------
    InputError
        If a path is not there, or names no sound at all.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            here = sorted(p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            here = [p for p in here if not _is_stem(p.relative_to(path))]
            if not here:
                raise InputError(f"{str(path)!r} holds no sound; name a folder of tracks ({', '.join(SUFFIXES)})")
            found += here
        elif path.is_file():
            found.append(path)
        else:
            raise InputError(f"{str(path)!r}: there is no such file; check the name")
    return list(dict.fromkeys(found))


def of(audio: Path, facts: Mapping[str, Any], score: Score | None, notes: tuple[str, ...] = ()) -> Subject:
    """Return a track of ours: its sound, its provenance (what `track.json` holds) and its notes."""
    report, recipe = (_table(facts, name) for name in ("report", "recipe"))
    told = [f"recipe {recipe['name']}"] if "name" in recipe else []
    told += [f"seed {facts['seed']}"] if "seed" in facts else []
    told += [f"{report['bpm']:g} bpm"] if isinstance(report.get("bpm"), int | float) else []
    told += [str(report["key"])] if "key" in report else []
    sections = _sections(report.get("sections")) or _marked(score)
    title = _shown(str(facts.get("title") or audio.stem))
    return Subject(audio, title, _shown(", ".join(told)), sections, score, notes)


def _shown(text: str) -> str:
    """Return a text of unknown origin without what would steer a terminal."""
    return "".join(letter for letter in text if letter.isprintable())


def _bundle(folder: Path) -> Subject:
    if (folder / PROVENANCE).is_file():
        return _known(_sound_in(folder), _provenance(folder / PROVENANCE))
    if (folder / MASTER).is_file():
        return _known(folder / MASTER, {})
    count = len(tracks([folder]))
    raise InputError(
        f"{str(folder)!r} is no bundle but holds {count} sound file{'s' if count > 1 else ''}; "
        "name one of them, or say --summary"
    )


def _sound_in(folder: Path) -> Path:
    if (folder / MASTER).is_file():
        return folder / MASTER
    here = [p for p in sorted(folder.iterdir()) if p.suffix.lower() in SUFFIXES and p.is_file()]
    if len(here) != 1:
        raise InputError(f"{str(folder)!r} holds no {MASTER} and {len(here) or 'no'} other sound files; name one")
    return here[0]


def _provenance(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("too long")
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("no table")
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{str(path)!r} is no provenance of ours; name the sound file itself") from error
    return data


def _known(audio: Path, facts: Mapping[str, Any]) -> Subject:
    """Read the MIDI file beside a sound, if there is one."""
    if not audio.is_file():
        raise InputError(f"{str(audio)!r}: there is no such file; check the name")
    names = [audio.with_suffix(".mid"), *([audio.parent / NOTES] if audio.name == MASTER else [])]
    beside = next((p for p in names if p.is_file()), None)
    if beside is None:
        return of(audio, facts, None, ("No MIDI file lies beside it: there is no piano roll.",))
    try:
        refuse_large(beside)
        return of(audio, facts, from_midi(beside))
    except InputError as error:
        return of(audio, facts, None, (f"The notes beside it were passed over: {error}.",))


def _marked(score: Score | None) -> tuple[Section, ...]:
    sections = score.sections if score else ()
    if score is None or len(sections) < 2:
        return ()
    return tuple(Section(s.name, score.seconds(s.start), score.seconds(s.start + s.length)) for s in sections)


def _sections(table: Any) -> tuple[Section, ...]:
    try:
        return tuple(Section(str(s["name"]), float(s["start_s"]), float(s["end_s"])) for s in table)
    except (TypeError, KeyError, ValueError):
        return ()


def _table(facts: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = facts.get(name)
    return found if isinstance(found, dict) else {}


def _is_stem(path: Path) -> bool:
    return any(part == "stems" or part.endswith("-stems") for part in path.parts[:-1])
