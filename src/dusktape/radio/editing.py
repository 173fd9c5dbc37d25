"""What the studio does to a track there is: parts again, notes by hand, other sounds, a mix; and files to take away."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dusktape.compose.byhand import ByHand, notes_of
from dusktape.core.errors import InputError
from dusktape.core.level import Level, level_of
from dusktape.core.score import Score
from dusktape.core.seed import Seed
from dusktape.io.audiofile import AudioWriter
from dusktape.io.sound import SoundReader
from dusktape.io.tags import Tags
from dusktape.publish.asked import Asked
from dusktape.publish.commission import Commission, commissions
from dusktape.publish.deliver import Order, deliver
from dusktape.publish.lossy import feed
from dusktape.radio import asking, beforehand, making
from dusktape.radio.choosing import PEAK_DBTP
from dusktape.radio.library import STEMS
from dusktape.radio.nouns import Job, Made, is_upload
from dusktape.radio.state import State
from dusktape.radio.task import Task
from dusktape.studio.loop import produced
from dusktape.studio.wish import Wish

EXPORTS = "export/"
"""What the names of files begin with that were made to be taken away."""

SOUNDS = ("flac", "wav", "mp3", "ogg")
WHAT = ("bundle", "loop", *SOUNDS)
"""What can be exported: everything in a zip, a loop, or the track in another format."""

LOOP_BARS = 8


def edit(task: Task) -> None:
    """Make a new version of a track.

    Its spec holds `track`, and one of `again`, `keep`, `settings` (with `effects`) or `notes`; `mix` goes with it, or
    alone.

    Raises
    ------
    InputError
        If it asks for none of these, or for something that cannot be.
    """
    made = task.track(task.spec.get("track"))
    spec = _as_a_track(task.spec)
    wish, seed, asked = asking.read(replace(task, job=replace(task.job, spec=spec)))
    asked, told = _asked(task, made, asked, seed)
    (one,) = commissions(wish, seed, asked, recipe_named=False, title=task.spec.get("title") or None)
    if "mix" in told:
        told = {**told, "mix": {part: level.table() for part, level in one.control.levels.items()}}
    version = making.make(task, one, parent=made, edit=told)
    if set(told) == {"mix"}:  # stems are as they come to the faders, so they are the parent's
        stems = {name: blob for name, blob in made.files.items() if name.startswith(STEMS)}
        if stems:
            task.state.attach(version.id, stems)


def check(state: State, made: Made, spec: Mapping[str, Any]) -> None:
    """Refuse at once what a worker would refuse: parts, bars, notes, settings, recordings, a silent mix.

    Parameters
    ----------
    state
        Where the track's files are.
    made
        What shall be edited. One whose `track.json` is damaged is not looked into.
    spec
        As for `edit`.

    Raises
    ------
    DusktapeError
        Saying what cannot be.
    """
    task = Task(state, Job("", "edit", {name: spec[name] for name in spec if name != "notes"}), "", Path())
    if made.provenance.get("source"):
        asking.origin(task, made)
    beforehand.check_bars(state, made, spec.get("bars"))
    if spec.get("notes") is not None:
        beforehand.check_notes(state, made, _table(spec, "notes"))
    for name in filter(is_upload, spec.get("effects") or ()):
        asking.upload(task, name)
    if not any(spec.get(name) for name in ("again", "keep", "settings", "effects", "mix")):
        return
    if beforehand.origin_of(task, made) is None:
        return
    effects = [name for name in spec.get("effects") or () if not is_upload(name)]
    task.job.spec["effects"] = effects or None
    wish, seed, asked = asking.read(replace(task, job=replace(task.job, spec=_as_a_track(task.spec))))
    if effects or any(spec.get(name) for name in ("again", "keep", "settings", "mix")):
        asked, _ = _asked(task, made, asked, seed)
        commissions(wish, seed, asked, recipe_named=False)


def _as_a_track(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return an edit's spec in the words of a track's, without what only the studio knows."""
    told = {name: spec[name] for name in ("seed", "settings", "effects", "title") if spec.get(name) is not None}
    if isinstance(told.get("seed"), str) and told["seed"].isdecimal():
        told["seed"] = int(told["seed"])  # a number that JavaScript cannot hold
    asked = {name: spec[name] for name in ("keep", "again", "bars") if spec.get(name) is not None}
    return {**told, "asked": {**asked, "origin": spec.get("track")}}


def _asked(task: Task, made: Made, asked: Asked, seed: int | None) -> tuple[Asked, dict[str, Any]]:
    """Return what is asked for, and what the tree of versions says about it."""
    spec = task.spec
    told: dict[str, Any] = {name: list(spec[name]) for name in ("settings", "effects") if spec.get(name)}
    if asked.again or asked.keep:
        named = {"keep": list(asked.keep)} if asked.keep else {"again": list(asked.again)}
        told = {**named, "bars": list(asked.bars) if asked.bars else None, "seed": str(seed)}
    elif spec.get("notes") is not None:
        notes = ByHand({str(part): notes_of(rows, part=str(part)) for part, rows in _table(spec, "notes").items()})
        asked, told = replace(asked, notes=notes.parts), {"notes": _differences(task, made, notes)}
    if spec.get("mix") is not None:
        levels, alone = levels_of(_table(spec, "mix"))
        asked, told = replace(asked, levels=levels, solo=alone), {**told, "mix": {}}
    if not told:
        raise InputError("an edit says what to do: again or keep, notes, settings, effects, or mix")
    return asked, told


