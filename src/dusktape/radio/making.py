"""What the kinds of jobs do: tracks and loops, stems of a track there is, files that somebody sent."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dusktape.core.audio import SAMPLE_RATE
from dusktape.core.errors import InputError, suggestion
from dusktape.io.audiofile import AudioWriter
from dusktape.publish.commission import Commission, commissions
from dusktape.publish.deliver import Order, cover_errand, deliver, tags_for
from dusktape.publish.provenance import dump
from dusktape.radio import asking, naming
from dusktape.radio.flac import cover_in
from dusktape.radio.library import STEMS
from dusktape.radio.nouns import Made, new_id
from dusktape.radio.sent import sent
from dusktape.radio.task import Task
from dusktape.radio.timeline import envelope, timeline
from dusktape.studio.loop import produced
from dusktape.studio.production import Production


def track(task: Task) -> None:
    """Make a track, or a loop, as `dusktape make` would; `asking.SPEC` says what may be asked for.

    What is made for a station gets another title where its own is taken, as a song of a batch does.
    """
    wish, seed, asked = asking.read(task)
    spec = task.spec
    (one,) = commissions(
        wish,
        seed,
        asked,
        recipe_named=spec.get("recipe") is not None,
        title=spec.get("title") or None,
        licence=spec.get("licence") or None,
    )
    parent = asking.origin_of(task)
    if spec.get("station") and not spec.get("title") and parent is None:
        one = replace(one, title=naming.reserve(task.state, spec["station"], task.job.id, naming.titles(one)))
    edit = None if parent is None else asking.edit_of(spec)
    make(task, one, parent=parent, edit=edit, stems=bool(spec.get("stems")), station=spec.get("station"))


def loop(task: Task) -> None:
    """Make a loop: a track's spec, and `bars`."""
    asked = {**(task.spec.get("asked") or {}), "loop": task.spec.get("bars", 8)}
    task.job = replace(task.job, spec={**task.spec, "asked": asked})
    track(task)


def make(
    task: Task,
    commission: Commission,
    *,
    parent: Made | None = None,
    edit: Mapping[str, Any] | None = None,
    stems: bool = False,
    station: str | None = None,
) -> Made:
    """Render what was commissioned, put its files into the library, and end the job with it.

    Parameters
    ----------
    task
        Whose job it is.
    commission
        What to make.
    parent, edit
        The track it is a new version of, and what was done to that.
    stems
        Whether its stems are kept, too.
    station
        Which it is for.
    """
    both = somebody_waits(task)
    wanted = commission.recipe, commission.seed
    cover = cover_errand(*wanted, commission.title)
    production = produced(*wanted, control=commission.control, outboard=both, progress=shown(task), errands=[cover])
    files = {"master.flac": task.folder / "master.flac", "score.mid": task.folder / "score.mid"}
    order = Order(files["master.flac"], midi=files["score.mid"], stems=task.folder / "stems" if stems else None)
    facts = deliver(production, order, title=commission.title, licence=commission.licence, cover=cover)
    stemmed = {f"{STEMS}{file.name}": file for file in sorted((task.folder / "stems").glob("*.flac"))}
    return keep(task, production, facts, files | stemmed, parent=parent, edit=edit, station=station)


def keep(
    task: Task,
    production: Production,
    facts: Mapping[str, Any],
    files: Mapping[str, Path],
    *,
    parent: Made | None = None,
    edit: Mapping[str, Any] | None = None,
    station: str | None = None,
) -> Made:
    """Put a track that was rendered into the library, with what is known of it, and end the job with it.

    Parameters
    ----------
    task
        Whose job it is.
    production
        What was rendered.
    facts
        Its provenance.
    files
        What there is already: `master.flac` at least.
    parent, edit, station
        As for `make`.
    """
    task.progress("writing", 0.96)
    level = envelope(files["master.flac"])
    written = {
        "track.json": dump(facts).encode(),
        "score.json": production.score.to_json().encode(),
        "timeline.json": _packed(timeline(production.score, level, frames=production.frames)),
        "cover.png": cover_in(files["master.flac"]),
    }
    for file, data in written.items():
        (task.folder / file).write_bytes(data)
    name = new_id()
    made = Made(
        name,
        facts["title"],
        production.recipe.name,
        production.recipe.mood,
        production.seed.value,
        round(production.score.bpm, 3),
        facts["report"]["key"] or "",
        round(production.frames / SAMPLE_RATE, 3),
        production.frames,
        facts["licence"],
        song=parent.song if parent else name,
        files=task.put({**files, **{file: task.folder / file for file in written}}),
        made_at=time.time(),
        parent=parent.id if parent else None,
        edit=None if edit is None else dict(edit),
        provenance=dict(facts),
        station=station,
    )
    task.finish(made=made)
    return made


