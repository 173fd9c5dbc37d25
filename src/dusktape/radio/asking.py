"""A track's spec, which came from anywhere, read as what `dusktape make` understands. No path in it is followed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from dusktape.core.errors import DusktapeError, InputError, suggestion
from dusktape.core.plugins import find, names
from dusktape.core.recipe import fields_at
from dusktape.io import atomic
from dusktape.publish import provenance
from dusktape.publish.asked import Asked, parse_bars, parse_parts
from dusktape.publish.commission import Commission, commissions
from dusktape.publish.provenance import Origin
from dusktape.radio.nouns import Made, is_upload
from dusktape.radio.sent import shelved
from dusktape.radio.task import Task
from dusktape.studio import presets, yours
from dusktape.studio.kits import characters, own_kits
from dusktape.studio.wish import DEFAULT_RECIPE, Wish, checked_seed

SPEC = (
    "recipe",
    "seed",
    "minutes",
    "bpm",
    "key",
    "mood",
    "loudness_lufs",
    "settings",
    "effects",
    "composer",
    "asked",
    "title",
    "licence",
    "station",
    "stems",
    "bars",
)
"""What a track's spec may hold: the words of `dusktape make`, and the station that it is for."""

ASKED = ("origin", "keep", "again", "bars", "loop", "like", "mix", "onward", "under")
"""What its `asked` may: tracks and uploads by their ids."""

_BESIDE = (".json", ".part")
"""Suffixes of what lies beside uploads: notes about them, and what is not there whole."""

_NEW_SEEDS = 1_000_000
_LONGEST = 400


def read(task: Task) -> tuple[Wish, int | None, Asked]:
    """Return what a spec asks for: a wish, a seed (the same one however often the job is begun), and the rest.

    Raises
    ------
    DusktapeError
        Naming what is not understood, or not allowed to somebody who may be anybody.
    """
    spec = task.spec
    check_known(spec, SPEC, "a track's spec")
    told = spec.get("asked") or {}
    if not isinstance(told, Mapping):
        raise InputError(f"asked is a table, got {told!r}; write it as in {{'loop': 8}}")
    check_known(told, ASKED, "asked")
    asked = _asked(task, told)
    recipe = text(spec, "recipe")
    wish = Wish(
        DEFAULT_RECIPE if recipe is None else recipe_named(recipe),
        spec.get("minutes"),
        spec.get("bpm"),
        spec.get("key"),
        spec.get("mood"),
        spec.get("loudness_lufs"),
        settings=(
            *yours.laid_over([seated(task, name) for name in words(spec, "effects")]),
            *pathless(words(spec, "settings")),
        ),
        composers=_composers(words(spec, "composer")),
    )
    for name in ("title", "licence", "station"):
        text(spec, name)
    as_it_was = asked.origin is not None and not (asked.keep or asked.again)
    return wish, None if as_it_was and spec.get("seed") is None else seed_of(task), asked


def origin_of(task: Task) -> Made | None:
    """Return the track that a spec begins from."""
    told = task.spec.get("asked") or {}
    return task.track(told["origin"]) if told.get("origin") is not None else None