def _table(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    if not isinstance(spec[name], Mapping):
        raise InputError(f"{name} goes by part, got {type(spec[name]).__name__}; name parts")
    table: Mapping[str, Any] = spec[name]
    return table


def _differences(task: Task, made: Made, notes: ByHand) -> dict[str, int]:
    """Return part to how many notes are new or gone, for people."""
    if "score.json" not in made.files:
        return {part: len(given) for part, given in notes.parts.items()}
    before = Score.from_json(task.file(made, "score.json").read_text(encoding="utf-8")).parts
    counts = {}
    for part, given in notes.parts.items():
        old, new = Counter(before.get(part, ())), Counter(given)
        counts[part] = max((new - old).total(), (old - new).total())
    return {part: count for part, count in counts.items() if count}


def levels_of(mix: Mapping[str, Any]) -> tuple[dict[str, Level], tuple[str, ...]]:
    """Return a mix as levels, and the parts that are heard alone.

    Parameters
    ----------
    mix
        Part to `gain_db`, `mute` and `solo`.

    Raises
    ------
    InputError
        If a gain is out of range, or something else than these is said.
    """
    levels: dict[str, Level] = {}
    alone = []
    for part, told in mix.items():
        if not isinstance(told, Mapping):
            raise InputError(f"{part} in the mix: say gain_db, mute or solo, got {str(told)[:40]!r}")
        levels[part] = level_of({name: value for name, value in told.items() if name != "solo"})
        if told.get("solo") is True:
            alone.append(part)
    return levels, tuple(alone)


def export(task: Task) -> None:
    """Make a file to take away, and keep it with the track: `spec` holds `track`, `what`, and `bars` of a loop.

    Raises
    ------
    InputError
        If there is no such thing to take away.
    """
    made, what = task.track(task.spec.get("track")), task.spec.get("what", WHAT[0])
    if what not in WHAT:
        raise InputError(f"{str(what)[:40]!r} cannot be exported; there is {', '.join(WHAT)}")
    bars = task.spec.get("bars") or LOOP_BARS
    name = f"loop-{bars}.wav" if what == "loop" else "bundle.zip" if what == "bundle" else f"master.{what}"
    name = f"{EXPORTS}{name}"
    if made.provenance.get("source") and what != "loop":
        _export_as_it_is(task, made, name)
    elif name not in made.files:
        origin = asking.origin(task, made)
        asked = Asked(origin, loop=int(bars)) if what == "loop" else Asked(origin)
        (one,) = commissions(Wish(), None, asked, recipe_named=False)
        file = _bundle(task, one) if what == "bundle" else _sound(task, one, "wav" if what == "loop" else what)
        task.finish(attach=(made.id, task.put({name: file})), result={"track": made.id, "file": name})
    else:
        task.finish(result={"track": made.id, "file": name})


def _export_as_it_is(task: Task, made: Made, name: str) -> None:
    """Pack what there is of a track that cannot be made again, or write its master in another format."""
    if name.endswith(".flac"):
        name = "master.flac"
    if name in made.files:
        task.finish(result={"track": made.id, "file": name})
        return
    file = task.folder / Path(name).name
    if file.suffix == ".zip":
        files = {own: task.file(made, own) for own in sorted(made.files) if not own.startswith(EXPORTS)}
        _zipped(files, file, f"{made.recipe}-{made.seed}")
    else:
        tags = Tags(
            title=made.title,
            licence=made.licence,
            ai_statement=str(made.provenance.get("statement", "")),
            cover=task.file(made, "cover.png").read_bytes(),
        )
        seed = Seed(made.seed).at("dither", "master")
        with SoundReader(task.file(made, "master.flac")) as master, AudioWriter(file, seed=seed, tags=tags) as writer:
            into = feed(writer, ceiling_dbtp=PEAK_DBTP)
            for block in master.blocks():
                into.write(block)
            into.finish()
    task.finish(attach=(made.id, task.put({name: file})), result={"track": made.id, "file": name})


def _shown(task: Task) -> Callable[[str, float], None]:
    stages = {"composing": (0.0, 0.1), "rendering": (0.1, 0.65), "mastering": (0.75, 0.2)}

    def show(stage: str, share: float) -> None:
        begins, span = stages.get(stage, (0.0, 0.0))
        task.progress(stage, begins + span * min(share, 1.0))

    return show


def _sound(task: Task, one: Commission, suffix: str) -> Path:
    file = task.folder / f"sound.{suffix}"
    production = produced(one.recipe, one.seed, control=one.control, progress=_shown(task))
    deliver(production, Order(file), title=one.title, licence=one.licence)
    return file


def _bundle(task: Task, one: Commission) -> Path:
    """Return a zip of what `dusktape make --bundle` writes, in a folder with the track's name."""
    folder, file = task.folder / "bundle", task.folder / "bundle.zip"
    production = produced(one.recipe, one.seed, control=one.control, progress=_shown(task))
    deliver(production, Order(bundle=folder), title=one.title, licence=one.licence)
    task.progress("packing", 0.95)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    _zipped({path.relative_to(folder).as_posix(): path for path in files}, file, one.name)
    return file


def _zipped(files: Mapping[str, Path], target: Path, name: str) -> None:
    # Sound and pictures are packed already; the date is fixed, so that equal bundles are equal files.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as pack:
        for own, path in files.items():
            entry = zipfile.ZipInfo(f"{name}/{own}", (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            with path.open("rb") as source, pack.open(entry, "w", force_zip64=True) as out:
                while piece := source.read(1 << 20):
                    out.write(piece)


KINDS: dict[str, Callable[[Task], None]] = {"edit": edit, "notes": edit, "mix": edit, "export": export}
"""Kind of job to what does it."""

__all__ = ["EXPORTS", "KINDS", "WHAT", "check", "edit", "export", "levels_of"]