def somebody_waits(task: Task) -> bool:
    """Return whether a job may have a second core: not for a reserve, which has time and leaves it to others."""
    return task.job.priority > 0 and (os.cpu_count() or 1) > 1


def shown(task: Task) -> Callable[[str, float], None]:
    """Return what turns the stages of a production into one course from 0 to 1."""
    begins = {"composing": 0.0, "rendering": 0.1, "mastering": 0.75}
    spans = {"composing": 0.1, "rendering": 0.65, "mastering": 0.2}

    def show(stage: str, share: float) -> None:
        task.progress(stage, begins.get(stage, 0.0) + spans.get(stage, 0.0) * min(share, 1.0))

    return show


def _packed(table: Mapping[str, Any]) -> bytes:
    return json.dumps(table, separators=(",", ":"), ensure_ascii=False).encode()


def lofi(task: Task) -> None:
    """Make somebody's recording or MIDI file into a track, as `treating.lofi`."""
    from dusktape.radio import treating  # it needs what is here

    treating.lofi(task)


def stems(task: Task) -> None:
    """Render the stems of a track again, as they come to the faders, and add them to its files."""
    made = task.track(task.spec.get("track"))
    missing = not any(name.startswith(STEMS) for name in made.files)
    if not missing:
        task.finish(result={"track": made.id})
        return
    again = asking.as_it_was(task, made)
    control = replace(again.control, levels={}) if hasattr(again.control, "levels") else again.control
    production = produced(
        again.recipe, again.seed, control=control, outboard=somebody_waits(task), progress=task.progress
    )
    files = {f"{STEMS}{name}": file for name, file in _render_stems(task, production, again).items()}
    task.finish(attach=(made.id, task.put(files)), result={"track": made.id})


def _render_stems(task: Task, production: Production, commission: Commission) -> dict[str, Path]:
    folder = task.folder / "stems"
    folder.mkdir()
    writers = {
        part: AudioWriter(folder / f"{part}.flac", seed=production.seed.at("dither", part)) for part in production.parts
    }
    done = 0
    try:
        for stems in production.stems():
            for part, writer in writers.items():
                writer.write(stems[part])
            done += next(iter(stems.values())).shape[1]
            task.progress("rendering", done / production.frames)
    except BaseException:
        for writer in writers.values():
            writer.discard()
        raise
    for part, writer in writers.items():
        writer.tags = tags_for(production, title=f"{commission.title} ({part})", licence=commission.licence)
        writer.close()
    return {f"{part}.flac": folder / f"{part}.flac" for part in writers}


def kinds() -> tuple[str, ...]:
    """Return the kinds of jobs there are, sorted."""
    return tuple(sorted({**KINDS, **_elsewhere()}))


def what(kind: str) -> Callable[[Task], None]:
    """Return what does a kind of job.

    Raises
    ------
    InputError
        If there is no such kind.
    """
    known = KINDS if kind in KINDS else _elsewhere()
    if kind not in known:
        raise InputError(f"there is no job {kind[:40]!r}{suggestion(kind, kinds())}")
    return known[kind]


def _elsewhere() -> Mapping[str, Callable[[Task], None]]:
    """Return the kinds of `radio.editing`, which itself needs what is here."""
    if importlib.util.find_spec("dusktape.radio.editing") is None:
        return {}
    found: Mapping[str, Callable[[Task], None]] = importlib.import_module("dusktape.radio.editing").KINDS
    return found


KINDS: dict[str, Callable[[Task], None]] = {"track": track, "loop": loop, "stems": stems, "lofi": lofi, "upload": sent}
