"""What the radio keeps: tracks, jobs, stations, their programme, and orders to a playout."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"

FRAMES_PER_S = 44_100
"""The same as `core.audio.SAMPLE_RATE`, which would bring numpy with it into processes that need none."""

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


def new_id() -> str:
    """Return a name nobody has: 12 letters and digits that are not mistaken for one another, 59 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


_UPLOAD = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Made:
    """A finished track.

    Parameters
    ----------
    id
        12 letters and digits, from `new_id`.
    title, recipe, mood, seed, bpm, key, licence
        As in its `track.json`.
    seconds, frames
        Its length; frames at 44,100 Hz.
    parent
        The track it was made from by an edit.
    song
        The first track of its tree of versions; its own id for one that has no parent.
    edit
        What was done to the parent.
    files
        Name (`master.flac`, `cover.png`, `score.mid`, `track.json`, `timeline.json`, `stems/NAME.flac`) to blob.
    provenance
        What `track.json` says.
    made_at
        Seconds since 1970.
    station
        Which it was made for.
    kept
        Whether somebody asked that it stays.
    """

    id: str
    title: str
    recipe: str
    mood: str
    seed: int
    bpm: float
    key: str
    seconds: float
    frames: int
    licence: str
    song: str
    files: Mapping[str, str]
    made_at: float
    parent: str | None = None
    edit: dict[str, Any] | None = None
    provenance: dict[str, Any] = field(default_factory=dict, repr=False)
    station: str | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """Something that a worker shall do, does, or did.

    Parameters
    ----------
    id
        12 letters and digits.
    kind
        One of `making.KINDS`.
    spec
        What is asked for.
    state
        `queued`, `running`, `done`, `failed` or `cancelled`.
    priority
        Higher goes first; the oldest first among equals.
    attempts
        How often it was begun.
    progress, stage
        0 to 1, and what is being done.
    error
        Why it failed, in one line.
    track
        What it made.
    result
        What else came of it.
    client, group
        Who asked, and what belongs together.
    created_at
        Seconds since 1970.
    position
        Place in the queue, 1 is next; 0 for a job that does not wait.
    """

    id: str
    kind: str
    spec: dict[str, Any]
    state: str = QUEUED
    priority: int = 0
    attempts: int = 0
    progress: float = 0.0
    stage: str = ""
    error: str | None = None
    track: str | None = None
    result: dict[str, Any] | None = None
    client: str = ""
    group: str = ""
    created_at: float = 0.0
    position: int = 0


@dataclass(frozen=True, slots=True)
class Station:
    """A station: one programme on one clock.

    Parameters
    ----------
    name
        Letters, digits and dashes.
    epoch
        When its frame 0 was, in seconds since 1970.
    settings
        What its listeners chose: mood, energy, recipes, weather and so on.
    """

    name: str
    epoch: float
    settings: dict[str, Any] = field(default_factory=dict)

    def time_of(self, frame: int) -> float:
        """Return when a frame is heard, in seconds since 1970."""
        return self.epoch + frame / FRAMES_PER_S


@dataclass(frozen=True, slots=True)
class Entry:
    """A stretch of a station's programme.

    Parameters
    ----------
    station
        Whose.
    kind
        `track` or `interlude`.
    start, end
        Frames of the station's clock.
    join
        Frames of crossfade at its start.
    track
        Which, for a track.
    spec
        All that is needed to sound the same again: offset, fades, gain, recipe, seed.
    title
        As it is shown.
    timeline
        The blob of its timeline.
    id
        Given by `State.plan`; grows.
    """

    station: str
    kind: str
    start: int
    end: int
    join: int = 0
    track: str | None = None
    spec: dict[str, Any] = field(default_factory=dict)
    title: str = ""
    timeline: str | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """Something that a listener wants of a station: `skip`, `steer`, `play` (a track, next) or `queue` (a track)."""

    id: int
    kind: str
    args: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a version; tuples, oldest change first."""

    version: int
    entries: tuple[Entry, ...] = ()
    jobs: tuple[Job, ...] = ()
    stations: tuple[Station, ...] = ()
    likes: tuple[tuple[str, int], ...] = ()
    gone: tuple[str, ...] = ()


def columns(kind: type[Any], *without: str) -> tuple[str, ...]:
    """Return the names of a noun's fields, which are those of its table's columns."""
    return tuple(f.name for f in fields(kind) if f.name not in without)


def packed(value: Any) -> Any:
    """Return a field as a column holds it: tables as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, Mapping) else value


def unpacked(names: Sequence[str], row: Sequence[Any], tables: Sequence[str]) -> dict[str, Any]:
    """Return a row as fields."""
    found = dict(zip(names, row, strict=True))
    return found | {name: None if found[name] is None else json.loads(found[name]) for name in tables if name in found}


def is_upload(name: str) -> bool:
    """Whether a name is one that uploads get."""
    return _UPLOAD.fullmatch(name) is not None
