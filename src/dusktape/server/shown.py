"""What the pages are told of tracks, jobs, entries and stations: plain tables, without what is only ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dusktape.core.errors import InputError
from dusktape.radio.state import Entry, Job, Made, State
from dusktape.server.mistakes import in_fields

_SUMMARY = ("id", "title", "recipe", "mood", "seed", "bpm", "key", "seconds", "frames", "licence", "parent", "song")
_JOB = ("id", "kind", "spec", "state", "progress", "stage", "error", "track", "result", "group", "created_at")
_ENTRY = ("id", "station", "kind", "start", "end", "join", "title")
_SPEC = ("bpm", "key", "mood", "recipe", "seed", "order")
SETTINGS = ("mood", "energy", "weather", "recipes")
"""What listeners settle; the rest of a station's settings is its playout's own."""


def track(made: Made, *, likes: int = 0, liked: int = 0) -> dict[str, Any]:
    """Return a track as a list shows it.

    Parameters
    ----------
    made
        The track.
    likes
        Likes less dislikes, of everybody.
    liked
        What the one who asks thinks of it.
    """
    told = {name: getattr(made, name) for name in _SUMMARY}
    told["seed"] = str(made.seed)  # it may have more digits than a number of JavaScript
    return {
        **told,
        "edit": made.edit,
        "files": sorted(made.files),
        "made_at": made.made_at,
        "station": made.station,
        "kept": made.kept,
        "likes": likes,
        "liked": liked,
    }


def job(found: Job, *, named: bool = True) -> dict[str, Any]:
    """Return a job; who asked for it is nobody else's business.

    Parameters
    ----------
    found
        The job.
    named
        Whether its reader may know what the files of whoever asked are called.
    """
    told = {name: getattr(found, name) for name in _JOB} | {"position": found.position or None}
    told["error"] = found.error and in_fields(found.error)  # there are no options where this is read
    name = found.spec.get("name")
    if named or not isinstance(name, str):
        return told
    told["spec"] = {key: value for key, value in found.spec.items() if key not in ("name", "file")}
    if found.error and name:
        told["error"] = told["error"].replace(repr(name), "the file").replace(name, "the file")
    return told


def entry(found: Entry, made: Made | None = None, *, state: State, likes: int = 0, liked: int = 0) -> dict[str, Any]:
    """Return an entry of a programme, with its track; its timeline may have made room with that."""
    told = {name: getattr(found, name) for name in _ENTRY}
    spec = {name: found.spec[name] for name in _SPEC if name in found.spec}
    if "seed" in spec:
        spec["seed"] = str(spec["seed"])
    summary = None if made is None else track(made, likes=likes, liked=liked)
    return {**told, "timeline": _is_there(state, found.timeline), "spec": spec, "track": summary}


def _is_there(state: State, blob: str | None) -> bool:
    try:
        return blob is not None and state.blob(blob).is_file()
    except InputError:  # the name of no file
        return False


def station(
    name: str, *, epoch: float, head: int, settings: Mapping[str, Any], listeners: int, encodings: tuple[str, ...]
) -> dict[str, Any]:
    """Return a station as it is now."""
    return {
        "name": name,
        "epoch": epoch,
        "head": head,
        "sample_rate": 44_100,
        "settings": {name: settings[name] for name in SETTINGS if name in settings},
        "beyond": bool(settings.get("beyond")),
        "listeners": listeners,
        "encodings": list(encodings),
    }