def edit_of(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a spec does to the track it begins from."""
    told = spec.get("asked") or {}
    return {name: told[name] for name in ASKED if name != "origin" and told.get(name) is not None}


def as_it_was(task: Task, made: Made) -> Commission:
    """Return what makes a track of the library once more."""
    (again,) = commissions(Wish(), None, Asked(origin=origin(task, made)), recipe_named=False)
    return again


def origin(task: Task, made: Made) -> Origin:
    """Read a track's provenance.

    Raises
    ------
    InputError
        If another version made it, or with what is not there any more, or it was made of a file that was given.
    """
    if made.provenance.get("source"):
        raise InputError(
            f"{made.title!r} was made of a file of somebody's, not composed: nothing of it is made again; "
            "have the file made lo-fi once more"
        )
    path = task.file(made, "track.json")
    return _unpathed(lambda: provenance.read(path), path, f"track {made.id}")


def upload(task: Task, name: Any) -> Path:
    """Return where a file is that somebody sent.

    Raises
    ------
    InputError
        If there is none of that id.
    """
    stem = str(name).partition(".")[0]
    folder = task.state.folder / "uploads"
    found = sorted(folder.glob(f"{stem}.*")) if is_upload(stem) else []
    found = [file for file in found if file.suffix not in _BESIDE and file.is_file()]
    if not found:
        raise InputError(f"there is no upload {str(name)[:40]!r}; send the file again")
    return found[0]


def seated(task: Task, name: str) -> str:
    """Return a recording's name; one that was sent is laid among the user's own first, and named by its upload's id."""
    if not is_upload(name):
        return name
    sent = upload(task, name)
    place = shelved(sent.name)
    if not place.exists():
        with atomic.writing(place):
            place.parent.mkdir(parents=True, exist_ok=True)
            atomic.write_bytes(place, sent.read_bytes(), force=True)
    return place.stem


def _asked(task: Task, told: Mapping[str, Any]) -> Asked:
    like = told.get("like")
    if like is not None and (not isinstance(like, list) or len(like) != 2):
        raise InputError(f"like wants two tracks, got {like!r}; give their ids")
    made = origin_of(task)
    two = [origin(task, task.track(one)) for one in like or ()]
    return Asked(
        origin=None if made is None else origin(task, made),
        keep=parse_parts(told.get("keep"), "keep"),
        again=parse_parts(told.get("again"), "again"),
        bars=parse_bars(told.get("bars")),
        onward=None if told.get("onward") is None else upload(task, told["onward"]),
        under=None if told.get("under") is None else upload(task, told["under"]),
        like=(two[0], two[1]) if two else None,
        mix=number(told, "mix"),
        loop=whole(told, "loop"),
    )


def check_known(table: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    """Refuse a field that a table may not have, with the one that is like it."""
    for name in table:
        if name not in known:
            raise InputError(f"{what} has no {str(name)[:40]!r}{suggestion(str(name), known)}")


def recipe_named(told: str) -> str:
    """Return a recipe, unless it is the path of a file."""
    if told.endswith(".toml") and told not in presets.recipe_files():
        raise InputError(
            f"{told[:80]!r} is a file; put it into the folder that dusktape home recipes prints, and name it"
        )
    return told


def pathless(told: list[str]) -> list[str]:
    """Return settings, unless one names a folder, or a table of the recipe where a key of it is meant."""
    for setting in told:
        path, _, value = (word.strip() for word in setting.partition("="))
        if path.partition(".")[0] == "models":
            raise InputError(f"{setting[:80]!r} names a folder; say who composes with composer")
        if path == "kit" and value not in (known := (*characters(), *own_kits())):
            raise InputError(f"there is no kit {value[:40]!r}{suggestion(value, known)}")
        if value not in ("true", "false") and (keys := fields_at((path,))):
            raise InputError(
                f"{setting[:80]!r}: {path} has keys of its own; set one of them, as in {path}.{keys[0]}={value[:40]}"
            )
    return told


def _composers(told: list[str]) -> list[str]:
    ships = [name for name in names("models") if find("models", name).ships]
    known = (*names("composers"), *ships)
    for word in told:
        if word not in known:
            raise InputError(f"there is no composer {word[:40]!r}{suggestion(word, known)}")
    return told


def seed_of(task: Task) -> int:
    """Return the seed asked for, or one that a job has whenever it is begun."""
    if (told := task.spec.get("seed")) is not None:
        return checked_seed(told).value
    return int.from_bytes(hashlib.sha256(task.job.id.encode()).digest()[:8], "big") % _NEW_SEEDS


def text(table: Mapping[str, Any], name: str) -> str | None:
    """Return a text, or None."""
    value = table.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > _LONGEST):
        raise InputError(f"{name} is text of at most {_LONGEST} characters, got {str(value)[:40]!r}; shorten it")
    return value


def words(table: Mapping[str, Any], name: str) -> list[str]:
    """Return a list of texts; one alone is such a list, too."""
    value = table.get(name)
    value = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise InputError(f"{name} is a list of text, got {str(value)[:40]!r}; write it as in ['keys.pan=0.2']")
    return value


def number(table: Mapping[str, Any], name: str) -> float | None:
    """Return a number, or None."""
    value = table.get(name)
    if value is not None and (not isinstance(value, (int, float)) or isinstance(value, bool)):
        raise InputError(f"{name} is a number, got {str(value)[:40]!r}; give one")
    return value


def whole(table: Mapping[str, Any], name: str) -> int | None:
    """Return a whole number, or None."""
    value = table.get(name)
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise InputError(f"{name} is a whole number, got {str(value)[:40]!r}; give one")
    return value


def _unpathed(read: Callable[[], Origin], path: Path, name: str) -> Origin:
    """Call it, and say its errors without telling where our files are."""
    try:
        return read()
    except DusktapeError as error:
        raise InputError(str(error).replace(str(path), name)) from error
