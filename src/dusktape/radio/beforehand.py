"""What a worker would refuse minutes later, refused when it is ordered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dusktape.compose.byhand import ByHand, notes_of
from dusktape.core.errors import DusktapeError, InputError
from dusktape.core.score import BAR, Score
from dusktape.publish.asked import Asked
from dusktape.publish.commission import commissions
from dusktape.publish.provenance import Origin
from dusktape.radio import asking
from dusktape.radio.library import STEMS
from dusktape.radio.nouns import Job, Made, is_upload
from dusktape.radio.state import State
from dusktape.radio.task import Task
from dusktape.studio.wish import Wish

_NEW = {
    "recipe": "the recipe",
    **{name: f"--{name}" for name in ("minutes", "bpm", "key", "mood")},
    "loudness_lufs": "--loudness",
    "settings": "--set",
    "effects": "--effect",
}
"""What of a spec chooses a recipe, or changes it, and the option that says so."""


def score_of(state: State, made: Made) -> Score | None:
    """Return a track's score as it sounds; None if it has none that can be read."""
    if "score.json" not in made.files:
        return None
    try:
        return Score.from_json(state.blob(made.files["score.json"]).read_text(encoding="utf-8"))
    except (OSError, DusktapeError):
        return None


def bars_of(score: Score) -> int:
    """Return how many bars a score has, the last one counted whole."""
    return -(-score.end // BAR)


def origin_of(task: Task, made: Made) -> Origin | None:
    """Return what a track is made from; None if its `track.json` is damaged, which is for the worker to say.

    Raises
    ------
    InputError
        If it cannot be made again.
    """
    try:
        return asking.origin(task, made)
    except InputError:
        if made.provenance.get("source") or _is_json(task.state, made):
            raise
        return None


def _is_json(state: State, made: Made) -> bool:
    try:
        json.loads(state.blob(made.files["track.json"]).read_text(encoding="utf-8"))
    except (KeyError, OSError, ValueError):
        return False
    return True


def check_bars(state: State, made: Made, bars: tuple[int, int] | None) -> None:
    """Refuse bars that a song does not have.

    Raises
    ------
    InputError
        Saying how many it has.
    """
    score = score_of(state, made) if bars is not None else None
    if bars is not None and score is not None and bars[1] > (there := bars_of(score)):
        raise InputError(f"there are no bars {bars[0]}-{bars[1]} in this song; it has {there}, counted from 1")


def check_track(state: State, spec: Mapping[str, Any]) -> None:
    """Refuse a track that a worker could not make, as far as nothing must be composed or listened to for that.

    Parameters
    ----------
    state
        Where the tracks and files are that it names.
    spec
        As for `making.track`.

    Raises
    ------
    DusktapeError
        Saying what cannot be.
    """
    told = dict(spec.get("asked") or {})
    sent = [told.pop(name) for name in ("onward", "under") if told.get(name) is not None]
    between = told.pop("like", None)
    mix = told.pop("mix", None)
    effects = [name for name in spec.get("effects") or () if not is_upload(name)]
    task = Task(state, Job("", "track", {**spec, "effects": effects or None, "asked": told or None}), "", Path())
    if mix is not None and between is None:
        raise InputError("--mix lies between two songs; name them with --like")
    if between is not None:
        for name in between:
            origin_of(task, task.track(name))
        if changed := [option for name, option in _NEW.items() if spec.get(name)]:
            raise InputError(f"--like takes recipe and settings from its two songs; leave out {', '.join(changed)}")
    if sent and spec.get("minutes") is not None and (spec.get("asked") or {}).get("under") is not None:
        raise InputError("a track under a melody is as long as its melody; leave out --minutes")
    wish, seed, asked = asking.read(task)
    made = asking.origin_of(task)
    if made is not None:
        check_bars(state, made, asked.bars)
    commissions(wish, seed, asked, recipe_named=spec.get("recipe") is not None)


def check_notes(state: State, made: Made, rows: Mapping[str, Any]) -> None:
    """Refuse notes that no player has, that begin behind the song's end, or that it plays already.

    Raises
    ------
    InputError
        Naming the part and the note.
    """
    given = ByHand({str(part): notes_of(of, part=str(part)) for part, of in rows.items()}).parts
    score = score_of(state, made)
    if score is None:
        return
    end = score.end
    for part, notes in given.items():
        if late := next((note for note in notes if note.start >= end), None):
            raise InputError(f"{part}: a note starts at tick {late.start}, and the song ends at {end}; move it")
    if all(notes == tuple(sorted(score.parts.get(part, ()))) for part, notes in given.items()):
        raise InputError("--notes are those that the track has already; change some, or leave them out")


def check_stems(state: State, made: Made) -> None:
    """Refuse the stems of a track that cannot be made again, unless they are there.

    Raises
    ------
    InputError
        Saying why.
    """
    if not any(name.startswith(STEMS) for name in made.files):
        origin_of(Task(state, Job("", "stems", {}), "", Path()), made)


def check_export(state: State, made: Made, what: str, bars: int) -> None:
    """Refuse a loop that a track cannot give: of a file, of what was begun otherwise, or longer than the song.

    Raises
    ------
    InputError
        Saying why, and how long a loop may be.
    """
    if what != "loop":
        return
    task = Task(state, Job("", "export", {}), "", Path())
    score = score_of(state, made)
    if score is not None and bars > max(2, there := bars_of(score)):
        raise InputError(f"a loop of {bars} bars is longer than this song, which has {there}; choose fewer bars")
    origin = origin_of(task, made)
    if origin is not None:
        commissions(Wish(), None, Asked(origin, loop=bars), recipe_named=False)
