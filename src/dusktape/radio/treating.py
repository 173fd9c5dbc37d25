"""Somebody's recording or MIDI file as a track of the library: what `dusktape lofi` does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dusktape.core.errors import DusktapeError, InputError
from dusktape.core.seed import Seed
from dusktape.io.midi import to_midi
from dusktape.io.sound import kind_of
from dusktape.publish import lofi as published
from dusktape.publish.deliver import title_of
from dusktape.radio import asking
from dusktape.radio.making import keep, shown
from dusktape.radio.sent import look_into
from dusktape.radio.task import Task
from dusktape.studio.lofi import Treatment, Work, remixed
from dusktape.studio.revoice import revoiced
from dusktape.studio.wish import DEFAULT_RECIPE, checked_seed

SPEC = (
    "upload",
    "name",
    "recipe",
    "seed",
    "speed",
    "pitch",
    "bpm",
    "key",
    "source_bpm",
    "source_key",
    "downbeat",
    "drums",
    "kit",
    "weather",
    "loudness_lufs",
    "settings",
    "title",
    "licence",
    "station",
    "minutes",
)
"""What may be asked for: an upload, the name it is shown under, the words of `dusktape lofi`; about how long it is."""


def lofi(task: Task) -> None:
    """Render an upload as lo-fi, and put it into the library.

    Raises
    ------
    DusktapeError
        Naming what is wrong with the file, under its shown name, or with what is asked.
    """
    asking.check_known(task.spec, SPEC, "what is asked of a file")
    source = asking.upload(task, task.spec.get("upload"))
    name = _name(asking.text(task.spec, "name"))
    try:
        _lofi(task, source, name)
    except DusktapeError as error:
        said = str(error).replace(repr(str(source)), repr(name)).replace(str(source), name)
        raise InputError(said.replace(source.name, name)) from error


def _lofi(task: Task, source: Path, name: str) -> None:
    spec, wanted = task.spec, _treatment(task.spec)
    wanted.check()
    seed = checked_seed(asking.seed_of(task))
    look_into(source, "midi" if kind_of(source) == "midi" else "audio", name=name, task=task)
    task.progress("listening", 0.0)
    work = _work(task, source, wanted, seed)
    recipe = work.production.recipe
    title = asking.text(spec, "title")
    shown_title = title_of(recipe, seed, title) if title else published.title_from(Path(name))
    files = {"master.flac": task.folder / "master.flac", "score.mid": task.folder / "score.mid"}
    licence = asking.text(spec, "licence")
    facts = published.deliver(work, source, files["master.flac"], title=shown_title, licence=licence or None)
    facts["source"] = {**facts["source"], "file": name}
    to_midi(work.production.score, files["score.mid"], programs=work.production.instruments, title=shown_title)
    keep(task, work.production, facts, files, station=asking.text(spec, "station"))


def _work(task: Task, source: Path, wanted: Treatment, seed: Seed) -> Work:
    if kind_of(source) == "midi":
        work = revoiced(source, wanted, seed)
    else:
        work = remixed(source, wanted, seed, progress=lambda stage, share: task.progress(stage, 0.1 * share))
    work.production.progress = shown(task)
    return work


def _treatment(spec: dict[str, Any]) -> Treatment:
    drums = spec.get("drums")
    if drums is not None and not isinstance(drums, bool):
        raise InputError(f"drums is true or false, got {str(drums)[:40]!r}; choose one")
    recipe, kit = asking.text(spec, "recipe"), asking.text(spec, "kit")
    return Treatment(
        DEFAULT_RECIPE if recipe is None else asking.recipe_named(recipe),
        asking.number(spec, "speed"),
        asking.number(spec, "pitch"),
        asking.number(spec, "bpm"),
        asking.text(spec, "key"),
        asking.number(spec, "source_bpm"),
        asking.whole(spec, "downbeat"),
        drums is not False,
        None if kit is None else asking.pathless([f"kit={kit}"])[0].removeprefix("kit="),
        asking.text(spec, "weather"),
        asking.number(spec, "loudness_lufs"),
        asking.pathless(asking.words(spec, "settings")),
        asking.text(spec, "source_key"),
    )


def _name(told: str | None) -> str:
    """Return a file's shown name without the folders in it, and without what cannot be shown."""
    last = (told or "").replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:120].strip() or "your file"
